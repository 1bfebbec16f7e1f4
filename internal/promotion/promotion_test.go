package promotion_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/promotion"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/variable"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

type rig struct {
	*promotion.Service

	t                       *testing.T
	development, production tenant.Scope
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock, box := testkit.DB(t), testkit.NewClock(), testkit.Box(t)
	r := &rig{t: t, development: testkit.Scope(t, d), Service: &promotion.Service{
		DB: d, Brands: &brand.Service{DB: d, Now: clock.Now}, Projects: &project.Service{DB: d, Now: clock.Now}, Variables: &variable.Service{DB: d, Box: box, Now: clock.Now},
		Webhooks: &webhook.Service{DB: d, Box: box, Queue: testkit.DeadQueue(t), Guard: testkit.Guard(), Now: clock.Now}, Now: clock.Now,
	}}
	var workspace string
	r.must(d.In(t.Context(), r.development, func(tx *gorm.DB) error { return tx.Raw("SELECT workspace_id FROM projects").Scan(&workspace).Error }))
	var err error
	r.production, err = r.Projects.Scope(t.Context(), workspace, r.development.Project(), tenant.Production)
	r.must(err)
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) variable(scope tenant.Scope, name, value string, hidden bool) {
	r.t.Helper()
	_, err := r.Variables.Set(r.t.Context(), variable.Place{Level: variable.Environment, Scope: scope}, name, variable.Change{Value: (*secret.Text)(&value), Secret: &hidden})
	r.must(err)
}

func (r *rig) plan() *promotion.Plan {
	r.t.Helper()
	p, err := r.Plan(r.t.Context(), r.development, r.production)
	r.must(err)
	return p
}

// actions are what is planned, by item.
func actions(p *promotion.Plan) map[string]promotion.Action {
	out := map[string]promotion.Action{}
	for _, i := range p.Items {
		out[i.ID] = i.Action
	}
	return out
}

func ptr[T any](v T) *T { return &v }

// filled gives development something of each kind, and production some of it.
func (r *rig) filled() {
	r.t.Helper()
	_, err := r.Brands.Put(r.t.Context(), r.development, brand.Settings{Product: ptr("Acme")})
	r.must(err)
	_, err = r.Brands.SetFile(r.t.Context(), r.development, "logo", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`))
	r.must(err)
	r.must(r.Projects.SetVerification(r.t.Context(), r.development, project.Verification{URL: ptr("https://acme.example/verify")}))
	r.variable(r.development, "API_URL", "https://api.example", false)
	r.variable(r.development, "SAME", "as it is", false)
	r.variable(r.development, "TOKEN", "s3cret-token", true)
	r.variable(r.production, "API_URL", "https://old.example", false)
	r.variable(r.production, "SAME", "as it is", false)
	r.variable(r.production, "OWN", "stays", false)
	_, err = r.Webhooks.CreateEndpoint(r.t.Context(), r.development, &webhook.Change{
		URL: ptr("https://hooks.example/in"), Description: ptr("for all"), EventTypes: &[]string{"ACCOUNT_*"}, InlineLimit: ptr(1000), Headers: map[string]*string{"X-Own": ptr("s3cret-header")},
	})
	r.must(err)
}

// What was planned is done, once; what is secret is named and not taken over; what the
// other environment has by itself stays.
func TestPromote(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if p := r.plan(); len(p.Items) != 0 {
		t.Fatalf("of nothing: %+v", p.Items)
	}
	r.filled()
	p := r.plan()
	want := map[string]promotion.Action{
		"brand": "create", "user_verification": "create", "variable:API_URL": "update", "variable:SAME": "none", "variable:TOKEN": "secret", "endpoint:https://hooks.example/in": "create",
	}
	if diff := cmp.Diff(want, actions(p)); diff != "" {
		t.Fatal(diff)
	}
	at := slices.IndexFunc(p.Items, func(i promotion.Item) bool { return i.ID == "variable:API_URL" })
	if i := p.Items[at]; i.Before["value"] != "https://old.example" || i.After["value"] != "https://api.example" || len(i.Fields) != 1 {
		t.Errorf("%+v", i)
	}
	done, err := r.Apply(t.Context(), r.development, r.production, p.Fingerprint, nil)
	if err != nil || len(done.Items) != 4 {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := r.Apply(t.Context(), r.development, r.production, p.Fingerprint, nil); !errors.Is(err, promotion.ErrChanged) {
		t.Errorf("the same plan twice: %v", err)
	}
	var noted int
	r.must(r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT count(*) FROM audit_log WHERE action = 'settings.promoted' AND subject = ?", r.production.Environment()).Scan(&noted).Error
	}))
	if noted != 1 {
		t.Errorf("%d entries in the audit log", noted)
	}
	after := actions(r.plan())
	for id, a := range after {
		if a != promotion.None && a != promotion.Secret {
			t.Errorf("%s is still to be done: %s", id, a)
		}
	}
	st, err := r.Brands.Get(t.Context(), r.production)
	if err != nil || *st.Settings.Product != "Acme" || len(st.Files) != 1 {
		t.Errorf("%+v, %v", st, err)
	}
	hooks, err := r.Webhooks.Endpoints(t.Context(), r.production, db.Cursor{})
	if err != nil || len(hooks.Items) != 1 || hooks.Items[0].InlineLimit != 1000 || len(hooks.Items[0].HeaderNames) != 0 || hooks.Items[0].Description != "for all" {
		t.Fatalf("%+v, %v", hooks, err)
	}
	vars, err := r.Variables.List(t.Context(), variable.Place{Level: variable.Environment, Scope: r.production})
	r.must(err)
	names := []string{}
	for _, v := range vars {
		names = append(names, v.Name)
	}
	if diff := cmp.Diff([]string{"API_URL", "OWN", "SAME"}, names); diff != "" {
		t.Error(diff)
	}
	// An endpoint that is there takes the settings, and keeps its own secrets.
	_, err = r.Webhooks.UpdateEndpoint(t.Context(), r.production, hooks.Items[0].ID, &webhook.Change{Headers: map[string]*string{"X-Mine": ptr("production")}, InlineLimit: ptr(5)})
	r.must(err)
	_, err = r.Apply(t.Context(), r.development, r.production, r.plan().Fingerprint, []string{"endpoint:https://hooks.example/in"})
	r.must(err)
	v, err := r.Webhooks.Endpoint(t.Context(), r.production, hooks.Items[0].ID)
	if err != nil || v.InlineLimit != 1000 || !slices.Equal(v.HeaderNames, []string{"X-Mine"}) {
		t.Errorf("%+v, %v", v, err)
	}
}

// A plan that does not hold any more is refused, whichever environment was changed;
// and so is an item of nobody, and another project.
func TestPromoteRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.filled()
	for _, scope := range []tenant.Scope{r.development, r.production} {
		p := r.plan()
		r.variable(scope, "API_URL", "https://changed."+scope.EnvironmentName()+".example", false)
		if _, err := r.Apply(t.Context(), r.development, r.production, p.Fingerprint, nil); !errors.Is(err, promotion.ErrChanged) {
			t.Errorf("changed in %s: %v", scope.EnvironmentName(), err)
		}
	}
	p := r.plan()
	for _, only := range [][]string{{"variable:NOBODY"}, {"variable:TOKEN"}, {"variable:SAME"}, {"brand", "zzz"}} {
		if _, err := r.Apply(t.Context(), r.development, r.production, p.Fingerprint, only); !errors.Is(err, promotion.ErrItem) {
			t.Errorf("%v: %v", only, err)
		}
	}
	if done, err := r.Apply(t.Context(), r.development, r.production, p.Fingerprint, []string{}); err != nil || len(done.Items) != 0 {
		t.Errorf("nothing: %+v, %v", done, err)
	}
	for _, to := range []tenant.Scope{r.development, testkit.Scope(t, r.DB)} {
		if _, err := r.Plan(t.Context(), r.development, to); !errors.Is(err, promotion.ErrSame) {
			t.Errorf("into %s: %v", to.Environment(), err)
		}
	}
}

// One item that cannot be done undoes all of them; and so does whoever gives up.
func TestPromoteAllOrNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.filled()
	r.must(r.Projects.SetVerification(t.Context(), r.development, project.Verification{URL: ptr("http://localhost/verify")})) // not for production
	before := r.plan()
	_, err := r.Apply(t.Context(), r.development, r.production, before.Fingerprint, nil)
	if f := fault.Of(err); f.Code != project.ErrVerifyURL.Code {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Apply(gone, r.development, r.production, before.Fingerprint, []string{"brand"}); err == nil {
		t.Error("done for somebody who gave up")
	}
	if diff := cmp.Diff(actions(before), actions(r.plan())); diff != "" {
		t.Error(diff)
	}
	r.must(r.Projects.SetVerification(t.Context(), r.development, project.Verification{}))
	// Of several at once, one does it.
	p, won := r.plan(), make(chan bool, 4)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			_, err := r.Apply(context.WithoutCancel(t.Context()), r.development, r.production, p.Fingerprint, nil)
			if err != nil && !errors.Is(err, promotion.ErrChanged) {
				t.Error(err)
			}
			won <- err == nil
		})
	}
	all.Wait()
	close(won)
	n := 0
	for ok := range won {
		if ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d of four did it", n)
	}
}
