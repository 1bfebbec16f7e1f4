package trigger_test

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/trigger"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// shipped holds the components that ship.
var shipped = sync.OnceValue(func() *component.Registry {
	all, err := component.Shipped()
	if err != nil {
		panic(err)
	}
	return component.NewRegistry(all)
})

type rig struct {
	*trigger.Service
	t     *testing.T
	clock *testkit.Clock
	scope tenant.Scope
	hook  *testkit.Receiver
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock, guard := testkit.DB(t), testkit.NewClock(), testkit.Guard()
	hooks := &webhook.Service{
		DB: d, Box: testkit.Box(t), Queue: testkit.DeadQueue(t), Guard: guard, Client: guard.Client(5*time.Second, 4),
		Metrics: telemetry.NewMetrics(), Ladder: webhook.Ladder, Now: clock.Now,
	}
	c, err := catalog.Load("https://patchbay.test", "")
	if err != nil {
		t.Fatal(err)
	}
	schemes, err := inbound.Load(c)
	if err != nil {
		t.Fatal(err)
	}
	apps := &appfile.Service{DB: d, Shipped: c, Now: clock.Now}
	s := &trigger.Service{
		DB: d, Box: hooks.Box, Webhooks: hooks, Components: &registry.Service{DB: d, Apps: apps, Shipped: shipped, Now: clock.Now}, Schemes: schemes, Verifier: &inbound.Verifier{Now: clock.Now}, Apps: apps, Tally: &inbound.Tally{DB: d}, Metrics: hooks.Metrics, Now: clock.Now,
	}
	return &rig{s, t, clock, testkit.Scope(t, d), testkit.NewReceiver(t)}
}

// deploy deploys a trigger for user-1.
func (r *rig) deploy(url string) (*trigger.Trigger, *webhook.View) {
	r.t.Helper()
	tr, hook, err := r.Deploy(r.t.Context(), r.scope, trigger.Deploy{ComponentKey: trigger.HTTPNewRequests, ExternalUserID: "user-1", WebhookURL: url})
	if err != nil {
		r.t.Fatal(err)
	}
	return tr, hook
}

func (r *rig) find(address string) (*endpoint.Found, error) {
	return (&endpoint.Service{DB: r.DB}).Find(r.t.Context(), address)
}

// What is posted to a trigger's address is durable when it is accepted, and
// reaches the trigger's webhook, signed with the key that its deployment showed.
func TestAccept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr, hook := r.deploy(r.hook.URL)
	at, err := r.find(*tr.EndpointID)
	if err != nil || at.TargetID != tr.ID || at.Scope(tenant.Production) != r.scope {
		t.Fatalf("%+v, %v", at, err)
	}
	request := map[string]any{"method": "POST", "body": map[string]any{"n": 1.0}}
	if err := r.Accept(t.Context(), r.scope, tr.ID, request, 2); err != nil {
		t.Fatal(err)
	}
	if err := r.Webhooks.Deliver(t.Context(), r.scope, hook.ID); err != nil {
		t.Fatal(err)
	}
	calls := r.hook.Calls()
	if len(calls) != 1 || !calls[0].Signed(hook.Key.Reveal()) {
		t.Fatalf("%+v", calls)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(calls[0].Body), &body); err != nil || !cmp.Equal(body, request) {
		t.Errorf("%s, %v", calls[0].Body, err)
	}
	h := calls[0].Header
	if h.Get("X-Pd-Emitter-Id") != tr.ID || h.Get("X-Pd-External-User-Id") != "user-1" || h.Get(event.HopsHeader) != "3" {
		t.Errorf("%v", h)
	}
	if err := r.Accept(t.Context(), r.scope, tr.ID, "second", 0); err != nil {
		t.Fatal(err)
	}
	events, err := r.Events(t.Context(), r.scope, tr.ID, "user-1", 1)
	if err != nil || len(events) != 1 || events[0].Body != `"second"` || events[0].Type != event.TriggerEmitted {
		t.Fatalf("%+v, %v", events, err)
	}
}

// Without a webhook of its own a trigger tells the project's.
func TestAcceptForTheProject(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v, err := r.Webhooks.SetProject(t.Context(), r.scope, r.hook.URL)
	if err != nil {
		t.Fatal(err)
	}
	tr, hook := r.deploy("")
	if hook != nil {
		t.Fatalf("%+v", hook)
	}
	if err := r.Accept(t.Context(), r.scope, tr.ID, "x", 0); err != nil {
		t.Fatal(err)
	}
	if err := r.Webhooks.Deliver(t.Context(), r.scope, v.ID); err != nil || len(r.hook.Calls()) != 1 {
		t.Fatal(err, len(r.hook.Calls()))
	}
}

// A trigger that is off takes nothing; one that is deleted has no address and
// no webhooks.
func TestOffAndGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr, hook := r.deploy(r.hook.URL)
	off, name := false, "Renamed"
	r.clock.Pass(time.Minute)
	got, err := r.Update(t.Context(), r.scope, tr.ID, "user-1", trigger.Change{Active: &off, Name: &name})
	if err != nil || got.Active || got.Name != name || !got.UpdatedAt.Equal(r.clock.Now()) || got.EmitOnDeploy != tr.EmitOnDeploy {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := r.Accept(t.Context(), r.scope, tr.ID, "x", 0); !errors.Is(err, trigger.ErrInactive) {
		t.Fatal(err)
	}
	on := true
	if got, err = r.Update(t.Context(), r.scope, tr.ID, "user-1", trigger.Change{Active: &on, EmitOnDeploy: &on}); err != nil || !got.Active || got.Name != name || !got.EmitOnDeploy {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := r.Accept(t.Context(), r.scope, tr.ID, "x", 0); err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(t.Context(), r.scope, tr.ID, "user-1", false); err != nil {
		t.Fatal(err)
	}
	if err := r.Accept(t.Context(), r.scope, tr.ID, "x", 0); !errors.Is(err, trigger.ErrInactive) {
		t.Error(err)
	}
	if _, err := r.find(*tr.EndpointID); !errors.Is(err, endpoint.ErrNotFound) {
		t.Error(err)
	}
	if err := r.Webhooks.Deliver(t.Context(), r.scope, hook.ID); err != nil || len(r.hook.Calls()) != 0 {
		t.Errorf("%d calls to a webhook that is gone, %v", len(r.hook.Calls()), err)
	}
	if err := r.Delete(t.Context(), r.scope, tr.ID, "user-1", false); !errors.Is(err, trigger.ErrNotFound) {
		t.Error(err)
	}
}

// What cannot be deployed is refused, and leaves no user behind.
func TestDeployRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tests := map[string]struct {
		in   trigger.Deploy
		want error
	}{
		"a component that is not there": {trigger.Deploy{ComponentKey: "zzz"}, component.ErrNotFound},
		"a workflow to start":           {trigger.Deploy{ComponentKey: trigger.HTTPNewRequests, WorkflowID: "p_1"}, trigger.ErrWorkflow},
		"props that it does not have":   {trigger.Deploy{ComponentKey: trigger.HTTPNewRequests, ConfiguredProps: map[string]any{"http": nil, "x": 1}}, trigger.ErrProps},
		"a private webhook":             {trigger.Deploy{ComponentKey: trigger.HTTPNewRequests, WebhookURL: "http://10.0.0.1/"}, egress.ErrBlocked},
	}
	accounts := &account.Service{DB: r.DB, Now: r.clock.Now}
	for name, tt := range tests {
		tt.in.ExternalUserID = "user-1"
		if _, _, err := r.Deploy(t.Context(), r.scope, tt.in); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if page, err := accounts.Users(t.Context(), r.scope, "", db.Cursor{}); err != nil || page.Total != 0 {
		t.Error(page, err)
	}
}

// With a user go their triggers, the addresses, and all that was still to be told.
func TestDeleteUser(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr, hook := r.deploy(r.hook.URL)
	if err := r.Accept(t.Context(), r.scope, tr.ID, map[string]any{"n": 1}, 0); err != nil {
		t.Fatal(err)
	}
	shipped, err := catalog.Load("https://patchbay.test", "")
	if err != nil {
		t.Fatal(err)
	}
	accounts := &account.Service{DB: r.DB, Catalog: &appfile.Service{DB: r.DB, Shipped: shipped, Now: r.clock.Now}, Webhooks: r.Webhooks, Now: r.clock.Now}
	if _, err := accounts.DeleteUser(t.Context(), r.scope, "user-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.find(*tr.EndpointID); !errors.Is(err, endpoint.ErrNotFound) {
		t.Errorf("the address is still there: %v", err)
	}
	if err := r.Webhooks.Deliver(t.Context(), r.scope, hook.ID); err != nil || len(r.hook.Calls()) != 0 {
		t.Errorf("%d deliveries of somebody who was deleted, %v", len(r.hook.Calls()), err)
	}
	if page, err := r.Webhooks.List(t.Context(), r.scope, webhook.Filter{}, db.Cursor{}); err != nil || page.Total != 0 {
		t.Errorf("%+v, %v", page, err)
	}
}

// To another tenant, and to another user, a trigger is not there.
func TestStrangers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr, hook := r.deploy(r.hook.URL)
	tests := map[string]struct {
		scope tenant.Scope
		user  string
	}{"another tenant": {testkit.Scope(t, r.DB), "user-1"}, "another user": {r.scope, "user-2"}, "nobody": {r.scope, ""}}
	for name, s := range tests {
		ctx := t.Context()
		refused := map[string]func() error{
			"get":      func() error { _, err := r.Get(ctx, s.scope, tr.ID, s.user); return err },
			"update":   func() error { _, err := r.Update(ctx, s.scope, tr.ID, s.user, trigger.Change{}); return err },
			"delete":   func() error { return r.Delete(ctx, s.scope, tr.ID, s.user, true) },
			"webhooks": func() error { _, _, err := r.SetWebhooks(ctx, s.scope, tr.ID, s.user, nil); return err },
			"events":   func() error { _, err := r.Events(ctx, s.scope, tr.ID, s.user, 10); return err },
		}
		for what, do := range refused {
			if err := do(); !errors.Is(err, trigger.ErrNotFound) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		if s.user == "" {
			continue // all of the environment
		}
		if page, err := r.List(ctx, s.scope, s.user, "all", db.Cursor{}); err != nil || page.Total != 0 {
			t.Errorf("%s sees %d, %v", name, page.Total, err)
		}
	}
	if err := r.Accept(t.Context(), tests["another tenant"].scope, tr.ID, "x", 0); !errors.Is(err, trigger.ErrInactive) {
		t.Error(err)
	}
	if got, err := r.Get(t.Context(), r.scope, tr.ID, "user-1"); err != nil || got.ID != tr.ID {
		t.Fatal(got, err)
	}
	if page, err := r.List(t.Context(), r.scope, "user-1", "http", db.Cursor{}); err != nil || page.Total != 1 {
		t.Fatal(page, err)
	}
	if page, err := r.List(t.Context(), r.scope, "", "all", db.Cursor{}); err != nil || page.Total != 1 || page.Items[0].ExternalUserID != "user-1" {
		t.Fatal("of all users", page, err)
	}
	if page, err := r.List(t.Context(), testkit.Scope(t, r.DB), "", "all", db.Cursor{}); err != nil || page.Total != 0 {
		t.Fatal("another tenant sees", page, err)
	}
	r.clock.Pass(time.Second)
	views, at, err := r.SetWebhooks(t.Context(), r.scope, tr.ID, "user-1", []string{r.hook.URL, r.hook.URL, "https://more.test/"})
	if err != nil || len(views) != 2 || views[0].ID != hook.ID || views[0].Key != hook.Key {
		t.Fatalf("%+v, %v", views, err)
	}
	// Who has not seen that is told.
	if _, _, err := r.SetWebhooks(t.Context(), r.scope, tr.ID, "user-1", nil, tr.ChangedAt); !errors.Is(err, fault.ErrChanged) {
		t.Fatal(err)
	}
	if _, _, err := r.SetWorkflows(t.Context(), r.scope, tr.ID, "user-1", nil, tr.ChangedAt); !errors.Is(err, fault.ErrChanged) {
		t.Fatal(err)
	}
	if _, _, err := r.SetWorkflows(t.Context(), r.scope, tr.ID, "user-1", nil, at); err != nil {
		t.Fatal(err)
	}
}

// endpoint is the webhook of a trigger that has one.
func (r *rig) endpoint(tr *trigger.Trigger) string {
	r.t.Helper()
	views, err := r.Webhooks.OfTrigger(r.t.Context(), r.scope, tr.ID)
	if err != nil || len(views) != 1 {
		r.t.Fatal(views, err)
	}
	return views[0].ID
}
