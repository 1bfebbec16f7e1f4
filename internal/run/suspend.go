package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// answer is what was said to a step that waits. The first one counts.
type answer struct {
	RunID      string
	Path       string
	Round      int
	Choice     string
	Data       *string // JSON: what the step brings
	AnsweredAt time.Time
}

// TableName maps the noun to its table.
func (answer) TableName() string { return "run_answers" }

// suspending is the input of a suspend step. Who may read the run may answer it.
type suspending struct {
	Until     time.Time      `json:"until"`
	OnTimeout string         `json:"on_timeout"`
	ResumeURL string         `json:"resume_url"`
	CancelURL string         `json:"cancel_url"`
	Form      *workflow.Form `json:"form,omitempty"`
}

// suspend lets a run wait for somebody.
func (x *Executor) suspend(def *workflow.Step, values workflow.Values, now time.Time) result {
	text, err := values.Text(def.Suspension())
	if err != nil {
		return failed(unworked(err))
	}
	d, err := workflow.Duration(text)
	if err != nil {
		return failed(fault.New(fault.Invalid, "suspend", "The time to wait is none: %s.", err))
	}
	in := &suspending{Until: now.Add(d).UTC(), OnTimeout: def.OnTimeout}
	if in.OnTimeout == "" {
		in.OnTimeout = workflow.OnTimeoutFail
	}
	if in.Form, err = asked(def.Form, values); err != nil {
		return failed(unworked(err))
	}
	for to, name := range map[*string]string{&in.ResumeURL: "resume_url", &in.CancelURL: "cancel_url"} {
		if *to, err = values.Text(fmt.Sprintf("{{ run.%s(%q) }}", name, def.Name)); err != nil {
			return failed(unworked(err))
		}
	}
	return result{input: in, do: func(ctx context.Context, scope tenant.Scope, r *Run, s *Step) result {
		said, err := x.answered(ctx, scope, spot{r.ID, s.Path, 0})
		switch {
		case err != nil:
			return failed(err)
		case said != nil: // before it was asked
			return said.outcome()
		}
		return result{status: Waiting, at: in.Until}
	}}
}

// asked is a form with its texts filled in.
func asked(f *workflow.Form, values workflow.Values) (*workflow.Form, error) {
	if f == nil {
		return nil, nil
	}
	out := *f
	for _, text := range []*string{&out.Title, &out.Text, &out.Approve, &out.Reject} {
		filled, err := values.Text(*text)
		if err != nil {
			return nil, err //nolint:wrapcheck // says it all
		}
		*text = filled
	}
	return &out, nil
}

// answered is what was answered to a step that begins to wait; nil = nothing yet.
// That it waited in vain before is over.
func (x *Executor) answered(ctx context.Context, scope tenant.Scope, at spot) (said *answer, err error) {
	err = x.DB.In(ctx, scope, func(tx *gorm.DB) error {
		err := tx.Exec("DELETE FROM run_answers WHERE run_id = ? AND path = ? AND round = ? AND choice = ?", at.runID, at.path, at.round, timeout).Error
		if err != nil {
			return fmt.Errorf("forget a timeout: %w", err)
		}
		said, err = answerTo(tx, at)
		return err
	})
	return said, err
}

var errUnanswered = errors.New("nobody has answered")

func answerTo(tx *gorm.DB, at spot) (*answer, error) {
	a, err := db.One[answer](tx.Where("run_id = ? AND path = ? AND round = ?", at.runID, at.path, at.round), errUnanswered)
	if errors.Is(err, errUnanswered) {
		return nil, nil
	}
	return a, err
}

// outcome is what a step brings that was answered.
func (a *answer) outcome() result {
	var output any
	if a.Data != nil && json.Unmarshal([]byte(*a.Data), &output) != nil {
		output = nil
	}
	return result{status: Succeeded, output: output}
}

var late = fault.New(fault.Timeout, "suspend_timeout", "Nobody answered in time.")

// waited is what came of a suspend step whose time is over. An answer that comes
// at this moment counts if it was the first.
func (x *Executor) waited(ctx context.Context, scope tenant.Scope, def *workflow.Step, r *Run, s *Step) result {
	said, err := x.settle(ctx, scope, spot{r.ID, s.Path, 0})
	switch {
	case err != nil:
		return failed(err)
	case said != nil && said.Choice != timeout:
		return said.outcome()
	}
	output := map[string]any{"resume_data": nil, "approved": false, "timed_out": true}
	switch def.OnTimeout {
	case workflow.OnTimeoutContinue:
		return result{status: Succeeded, output: output}
	case workflow.OnTimeoutCancel:
		output["reason"] = late.Message
		return result{status: Ended, output: output, err: late} // and with it the run is canceled
	}
	return result{status: Failed, output: output, err: late}
}

// settle ends the time of a step that waits. It returns the answer that was first,
// if there is one.
func (x *Executor) settle(ctx context.Context, scope tenant.Scope, at spot) (said *answer, err error) {
	err = x.DB.In(ctx, scope, func(tx *gorm.DB) error {
		first, err := say(tx, at, timeout, nil, x.Now())
		if err != nil || first {
			return err
		}
		said, err = answerTo(tx, at)
		return err
	})
	return said, err
}

// say writes an answer down and reports whether it is the first.
func say(tx *gorm.DB, at spot, choice string, data *string, now time.Time) (first bool, err error) {
	res := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&answer{at.runID, at.path, at.round, choice, data, now})
	if res.Error != nil {
		return false, fmt.Errorf("write answer: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}
