// Package chaos holds the promises of the delivery engine against processes and
// servers that are killed under load, and receivers that behave badly.
//
// It runs the product as it is shipped, two servers and two workers, beside a
// PostgreSQL (fsync on) and a Redis of its own; speaks to it through its API
// alone; and has receivers of its own that write down what they hear. When all
// is quiet again it holds what they heard against the database, line by line.
package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/torture"
)

// Options say how hard.
type Options struct {
	Program   []string      // runs the product, such as "bin/patchbay"
	Before    []string      // runs the version before, for Upgrade
	Events    int           // or calls, that are sent: at least 100 events, 20 calls
	Rate      int           // at most so many a second; 0 = as fast as they are taken
	KillEvery time.Duration // between two deaths of our processes; 0 = 2 s
	For       time.Duration // how long, for Soak
	Cycle     time.Duration // of which nothing is killed in every other, for Soak
	Progress  io.Writer     // told in lines how it goes; nil = nobody
}

// quietFor is how long nothing may move before what is left counts as lost: longer than a lease.
const quietFor = 90 * time.Second

// Deliver sends events while everything is killed, tells what became of each
// promise, and returns whether all hold.
func Deliver(ctx context.Context, o Options, told func(torture.Result)) (bool, error) {
	if o.Events < 100 || len(o.Program) == 0 {
		return false, errors.New("chaos: give a program and at least 100 events")
	}
	if o.KillEvery == 0 {
		o.KillEvery = 2 * time.Second
	}
	l, err := newLab(ctx, o, watchDeliveries, deployAll)
	if err != nil {
		return false, err
	}
	defer l.close()
	began := time.Now()
	if err := l.run(ctx); err != nil {
		return false, errors.Join(err, l.lastWords())
	}
	r, err := l.gather(ctx)
	if err != nil {
		return false, err
	}
	return hold(promises, r, time.Since(began), told), nil
}

// hold holds promises against a record, and returns whether all hold.
func hold[R any](all []promise[R], r R, took time.Duration, told func(torture.Result)) bool {
	good := true
	for _, p := range all {
		note, err := p.check(r)
		if err != nil {
			err = fmt.Errorf("%w (%s)", err, note)
		}
		told(torture.Result{ID: p.id, Promise: p.text, Note: note, Err: err, Took: took})
		good = good && err == nil
	}
	return good
}

// run is the whole story: load under faults, recovery, and three scenes after it.
func (l *lab) run(ctx context.Context) error {
	l.say("%d events, two servers, two workers, one of them with a clock that is %s off", l.Events, skew)
	if err := l.read(ctx, func(c *pgx.Conn) error { return c.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&l.marks.Began) }); err != nil {
		return err
	}
	faults, stop := context.WithCancel(ctx)
	done := l.torment(faults)
	err := l.emit(ctx, l.Events, l.mixed)
	stop()
	if err := errors.Join(err, <-done); err != nil {
		return err
	}
	l.say("all are taken; the receivers recover")
	if err := l.heal(ctx); err != nil {
		return err
	}
	if err := l.drain(ctx); err != nil {
		return err
	}
	scenes := []struct {
		name string
		play func(context.Context) error
	}{
		{"Redis forgets what it was told while no worker lives", l.forgotten},
		{"the old key's time is over", l.graceOver},
		{"the worker with the wrong clock is alone", l.skewedAlone},
	}
	for _, s := range scenes {
		l.say("%s", s.name)
		if err := s.play(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (l *lab) say(format string, args ...any) {
	if l.Progress != nil {
		_, _ = fmt.Fprintf(l.Progress, "chaos: "+format+"\n", args...)
	}
}
