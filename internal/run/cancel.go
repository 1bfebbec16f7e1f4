package run

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// most is how many runs one call cancels, has tried again, or discards.
const most = 10_000

// Why a run was canceled.
var (
	byCaller     = &Problem{Code: "canceled", Message: "The run was canceled."}
	byLink       = &Problem{Code: "canceled", Message: "The run was canceled by its link."}
	bySuccessor  = &Problem{Code: "superseded", Message: "A newer event with the same key took its place."}
	unfinished   = []Status{Queued, Running, Waiting, Retrying}
	underway     = []Status{Running, Waiting} // of a step
	stopsChannel = "runs"                     // where processes tell each other which runs are to stop
)

// Cancel ends a run that has not ended, and the runs that its steps wait for. What
// a step of it does at the moment is broken off, and what comes of it is dropped:
// what an app has done by then stays done. A run that is canceled stays so.
func (s *Service) Cancel(ctx context.Context, scope tenant.Scope, runID string) (r *Run, err error) {
	var ended *endings
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := lock(tx, runID); err != nil {
			return err
		}
		if r, err = db.One[Run](tx.Where("id = ?", runID), ErrNotFound); err != nil {
			return err
		}
		switch {
		case r.Status == Canceled:
			return nil
		case r.FinishedAt != nil:
			return ErrOver
		}
		now := s.Now()
		if ended, err = cancel(tx, []string{runID}, byCaller, now); err != nil {
			return err
		}
		if r, err = db.One[Run](tx.Where("id = ?", runID), ErrNotFound); err != nil {
			return err
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.RunCanceled, Subject: runID, ExternalUserID: named(r.ExternalUserID), Details: map[string]any{"workflow": r.WorkflowID}})
	})
	if err == nil {
		s.stop(ctx, scope, ended)
	}
	return r, err
}

// CancelAll cancels the runs that the filter chooses and that have not ended, as
// Cancel does, and returns how many. It cancels up to 10,000, the oldest first;
// more says that there are others.
func (s *Service) CancelAll(ctx context.Context, scope tenant.Scope, f Filter) (n int, more bool, err error) {
	var ended *endings
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		ids, err := pick(tx, f, unfinished)
		if err != nil || len(ids) == 0 {
			return err
		}
		now := s.Now()
		if ended, err = cancel(tx, ids, byCaller, now); err != nil {
			return err
		}
		n, more = len(ended.runs), len(ids) == most
		return audit.Record(tx, now, audit.Entry{Action: audit.RunsCanceled, Subject: scope.Environment(), ExternalUserID: f.ExternalUserID, Details: map[string]any{"count": n, "workflow": f.WorkflowID}})
	})
	if err == nil {
		s.stop(ctx, scope, ended)
	}
	return n, more, err
}

// pick locks runs that the filter chooses, of some statuses, and returns their
// ids, the oldest first, up to most. Another one may have changed meanwhile what
// they are.
func pick(tx *gorm.DB, f Filter, of []Status, also ...string) (ids []string, err error) {
	q := f.Where(tx.Model(&Run{})).Where("status IN ?", of).Order("id").Limit(most)
	for _, condition := range also {
		q = q.Where(condition)
	}
	if err := q.Pluck("id", &ids).Error; err != nil {
		return nil, fmt.Errorf("choose runs: %w", err)
	}
	return ids, lock(tx, ids...)
}

// lock locks runs and those that called them. A caller is older than what it calls,
// and everybody locks the older one first.
func lock(tx *gorm.DB, ids ...string) error {
	err := tx.Exec("SELECT FROM runs WHERE id IN ? OR id IN (SELECT parent_id FROM runs WHERE id IN ?) ORDER BY id FOR NO KEY UPDATE", ids, ids).Error
	if err != nil {
		return fmt.Errorf("lock runs: %w", err)
	}
	return nil
}

// endings are runs that were ended by somebody, and whoever is to hear of it after
// the commit.
type endings struct {
	runs  []Run
	wakes []string // runs that had called them
}

// cancel ends runs, with the steps of theirs that are under way and the runs that
// these wait for. It returns those that ended, for Service.stop after the commit.
func cancel(tx *gorm.DB, ids []string, why *Problem, now time.Time) (*endings, error) {
	reason, err := json.Marshal(why)
	if err != nil {
		return nil, fmt.Errorf("encode reason: %w", err)
	}
	out, is := &endings{}, map[string]bool{}
	for depth := 0; len(ids) > 0 && depth <= maxDepth; depth++ {
		var children []string
		err := tx.Raw(`SELECT c.id FROM runs c JOIN run_steps s ON s.run_id = c.parent_id AND s.path = c.parent_path
			WHERE c.parent_id IN ? AND c.finished_at IS NULL AND s.status IN ? ORDER BY c.id`, ids, underway).Scan(&children).Error
		if err != nil {
			return nil, fmt.Errorf("find what canceled runs wait for: %w", err)
		}
		var some []Run
		res := tx.Model(&some).Clauses(clause.Returning{}).Where("id IN ? AND finished_at IS NULL", ids).Updates(map[string]any{
			"status": Canceled, "error": string(reason), "finished_at": now, "lease_id": "",
		})
		if res.Error != nil {
			return nil, fmt.Errorf("cancel runs: %w", res.Error)
		}
		err = tx.Model(&Step{}).Where("run_id IN ? AND status IN ?", ids, underway).
			Updates(map[string]any{"status": Canceled, "finished_at": now, "wake_at": nil}).Error
		if err != nil {
			return nil, fmt.Errorf("cancel steps: %w", err)
		}
		out.runs, ids = append(out.runs, some...), children
	}
	for i := range out.runs {
		is[out.runs[i].ID] = true
	}
	for i := range out.runs {
		r := &out.runs[i]
		if r.ParentID == nil || is[*r.ParentID] {
			continue
		}
		parent, err := tellParent(tx, r.ID, now)
		if err != nil {
			return nil, err
		}
		out.wakes = append(out.wakes, parent)
	}
	return out, nil
}

// cancelCalled cancels the runs that a canceled one had called and that have not
// ended, whichever step waited for them.
func cancelCalled(tx *gorm.DB, runID string, now time.Time) (*endings, error) {
	var ids []string
	if err := tx.Model(&Run{}).Where("parent_id = ? AND finished_at IS NULL", runID).Order("id").Pluck("id", &ids).Error; err != nil {
		return nil, fmt.Errorf("find called runs: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if err := lock(tx, ids...); err != nil {
		return nil, err
	}
	return cancel(tx, ids, byCaller, now)
}

// stop has every process break off what it does for runs that have ended. One
// that does not hear it finds out when it next renews the lease. Whoever waits for
// them, or for their place, goes on.
func (s *Service) stop(ctx context.Context, scope tenant.Scope, ended *endings) {
	if ended == nil {
		return
	}
	s.Metrics.Runs.WithLabelValues(string(Canceled)).Add(float64(len(ended.runs)))
	s.Nudge(ctx, scope, ended.wakes...)
	s.tracedEnds(ctx, scope, ended.runs)
	queues := map[string]bool{}
	for i := range ended.runs {
		if r := &ended.runs[i]; r.Placed && !queues[r.WorkflowID] {
			queues[r.WorkflowID] = true
			s.Queue.Nudge(ctx, TaskAdmit, scope, r.WorkflowID)
		}
	}
	if s.Redis == nil {
		return
	}
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer end()
	for some := range slices.Chunk(ended.runs, 500) {
		ids := make([]string, len(some))
		for i := range some {
			ids[i] = some[i].ID
		}
		if s.Redis.Publish(ctx, stopsChannel, strings.Join(ids, " ")) != nil {
			return
		}
	}
}

// Listen breaks off runs of this process that ended elsewhere, until ctx ends.
func (w *Worker) Listen(ctx context.Context) {
	if w.Redis == nil {
		return
	}
	w.Redis.Listen(ctx, stopsChannel, func(bool) {}, func(message string) {
		for runID := range strings.FieldsSeq(message) {
			w.under.stop(runID)
		}
	})
}
