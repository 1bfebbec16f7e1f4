package run

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Faults of links by which a run is answered.
var (
	ErrLink     = fault.New(fault.NotFound, "link_invalid", "This link is none of ours, or was cut off. Open it again as it was sent.")
	ErrAnswered = fault.New(fault.Gone, "link_used", "This was answered already. Nothing more has to be done.")
	ErrLinkOver = fault.New(fault.Gone, "link_over", "This does not wait for an answer any more.")
)

// MaxAnswer is how much may be sent to a step that waits, in bytes.
const MaxAnswer = 512 << 10

// Asked is what a link asks whoever opens it.
type Asked struct {
	Cancels  bool // it ends the run
	Workflow string
	Form     *workflow.Form // nil = there is nothing to fill in
	Until    *time.Time     // nil = the step has not begun to wait

	scope tenant.Scope
	at    spot
}

// Asks returns what a link asks, ErrLink, or ErrAnswered or ErrLinkOver when it
// is too late.
func (s *Service) Asks(ctx context.Context, raw string) (*Asked, error) {
	l, err := s.Keys.VerifyLink(raw, s.Now())
	if err != nil {
		return nil, ErrLink.Because(err)
	}
	choice, at, ok := readLink(l.Subject)
	if !ok {
		return nil, ErrLink
	}
	a := &Asked{Cancels: choice == cancels, scope: tenant.NewScope(l.Project, l.Environment, l.EnvironmentName), at: at}
	err = s.DB.In(ctx, a.scope, func(tx *gorm.DB) error {
		r, step, err := standingAt(tx, at)
		if err != nil {
			return err
		}
		said, err := answerTo(tx, at)
		if err != nil {
			return err
		}
		if said != nil && said.Choice != timeout {
			return ErrAnswered
		}
		a.Workflow = r.WorkflowName
		if step != nil && step.Input != nil {
			var in suspending
			if !step.putsOff() && json.Unmarshal([]byte(*step.Input), &in) == nil {
				a.Form = in.Form
			}
			a.Until = step.WakeAt
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// standingAt returns a run that is not over and its step that is asked, nil while
// that has not begun.
func standingAt(tx *gorm.DB, at spot) (*Run, *Step, error) {
	r, err := db.One[Run](tx.Where("id = ?", at.runID), ErrLinkOver)
	if err != nil {
		return nil, nil, err
	}
	s, err := db.One[Step](tx.Where("run_id = ? AND path = ?", at.runID, at.path), errUnanswered)
	if err != nil && !errors.Is(err, errUnanswered) {
		return nil, nil, err
	}
	over := r.FinishedAt != nil
	switch {
	case s == nil:
	case s.putsOff(): // what was sent before it was run again, or broken off, is over
		over = over || s.FinishedAt != nil || s.Round != at.round
	default:
		over = over || s.FinishedAt != nil && s.Status != Canceled
	}
	if over {
		if said, err := answerTo(tx, at); err != nil || said != nil && said.Choice != timeout {
			return nil, nil, errors.Join(err, ErrAnswered)
		}
		return nil, nil, ErrLinkOver
	}
	return r, s, nil
}

// Answered is what somebody says to a step that waits.
type Answered struct {
	Data     any  // JSON: arrives as resume_data
	Rejected bool // by a person, on the page
}

// Reply answers what a link asks: the run goes on with what was sent, or ends. A
// link is good once, and of two answers the first counts.
func (s *Service) Reply(ctx context.Context, a *Asked, said Answered) error {
	err := s.reply(ctx, a, said, nil)
	if errors.Is(err, ErrNotWaiting) {
		return ErrLinkOver
	}
	return err
}

// reply answers a step in one transaction with what also does, if anything.
func (s *Service) reply(ctx context.Context, a *Asked, said Answered, also func(tx *gorm.DB, step *Step) error) error {
	now := s.Now()
	output := map[string]any{"resume_data": said.Data, "approved": !said.Rejected, "timed_out": false, "at": now.UTC().Format(time.RFC3339Nano)}
	text := encode(readBack(output))
	var ended *endings
	err := s.DB.In(ctx, a.scope, func(tx *gorm.DB) error {
		if err := lock(tx, a.at.runID); err != nil {
			return err
		}
		_, step, err := standingAt(tx, a.at)
		if err == nil && also != nil {
			err = also(tx, step)
		}
		if err != nil {
			return err
		}
		choice := resumes
		if a.Cancels {
			choice = cancels
		}
		first, err := say(tx, a.at, choice, text, now)
		switch {
		case err != nil:
			return err
		case !first:
			return ErrAnswered
		case a.Cancels:
			ended, err = cancel(tx, []string{a.at.runID}, byLink, now)
			return err
		case step == nil:
			return nil // it is found when the step begins
		case step.putsOff():
			_, err = rouse(tx, a.at.runID, now) // it looks when it waits
			return err
		}
		return Signal(tx, a.at.runID, a.at.path, Outcome{Status: Succeeded, Output: output}, now)
	})
	if err != nil {
		return err
	}
	if ended != nil {
		s.stop(ctx, a.scope, ended)
		return nil
	}
	s.Nudge(ctx, a.scope, a.at.runID)
	return nil
}
