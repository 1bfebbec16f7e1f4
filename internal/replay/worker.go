package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// ahead is how long before its time a delivery is queued: longer than sweeps are
// apart, so that a replay keeps its rate, and short, so that a pause is one.
const ahead = 2 * time.Second

var (
	forUpdate  = clause.Locking{Strength: "UPDATE"}
	unlessHeld = clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}
)

// Advance goes on with a replay until what is due soon is queued. Called by two
// workers at once, one does it.
func (s *Service) Advance(ctx context.Context, scope tenant.Scope, replayID string) error {
	for ctx.Err() == nil {
		var endpoints []string
		more := false
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			now := s.Now()
			r, err := db.One[Replay](tx.Clauses(unlessHeld).Where("id = ? AND status = ? AND next_at <= ?", replayID, Running, now.Add(ahead)), ErrNotFound)
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			endpoints, err = r.step(tx, now)
			more = r.Status == Running
			return err
		})
		if err != nil {
			return err
		}
		slices.Sort(endpoints)
		s.Webhooks.Nudge(ctx, scope, slices.Compact(endpoints))
		if !more {
			return nil
		}
	}
	return nil
}

// step queues a second's worth and moves the cursor behind it. Both are one
// transaction, under the lock of the replay's row: what is behind the cursor is
// never looked at again.
func (r *Replay) step(tx *gorm.DB, now time.Time) ([]string, error) {
	from, gap := r.NextAt, time.Second/time.Duration(r.Rate)
	if from.Before(now) {
		from = now
	}
	ids, endpoints, err := r.queue(tx, now, from, gap)
	if errors.Is(err, webhook.ErrNoWebhook) {
		err = nil // the endpoint goes, and the replay with it
	}
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 {
		r.Cursor = ids[len(ids)-1]
	}
	r.Done, r.Queued, r.NextAt = r.Done+len(ids), r.Queued+len(endpoints), from.Add(time.Duration(len(ids))*gap)
	if len(ids) < r.Rate {
		r.Status, r.FinishedAt = Finished, &now
	}
	if err := tx.Model(r).Select("Cursor", "Done", "Queued", "NextAt", "Status", "FinishedAt").Updates(r).Error; err != nil {
		return nil, fmt.Errorf("update replay: %w", err)
	}
	return endpoints, nil
}

// queue makes the next ones due. It returns what it looked at, in order, and the
// endpoint of each that is due.
func (r *Replay) queue(tx *gorm.DB, now, from time.Time, gap time.Duration) (ids, endpoints []string, err error) {
	q, to, err := r.of(tx, r.CreatedAt)
	if err != nil {
		return nil, nil, err
	}
	q = q.Where("id > ?", r.Cursor).Order("id").Limit(r.Rate)
	if to == nil {
		if err := q.Pluck("id", &ids).Error; err != nil {
			return nil, nil, fmt.Errorf("choose deliveries: %w", err)
		}
		endpoints, err = webhook.Requeue(tx, &r.Filter, ids, r.NewIDs, from, gap)
		return ids, endpoints, err
	}
	var es []event.Event
	shown := []string{"id", "type", "subject_id", "external_user_id"}
	if to.Ordering == webhook.ByField {
		shown = append(shown, "body")
	}
	if err := q.Select(shown).Find(&es).Error; err != nil {
		return nil, nil, fmt.Errorf("choose events: %w", err)
	}
	for _, e := range es {
		ids = append(ids, e.ID)
	}
	n, err := webhook.SendTo(tx, to, es, r.Again, r.NewIDs, now, from, gap)
	for range n {
		endpoints = append(endpoints, to.ID)
	}
	return ids, endpoints, err
}

// Sweep nudges replays of which something is due soon.
func (s *Service) Sweep(ctx context.Context) error {
	var due []struct{ ID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT r.id, r.environment_id, e.project_id, e.name FROM replays r JOIN environments e ON e.id = r.environment_id
			WHERE r.status = 'running' AND r.next_at <= ? ORDER BY r.next_at LIMIT 500`, s.Now().Add(ahead/2)).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("sweep replays: %w", err)
	}
	for _, r := range due {
		s.Queue.Nudge(ctx, TaskAdvance, tenant.NewScope(r.ProjectID, r.EnvironmentID, r.Name), r.ID)
	}
	return nil
}
