package run

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// A step of code, or of a component that is code, may put its run off by $.flow: it
// waits as a row once the code has come to its end, for a time or for who has its
// links, and then goes on or runs the code again. Each time that it is run again is a
// round, with links and an idempotency key of its own.

// flowing is what the row of such a step keeps for the code.
type flowing struct {
	Runs      int             `json:"runs"` // how often it was run, with this time
	Context   json.RawMessage `json:"context,omitempty"`
	Callback  json.RawMessage `json:"callback_request,omitempty"` // by which it was run again
	ResumeURL string          `json:"resume_url,omitempty"`
	CancelURL string          `json:"cancel_url,omitempty"`
}

// putsOff reports whether a step's own code may put its run off.
func (s *Step) putsOff() bool { return s.Type == workflow.Code || s.Type == workflow.Action }

// waitsByCode reports whether a step waits because its code said so.
func (s *Step) waitsByCode() bool { return s.Status == Waiting && !s.Again && s.Pause != "" }

func (s *Step) flowing() flowing {
	f := flowing{Runs: 1}
	if s.Flow != nil && json.Unmarshal([]byte(*s.Flow), &f) != nil {
		f = flowing{Runs: 1}
	}
	return f
}

// anew is a step that was broken off and begins anew: what was sent of it is over.
func (s *Step) anew(before *Step) {
	s.Attempts = before.Attempts + 1
	if s.putsOff() {
		s.Round = before.Round + 1
	}
}

// Key is what an attempt of a step is known by to those whom it asks for
// something: the same however often the attempt is begun again after a crash, and
// another for each that was decided on, by us or by its code.
func (s *Step) Key(r *Run) string {
	key := r.ID + "/" + s.Path + "/" + callOf(r, s)
	if s.Round > 0 {
		key += "." + strconv.Itoa(s.Round)
	}
	return key
}

// remembers is the state that the code of a run's steps has.
func (r *Run) remembers() action.State {
	user := ""
	if r.ExternalUserID != nil {
		user = *r.ExternalUserID
	}
	out := action.StateOf(user)
	out[string(datastore.Workflow)] = datastore.Place{Kind: datastore.Workflow, Of: r.WorkflowID}
	out[string(datastore.Execution)] = datastore.Place{Kind: datastore.Execution, Of: r.ID}
	if r.Instance != nil {
		out[string(datastore.Instance)] = datastore.Place{Kind: datastore.Instance, Of: r.Instance.ID}
	}
	return out
}

// flow is what the code of a step is told of its workflow.
func (x *Executor) flow(scope tenant.Scope, r *Run, s *Step) (*action.Flow, error) {
	at := spot{r.ID, s.Path, s.Round}
	f := s.flowing()
	out := &action.Flow{Run: map[string]any{"runs": f.Runs}, State: r.remembers(), Emit: x.emitter(scope, r, s.Path)}
	if f.Context != nil {
		out.Run["context"] = f.Context
	}
	if f.Callback != nil {
		out.Run["callback_request"] = f.Callback
	}
	var err error
	if out.Links.Resume, err = x.link(scope, r, at, resumes); err == nil {
		out.Links.Cancel, err = x.link(scope, r, at, cancels)
	}
	return out, err
}

// pause has a step that came to a good end wait if its code asked for that. Code that
// was run again as often as it may goes on.
func (x *Executor) pause(r *Run, s *Step, p *runner.Pause, links runner.Links, out result) result {
	f := s.flowing()
	if p == nil || out.status != Succeeded || p.Kind == runner.Rerun && f.Runs > p.Reruns {
		return out
	}
	next := flowing{Runs: f.Runs, ResumeURL: links.Resume, CancelURL: links.Cancel}
	if p.Context != nil {
		next.Context = json.RawMessage(*encode(r.env.hide(p.Context)))
	}
	out.output = r.env.hide(out.output)
	if text := encode(out.output); text != nil && len(*text) > maxOutput { // its row has it while it waits
		return failed(fault.New(fault.Invalid, errOutputLarge.Code, "What a step brought that waits is larger than %d bytes.", maxOutput))
	}
	s.Pause, s.Flow = p.Kind, encode(next)
	out.status, out.at = Waiting, x.Now().Add(p.For)
	return out
}

// putOff waits for the end of a step that its code put off. The result is Running if
// the code is run again.
func (k *walk) putOff(ctx context.Context, def *workflow.Step, s *Step) (result, end, error) {
	at := spot{k.r.ID, s.Path, s.Round}
	said, err := k.Steps.heard(k.ctx, k.scope, at) // what came while nobody had the run
	if err == nil && said == nil {
		e, err := k.rest(ctx, def, s)
		if err != nil || e.way != through {
			return result{}, e, err
		}
		if said, err = k.Steps.settle(k.ctx, k.scope, at); err != nil {
			return result{}, end{}, k.broke(def, err)
		}
	}
	if err != nil {
		return result{}, end{}, k.broke(def, err)
	}
	res, err := s.woken(said)
	return res, end{}, err
}

// broke is why a step is not gone on with that our database did not answer for.
func (k *walk) broke(def *workflow.Step, err error) error {
	if k.ctx.Err() != nil {
		return k.stopped(def)
	}
	return err
}

// heard is what was said to a step that waits, that its time is over included; nil =
// nothing yet.
func (x *Executor) heard(ctx context.Context, scope tenant.Scope, at spot) (said *answer, err error) {
	err = x.DB.In(ctx, scope, func(tx *gorm.DB) error {
		said, err = answerTo(tx, at)
		return err
	})
	return said, err
}

// woken is what becomes of a step when it has waited long enough, or was answered.
func (s *Step) woken(said *answer) (result, error) {
	answered := said != nil && said.Choice == resumes
	var data json.RawMessage
	if answered {
		var err error
		if data, err = said.data(); err != nil {
			return result{}, err
		}
	}
	if s.Pause == runner.Rerun {
		f := s.flowing()
		next := flowing{Runs: f.Runs + 1, Context: f.Context}
		if answered {
			next.Callback = json.RawMessage(*encode(map[string]any{"body": data}))
		}
		s.Status, s.WakeAt, s.Pause, s.Flow, s.Round = Running, nil, "", encode(next), s.Round+1
		return result{status: Running}, nil
	}
	output := map[string]any{}
	if s.Output != nil {
		if err := json.Unmarshal([]byte(*s.Output), &output); err != nil {
			return result{}, fmt.Errorf("decode output of %s: %w", s.Path, err)
		}
	}
	if s.Pause == runner.Suspend && !answered {
		return result{status: Ended, output: output, err: late}, nil // and with it the run is canceled
	}
	output["$resume_data"] = data
	return result{status: Succeeded, output: readBack(output)}, nil
}

// data is what was sent with an answer.
func (a *answer) data() (json.RawMessage, error) {
	var said struct {
		Data json.RawMessage `json:"resume_data"`
	}
	if a.Data != nil {
		if err := json.Unmarshal([]byte(*a.Data), &said); err != nil {
			return nil, fmt.Errorf("decode answer to %s: %w", a.Path, err)
		}
	}
	return said.Data, nil
}
