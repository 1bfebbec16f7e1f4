package rerun

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// TaskAdvance nudges a worker to go on with a replay.
const TaskAdvance = "rerun:advance"

// Service starts replays, shows them, and works them off.
type Service struct {
	DB    *db.DB
	Queue *queue.Client
	Runs  *run.Service
	Now   func() time.Time
}

// Count returns how many runs a replay of the choice would look at now.
func (s *Service) Count(ctx context.Context, scope tenant.Scope, c Choice) (n int, err error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		n, err = count(tx, &c, s.Now())
		return err
	})
	return n, err
}

func count(tx *gorm.DB, c *Choice, at time.Time) (int, error) {
	var n int64
	if err := c.of(tx, at).Count(&n).Error; err != nil {
		return 0, fmt.Errorf("count what is run again: %w", err)
	}
	return int(n), nil
}

// Start begins a replay of the runs that are over now; rate is in runs a second, 0
// for the default.
func (s *Service) Start(ctx context.Context, scope tenant.Scope, c Choice, rate int) (*Replay, error) {
	if rate == 0 {
		rate = DefaultRate
	}
	if rate < 1 || rate > MaxRate {
		return nil, ErrRate
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	now := s.Now()
	r := &Replay{ID: id.New("rrp"), Choice: c, Status: Running, Rate: rate, NextAt: now, CreatedAt: now}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		var running int64
		if err := tx.Model(&Replay{}).Where("finished_at IS NULL").Count(&running).Error; err != nil {
			return fmt.Errorf("count replays: %w", err)
		}
		if running >= maxRunning {
			return ErrMany
		}
		if r.Total, err = count(tx, &c, now); err != nil {
			return err
		}
		if err := tx.Create(r).Error; err != nil {
			return fmt.Errorf("insert replay: %w", err)
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.RunReplayStarted, Subject: r.ID, ExternalUserID: c.Filter.ExternalUserID, Details: map[string]any{"total": r.Total, "rate": rate, "version": c.Version}})
	})
	if err != nil {
		return nil, err
	}
	s.Queue.Nudge(ctx, TaskAdvance, scope, r.ID)
	return r, nil
}

// Get returns a replay.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, replayID string) (r *Replay, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err = byID(tx, replayID)
		return err
	})
	return r, err
}

// List returns replays, newest first.
func (s *Service) List(ctx context.Context, scope tenant.Scope, c db.Cursor) (page *db.Page[Replay], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		page, err = db.List(tx, c, func(r *Replay) string { return r.ID })
		return err
	})
	return page, err
}

// Pause holds a replay; what was started goes on. One that is paused stays so.
func (s *Service) Pause(ctx context.Context, scope tenant.Scope, replayID string) (*Replay, error) {
	return s.turn(ctx, scope, replayID, Paused, audit.RunReplayPaused)
}

// Resume goes on with a paused replay where it was.
func (s *Service) Resume(ctx context.Context, scope tenant.Scope, replayID string) (*Replay, error) {
	r, err := s.turn(ctx, scope, replayID, Running, audit.RunReplayResumed)
	if err == nil {
		s.Queue.Nudge(ctx, TaskAdvance, scope, r.ID)
	}
	return r, err
}

// Cancel ends a replay for good; what was started goes on.
func (s *Service) Cancel(ctx context.Context, scope tenant.Scope, replayID string) (*Replay, error) {
	return s.turn(ctx, scope, replayID, Cancelled, audit.RunReplayCancelled)
}

func (s *Service) turn(ctx context.Context, scope tenant.Scope, replayID string, to Status, action string) (r *Replay, err error) {
	now := s.Now()
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if r, err = byID(tx.Clauses(forUpdate), replayID); err != nil {
			return err
		}
		if r.Status == to {
			return nil
		}
		if r.FinishedAt != nil {
			return ErrOver
		}
		r.Status = to
		if to == Cancelled {
			r.FinishedAt = &now
		}
		if err := tx.Model(r).Select("Status", "FinishedAt").Updates(r).Error; err != nil {
			return fmt.Errorf("update replay: %w", err)
		}
		return audit.Record(tx, now, audit.Entry{Action: action, Subject: r.ID, Details: map[string]any{"done": r.Done, "total": r.Total}})
	})
	return r, err
}

func byID(tx *gorm.DB, replayID string) (*Replay, error) {
	return db.One[Replay](tx.Where("id = ?", replayID), ErrNotFound)
}
