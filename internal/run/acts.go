package run

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/code"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/redact"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/usage"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const (
	mostLogs   = 200  // lines of a piece of code that its step keeps
	longestLog = 2000 // bytes of each
)

// acting is the input of an action step.
type acting struct {
	Component string            `json:"component"`
	Version   string            `json:"version,omitempty"`
	Account   *workflow.Account `json:"account,omitempty"`
	Props     map[string]any    `json:"props"`
}

// action fills an action step in.
func (x *Executor) action(def *workflow.Step, values workflow.Values) result {
	filled, err := values.JSON(def.Props)
	if err != nil {
		return failed(unworked(err))
	}
	props, _ := filled.(map[string]any) // what was checked is an object, or nothing
	if props == nil {
		props = map[string]any{}
	}
	in := &acting{def.Component, def.Version, def.Account, props}
	return result{input: in, do: func(ctx context.Context, scope tenant.Scope, r *Run, s *Step) result {
		return x.act(ctx, scope, r, s, in)
	}}
}

// act runs an action. Each attempt has a key of its own: what was begun by a
// worker that died is waited for or known to be unknown, and not done twice.
func (x *Executor) act(ctx context.Context, scope tenant.Scope, r *Run, s *Step, in *acting) result {
	c, err := x.Actions.Components.Component(ctx, scope.Project(), component.Action, in.Component, in.Version)
	if err != nil {
		return failed(err)
	}
	u := action.Use{Key: in.Component, Version: c.Version, Configured: in.Props}
	if r.ExternalUserID != nil {
		u.ExternalUserID = *r.ExternalUserID
	}
	if prop := c.AppProp(); prop != "" && (in.Account != nil || in.Props[prop] == nil) {
		want := workflow.Account{Of: workflow.OfUser, App: c.App}
		if in.Account != nil && in.Account.Of == workflow.OfProject {
			want = *in.Account
		}
		a, err := x.accountOf(ctx, scope, r, &want)
		if err != nil {
			return failed(err)
		}
		s.AccountID, s.App = &a.ID, &c.App
		u.ExternalUserID = a.ExternalID
		u.Configured[prop] = map[string]any{"authProvisionId": a.ID}
	}
	if c.Code != nil {
		if u.Flow, err = x.flow(scope, r, s); err != nil {
			return failed(err)
		}
	}
	a, err := x.Actions.Run(ctx, scope, u, action.Manner{Key: s.Key(r), Via: action.ByWorkflow, By: r.ID})
	if err != nil {
		out := failed(err)
		out.class = map[fault.Kind]string{fault.Unavailable: workflow.OnUnavailable, fault.RateLimited: workflow.OnRateLimited}[fault.Of(err).Kind]
		return out
	}
	o := a.Outcome
	exports := o.Exports
	if exports == nil {
		exports = map[string]any{}
	}
	output := map[string]any{"value": o.Value, "exports": exports}
	if o.Summary != "" {
		output["summary"] = o.Summary
	}
	out := result{status: Succeeded, output: readBack(output)}
	if f := o.Failure; f != nil {
		out.status = Failed
		out.err = fault.New(fault.Invalid, failureCode(f.Origin, "action_failed"), "%s", f.Message)
		out.class = classOf(f.Origin, f.Status)
	}
	if u.Flow != nil {
		out = x.pause(r, s, o.Pause, u.Flow.Links, out)
	}
	return out
}

// failureCode is the code of a failure: that of its class, if it is one after which
// a workflow may choose not to try again.
func failureCode(origin, other string) string {
	switch origin {
	case "timeout":
		return workflow.TimedOut
	case "memory":
		return workflow.OutOfMemory
	}
	return other
}

// classOf is the class of a failure of an action or of code.
func classOf(origin string, status int) string {
	switch origin {
	case "transport":
		return workflow.OnUnavailable
	case "timeout":
		return workflow.TimedOut
	case "memory":
		return workflow.OutOfMemory
	case "app":
		return classOfStatus(status)
	}
	return workflow.OnOther
}

// coding is the input of a code step: what it was given beside what the run knows.
type coding struct {
	Language string            `json:"language"`
	Env      map[string]string `json:"env,omitempty"`
}

// code fills a code step in. The code itself is taken as it is.
func (x *Executor) code(def *workflow.Step, values workflow.Values) result {
	own, err := texts(values, def.Env)
	if err != nil {
		return failed(unworked(err))
	}
	steps, _ := values["steps"].(map[string]any)
	p := code.Piece{
		Language: code.Language(def.Language), Source: def.Code, Steps: steps, Trigger: values["trigger"],
		Timeout: time.Duration(def.Timeout) * time.Second,
	}
	return result{input: &coding{def.Language, own}, do: func(ctx context.Context, scope tenant.Scope, r *Run, s *Step) result {
		if err := x.Plans.Allow(ctx, scope.Project(), usage.Credits); err != nil {
			return failed(err)
		}
		p.Owner = runner.Owner{Project: scope.Project(), Environment: scope.Environment()}
		if r.ExternalUserID != nil {
			p.Owner.User = *r.ExternalUserID
		}
		p.Env, p.Secrets = r.env.inCode(def.Code, own), r.env.secrets
		f, err := x.flow(scope, r, s)
		if err != nil {
			return failed(err)
		}
		p.Links, p.Context = &f.Links, map[string]any{"id": r.ID, "workflow_id": r.WorkflowID, "test": r.Test, "run": f.Run}
		if x.Actions != nil {
			p.Store, p.Scopes = x.Actions.Coder.Remembered(scope, f.State)
		}
		began := x.Now()
		out, pause := x.runCode(ctx, p, action.Outlets{Scope: scope, Emit: f.Emit})
		s.CodeMs += max(1, x.Now().Sub(began).Milliseconds())
		return x.pause(r, s, pause, f.Links, out)
	}}
}

func (x *Executor) runCode(ctx context.Context, p code.Piece, to action.Outlets) (result, *runner.Pause) {
	runs, err := x.Code()
	if err == nil {
		var res *runner.Result
		if res, err = runs.Run(ctx, p); err == nil {
			if len(res.Sends) > 0 {
				x.Actions.Coder.Send(ctx, to, res.Sends, func(text string) {
					res.Logs = append(res.Logs, runner.Log{Level: "info", At: x.Actions.Now(), Text: text})
				})
			}
			return coded(res, x.redactions(ctx, to.Scope)), res.Pause
		}
	}
	out := failed(err)
	if errors.Is(err, code.ErrBusy) || errors.Is(err, runner.ErrBusy) {
		out.class = workflow.OnUnavailable
	}
	return out, nil
}

// redactions are what is taken out of what code logs.
func (x *Executor) redactions(ctx context.Context, scope tenant.Scope) *redact.Rules {
	if x.Actions == nil {
		return nil
	}
	return x.Actions.Projects.Redactions(ctx, scope)
}

// coded is what a piece of code came to.
func coded(res *runner.Result, log *redact.Rules) result {
	logs := make([]map[string]any, 0, min(len(res.Logs), mostLogs))
	for _, l := range res.Logs[:min(len(res.Logs), mostLogs)] {
		text := l.Text
		if len(text) > longestLog {
			text = log.Head(text[:longestLog])
		} else {
			text = log.Text(text)
		}
		logs = append(logs, map[string]any{"level": l.Level, "at": l.At, "text": text})
	}
	out := result{status: Succeeded, output: readBack(map[string]any{"value": res.Value, "exports": res.Exports, "logs": logs})}
	switch f := res.Failure; {
	case f != nil:
		out.status, out.class = Failed, classOf(f.Origin, f.Status)
		out.err = fault.New(fault.Invalid, failureCode(f.Origin, "code_failed"), "%s: %s", f.Name, f.Message)
	case res.Exit != nil:
		out.status = Ended
	}
	if res.Response != nil {
		out.response = answered(res.Response)
	}
	return out
}

// answered is what a piece of code answers the workflow's caller.
func answered(said *runner.Response) *Response {
	out := &Response{Status: said.Status, Headers: said.Headers, Body: strings.ToValidUTF8(string(said.Body), "\ufffd")}
	var v any
	if json.Unmarshal(said.Body, &v) == nil {
		out.Body = v
	}
	return out
}
