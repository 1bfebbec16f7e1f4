package runner

import (
	"context"
	"encoding/json"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// Run runs an action. What the component itself could not do is in the result; an
// error is a fault of this package, and nothing was begun.
func (r *Runner) Run(ctx context.Context, j Job) (*Result, error) {
	return r.do(ctx, &j, &request{Op: "run"})
}

// Source runs a source with what has happened.
func (r *Runner) Source(ctx context.Context, j Job, event any) (*Result, error) {
	return r.do(ctx, &j, &request{Op: "source", Event: event})
}

// Hook calls a hook of a source: deploy, activate or deactivate. One that it does
// not have is done at once.
func (r *Runner) Hook(ctx context.Context, j Job, name string) (*Result, error) {
	return r.do(ctx, &j, &request{Op: "hook", Hook: name})
}

// Code is a piece of code of a workflow.
type Code struct {
	Text    string // a module with a default export, or the body of an async function
	Trigger any
	Env     map[string]string
}

// Code runs a piece of code. The job names the owner, and steps.
func (r *Runner) Code(ctx context.Context, j Job, c Code) (*Result, error) {
	return r.do(ctx, &j, &request{Op: "code", Text: c.Text, Trigger: c.Trigger, Env: c.Env})
}

// Ask is how a page of options is asked for.
type Ask struct {
	Page    int // from 0
	Query   string
	Context map[string]any // of the page before; nil = none
}

// Options are what can be chosen, a page of it.
type Options struct {
	Options []component.Option `json:"options"`
	Context map[string]any     `json:"context"` // nil = none
}

// Options asks what can be chosen for a prop. Where that failed, the options are
// nil and the result says why.
func (r *Runner) Options(ctx context.Context, j Job, prop string, ask Ask) (*Options, *Result, error) {
	res, err := r.do(ctx, &j, &request{Op: "options", Prop: prop, Ask: &question{ask.Page, ask.Query, ask.Context}})
	if err != nil || res.Failure != nil {
		return nil, res, err
	}
	var out *Options
	if err := json.Unmarshal(res.Value, &out); err != nil {
		out, res.Failure = nil, &Failure{Name: "Error", Origin: "component", Message: "What the component offers for choice is no list of options."}
	}
	return out, res, nil
}

// Props asks for the props that depend on what is filled in. Where that failed, the
// result says why.
func (r *Runner) Props(ctx context.Context, j Job) ([]component.Prop, *Result, error) {
	res, err := r.do(ctx, &j, &request{Op: "props"})
	if err != nil || res.Failure != nil {
		return nil, res, err
	}
	props, err := readProps(res.Value)
	if err != nil {
		res.Failure = &Failure{Name: "Error", Origin: "component", Message: err.Error()}
	}
	return props, res, nil
}
