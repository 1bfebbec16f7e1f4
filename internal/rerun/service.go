package rerun

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/paced"
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

var kind = paced.Kind{
	Table: "run_replays", Task: TaskAdvance, Rate: DefaultRate, Counts: []string{"Started", "Refused"},
	Missing: ErrNotFound, Over: ErrOver, Many: ErrMany, Bad: ErrRate,
	Paused: audit.RunReplayPaused, Resumed: audit.RunReplayResumed, Ended: audit.RunReplayCancelled,
}

func (s *Service) jobs() paced.Jobs[Replay, *Replay] {
	return paced.Jobs[Replay, *Replay]{Kind: &kind, DB: s.DB, Queue: s.Queue, Now: s.Now}
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
	if err := c.check(); err != nil {
		return nil, err
	}
	r := &Replay{Choice: c}
	err := s.jobs().Start(ctx, scope, r, id.New("rrp"), rate,
		func(tx *gorm.DB, at time.Time) (int, error) { return count(tx, &c, at) },
		func() audit.Entry {
			return audit.Entry{Action: audit.RunReplayStarted, Subject: r.ID, ExternalUserID: c.Filter.ExternalUserID, Details: map[string]any{"total": r.Total, "rate": r.Rate, "version": c.Version}}
		})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Get returns a replay.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, replayID string) (*Replay, error) {
	return s.jobs().Get(ctx, scope, replayID)
}

// List returns replays, newest first.
func (s *Service) List(ctx context.Context, scope tenant.Scope, c db.Cursor) (*db.Page[Replay], error) {
	return s.jobs().List(ctx, scope, c)
}

// Pause holds a replay; what was started goes on. One that is paused stays so.
func (s *Service) Pause(ctx context.Context, scope tenant.Scope, replayID string) (*Replay, error) {
	return s.jobs().Pause(ctx, scope, replayID)
}

// Resume goes on with a paused replay where it was.
func (s *Service) Resume(ctx context.Context, scope tenant.Scope, replayID string) (*Replay, error) {
	return s.jobs().Resume(ctx, scope, replayID)
}

// Cancel ends a replay for good; what was started goes on.
func (s *Service) Cancel(ctx context.Context, scope tenant.Scope, replayID string) (*Replay, error) {
	return s.jobs().Cancel(ctx, scope, replayID)
}

// Sweep nudges replays of which something is due soon.
func (s *Service) Sweep(ctx context.Context) error { return s.jobs().Sweep(ctx) }
