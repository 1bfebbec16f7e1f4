package inbound

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Counts are what came in at an address.
type Counts struct {
	Received       int64 // requests
	Accepted       int64 // events
	Duplicate      int64
	Filtered       int64
	Invalid        int64 // items of batches
	Unrouted       int64
	Refused        int64 // too much waited
	Rejected       int64 // false signatures
	LastRejectedAt *time.Time
}

func (c *Counts) add(more Counts) {
	c.Received += more.Received
	c.Accepted += more.Accepted
	c.Duplicate += more.Duplicate
	c.Filtered += more.Filtered
	c.Invalid += more.Invalid
	c.Unrouted += more.Unrouted
	c.Refused += more.Refused
	c.Rejected += more.Rejected
	if more.LastRejectedAt != nil {
		c.LastRejectedAt = more.LastRejectedAt
	}
}

// Tally counts in memory and writes down now and then: who floods an address
// with false signatures must not make the database write. A process that dies
// takes its last counts with it.
type Tally struct {
	DB *db.DB

	mu     sync.Mutex
	counts map[counted]Counts
}

type counted struct {
	scope    tenant.Scope
	sourceID string
}

// Add counts at a source: a trigger, an app's address, or a workflow's in an
// environment, which is workflow@environment.
func (t *Tally) Add(scope tenant.Scope, sourceID string, c Counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[counted]Counts{}
	}
	sum := t.counts[counted{scope, sourceID}]
	sum.add(c)
	t.counts[counted{scope, sourceID}] = sum
}

// Attend writes counts down until ctx ends, and then the last ones.
func (t *Tally) Attend(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), every)
			t.flushOrLog(last)
			cancel()
			return
		case <-tick.C:
			t.flushOrLog(ctx)
		}
	}
}

func (t *Tally) flushOrLog(ctx context.Context) {
	if err := t.Flush(ctx); err != nil && ctx.Err() == nil {
		slog.WarnContext(ctx, "counts of requests are not written down", "error", err)
	}
}

// Flush writes down what was counted. What could not be written it keeps.
func (t *Tally) Flush(ctx context.Context) error {
	t.mu.Lock()
	due := t.counts
	t.counts = nil
	t.mu.Unlock()
	var failed error
	for at, c := range due {
		if err := t.write(ctx, at, c); err != nil {
			failed = err
			t.Add(at.scope, at.sourceID, c)
		}
	}
	return failed
}

func (t *Tally) write(ctx context.Context, at counted, c Counts) error {
	return t.DB.In(ctx, at.scope, func(tx *gorm.DB) error {
		err := tx.Exec(`INSERT INTO inbound_counts AS c (id, received, accepted, duplicate, filtered, invalid, unrouted, refused, rejected, last_rejected_at)
			SELECT s.id, @received, @accepted, @duplicate, @filtered, @invalid, @unrouted, @refused, @rejected, CAST(@at AS timestamptz)
			FROM (SELECT id FROM triggers WHERE id = @source UNION ALL SELECT id FROM app_addresses WHERE id = @source
				UNION ALL SELECT @source FROM workflows WHERE id = split_part(@source, '@', 1)) s
			ON CONFLICT (id) DO UPDATE SET received = c.received + @received, accepted = c.accepted + @accepted, duplicate = c.duplicate + @duplicate,
				filtered = c.filtered + @filtered, invalid = c.invalid + @invalid, unrouted = c.unrouted + @unrouted, refused = c.refused + @refused,
				rejected = c.rejected + @rejected, last_rejected_at = COALESCE(CAST(@at AS timestamptz), c.last_rejected_at)`,
			map[string]any{
				"source": at.sourceID, "received": c.Received, "accepted": c.Accepted, "duplicate": c.Duplicate, "filtered": c.Filtered,
				"invalid": c.Invalid, "unrouted": c.Unrouted, "refused": c.Refused, "rejected": c.Rejected, "at": c.LastRejectedAt,
			}).Error
		if err != nil {
			return fmt.Errorf("write counts: %w", err)
		}
		return nil
	})
}

// CountsOf returns what was written down of a source.
func CountsOf(tx *gorm.DB, sourceID string) (c Counts, err error) {
	err = tx.Raw("SELECT * FROM inbound_counts WHERE id = ?", sourceID).Scan(&c).Error
	if err != nil {
		return c, fmt.Errorf("read counts: %w", err)
	}
	return c, nil
}
