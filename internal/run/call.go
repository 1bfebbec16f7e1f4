package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// deepest is how many workflows call each other at the most, one within the other.
const deepest = 10

// Faults of calls between workflows.
var (
	ErrDepth  = fault.New(fault.Conflict, "call_depth", "Workflows call each other more than %d deep: one of them leads back to itself.", deepest)
	ErrCalled = fault.New(fault.Invalid, "called_run_failed", "The workflow that was called did not succeed.")
)

// calling is the input of a step that calls a workflow.
type calling struct {
	Workflow string  `json:"workflow"`
	Version  int     `json:"workflow_version,omitempty"`
	User     *string `json:"external_user_id"`
	Input    any     `json:"input"`
	Fire     bool    `json:"fire,omitempty"`
}

// callWorkflow runs another workflow, and waits for its end unless it is only to
// be set off.
func (x *Executor) callWorkflow(def *workflow.Step, values workflow.Values) result {
	in := &calling{Workflow: def.Workflow, Version: def.Pinned, Fire: def.Fire}
	var err error
	if in.Input, err = values.JSON(def.Input); err != nil {
		return failed(unworked(err))
	}
	if def.User != nil {
		user, err := values.Text(*def.User)
		if err != nil {
			return failed(unworked(err))
		}
		in.User = &user
	}
	return result{input: in, do: func(ctx context.Context, scope tenant.Scope, r *Run, s *Step) result {
		user := ""
		if in.User != nil {
			user = *in.User
		} else if r.ExternalUserID != nil {
			user = *r.ExternalUserID
		}
		var child *Run
		res := x.once(ctx, scope, r, s, func(tx *gorm.DB) (result, []string, error) {
			if !in.Fire {
				found, err := childOf(tx, r, s)
				if err != nil {
					return result{}, nil, err
				}
				if found != nil { // its worker died after it had called
					return found.asCall(tx)
				}
			}
			var told []string
			var err error
			if child, told, err = x.begin(tx, scope, r, s, in, user, ""); err != nil {
				res, err := refusal(err)
				return res, nil, err
			}
			if in.Fire {
				return result{status: Succeeded, output: map[string]any{"run_id": child.ID, "status": child.Status}}, told, nil
			}
			res, _, err := child.asCall(tx)
			return res, told, err
		})
		if child != nil && child.Status == Queued && res.err == nil {
			x.Runs.Nudge(ctx, scope, child.ID)
		}
		return res
	}}
}

// callOf is which time a step calls somebody: another one for each attempt.
func callOf(r *Run, s *Step) string { return strconv.Itoa(r.Attempts) + "." + strconv.Itoa(s.Attempts) }

// childOf is the run that a step called at this attempt; nil = none.
func childOf(tx *gorm.DB, r *Run, s *Step) (*Run, error) {
	var found []Run
	if err := tx.Where("parent_id = ? AND parent_path = ? AND parent_call = ?", r.ID, s.Path, callOf(r, s)).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("find called run: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// begin writes down the run that a step calls.
func (x *Executor) begin(tx *gorm.DB, scope tenant.Scope, r *Run, s *Step, in *calling, user, item string) (*Run, []string, error) {
	if r.Depth+1 > deepest {
		return nil, nil, ErrDepth
	}
	called, err := workflow.Resolve(tx, in.Workflow)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault
	}
	w, d, err := workflow.Runnable(tx, called)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault
	}
	if in.Version > 0 {
		if d, err = workflow.AtVersion(tx, called, in.Version); err != nil {
			return nil, nil, err //nolint:wrapcheck // a fault
		}
		w.Version = in.Version
	}
	input, err := json.Marshal(map[string]any{
		"body": in.Input, "called_by": map[string]any{"workflow_id": r.WorkflowID, "workflow_name": r.WorkflowName, "run_id": r.ID, "step": s.Path},
		"headers": map[string]string{strings.ToLower(event.HopsHeader): strconv.Itoa(hops(r))},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("encode input: %w", err)
	}
	child := x.Runs.queued(called, user, input)
	child.Depth, child.TraceID, child.SpanID, child.Accounts = r.Depth+1, r.Trace(), s.span(), r.Accounts
	if user == "" || r.ExternalUserID == nil || *r.ExternalUserID != user {
		child.Accounts = nil // another user has accounts of their own
	}
	if !in.Fire {
		child.ParentID, child.ParentPath, child.ParentCall, child.ParentItem = &r.ID, s.Path, callOf(r, s), item
	}
	told, _, err := x.Runs.put(tx, scope, w, d, child)
	return child, told, err
}

// asCall is what a called run is to the step that called it: its outcome, or that
// it is waited for.
func (r *Run) asCall(tx *gorm.DB) (result, []string, error) {
	if r.FinishedAt == nil {
		return result{status: Waiting, output: map[string]any{"run_id": r.ID, "status": r.Status}}, nil, nil
	}
	o, err := r.outcome(tx)
	if err != nil {
		return result{}, nil, err
	}
	if o.Status == Failed {
		return result{status: Failed, output: o.Output, err: o.Error}, nil, nil
	}
	return result{status: o.Status, output: o.Output}, nil, nil
}

// outcome is what a run that is over brought whoever called it.
func (r *Run) outcome(tx *gorm.DB) (Outcome, error) {
	output, err := r.brought(tx)
	if err != nil {
		return Outcome{}, err
	}
	if r.Status == Succeeded || r.Status == Ended {
		return Outcome{Status: Succeeded, Output: output}, nil
	}
	p := &Problem{Code: ErrCalled.Code, Message: ErrCalled.Message}
	if r.Error != nil {
		p.Message = fmt.Sprintf("The workflow %q did not succeed: %s", r.WorkflowName, r.Error.Message)
	}
	return Outcome{Status: Failed, Output: output, Error: p}, nil
}

// brought is what a run that is over answered, and what its last step brought.
func (r *Run) brought(tx *gorm.DB) (map[string]any, error) {
	out := map[string]any{"run_id": r.ID, "status": r.Status, "response": nil, "output": nil, "error": nil}
	if r.Response != nil {
		out["response"] = json.RawMessage(*r.Response)
	}
	if r.Error != nil {
		out["error"] = map[string]any{"code": r.Error.Code, "message": r.Error.Message}
	}
	var last []string
	err := tx.Raw(`SELECT output FROM run_steps WHERE run_id = ? AND position(chr(47) IN path) = 0 AND status = 'succeeded' AND output IS NOT NULL
		ORDER BY run_steps.position DESC LIMIT 1`, r.ID).Scan(&last).Error
	if err != nil {
		return nil, fmt.Errorf("find last output: %w", err)
	}
	if len(last) > 0 && len(last[0]) <= mostTold {
		out["output"] = json.RawMessage(last[0])
	}
	return out, nil
}

// tellParent tells the step that called a run that it is over, in the transaction
// in which it ends, and returns the run to nudge then; "" = nobody waits.
func tellParent(tx *gorm.DB, runID string, now time.Time) (string, error) {
	var found []Run
	if err := tx.Where("id = ? AND parent_id IS NOT NULL AND finished_at IS NOT NULL", runID).Find(&found).Error; err != nil {
		return "", fmt.Errorf("find parent: %w", err)
	}
	if len(found) == 0 {
		return "", nil
	}
	r := &found[0]
	if r.ParentItem != "" { // of several: the step looks after them itself
		_, err := rouse(tx, *r.ParentID, now)
		return *r.ParentID, err
	}
	o, err := r.outcome(tx)
	if err != nil {
		return "", err
	}
	if o.Error != nil {
		name := r.ParentPath[strings.LastIndex(r.ParentPath, "/")+1:]
		o.Error.Step = &name
	}
	if err := Signal(tx, *r.ParentID, r.ParentPath, o, now); err != nil && !errors.Is(err, ErrNotWaiting) {
		return "", err
	}
	return *r.ParentID, nil
}
