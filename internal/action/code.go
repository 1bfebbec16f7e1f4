package action

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/stash"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Coder gives components that are code what they need: a process, the accounts of
// their user, data stores. A nil one has none.
type Coder struct {
	Runner    func() (*runner.Runner, error) // begun when it is first needed
	Accounts  *account.Service
	Stores    *datastore.Service
	Stash     *stash.Service
	Client    *http.Client    // for what a run has sent once it is over
	Letters   *notify.Service // the same
	Isolation runner.Isolation
	Now       func() time.Time
}

// Coded is one use of a component that is code.
type Coded struct {
	Scope     tenant.Scope
	User      string // the customer's own id
	Component *component.Component
	Props     map[string]any              // as component.Values returned them
	Accounts  map[string]*account.Account // by app prop
	Dynamic   []component.Prop            // that were given out before
	Context   map[string]any              // $.context
	State     map[string]json.RawMessage  // of a source
	Remembers State                       // beside data stores
	Endpoint  string                      // of a source with an address
	Respond   func(runner.Response)       // what it answers to who calls it; nil = nobody does
	Links     *runner.Links               // at which the workflow is answered whose step it is; nil = it is none
	Tmp       string                      // a folder that is /tmp of this use alone; "" = none
}

// Ready returns the runner and the job of a use: with the credentials of its
// accounts, which are good now. The job takes no longer than ctx.
func (c *Coder) Ready(ctx context.Context, u *Coded) (*runner.Runner, *runner.Job, error) {
	if c == nil {
		return nil, nil, runner.ErrMissing
	}
	r, err := c.Runner()
	if err != nil {
		return nil, nil, err
	}
	j := &runner.Job{
		Owner:      runner.Owner{Project: u.Scope.Project(), Environment: u.Scope.Environment(), User: u.User, Isolation: c.Isolation},
		Module:     runner.Module{Bundle: u.Component.Code.Bundle, Path: u.Component.Code.Path},
		Configured: u.Props, Auth: map[string]map[string]any{}, DB: u.State, Endpoint: u.Endpoint, Context: u.Context, Links: u.Links, Respond: u.Respond, Tmp: u.Tmp,
	}
	j.Store, j.Scopes = c.Remembered(u.Scope, u.Remembers)
	j.Sign = func(ctx context.Context, accountID, method, url, form string) (string, error) {
		for _, a := range u.Accounts {
			if a.ID == accountID {
				return c.Accounts.Sign(ctx, u.Scope, accountID, method, url, form) //nolint:wrapcheck // a fault
			}
		}
		return "", account.ErrNotFound
	}
	for prop, a := range u.Accounts {
		fields, secrets, err := c.Accounts.Fields(ctx, u.Scope, a.ID)
		if err != nil {
			return nil, nil, err //nolint:wrapcheck // a fault
		}
		j.Auth[prop], j.Secrets = fields, append(j.Secrets, secrets...)
	}
	if len(u.Dynamic) > 0 {
		if j.Dynamic, err = json.Marshal(u.Dynamic); err != nil {
			return nil, nil, fmt.Errorf("encode dynamic props: %w", err)
		}
	}
	if until, ok := ctx.Deadline(); ok {
		j.Timeout = time.Until(until)
	}
	return r, j, nil
}

// AccountsFor returns the user's accounts that a component's app props name, each of
// which has to be of its prop's app.
func (c *Coder) AccountsFor(ctx context.Context, scope tenant.Scope, of *component.Component, named map[string]string, user string) (map[string]*account.Account, error) {
	out := make(map[string]*account.Account, len(named))
	for prop, accountID := range named {
		p, err := of.Prop(prop)
		if err != nil {
			return nil, err //nolint:wrapcheck // a fault
		}
		if out[prop], err = AccountFor(ctx, c.Accounts, scope, &component.Component{App: p.App}, accountID, user); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// carrier carries out one use of an action, and tells of it in out.
func (c *Coder) carrier(ctx context.Context, scope tenant.Scope, use *Use, j *operation.Job, read *component.Configured, dynamic []component.Prop, out *Outcome) (operation.Carrier, error) {
	if c == nil {
		return nil, runner.ErrMissing
	}
	if _, err := c.Runner(); err != nil {
		return nil, err
	}
	accounts, err := c.AccountsFor(ctx, scope, j.Component, read.Accounts, use.ExternalUserID)
	if err != nil {
		return nil, err
	}
	if use.StashID != "" {
		if out.StashID, err = c.Stash.Name(use.StashID); err != nil {
			return nil, err //nolint:wrapcheck // a fault
		}
	}
	u := &Coded{
		Scope: scope, User: use.ExternalUserID, Component: j.Component, Props: read.Values, Accounts: accounts, Dynamic: dynamic,
		Context: map[string]any{"id": j.ID, "ts": j.Now.UTC().Format(time.RFC3339Nano), "test": false, "run": map[string]any{"runs": 1}, "external_user_id": use.ExternalUserID},
	}
	u.Remembers = StateOf(use.ExternalUserID)
	to := Outlets{Scope: scope}
	if f := use.Flow; f != nil {
		u.Links, u.Context["run"], u.Remembers, to.Emit = &f.Links, f.Run, f.State, f.Emit
	}
	return &carrier{c, u, to, out}, nil
}

type carrier struct {
	c   *Coder
	u   *Coded
	to  Outlets
	out *Outcome
}

// Run runs an action, with the files of its stash if it has one.
func (c *carrier) Run(ctx context.Context, _ *operation.Job) (*operation.Result, error) {
	if c.out.StashID != "" {
		return c.withFiles(ctx)
	}
	return c.run(ctx)
}

func (c *carrier) run(ctx context.Context) (*operation.Result, error) {
	r, j, err := c.c.Ready(ctx, c.u)
	if err != nil {
		return nil, err
	}
	if until, ok := ctx.Deadline(); ok {
		c.u.Context["deadline"] = until.UnixMilli()
	}
	res, err := r.Run(ctx, *j)
	if err := c.tell(res, err); err != nil {
		if res != nil {
			c.out.Exports = res.Exports
		}
		return nil, err
	}
	c.out.Pause = res.Pause
	c.c.Send(ctx, c.to, res.Sends, c.say)
	if res.Response != nil {
		c.warn("$.respond answers who called a workflow. Nobody waits for this run, and nothing was answered.")
	}
	out := &operation.Result{Exports: res.Exports}
	if len(res.Value) > 0 {
		out.Value = res.Value // as it is: a number keeps its digits
	}
	out.Summary, _ = res.Exports["$summary"].(string)
	return out, nil
}

// Options asks what can be chosen for a prop.
func (c *carrier) Options(ctx context.Context, _ *operation.Job, prop string, ask operation.Ask) (*operation.Options, error) {
	r, j, err := c.c.Ready(ctx, c.u)
	if err != nil {
		return nil, err
	}
	found, res, err := r.Options(ctx, *j, prop, runner.Ask{Page: ask.Page, Query: ask.Query, Context: ask.Context})
	if err := c.tell(res, err); err != nil {
		return nil, err
	}
	return &operation.Options{Options: found.Options, Context: found.Context}, nil
}

// Dynamic asks for the props that depend on what is filled in.
func (c *carrier) Dynamic(ctx context.Context, _ *operation.Job) ([]component.Prop, error) {
	r, j, err := c.c.Ready(ctx, c.u)
	if err != nil {
		return nil, err
	}
	props, res, err := r.Props(ctx, *j)
	if err := c.tell(res, err); err != nil {
		return nil, err
	}
	return props, nil
}

// tell puts what a component wrote into the outcome, and words its failure.
func (c *carrier) tell(res *runner.Result, err error) error {
	if err != nil {
		return err
	}
	c.out.Observations = append(c.out.Observations, Observed(res)...)
	if res.Exit != nil && *res.Exit != "" {
		c.say("It left early: " + *res.Exit)
	}
	return FailedCode(res)
}

// Observed is what a component that is code wrote.
func Observed(res *runner.Result) []Observation {
	out := make([]Observation, len(res.Logs))
	for i, l := range res.Logs {
		out[i] = Observation{Kind: "console." + l.Level, At: l.At, Message: l.Text}
	}
	return out
}

func (c *carrier) say(text string) { c.observe("console.info", text) }

func (c *carrier) warn(text string) { c.observe("console.warn", text) }

func (c *carrier) observe(kind, text string) {
	c.out.Observations = append(c.out.Observations, Observation{Kind: kind, At: c.c.Now(), Message: text})
}

// FailedCode words why a component that is code did not do what it was to do; nil =
// it did.
func FailedCode(res *runner.Result) error {
	if f := res.Failure; f != nil {
		return &operation.Error{Name: f.Name, Origin: f.Origin, Status: f.Status, Message: f.Message}
	}
	return nil
}
