package db

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

// Clock is the database's clock, as this process knows it. Leases are taken and
// ended by it alone, so that machines whose clocks differ agree on them. Before
// the first Sync it is the machine's own.
type Clock struct {
	Machine func() time.Time // nil = the machine's
	offset  atomic.Int64     // nanoseconds from the machine's clock to the database's
	known   atomic.Bool      // whether there is an offset
}

func (c *Clock) machine() time.Time {
	if c.Machine != nil {
		return c.Machine()
	}
	return time.Now() //nolint:forbidigo // this is where the time comes from
}

// Now returns the time in UTC, in the precision that PostgreSQL keeps.
func (c *Clock) Now() time.Time {
	return c.machine().UTC().Add(time.Duration(c.offset.Load())).Truncate(time.Microsecond)
}

// slow is how long a question may take for its answer to be used, unless it is
// the first: the time in it is off by half of that at most. One that took longer
// than prompt is asked again, up to questions times, and the quickest answer is
// taken: a clock that was set by a slow one would stand back later, and what was
// stamped by it would seem to come.
const (
	slow      = time.Second
	prompt    = 5 * time.Millisecond
	questions = 3
)

// Sync asks the database for the time.
func (c *Clock) Sync(ctx context.Context, d *DB) error {
	var offset, least time.Duration
	for n := range questions {
		var there time.Time
		asked := c.machine()
		if err := d.Look(ctx, func(q *gorm.DB) error { return q.Raw("SELECT clock_timestamp()").Scan(&there).Error }); err != nil {
			return fmt.Errorf("ask for the time: %w", err)
		}
		took := c.machine().Sub(asked)
		if n == 0 || took < least {
			offset, least = there.Sub(asked.Add(took/2)), took
		}
		if least <= prompt {
			break
		}
	}
	if !c.known.Swap(true) || least < slow {
		c.offset.Store(int64(offset))
	}
	return nil
}

// Known returns when the clock is the database's, or ctx has ended. A process
// whose machine is minutes off must not look at a lease before.
func (c *Clock) Known(ctx context.Context, d *DB) {
	for !c.known.Load() && ctx.Err() == nil {
		if err := c.Sync(ctx, d); err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
}

// Keep syncs the clock until ctx ends.
func (c *Clock) Keep(ctx context.Context, d *DB, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := c.Sync(ctx, d); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "the clock is not compared", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
