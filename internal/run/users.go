package run

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/instance"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const (
	usualAtOnce  = 10
	mostFailures = 100 // that a fan-out names
	usersAtOnce  = 500 // that one look reads
)

// fanning is the input of a for_each_user step.
type fanning struct {
	calling

	App  string   `json:"app,omitempty"`
	List []string `json:"list,omitempty"` // nil = all
}

// fanned is how far it is, and in the end what came of it.
type fanned struct {
	Started    int    `json:"started"`
	Unfinished int    `json:"unfinished"`
	Succeeded  int    `json:"succeeded"`
	EndedEarly int    `json:"ended_early"`
	Failed     int    `json:"failed"`
	Canceled   int    `json:"canceled"`
	Limited    bool   `json:"limited"` // there were more users than it may run for
	Failures   []any  `json:"failures,omitempty"`
	Results    []any  `json:"results,omitempty"`
	Cursor     string `json:"cursor,omitempty"` // the user up to whom runs were begun
	Listed     int    `json:"listed,omitempty"` // the same in a list
	More       bool   `json:"-"`
}

// forEachUser runs a workflow for many users: some at a time, each in a run of its
// own.
func (x *Executor) forEachUser(def *workflow.Step, values workflow.Values) result {
	in := &fanning{calling: calling{Workflow: def.Workflow, Version: def.Pinned}}
	var err error
	if in.Input, err = values.JSON(def.Input); err != nil {
		return failed(unworked(err))
	}
	if def.Users != nil {
		in.App = def.Users.App
		if in.List, err = listed(values, def.Users.List); err != nil {
			return failed(unworked(err))
		}
	}
	return result{input: in, do: func(ctx context.Context, scope tenant.Scope, r *Run, s *Step) result {
		return x.look(ctx, scope, r, def, s, values, in)
	}}
}

// lookAgain looks after the runs of a step that waits for them.
func (x *Executor) lookAgain(ctx context.Context, scope tenant.Scope, r *Run, def *workflow.Step, s *Step, values workflow.Values) result {
	var in fanning
	if s.Input == nil || json.Unmarshal([]byte(*s.Input), &in) != nil {
		return failed(fmt.Errorf("the input of %s cannot be read", s.Path))
	}
	res := x.look(ctx, scope, r, def, s, values, &in)
	res.input, res.reached = &in, true
	return res
}

// look begins as many runs as there is room for, and sees whether all are over.
func (x *Executor) look(ctx context.Context, scope tenant.Scope, r *Run, def *workflow.Step, s *Step, values workflow.Values, in *fanning) result {
	var f fanned
	if s.Output != nil && json.Unmarshal([]byte(*s.Output), &f) != nil {
		f = fanned{}
	}
	var queued, told []string
	var res result
	err := x.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := mine(tx, r); err != nil {
			return err
		}
		if err := f.count(tx, r, s); err != nil {
			return err
		}
		stopped := f.Failed+f.Canceled > 0 && def.OnItemError != workflow.OnErrorContinue
		f.More = false
		if !stopped {
			var err error
			if queued, told, err = x.more(tx, scope, r, def, s, values, in, &f); err != nil {
				return err
			}
		}
		// With the runs it is written up to where they were begun, so that none is begun twice.
		if err := tx.Model(&Step{}).Where("run_id = ? AND path = ?", r.ID, s.Path).Update("output", *encode(f)).Error; err != nil {
			return fmt.Errorf("write progress: %w", err)
		}
		if f.Unfinished > 0 || f.More {
			res = result{status: Waiting, output: f}
			if f.Unfinished == 0 {
				res.at = x.Now() // those that were begun were over at once
			}
			return nil
		}
		var err error
		res, err = f.end(tx, r, def, s, stopped, x.mostOutput())
		return err
	})
	if err != nil {
		return failed(err)
	}
	if len(told) > 0 {
		x.Webhooks.Nudge(ctx, scope, told)
	}
	x.Runs.Nudge(ctx, scope, queued...)
	return res
}

// count sees how the runs of a step stand.
func (f *fanned) count(tx *gorm.DB, r *Run, s *Step) error {
	var rows []struct {
		Status Status
		N      int
	}
	err := tx.Raw("SELECT status, count(*) AS n FROM runs WHERE parent_id = ? AND parent_path = ? AND parent_call = ? GROUP BY status", r.ID, s.Path, callOf(r, s)).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("count called runs: %w", err)
	}
	f.Started, f.Unfinished, f.Succeeded, f.EndedEarly, f.Failed, f.Canceled = 0, 0, 0, 0, 0, 0
	for _, row := range rows {
		f.Started += row.N
		switch row.Status {
		case Succeeded:
			f.Succeeded += row.N
		case Ended:
			f.EndedEarly += row.N
		case Failed, DeadLettered:
			f.Failed += row.N
		case Canceled:
			f.Canceled += row.N
		default:
			f.Unfinished += row.N
		}
	}
	return nil
}

// more begins runs for the next users, as long as there is room.
func (x *Executor) more(tx *gorm.DB, scope tenant.Scope, r *Run, def *workflow.Step, s *Step, values workflow.Values, in *fanning, f *fanned) (queued, told []string, err error) {
	width := def.Concurrency
	if width == 0 {
		width = usualAtOnce
	}
	room := width - f.Unfinished
	if room <= 0 {
		f.More = true
		return nil, nil, nil
	}
	users, whole, err := next(tx, in, f, s.StartedAt)
	if err != nil {
		return nil, nil, err
	}
	done := 0
	for _, u := range users {
		if room == 0 {
			break
		}
		if f.Started >= def.MostUsers() {
			f.Limited = true
			return queued, told, nil
		}
		done++
		f.advance(in, u)
		yes, err := wanted(def, values, u)
		if err != nil {
			return nil, nil, err
		}
		if !yes {
			continue
		}
		child, hear, err := x.begin(tx, scope, r, s, &in.calling, u.ExternalID, u.ID)
		if instance.NotForUser(err) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		told = append(told, hear...)
		f.Started++
		if child.FinishedAt != nil {
			f.Failed++ // it could not be for its user
			continue
		}
		f.Unfinished++
		room--
		queued = append(queued, child.ID)
	}
	f.More = done < len(users) || !whole
	return queued, told, nil
}

func (f *fanned) advance(in *fanning, u someone) {
	if in.List != nil {
		f.Listed++
		return
	}
	f.Cursor = u.ID
}

// end is what came of all runs.
func (f *fanned) end(tx *gorm.DB, r *Run, def *workflow.Step, s *Step, stopped bool, most int) (result, error) {
	q := tx.Where("parent_id = ? AND parent_path = ? AND parent_call = ?", r.ID, s.Path, callOf(r, s)).Order("parent_item")
	if !def.Collect {
		q = q.Where("status NOT IN ?", []Status{Succeeded, Ended}).Limit(mostFailures)
	}
	var children []Run
	if err := q.Find(&children).Error; err != nil {
		return result{}, fmt.Errorf("load called runs: %w", err)
	}
	for i := range children {
		c := &children[i]
		one, err := c.brought(tx)
		if err != nil {
			return result{}, err
		}
		one["external_user_id"] = c.ExternalUserID
		if def.Collect {
			f.Results = append(f.Results, one)
		}
		if c.Status != Succeeded && c.Status != Ended && len(f.Failures) < mostFailures {
			f.Failures = append(f.Failures, map[string]any{"external_user_id": c.ExternalUserID, "run_id": c.ID, "status": c.Status, "error": one["error"]})
		}
	}
	f.Cursor, f.Listed = "", 0
	out := result{status: Succeeded, output: readBack(f)}
	if text := encode(out.output); text != nil && len(*text) > most {
		return failed(fault.New(fault.Invalid, errOutputLarge.Code, "What the runs brought is larger than %d bytes: leave collect out.", most)), nil
	}
	if stopped {
		out.status = Failed
		out.err = fault.New(fault.Invalid, "called_run_failed", "The workflow did not succeed for %d of %d users.", f.Failed+f.Canceled, f.Started)
	}
	return out, nil
}
