package action

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

const (
	atOnce      = 64               // runs in the background that a process carries out
	share       = 32               // of them for one environment, in all processes
	longestTime = 15 * time.Minute // of a run in the background
)

// Wake has the worker of this process look for queued runs. It is what a nudge
// does.
func (s *Service) Wake(context.Context, tenant.Scope, string) error {
	select {
	case s.awake() <- struct{}{}:
	default:
	}
	return nil
}

func (s *Service) awake() chan struct{} {
	s.waking.Do(func() { s.wake = make(chan struct{}, 1) })
	return s.wake
}

// Work carries queued runs out until ctx ends. Those under way may go on for a
// while then; what is not over by its end is cut off.
func (s *Service) Work(ctx context.Context, every, drain time.Duration) {
	running, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var under sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for range atOnce {
		free <- struct{}{}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		s.lapse(ctx)
		for n := len(free); n > 0; n = len(free) {
			claims, err := s.claim(ctx, n)
			if err != nil && ctx.Err() == nil {
				slog.ErrorContext(ctx, "runs of actions cannot be claimed", "error", err)
			}
			for i := range claims {
				<-free
				under.Go(func() {
					defer func() {
						free <- struct{}{}
						_ = s.Wake(ctx, tenant.Scope{}, "") // never fails
					}()
					c := &claims[i]
					if err := s.advance(running, tenant.NewScope(c.ProjectID, c.EnvironmentID, c.EnvironmentName), &c.Run); err != nil {
						slog.ErrorContext(running, "a run is left to the end of its lease", "run", c.ID, "error", err)
					}
				})
			}
			if len(claims) == 0 {
				break
			}
		}
		select {
		case <-ctx.Done():
		case <-s.awake():
		case <-tick.C:
		}
	}
	timer := time.AfterFunc(drain, cut)
	under.Wait()
	timer.Stop()
}

type claimed struct {
	Run
	ProjectID       string
	EnvironmentName string
}

// claim takes up to n queued runs, the oldest of each environment first and of
// each no more than its share.
func (s *Service) claim(ctx context.Context, n int) (out []claimed, err error) {
	now := s.Now()
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`WITH RECURSIVE owners AS (
				(SELECT environment_id FROM action_runs WHERE status = 'queued' ORDER BY environment_id LIMIT 1)
				UNION ALL
				SELECT (SELECT environment_id FROM action_runs WHERE status = 'queued' AND environment_id > o.environment_id ORDER BY environment_id LIMIT 1)
				FROM owners o WHERE o.environment_id IS NOT NULL),
			turns AS (
				SELECT r.id FROM owners o CROSS JOIN LATERAL (
					SELECT id, row_number() OVER (ORDER BY id) AS turn FROM action_runs WHERE environment_id = o.environment_id AND status = 'queued' ORDER BY id
					LIMIT GREATEST(0, @share - (SELECT count(*) FROM action_runs u WHERE u.status = 'running' AND u.environment_id = o.environment_id AND u.background))) r
				WHERE o.environment_id IS NOT NULL AND o.environment_id NOT IN (SELECT environment_id FROM held_environments) ORDER BY r.turn, r.id LIMIT @n)
			UPDATE action_runs r SET status = 'running', lease_id = @lease, lease_until = @until, attempts = r.attempts + 1, started_at = COALESCE(r.started_at, @now)
			FROM environments e
			WHERE e.id = r.environment_id AND r.id IN (SELECT id FROM action_runs WHERE id IN (SELECT id FROM turns) AND status = 'queued' FOR UPDATE SKIP LOCKED)
			RETURNING r.*, e.project_id, e.name AS environment_name`,
			map[string]any{"share": share, "n": n, "lease": id.New("lease"), "until": now.Add(leaseFor), "now": now}).Scan(&out).Error
	})
	if err != nil {
		return nil, fmt.Errorf("claim runs: %w", err)
	}
	return out, nil
}

// advance carries a claimed run out. What keeps it from beginning is its outcome.
func (s *Service) advance(ctx context.Context, scope tenant.Scope, r *Run) error {
	var u Use
	if err := s.open(ofInput, r, r.Input, &u); err != nil {
		return err
	}
	asked := u
	u.counted = true
	j, out, err := s.job(ctx, scope, &u, true)
	if err == nil {
		j.ID = r.ID
		_, err = s.carry(ctx, scope, r, &asked, j, out, longestTime)
		return err
	}
	if f := fault.Of(err); f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		return s.put(scope, r, map[string]any{"status": Queued, "lease_id": "", "attempts": r.Attempts - 1}) // nothing was begun
	}
	out = &Outcome{}
	out.fail(s.Now(), FailureOf(err))
	_, err = s.finish(ctx, scope, r, &asked, nil, out, map[string]any{"status": Failed})
	return err
}

// lapse takes back the runs of processes that died. What may be done twice is
// queued again; of the rest nobody knows what the app did.
func (s *Service) lapse(ctx context.Context) {
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Exec(`WITH lapsed AS (
				SELECT id, repeatable AND attempts < @tries AND cancel_at IS NULL AND input IS NOT NULL AS again FROM action_runs
				WHERE status = 'running' AND lease_until <= @now ORDER BY lease_until LIMIT 500 FOR UPDATE SKIP LOCKED)
			UPDATE action_runs r SET lease_id = '', status = CASE WHEN again THEN 'queued' ELSE 'unknown' END,
				input = CASE WHEN again THEN r.input END, finished_at = CASE WHEN NOT again THEN CAST(@now AS timestamptz) END
			FROM lapsed l WHERE l.id = r.id`, map[string]any{"tries": mostTries, "now": s.Now()}).Error
	})
	if err != nil && ctx.Err() == nil {
		slog.ErrorContext(ctx, "runs of dead processes are not taken back", "error", err)
	}
}
