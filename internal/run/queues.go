package run

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Faults of queues.
var (
	ErrReason     = fault.New(fault.Invalid, "reason", "A reason has at most %d characters.", maxReason).At("reason")
	ErrNotBlocked = fault.New(fault.NotFound, "queue_not_blocked", "Nothing holds the queue up for this key.")
)

const (
	maxReason = 500
	keysMost  = 100 // keys of a queue that are shown
	queueMost = 500 // queues that are shown
)

// Standing is what there is in the queue of a workflow: runs that wait for their
// turn, that were let in and are not over, and that failed and hold others up.
type Standing struct {
	WorkflowID    string
	WorkflowName  string
	PausedAt      *time.Time
	PausedBecause string
	Waiting       int // for their turn, or for a worker
	Running       int // begun and not over; of a queue with limits: let in
	Blocked       int
	OldestAt      *time.Time // when the one was made that has waited longest
}

// Key is what there is of one key in a queue.
type Key struct {
	Key                       string
	Waiting, Running, Blocked int
	OldestAt                  *time.Time
	BlockedBy                 *string // the run that holds it up
}

// Queues returns what waits, by workflow: of those that have a queue, or runs that
// are not over. Those for which most waits come first.
func (s *Service) Queues(ctx context.Context, scope tenant.Scope) (all []Standing, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		all, err = standings(tx, "true")
		return err
	})
	return all, err
}

// QueueOf returns what waits in the queue of a workflow, and its keys: the hundred
// for which most waits.
func (s *Service) QueueOf(ctx context.Context, scope tenant.Scope, workflowID string) (out *Standing, keys []Key, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if out, err = standingOf(tx, workflowID); err != nil {
			return err
		}
		err = tx.Raw(`SELECT lane AS key, count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'admitted') AS running,
				count(*) FILTER (WHERE state = 'blocked') AS blocked, min(created_at) FILTER (WHERE state = 'waiting') AS oldest_at, min(id) FILTER (WHERE state = 'blocked') AS blocked_by
			FROM run_places WHERE workflow_id = ? AND lane <> '' GROUP BY lane ORDER BY waiting DESC, lane LIMIT ?`, workflowID, keysMost).Scan(&keys).Error
		if err != nil {
			return fmt.Errorf("count keys: %w", err)
		}
		return nil
	})
	return out, keys, err
}

func standingOf(tx *gorm.DB, workflowID string) (*Standing, error) {
	w, err := db.One[workflow.Workflow](tx.Where("id = ?", workflowID), workflow.ErrNotFound)
	if err != nil {
		return nil, err
	}
	all, err := standings(tx, "w.id = ?", workflowID)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return &Standing{WorkflowID: w.ID, WorkflowName: w.Name}, nil
	}
	return &all[0], nil
}

func standings(tx *gorm.DB, where string, args ...any) (all []Standing, err error) {
	err = tx.Raw(`SELECT w.id AS workflow_id, w.name AS workflow_name, q.paused_at, coalesce(q.paused_because, '') AS paused_because,
			coalesce(r.waiting, 0) AS waiting, coalesce(r.running, 0) AS running, coalesce(b.blocked, 0) AS blocked, r.oldest_at
		FROM workflows w LEFT JOIN run_queues q ON q.workflow_id = w.id
		LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE status = 'queued') AS waiting, count(*) FILTER (WHERE status <> 'queued') AS running,
			min(created_at) FILTER (WHERE status = 'queued') AS oldest_at FROM runs r WHERE r.workflow_id = w.id AND r.finished_at IS NULL) r ON true
		LEFT JOIN LATERAL (SELECT count(*) AS blocked FROM run_places p WHERE p.workflow_id = w.id AND p.state = 'blocked') b ON true
		WHERE `+where+` AND (q.id IS NOT NULL OR r.waiting + r.running > 0) ORDER BY waiting DESC, w.id LIMIT ?`, append(args, queueMost)...).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("count queues: %w", err)
	}
	return all, nil
}

// Pause has no more runs of a workflow begin in the environment: what is started
// waits, and so does what no worker has begun. Runs that have begun go on. That it
// is paused already is no error; the reason is then the later one.
func (s *Service) Pause(ctx context.Context, scope tenant.Scope, workflowID, because string) (out *Standing, err error) {
	if utf8.RuneCountInString(because) > maxReason {
		return nil, ErrReason
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := PauseIn(tx, scope, workflowID, because, s.Now()); err != nil {
			return err
		}
		out, err = standingOf(tx, workflowID)
		return err
	})
	return out, err
}

// PauseIn is Pause within a transaction.
func PauseIn(tx *gorm.DB, scope tenant.Scope, workflowID, because string, now time.Time) error {
	if err := setPaused(tx, scope, workflowID, true); err != nil {
		return err
	}
	err := tx.Exec(`INSERT INTO run_queues AS q (id, workflow_id, paused_at, paused_because) VALUES (?, ?, ?, ?)
		ON CONFLICT (workflow_id, environment_id) DO UPDATE SET paused_at = coalesce(q.paused_at, excluded.paused_at), paused_because = excluded.paused_because`,
		id.New("rq"), workflowID, now, because).Error
	if err != nil {
		return fmt.Errorf("pause queue: %w", err)
	}
	// What waits for a worker waits for its turn from now on. A run that a worker takes at this moment has begun.
	err = tx.Exec(`WITH held AS (UPDATE runs SET placed = true, lease_until = ? WHERE workflow_id = ? AND status = 'queued' AND finished_at IS NULL AND started_at IS NULL RETURNING id, workflow_id, created_at)
		INSERT INTO run_places AS p (id, workflow_id, lane, slot, blocks, state, created_at) SELECT id, workflow_id, '', '', false, 'waiting', created_at FROM held
		ON CONFLICT (id) DO UPDATE SET state = 'waiting'`, never, workflowID).Error
	if err != nil {
		return fmt.Errorf("hold what waits: %w", err)
	}
	return audit.Record(tx, now, audit.Entry{Action: audit.QueuePaused, Subject: workflowID, Details: map[string]any{"reason": because}})
}

// setPaused has a workflow know that its queue is paused, for whoever starts a run of it.
func setPaused(tx *gorm.DB, scope tenant.Scope, workflowID string, paused bool) error {
	change := "paused_in - ?::text"
	if paused {
		change = "(paused_in - ?::text) || to_jsonb(?::text)"
	}
	args := []any{scope.Environment()}
	if paused {
		args = append(args, scope.Environment())
	}
	return db.Affected(tx.Exec("UPDATE workflows SET paused_in = "+change+" WHERE id = ?", append(args, workflowID)...), workflow.ErrNotFound)
}

// Resume goes on with what waits in the queue of a workflow, in its order and
// within its limits. That it is not paused is no error.
func (s *Service) Resume(ctx context.Context, scope tenant.Scope, workflowID string) (out *Standing, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := setPaused(tx, scope, workflowID, false); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE run_queues SET paused_at = NULL, paused_because = '', resumed_at = ? WHERE workflow_id = ?", s.Now(), workflowID).Error; err != nil {
			return fmt.Errorf("resume queue: %w", err)
		}
		if err := audit.Record(tx, s.Now(), audit.Entry{Action: audit.QueueResumed, Subject: workflowID}); err != nil {
			return err
		}
		out, err = standingOf(tx, workflowID)
		return err
	})
	if err == nil {
		s.Queue.Nudge(ctx, TaskAdmit, scope, workflowID)
	}
	return out, err
}

// Clear cancels runs of a filter that have not begun, of one workflow or of all; up
// to 10,000 at once, the oldest first. more says that there are others.
func (s *Service) Clear(ctx context.Context, scope tenant.Scope, f Filter) (canceled int, more bool, err error) {
	var ended *endings
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if f.WorkflowID != "" {
			if _, err := db.One[workflow.Workflow](tx.Select("id").Where("id = ?", f.WorkflowID), workflow.ErrNotFound); err != nil {
				return err
			}
		}
		f.Statuses = nil
		ids, err := pick(tx, f, []Status{Queued}, "started_at IS NULL")
		if err != nil || len(ids) == 0 {
			return err
		}
		// A worker may have begun one of them meanwhile.
		var idle []string
		if err := tx.Model(&Run{}).Where("id IN ? AND status = ? AND started_at IS NULL", ids, Queued).Pluck("id", &idle).Error; err != nil {
			return fmt.Errorf("find what waits: %w", err)
		}
		if ended, err = cancel(tx, idle, byCaller, s.Now()); err != nil {
			return err
		}
		canceled, more = len(idle), len(ids) == most
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.QueueCleared, Subject: f.WorkflowID, Details: map[string]any{"canceled": canceled}})
	})
	if err != nil {
		return 0, false, err
	}
	s.stop(ctx, scope, ended)
	return canceled, more, nil
}

// Release lets the runs of a key go on that wait behind one that failed.
func (s *Service) Release(ctx context.Context, scope tenant.Scope, workflowID, key string) (out *Standing, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := standingOf(tx, workflowID); err != nil {
			return err
		}
		if err := db.Affected(tx.Where("workflow_id = ? AND lane = ? AND state = ?", workflowID, key, placeBlocked).Delete(&place{}), ErrNotBlocked); err != nil {
			return err
		}
		if err := audit.Record(tx, s.Now(), audit.Entry{Action: audit.QueueReleased, Subject: workflowID, Details: map[string]any{"key": key}}); err != nil {
			return err
		}
		out, err = standingOf(tx, workflowID)
		return err
	})
	if err == nil {
		s.Queue.Nudge(ctx, TaskAdmit, scope, workflowID)
	}
	return out, err
}
