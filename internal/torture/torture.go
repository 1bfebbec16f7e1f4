// Package torture holds the promises of the refresh engine against real
// processes that are killed, stopped and cut off from what they need.
//
// It works on a PostgreSQL server and a Redis of the caller's choice, in a
// database of its own that is gone afterwards, with the demo provider as the
// third party. Nothing of an installation that runs on the same servers is
// touched.
package torture

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options say where to work and how hard.
type Options struct {
	DatabaseURL string // of a role that may make databases
	RedisURL    string
	Worker      []string // the command that runs Worker, such as "patchbay torture worker"
	Accounts    int      // that end in one minute, in I14; 0 = 1000
	Only        string   // an invariant, such as "I4"; "" = all
	AtOnce      int      // invariants at once; 0 = 2
}

// Result is what became of one invariant.
type Result struct {
	ID, Promise string
	Err         error  // why it does not hold; nil = it holds
	Skipped     string // why it was not tried; "" = it was
	Note        string // what was seen
	Took        time.Duration
	Log         string // what the processes wrote, of a promise that is broken
}

// invariant is one promise and how it is tried.
type invariant struct {
	id, promise string
	try         func(ctx context.Context, l *lab) (note string, err error)
}

// errSkip says why an invariant cannot be tried here.
type errSkip string

func (e errSkip) Error() string { return string(e) }

// Refresh tries every invariant, tells each result as it comes, and returns
// whether all hold.
func Refresh(ctx context.Context, o Options, told func(Result)) (bool, error) {
	base, err := newBase(ctx, o)
	if err != nil {
		return false, err
	}
	defer base.close()
	if o.AtOnce == 0 {
		o.AtOnce = 2
	}
	results := make(chan Result)
	var g errgroup.Group
	g.SetLimit(o.AtOnce)
	go func() {
		for _, inv := range invariants {
			if o.Only == "" || strings.EqualFold(o.Only, inv.id) {
				g.Go(func() error { results <- base.try(ctx, inv); return nil })
			}
		}
		_ = g.Wait()
		close(results)
	}()
	good := true
	for r := range results {
		good = good && r.Err == nil
		told(r)
	}
	return good, ctx.Err() //nolint:wrapcheck // the caller's own
}

func (b *base) try(ctx context.Context, inv invariant) (r Result) {
	began := time.Now()
	r = Result{ID: inv.id, Promise: inv.promise}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	l, err := b.lab(ctx)
	if err == nil {
		defer l.close()
		r.Note, err = inv.try(ctx, l)
		if err == nil {
			err = l.leaks() // I15, of every other one too
		}
	}
	if why, ok := err.(errSkip); ok { //nolint:errorlint // never wrapped
		r.Skipped, err = string(why), nil
	}
	r.Err, r.Took = err, time.Since(began)
	if err != nil && l != nil {
		r.Log = l.logs()
	}
	return r
}

// Write prints a result as a line of a table.
func (r Result) Write(w io.Writer) {
	mark, more := "holds", r.Note
	switch {
	case r.Err != nil:
		mark, more = "BROKEN", r.Err.Error()
	case r.Skipped != "":
		mark, more = "skipped", r.Skipped
	}
	_, _ = fmt.Fprintf(w, "%-4s %-8s %6.1fs  %s\n", r.ID, mark, r.Took.Seconds(), r.Promise)
	if more != "" {
		_, _ = fmt.Fprintf(w, "%22s%s\n", "", more)
	}
}
