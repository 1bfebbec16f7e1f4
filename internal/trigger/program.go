package trigger

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Program is what the component of a source does. It keeps nothing: what it is to
// know again it gives back as state. It is called outside of any transaction, by
// one process at a time for each source, and again when it was cut off: what is
// done twice must be as if it had been done once.
//
// A source that is deployed is called Deploy and then Activate; at each change
// Deactivate, as it was, and then Activate, as it is from now on; when it is
// switched off or deleted Deactivate.
type Program interface {
	// Deploy tells of what was there before. It is called once.
	Deploy(ctx context.Context, t *Turn) (*Outcome, error)
	// Activate begins at the app what has to be begun for Run to be called.
	Activate(ctx context.Context, t *Turn) (*Outcome, error)
	// Run is called when the source's time has come, or with a request to its address.
	Run(ctx context.Context, t *Turn) (*Outcome, error)
	// Deactivate ends what Activate began. What is gone already has ended. Its
	// events are passed over.
	Deactivate(ctx context.Context, t *Turn) (*Outcome, error)
}

// Reader is a Program that waits for nothing to make events of a request: that is
// done in the transaction which writes them, before the app is answered, and Run
// is called with none. All others have their requests kept until their turn.
type Reader interface {
	Read(t *Turn) ([]operation.Event, error)
}

// Turn is one call of a Program, with all that it may know.
type Turn struct {
	ID        string // of the call
	Scope     tenant.Scope
	TriggerID string
	User      string // the customer's own id
	Component *component.Component
	Props     map[string]any              // as component.Values returned them
	Account   *account.Account            // nil = the component uses none
	Accounts  map[string]*account.Account // by app prop, Account among them
	Do        operation.Do                // makes calls with Account
	State     map[string]any              // what the last call gave back; not nil
	Known     func(id string) bool        // whether it was emitted before
	URL       string                      // of its address; "" = it has none
	Secret    string                      // that the app may sign with
	Request   map[string]any              // to its address: {method, path, query, headers, body}; nil = its time has come
	Respond   func(runner.Response)       // answers who made the request, once; nil = nobody waits
	Said      *Said                       // where what the component logs is put
	Unsure    bool                        // of Deactivate: an Activate was cut off, so that there may be more at the app than State knows
	Now       time.Time
}

// Outcome is what came of a call.
type Outcome struct {
	Events    []operation.Event // oldest first; which of them are new, the host decides
	State     map[string]any    // nil = as it was
	NextAt    time.Time         // when it wants to Run besides its timer; zero = never
	Unchanged bool              // of Run: the app says that there is nothing but what the last one found
	Beyond    int               // of Run: so many at least it found and left, which are lost
	Failed    error             // why a Run did not come to its end, of which the rest is kept all the same; nil = it did
}

// program returns what a component does; nil for one that only has an address.
func (s *Service) program(c *component.Component) Program {
	switch {
	case c.Operation != nil:
		return operated{}
	case c.Key == component.ScheduleCustomInterval:
		return timed{}
	case c.Code != nil && s.Coder != nil:
		return coded{s.Coder}
	}
	return nil
}

// dedupe says how what a component emitted is known again.
func dedupe(c *component.Component) (component.Dedupe, int) {
	switch {
	case c.Code != nil:
		return c.Code.Dedupe, codeMemory
	case c.Operation != nil:
		return c.Operation.Emit.Dedupe, operation.Memory
	}
	return component.Unique, 0 // nothing that it emits has an id
}

// turn makes ready what a call takes: configured is what was filled in.
func (s *Service) turn(ctx context.Context, scope tenant.Scope, t *Trigger, src *Source, c *component.Component, configured map[string]any, user string) (*Turn, error) {
	c = c.WithProps(src.Props)
	read, err := c.Read(configured, true)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	out := &Turn{ID: id.New("look"), Scope: scope, TriggerID: t.ID, User: user, Component: c, Props: read.Values, Accounts: map[string]*account.Account{}, Now: s.Now()}
	if err := s.known(out, t, src); err != nil {
		return nil, err
	}
	for name, accountID := range read.Accounts {
		p, err := c.Prop(name)
		if err != nil {
			return nil, err //nolint:wrapcheck // a fault
		}
		a, err := s.Accounts.Get(ctx, scope, accountID, user)
		if err == nil && a.App != p.App {
			err = action.ErrApp
		}
		if err != nil {
			return nil, err //nolint:wrapcheck // a fault
		}
		out.Accounts[name] = a
	}
	if out.Account = out.Accounts[c.AppProp()]; out.Account != nil {
		out.Do = action.Caller(s.Accounts, scope, out.Account)
	}
	return out, nil
}

// known fills in what is remembered of the source.
func (s *Service) known(out *Turn, t *Trigger, src *Source) (err error) {
	if out.State, err = s.openState(src.ID, src.State); err != nil {
		return err
	}
	how, _ := dedupe(out.Component)
	out.Known = src.Seen.Has(how)
	keys, err := s.openKeys(t)
	if err != nil {
		return err
	}
	if len(keys.Secrets) > 0 {
		out.Secret = keys.Secrets[0]
	}
	if t.EndpointID != nil {
		out.URL = s.PublicURL + "/e/" + *t.EndpointID
	}
	return nil
}
