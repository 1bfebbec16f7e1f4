package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Failure is what was wrong at one attempt of a run.
type Failure struct {
	Attempt int       `json:"attempt"`
	At      time.Time `json:"at"`
	Error   Problem   `json:"error"`
}

// maxFailures is how many of its failures a run keeps: the newest.
const maxFailures = 50

// verdict is what becomes of a run that failed.
type verdict struct {
	status  Status
	set     map[string]any // else of its row
	told    []string       // endpoints that hear of it, for a nudge after the commit
	handler *Run           // a run that was started for it; nil = none
}

// judge decides what becomes of a run that failed, whose steps are written down:
// it goes on later from the step that failed, or is over. It is called in the
// transaction that writes this down.
func (s *Service) judge(tx *gorm.DB, scope tenant.Scope, r *Run, d *workflow.Definition, p *Problem, now time.Time) (*verdict, error) {
	v := &verdict{set: map[string]any{}}
	r.Failures = append(r.Failures, Failure{r.Attempts, now, *p})
	r.Failures = r.Failures[max(0, len(r.Failures)-maxFailures):]
	v.set["failures"], v.set["error"] = *encode(r.Failures), *encode(p)
	retries, said := d.Retries()
	if !said {
		waits, err := awaited(tx, r, d)
		if err != nil {
			return nil, err
		}
		if waits {
			retries = 0
		}
	}
	if r.Test || r.Store == workflow.StoreNone { // what is not kept cannot be gone on with
		retries = 0
	}
	if r.Retries < retries && d.RetriesCode(p.Code) && p.Code != errOutputGone.Code {
		return v, v.later(tx, scope, r, d, p, now)
	}
	v.status, v.set["finished_at"] = Failed, now
	if r.Test {
		return v, nil
	}
	if retries > 0 {
		v.status = DeadLettered
	}
	var err error
	if v.told, err = tellFailed(tx, scope, r, p, now, nil); err != nil {
		return nil, err
	}
	return v, s.startHandler(tx, scope, r, d, p, v, now)
}

// write puts the verdict on the row of a run whose lease is held.
func (v *verdict) write(tx *gorm.DB, r *Run) error {
	v.set["status"] = v.status
	res := tx.Model(&Run{}).Where("id = ? AND lease_id = ?", r.ID, r.LeaseID).Updates(v.set)
	return db.Affected(res, errLost)
}

// awaited reports whether somebody waits for the run's answer, or a run for its
// end, and is told that it failed: they decide whether it is done again, unless the
// workflow says so.
func awaited(tx *gorm.DB, r *Run, d *workflow.Definition) (bool, error) {
	if r.ParentID != nil {
		return true, nil
	}
	if r.ReplayOf != nil || r.Trigger != d.HTTP().Name || !d.Responds() {
		return false, nil
	}
	var answered bool
	if err := tx.Raw("SELECT response IS NOT NULL FROM runs WHERE id = ?", r.ID).Scan(&answered).Error; err != nil {
		return false, fmt.Errorf("find the answer: %w", err)
	}
	return !answered, nil
}

// later has a run go on from the step that failed when a while has passed, unless
// a newer one has taken its place.
func (v *verdict) later(tx *gorm.DB, scope tenant.Scope, r *Run, d *workflow.Definition, p *Problem, now time.Time) error {
	newer, err := superseded(tx, r)
	if err != nil {
		return err
	}
	if newer {
		v.status, v.set["finished_at"], v.set["error"] = Canceled, now, *encode(bySuccessor)
		return nil
	}
	at := now.Add(d.RetryWait(r.Retries + 1))
	v.status, v.set["lease_id"], v.set["lease_until"] = Retrying, "", at
	v.set["finished_at"], v.set["attempts"], v.set["retries"] = nil, r.Attempts+1, r.Retries+1
	if err := reopen(tx, d, r.ID, at); err != nil {
		return err
	}
	if d.NotifiesFirst() && r.Retries == 0 {
		v.told, err = tellFailed(tx, scope, r, p, now, &at)
	}
	return err
}

// reopen has steps that made a run fail begun again at a time. What was recorded
// of the others stays; of those that failed and did not matter, too. What was broken
// off because of it begins anew by itself.
func reopen(tx *gorm.DB, d *workflow.Definition, runID string, at time.Time) error {
	var rows []Step
	if err := tx.Select("path", "name").Where("run_id = ? AND status = ?", runID, Failed).Find(&rows).Error; err != nil {
		return fmt.Errorf("find steps that failed: %w", err)
	}
	within := d.Within()
	var again, blocks []string
	for i := range rows {
		s := &rows[i]
		at := within[s.Name]
		switch {
		case len(at) == 0 || workflow.Tolerated(at):
		case at[len(at)-1].Block():
			blocks = append(blocks, s.Path)
		default:
			again = append(again, s.Path)
		}
	}
	err := tx.Model(&Step{}).Where("run_id = ? AND path IN ?", runID, blocks).Updates(map[string]any{"status": Running, "finished_at": nil, "error": nil, "output": nil, "stored": nil}).Error
	if err == nil {
		err = tx.Model(&Step{}).Where("run_id = ? AND path IN ?", runID, again).Updates(map[string]any{"status": Waiting, "finished_at": nil, "wake_at": at, "again": true}).Error
	}
	if err != nil {
		return fmt.Errorf("reopen steps: %w", err)
	}
	return nil
}

// startHandler starts the workflow that is told of failures, if there is one. Of
// its own failures, and of those of the runs that it calls, none is told: there is
// no way round.
func (s *Service) startHandler(tx *gorm.DB, scope tenant.Scope, r *Run, d *workflow.Definition, p *Problem, v *verdict, now time.Time) error {
	handler := ""
	if d.Settings != nil {
		handler = d.Settings.ErrorWorkflow
	}
	if handler == "" {
		p, err := project.Current(tx)
		if err != nil {
			return err
		}
		if p.ErrorWorkflowID != nil {
			handler = *p.ErrorWorkflowID
		}
	}
	if handler == "" || handler == workflow.NoErrorWorkflow {
		return nil
	}
	handles, err := handling(tx, r)
	if err != nil || handles {
		return err
	}
	id, err := workflow.Resolve(tx, handler)
	var w *workflow.Workflow
	var definition *workflow.Definition
	if err == nil {
		w, definition, err = workflow.Runnable(tx, id)
	}
	if errors.Is(err, workflow.ErrNotFound) {
		return nil // it was switched off, or is gone
	}
	if err != nil {
		return err
	}
	input, err := json.Marshal(failureEvent(scope, r, p, now))
	if err != nil {
		return fmt.Errorf("encode failure: %w", err)
	}
	h := s.queued(w.ID, "", input)
	h.FailureOf = &r.ID
	told, refusal, err := s.put(tx, scope, w, definition, h)
	if errors.Is(err, ErrQueueFull) {
		slog.Warn("an error workflow was not started: its queue is full", "run", r.ID, "workflow", w.ID)
		return nil
	}
	if err == nil && refusal == nil {
		v.handler = h
	}
	v.told = append(v.told, told...)
	return err
}

// handling reports whether a run, or one that it is part of, was told of a failure.
func handling(tx *gorm.DB, r *Run) (is bool, err error) {
	if r.FailureOf != nil || r.ParentID == nil {
		return r.FailureOf != nil, nil
	}
	err = tx.Raw(`WITH RECURSIVE up AS (
			SELECT id, parent_id, failure_of, 1 AS depth FROM runs WHERE id = ?
			UNION ALL
			SELECT p.id, p.parent_id, p.failure_of, u.depth + 1 FROM up u JOIN runs p ON p.id = u.parent_id WHERE u.depth < ?)
		SELECT EXISTS (SELECT FROM up WHERE failure_of IS NOT NULL)`, *r.ParentID, maxDepth).Scan(&is).Error
	if err != nil {
		return false, fmt.Errorf("find who called the run: %w", err)
	}
	return is, nil
}

// failureEvent is what starts an error workflow.
func failureEvent(scope tenant.Scope, r *Run, p *Problem, now time.Time) map[string]any {
	return map[string]any{
		"original_event": json.RawMessage(r.Input),
		"original_context": map[string]any{
			"workflow_id": r.WorkflowID, "workflow_name": r.WorkflowName, "version": r.Version, "run_id": r.ID, "environment": scope.EnvironmentName(),
			"trigger": r.Trigger, "external_user_id": r.ExternalUserID, "attempts": r.Attempts, "replay_of": r.ReplayOf, "created_at": r.CreatedAt.UTC().Format(time.RFC3339Nano),
		},
		"error": map[string]any{"code": p.Code, "message": p.Message, "step": p.Step, "ts": now.UTC().Format(time.RFC3339Nano)},
		"run":   map[string]any{"id": r.ID, "path": "/projects/" + scope.Project() + "/" + scope.EnvironmentName() + "/runs/" + r.ID},
	}
}
