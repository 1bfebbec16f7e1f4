// Package action runs actions for a customer's users, and helps whoever fills
// their props in.
package action

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/plan"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/upstream"
	"github.com/patchbay-dev/patchbay/internal/usage"
)

// Faults of this package.
var (
	ErrApp       = fault.New(fault.Invalid, "account_of_other_app", "The account is of another app than the component.")
	ErrNoDynamic = fault.New(fault.NotFound, "dynamic_props_not_found", "There are no such dynamic props. Ask for them again.")
	ErrAccount   = fault.New(fault.Invalid, "account_required", "Name an account of the user in the app's prop.")
)

// Service runs actions.
type Service struct {
	DB         *db.DB
	Components *registry.Service
	Accounts   *account.Service
	Projects   *project.Service
	Box        *secret.Box
	Queue      *queue.Client
	Metrics    *telemetry.Metrics
	Plans      *plan.Service     // how often, and how much, over runs and questions; nil = any number
	Coder      *Coder            // carries out components that are code; nil = none are
	Tools      *upstream.Service // carries out tools of MCP servers; nil = none are
	Timeout    time.Duration     // of a run that its caller waits for
	Keep       time.Duration     // how long runs are remembered; 0 = for ever
	Now        func() time.Time

	swept   atomic.Pointer[time.Time]
	logging sync.Once
	log     db.Behind[entry]
	waking  sync.Once
	wake    chan struct{}
}

// Observation is something that a run told on its way.
type Observation struct {
	Kind    string // console.debug | console.log | console.info | console.warn | console.error | error
	At      time.Time
	Message string
	Error   *Failure
}

// Failure is why a run did not do what it was to do.
type Failure struct {
	Name    string
	Message string
	Origin  string // app | transport | operation | input | component | account | timeout
	Status  int    // of the app's answer; 0 = none
}

// Use is a component, what was filled in, and for whom.
type Use struct {
	Type           component.Type // "" = any
	Key            string
	Version        string // "" = the newest
	ExternalUserID string
	Configured     map[string]any
	DynamicPropsID string // of props that were given out by Props; "" = none
	StashID        string // whose files a component finds and leaves behind: stash.New for a new one; "" = none
	Flow           *Flow  `json:",omitempty"` // nil = it is no step of a workflow

	counted bool // it was counted against the project's rate before
}

// Flow is what a component that is code knows of the workflow whose step it is.
type Flow struct {
	Links runner.Links                                                       // at which the workflow is answered if it is put off
	Run   map[string]any                                                     // $.context.run
	State State                                                              // of the run's user, and not of whose account is used
	Emit  func(ctx context.Context, kind string, data json.RawMessage) error `json:"-"`
}

// Outcome is what became of a run.
type Outcome struct {
	Value        any
	Summary      string // "" = none
	Exports      map[string]any
	Observations []Observation
	StashID      string        // whose files it found and left behind; "" = none
	Pause        *runner.Pause `json:",omitempty"` // its workflow is put off; nil = it goes on
	Failure      *Failure      // nil = it did what it was to do
}

// Options asks what can be chosen for a prop.
func (s *Service) Options(ctx context.Context, scope tenant.Scope, u Use, prop string, ask operation.Ask) (*operation.Options, *Outcome, error) {
	j, out, err := s.job(ctx, scope, &u, false)
	if err != nil {
		return nil, nil, err
	}
	p, err := j.Component.Prop(prop)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	options, err := j.Options(ctx, p, ask)
	if err != nil {
		out.fail(s.Now(), failure(ctx, askTimeout, err))
	}
	return options, out, nil
}

// askTimeout is how long a question about props may take.
const askTimeout = 30 * time.Second

// Props asks for the props that depend on what is filled in. It returns the
// component with them, and the id under which they are known from now on.
func (s *Service) Props(ctx context.Context, scope tenant.Scope, u Use) (c *component.Component, dynamicPropsID string, out *Outcome, err error) {
	u.DynamicPropsID = ""
	j, out, err := s.job(ctx, scope, &u, false)
	if err != nil {
		return nil, "", nil, err
	}
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	more, err := j.Dynamic(asking)
	if err != nil {
		out.fail(s.Now(), failure(asking, askTimeout, err))
		return nil, "", out, nil
	}
	dynamicPropsID, err = s.remember(ctx, scope, j.Component.Key, more)
	return j.Component.WithProps(more), dynamicPropsID, out, err
}

// job makes ready what a use takes. complete says whether all props have to be
// there.
func (s *Service) job(ctx context.Context, scope tenant.Scope, u *Use, complete bool) (*operation.Job, *Outcome, error) {
	c, err := s.Components.Component(ctx, scope.Project(), u.Type, u.Key, u.Version)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault
	}
	if !u.counted {
		if _, err := s.Plans.Take(ctx, limit.Actions, scope.Project(), ""); err != nil {
			return nil, nil, err //nolint:wrapcheck // a fault
		}
		if complete {
			if err := s.Plans.Allow(ctx, scope.Project(), usage.ActionRuns); err != nil {
				return nil, nil, err //nolint:wrapcheck // a fault
			}
		}
	}
	more, err := s.Dynamic(ctx, scope, c.Key, u.DynamicPropsID)
	if err != nil {
		return nil, nil, err
	}
	c = c.WithProps(more)
	read, err := c.Read(u.Configured, complete)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault
	}
	out := &Outcome{}
	j := &operation.Job{Component: c, Props: read.Values, Now: s.Now(), ID: id.New("arun")}
	if c.Code != nil {
		j.By, err = s.Coder.carrier(ctx, scope, u, j, read, more, out)
		return j, out, err
	}
	j.Seen = func(e operation.Exchange) {
		what := fmt.Sprintf("%s %s → %d", e.Method, e.Target, e.Status)
		if e.Status == 0 {
			what = fmt.Sprintf("%s %s → no answer", e.Method, e.Target)
		}
		out.Observations = append(out.Observations, Observation{Kind: "console.log", At: s.Now(), Message: what})
	}
	if c.Tool != nil {
		if s.Tools == nil {
			return nil, nil, upstream.ErrNotFound
		}
		if j.By = (&upstream.Carrier{Service: s.Tools, Project: scope.Project()}); c.AppProp() == "" {
			return j, out, nil
		}
	}
	if read.AccountID == "" {
		j.Do = func(context.Context, *http.Request, string) (*http.Response, error) { return nil, ErrAccount }
		return j, out, nil
	}
	a, err := AccountFor(ctx, s.Accounts, scope, c, read.AccountID, u.ExternalUserID)
	if err != nil {
		return nil, nil, err
	}
	j.Vars = a.Vars
	j.Do = Caller(s.Accounts, scope, a)
	return j, out, nil
}

// AccountFor returns the user's account that a component is used with, which has
// to be of its app.
func AccountFor(ctx context.Context, accounts *account.Service, scope tenant.Scope, c *component.Component, accountID, user string) (*account.Account, error) {
	a, err := accounts.Get(ctx, scope, accountID, user)
	if err == nil && a.App != c.App {
		err = ErrApp
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	return a, nil
}

// Caller returns what makes calls with an account. A call that the app refuses
// for its token is made once more with another token, for which it was not done.
func Caller(accounts *account.Service, scope tenant.Scope, a *account.Account) operation.Do {
	return func(ctx context.Context, req *http.Request, target string) (*http.Response, error) {
		call := &account.Call{
			Own: true, OnlyUser: a.ExternalID, Method: req.Method, Target: target, Header: req.Header, Body: req.Body, Length: req.ContentLength,
			Again: func() io.ReadCloser {
				body, err := req.GetBody()
				if err != nil {
					return http.NoBody
				}
				return body
			},
		}
		return accounts.Forward(ctx, scope, a.ID, call) //nolint:wrapcheck // operation tells faults from the rest
	}
}

func (o *Outcome) fail(at time.Time, f *Failure) {
	o.Failure = f
	o.Observations = append(o.Observations, Observation{Kind: "error", At: at, Error: f})
}

// failure words what went wrong.
func failure(ctx context.Context, allowed time.Duration, err error) *Failure {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Failure{Name: "Timeout", Origin: "timeout", Message: fmt.Sprintf("It took longer than %s. Whether the app did what it was asked is not known.", allowed)}
	}
	return FailureOf(err)
}

// FailureOf words what went wrong with a component for who uses it. What nobody
// outside can make anything of is logged.
func FailureOf(err error) *Failure {
	if e, ok := errors.AsType[*operation.Error](err); ok {
		name := cmp.Or(e.Name, "Error")
		if e.Origin == "input" {
			name = "ConfigurationError"
		}
		return &Failure{Name: name, Origin: e.Origin, Status: e.Status, Message: e.Message}
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return &Failure{Name: "Error", Origin: "account", Message: f.Message}
	}
	slog.Error("a component failed", "error", err)
	return &Failure{Name: "Error", Origin: "operation", Message: "Something went wrong here. It was written down."}
}
