package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/torture"
)

// upgrade is the story of a version that takes over from the one before, on one
// database and under load: events, runs, and users who are about to connect.
type upgrade struct {
	*life

	next    []string // runs the new version
	phases  []phase
	drained []string // how the former processes ended
	late    []string // and which of them not as they should
}

// phase is a part of the story, with what was taken in it.
type phase struct {
	name                 string
	events, runs, tokens int
}

// beside is how long both versions do all the work, at least.
const beside = 10 * time.Second

// Upgrade sends events, calls a workflow and asks for connect tokens while o.Program
// takes over from o.Before, tells what became of each promise, and returns whether all hold.
func Upgrade(ctx context.Context, o Options, told func(torture.Result)) (bool, error) {
	if o.Events < 100 || len(o.Program) == 0 || len(o.Before) == 0 {
		return false, errors.New("chaos: give two programs and at least 100 events")
	}
	u := &upgrade{next: o.Program}
	o.Program = o.Before
	var err error
	if u.life, err = newLife(ctx, o); err != nil {
		return false, err
	}
	defer u.close()
	began := time.Now()
	if err := u.run(ctx); err != nil {
		return false, errors.Join(err, u.lastWords())
	}
	kept, err := u.gather(ctx)
	if err != nil {
		return false, err
	}
	took := time.Since(began)
	good := hold([]promise[*upgrade]{
		{"U1", "both versions work on one database, side by side", (*upgrade).sideBySide},
		{"U2", "processes that are told to end do so by themselves, in time", (*upgrade).ended},
		{"U3", "a connect token that was given is there", func(u *upgrade) (string, error) { return u.given() }},
	}, u, took, told)
	return kept.hold(took, told) && good, nil
}

// run is the whole story. There is load all the time.
func (u *upgrade) run(ctx context.Context) error {
	if err := u.read(ctx, func(c *pgx.Conn) error { return c.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&u.marks.Began) }); err != nil {
		return err
	}
	formerServers, formerWorkers := u.servers, u.workers
	if err := u.phase(ctx, "the version before alone", u.Events/3, nil); err != nil {
		return err
	}
	err := u.phase(ctx, "beside the new one", 0, func() error {
		if err := u.begin(ctx); err != nil {
			return err
		}
		time.Sleep(beside)
		return nil
	})
	if err != nil {
		return err
	}
	err = u.phase(ctx, "while it is ended", 0, func() error {
		u.addresses.set(u.addresses.list()[len(formerServers):]) // as a load balancer is told first
		for _, c := range append(formerServers, formerWorkers...) {
			took, err := c.retire()
			if err != nil {
				u.late = append(u.late, err.Error())
			}
			u.drained = append(u.drained, fmt.Sprintf("%s in %s", c.name, took.Round(100*time.Millisecond)))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := u.phase(ctx, "the new version alone", u.Events/3, nil); err != nil {
		return err
	}
	return errors.Join(u.heal(ctx), u.drain(ctx), u.runs.drain(ctx))
}

// phase has load while do is under way, or until so many events are taken.
func (u *upgrade) phase(ctx context.Context, name string, events int, do func() error) error {
	u.say("%s", name)
	before := u.taken()
	loaded, stop := context.WithCancel(ctx)
	defer stop()
	over := u.load(loaded, ctx)
	var err error
	if do != nil {
		err = do()
	}
	enough := func() bool { // of each kind at least one
		now := u.taken()
		return now.events-before.events >= max(events, 1) && now.runs > before.runs && now.tokens > before.tokens
	}
	for err == nil && ctx.Err() == nil && !over.failed() && !enough() {
		time.Sleep(100 * time.Millisecond)
	}
	stop()
	err = errors.Join(err, over.wait())
	now := u.taken()
	u.phases = append(u.phases, phase{name, now.events - before.events, now.runs - before.runs, now.tokens - before.tokens})
	return errors.Join(err, ctx.Err())
}

// begin migrates, and starts the new version beside the former one.
func (u *upgrade) begin(ctx context.Context) error {
	u.Program = u.next
	began := time.Now()
	if _, err := u.once(ctx, "migrate"); err != nil {
		return err
	}
	u.say("migrated in %s, under load", time.Since(began).Round(10*time.Millisecond))
	for i := range 2 {
		u.workers = append(u.workers, u.start(fmt.Sprintf("new-worker-%d", i+1), nil, "work"))
		if err := u.anotherServer(ctx, fmt.Sprintf("new-server-%d", i+1)); err != nil {
			return err
		}
	}
	return nil
}

// retireWithin is how long a process may take that is told to end: its drain, and a loaded machine.
const retireWithin = 2 * time.Minute

// retire tells a process to end and waits until it has.
func (c *child) retire() (took time.Duration, err error) {
	c.set(func() { c.over = true })
	c.mu.Lock()
	cmd, gone := c.cmd, c.gone
	c.killed = true
	c.mu.Unlock()
	if cmd == nil {
		return 0, fmt.Errorf("%s was not there", c.name)
	}
	began := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, fmt.Errorf("%s: %w", c.name, err)
	}
	select {
	case <-gone:
	case <-time.After(retireWithin):
		return retireWithin, fmt.Errorf("%s goes on after %s", c.name, retireWithin)
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		err = fmt.Errorf("%s ended with %d: %s", c.name, code, c.lastWord())
	}
	return time.Since(began), err
}

func (u *upgrade) sideBySide() (string, error) {
	var f failures
	var notes []string
	for _, p := range u.phases {
		if p.events == 0 || p.runs == 0 || p.tokens == 0 {
			f.add("%s: %+v", p.name, p)
		}
		notes = append(notes, fmt.Sprintf("%s %d events, %d runs, %d tokens", p.name, p.events, p.runs, p.tokens))
	}
	return strings.Join(notes, "; "), f.err()
}

func (u *upgrade) ended() (string, error) {
	var f failures
	for _, what := range u.late {
		f.add("%s", what)
	}
	return strings.Join(u.drained, ", "), f.err()
}
