// Package bench measures Patchbay on this machine, as a client would see it.
//
// It starts a program beside a PostgreSQL (fsync on) and a Redis of its own, and
// speaks to it by HTTP alone; only fairness lays what is due elsewhere down in the
// database. Nothing is left behind.
// No figure fails it: only an error, an event that got lost, or a signature
// that does not match.
//
// The load comes from the same machine, so what the generator and the receiver
// of webhooks use is missing to the server.
package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

// Options say what is measured, and how.
type Options struct {
	Seconds     int      // how long each phase generates load
	Concurrency int      // requests under way at once
	Endpoints   int      // webhooks that the delivered events are spread over
	Backlog     int      // deliveries that wait for a dead receiver, in fairness
	Accounts    int      // the most that are there, in growth
	Events      int      // and events
	Only        []string // phases; none = all
	Binary      string   // the program that is measured
	Dir         string   // where the databases live for the time being; a disk, not memory
}

// bench is one run of the phases against one Patchbay.
type bench struct {
	Options

	stack  *stack
	api    *api
	sink   *sink
	things *things
	report *Report
}

// phases, in their order: what leaves the least behind comes first.
var phases = []struct {
	name string
	run  func(*bench, context.Context) error
}{
	{"at_rest", (*bench).atRest},
	{"token_requests", (*bench).tokenRequests},
	{"account_reads", (*bench).accountReads},
	{"apps_list", (*bench).appsList},
	{"proxied", (*bench).proxied},
	{"actions", (*bench).actions},
	{"coded", (*bench).coded},
	{"events_accepted", (*bench).eventsAccepted},
	{"events_bulk", (*bench).eventsBulk},
	{"events_paced", (*bench).eventsPaced},
	{"events_delivered", (*bench).eventsDelivered},
	{"events_half_load", (*bench).eventsHalfLoad},
	{"events_beside_snapshot", (*bench).eventsBesideSnapshot},
	{"runs", (*bench).runs},
	{"workflows", (*bench).workflows},
	{"polling", (*bench).polling},
	{"fairness", (*bench).fairness},
	{"growth", (*bench).growth},
}

// Phases are what is measured, in its order.
func Phases() []string {
	names := make([]string, len(phases))
	for i, p := range phases {
		names[i] = p.name
	}
	return names
}

// Measure does the whole run. When it returns, nothing that it started is there. The
// error of a run that came to its end says what went wrong in it, beside the report.
func Measure(ctx context.Context, o Options) (*Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b := &bench{Options: o, report: &Report{}}
	var err error
	if b.stack, err = start(ctx, o, cancel); err != nil {
		return nil, because(ctx, err)
	}
	defer b.stack.stop()
	if b.report.Meta, err = b.meta(ctx); err != nil {
		return nil, because(ctx, err)
	}
	if err := b.prepare(ctx); err != nil {
		return nil, because(ctx, errors.Join(err, b.stack.lastWords()))
	}
	for _, p := range phases {
		if len(o.Only) > 0 && !slices.Contains(o.Only, p.name) {
			continue
		}
		progress("%s", p.name)
		if err := p.run(b, ctx); err != nil || ctx.Err() != nil {
			return nil, because(ctx, errors.Join(fmt.Errorf("%s: %w", p.name, err), b.stack.lastWords()))
		}
	}
	b.report.Server.PeakRSSMiB = b.stack.peakRSS()
	return b.report, b.report.failure()
}

// because puts the reason for which the run was ended in the place of what
// followed from it.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
		return errors.New("interrupted")
	} else if cause != nil {
		return cause
	}
	return err
}

// meta says what is measured: the program itself knows of what it was made.
func (b *bench) meta(ctx context.Context) (Meta, error) {
	said, err := b.stack.patchbay(ctx, "version", "--json")
	if err != nil {
		return Meta{}, err
	}
	var of struct{ Version, Revision, Go string }
	if err := json.Unmarshal([]byte(said), &of); err != nil {
		return Meta{}, fmt.Errorf("%s does not say which version it is: %w", b.Binary, err)
	}
	return Meta{
		GoVersion: of.Go, Commit: cmp.Or(of.Revision, of.Version), Cores: runtime.NumCPU(),
		Seconds: b.Seconds, Concurrency: b.Concurrency, Endpoints: b.Endpoints,
	}, nil
}

// progress tells whoever waits where the run is.
func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...) }

// now is the clock of all that is measured.
func now() time.Time { return time.Now() } //nolint:forbidigo // to measure time is what this program is for
