// Package retention lets go of what is too old: what was sent, and what came of
// it. A delivery goes when it has been over for the time that is kept, an event
// when it is as old and has no delivery left, and attempts by the day, all of a
// day at once. What still waits to be sent is kept, and its event with it, for
// as long as its endpoint is there.
package retention

import (
	"context"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// Service keeps house. Every worker process has one.
type Service struct {
	DB   *db.DB
	Keep time.Duration // 0 = for ever
	Now  func() time.Time

	KeepRuns time.Duration // where a project says nothing else; 0 = for ever

	mu    sync.Mutex
	stage int       // of the pass that is under way
	after string    // the last id that its stage has looked at
	next  time.Time // when the next pass begins

	runs       sync.Mutex
	afterOwner string    // the last environment whose runs the pass has looked at
	nextRuns   time.Time // when the next pass over runs begins
}

// How much is deleted at once, and how often a pass begins. A pass reads on from
// where it is, so that what is kept is not read again and again.
const (
	most  = 5000
	every = time.Hour
	drift = time.Hour // how far the clock in an id may be from the database's
)

// stages are what a pass does, one after the other. Each deletes up to most rows
// behind an id, and tells the last one.
var stages = []struct{ prefix, table, gone string }{
	{"dlv", "deliveries", "state IN ('delivered', 'exhausted', 'discarded') AND finished_at < ?"},
	{"evt", "events", "created_at < ? AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = events.id)"},
}

// Sweep makes days ahead, lets go of those that are over, and deletes a batch of
// what is too old. Every worker process calls it on a ticker; that two do so at
// once does no harm.
func (s *Service) Sweep(ctx context.Context) error {
	if !s.mu.TryLock() {
		return nil
	}
	defer s.mu.Unlock()
	now := s.Now()
	if now.Before(s.next) {
		return nil
	}
	if s.stage == 0 && s.after == "" {
		if err := s.days(ctx, now); err != nil {
			return err
		}
	}
	if s.Keep > 0 {
		if err := s.batch(ctx, now.Add(-s.Keep)); err != nil || s.stage < len(stages) {
			return err
		}
	}
	s.stage, s.next = 0, now.Add(every)
	return nil
}

// batch deletes one batch, and goes on to the next stage when it is short.
func (s *Service) batch(ctx context.Context, before time.Time) error {
	x := stages[s.stage]
	var ids []string
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Table(x.table).Where("id > ? AND id < ? AND "+x.gone, s.after, id.At(x.prefix, before.Add(drift)), before).
			Order("id").Limit(most).Clauses(unlessHeld).Pluck("id", &ids).Error; err != nil || len(ids) == 0 {
			return err
		}
		return tx.Exec("DELETE FROM "+x.table+" WHERE id IN ?", ids).Error
	})
	if err != nil {
		return fmt.Errorf("delete old %s: %w", x.table, err)
	}
	if len(ids) < most {
		s.stage, s.after = s.stage+1, ""
		return nil
	}
	s.after = ids[len(ids)-1]
	return nil
}
