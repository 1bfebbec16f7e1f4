package rerun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// step is how much of a replay is started at once: what is due in it at its rate.
const step = time.Second

var (
	forUpdate  = clause.Locking{Strength: "UPDATE"}
	unlessHeld = clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}
)

// Advance starts what is due of a replay. Called by two workers at once, one does
// it.
func (s *Service) Advance(ctx context.Context, scope tenant.Scope, replayID string) error {
	for ctx.Err() == nil {
		var begun []*run.Run
		var told []string
		var next time.Time
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			begun, told, next = nil, nil, time.Time{}
			now := s.Now()
			r, err := db.One[Replay](tx.Clauses(unlessHeld).Where("id = ? AND status = ? AND next_at <= ?", replayID, Running, now), ErrNotFound)
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			begun, told, err = s.step(tx, scope, r, now)
			if r.Status == Running {
				next = r.NextAt
			}
			return err
		})
		if err != nil {
			return err
		}
		s.Runs.Begun(ctx, scope, told, begun...)
		if next.IsZero() || next.After(s.Now()) {
			return nil // a sweep goes on in time
		}
	}
	return nil
}

// step starts what is due and moves the cursor behind it. Both are one transaction,
// under the lock of the replay's row: what is behind the cursor is never looked at
// again.
func (s *Service) step(tx *gorm.DB, scope tenant.Scope, r *Replay, now time.Time) (begun []*run.Run, told []string, err error) {
	many := r.Rate * int(step/time.Second)
	var some []run.Run
	if err := r.of(tx, r.CreatedAt).Where("id > ?", r.Cursor).Order("id").Limit(many).Find(&some).Error; err != nil {
		return nil, nil, fmt.Errorf("choose runs: %w", err)
	}
	for i := range some {
		again, hear, refusal, err := s.Runs.ReplayIn(tx, scope, &some[i], r.manner(), now)
		switch {
		case err != nil && fault.Of(err).Kind == fault.Internal:
			return nil, nil, err
		case err != nil || refusal != nil:
			r.Refused++
		default:
			r.Started++
			begun = append(begun, again)
		}
		told, r.Cursor = append(told, hear...), some[i].ID
	}
	r.Done += len(some)
	r.NextAt = now.Add(time.Duration(len(some)) * time.Second / time.Duration(r.Rate))
	if len(some) < many {
		r.Status, r.FinishedAt = Finished, &now
	}
	if err := tx.Model(r).Select("Cursor", "Done", "Started", "Refused", "NextAt", "Status", "FinishedAt").Updates(r).Error; err != nil {
		return nil, nil, fmt.Errorf("update replay: %w", err)
	}
	return begun, told, nil
}

// Sweep nudges replays of which something is due.
func (s *Service) Sweep(ctx context.Context) error {
	var due []struct{ ID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT r.id, r.environment_id, e.project_id, e.name FROM run_replays r JOIN environments e ON e.id = r.environment_id
			WHERE r.status = 'running' AND r.next_at <= ? ORDER BY r.next_at LIMIT 500`, s.Now()).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("sweep replays of runs: %w", err)
	}
	for _, r := range due {
		s.Queue.Nudge(ctx, TaskAdvance, tenant.NewScope(r.ProjectID, r.EnvironmentID, r.Name), r.ID)
	}
	return nil
}
