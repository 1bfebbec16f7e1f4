package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// told returns the types of the events about accounts and clients, oldest first.
func (r *rig) told() (types []string) {
	r.t.Helper()
	r.in(func(tx *gorm.DB) error {
		return tx.Model(&event.Event{}).Where("type LIKE 'ACCOUNT_%' OR type LIKE 'OAUTH_APP_%'").Order("id").Pluck("type", &types).Error
	})
	return types
}

// A change in an account's health is told once, however often a refresh is
// tried, and with a delivery to the environment's webhook. Its history is kept.
func TestHealthIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	hooks := &webhook.Service{DB: r.DB, Box: r.Box, Queue: testkit.DeadQueue(t), Guard: testkit.Guard(), Now: r.clock.Now}
	r.Webhooks = hooks
	if _, err := hooks.SetProject(t.Context(), r.scope, "https://hooks.example.com/"); err != nil {
		t.Fatal(err)
	}
	a := r.connected()
	r.acme.SetFaults(demo.Faults{TokenError: "temporarily_unavailable"})
	r.round(pastEnd)
	r.round(time.Hour)
	r.acme.SetFaults(demo.Faults{})
	r.round(2 * time.Hour)
	r.round(2 * time.Hour)
	r.acme.SetFaults(demo.Faults{TokenError: "invalid_grant"})
	r.round(2 * time.Hour)
	r.round(2 * time.Hour)
	now, changes, attempts, err := r.History(t.Context(), r.scope, a.ID, "")
	if err != nil || len(changes) != 3 || changes[0].State != "dead" || *changes[2].Cause != account.CauseUnreachable || now.HealthSince.After(r.clock.Now()) {
		t.Fatalf("%+v, %+v, %v", now, changes, err)
	}
	outcomes := []string{}
	for _, at := range attempts {
		outcomes = append(outcomes, at.Outcome)
	}
	if diff := cmp.Diff([]string{"reauth", "ok", "ok", "transient", "transient"}, outcomes); diff != "" || attempts[0].ProviderCode != "invalid_grant" {
		t.Fatal(diff)
	}
	if _, _, _, err := r.History(t.Context(), testkit.Scope(t, r.DB), a.ID, ""); !errors.Is(err, account.ErrNotFound) {
		t.Fatalf("another tenant: %v", err)
	}
	if err := r.Delete(t.Context(), r.scope, a.ID, ""); err != nil {
		t.Fatal(err)
	}
	want := []string{account.Unhealthy, account.Recovered, account.Dead, account.Deleted}
	if diff := cmp.Diff(want, r.told()); diff != "" {
		t.Fatal(diff)
	}
	page, err := hooks.List(t.Context(), r.scope, webhook.Filter{EventType: account.Dead}, db.Cursor{})
	if err != nil || page.Total != 1 || page.Items[0].SubjectID != a.ID {
		t.Fatal(page, err)
	}
	d, err := hooks.Get(t.Context(), r.scope, page.Items[0].ID)
	if err != nil || !strings.Contains(d.Payload, `"dead":true`) || !strings.Contains(d.Payload, `"cause":"revoked"`) || strings.Contains(d.Payload, "acme_at_") {
		t.Fatal(d, err)
	}
}

// Failures in a row are tried again ever more seldom, up to an hour, and a
// success begins anew.
func TestBackoff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.acme.SetFaults(demo.Faults{TokenError: "temporarily_unavailable"})
	last, pass := time.Duration(0), nearEnd
	for n := 1; n <= 12; n++ {
		r.round(pass)
		next, failures, _ := r.credential(a.ID)
		wait := next.Sub(r.clock.Now())
		if failures != n || wait < 24*time.Second || wait > 72*time.Minute || n > 1 && n < 7 && wait <= last {
			t.Fatalf("after %d failures (%d told) it waits %s, before %s", n, failures, wait, last)
		}
		last, pass = wait, wait
	}
	r.acme.SetFaults(demo.Faults{})
	r.round(pass)
	if _, failures, _ := r.credential(a.ID); failures != 0 || !r.get(a.ID).Healthy {
		t.Fatalf("%d failures, %+v", failures, r.get(a.ID))
	}
}

// A token that ends between two tries is tried at its end: an account does not
// pass for healthy with a token that is none.
func TestFailureAtTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	end := *r.get(a.ID).ExpiresAt
	r.acme.SetFaults(demo.Faults{TokenError: "temporarily_unavailable"})
	r.round(end.Add(-10 * time.Second).Sub(r.clock.Now()))
	next, failures, _ := r.credential(a.ID)
	if failures != 1 || !r.get(a.ID).Healthy || next.After(end) {
		t.Fatalf("after %d failures it is tried at %s, and ends at %s", failures, next, end)
	}
	r.round(end.Sub(r.clock.Now()))
	if now := r.get(a.ID); now.State() != "degraded" || *now.Cause != account.CauseUnreachable {
		t.Fatalf("at its end: %+v", now)
	}
}

// Who has not asked for long is refreshed all the same: the scheduler finds
// what is due and nothing else, and two schedulers share the work.
func TestScheduler(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 5 {
		r.connected()
	}
	r.keyed("user-3", demo.DemoKey)
	r.round(0)
	if n := r.seen("/oauth/token"); n != 5 {
		t.Fatalf("%d calls of the token endpoint before anything was due", n)
	}
	other := r.another()
	r.clock.Pass(nearEnd)
	for _, s := range []*account.Service{r.Service, other} {
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r.Drain()
	other.Drain()
	r.round(0)
	if n := r.seen("/oauth/token"); n != 10 {
		t.Fatalf("%d calls of the token endpoint, want 10", n)
	}
}

// A worker that dies leaves a lease. Another takes it back when it has run out,
// waits for what the dead one may have spooled, and then goes on.
func TestWorkerDies(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.clock.Pass(pastEnd)
	r.in(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE credentials SET lease_owner = 'rfa_dead', lease_until = ?", r.clock.Now().Add(45*time.Second)).Error
	})
	r.round(0)
	r.round(44 * time.Second)
	if n := r.seen("/oauth/token"); n != 1 {
		t.Fatalf("%d calls while the lease held", n)
	}
	r.round(2 * time.Second)
	if _, failures, leased := r.credential(a.ID); leased || failures != 1 || r.seen("/oauth/token") != 1 {
		t.Fatalf("%d failures, leased %v, %d calls", failures, leased, r.seen("/oauth/token"))
	}
	r.round(6 * time.Second)
	if n := r.seen("/oauth/token"); n != 2 || !r.get(a.ID).Healthy {
		t.Fatalf("%d calls of the token endpoint", n)
	}
}

// An answer that was lost with its worker, of a provider that takes a token
// once, ends the account honestly: with that cause.
func TestLostRotation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.acme.SetFaults(demo.Faults{TokenDrop: true})
	r.round(nearEnd)
	if !r.get(a.ID).Healthy {
		t.Fatal("an answer that broke off is no verdict")
	}
	r.acme.SetFaults(demo.Faults{})
	r.round(3 * time.Second) // once more at once
	if now := r.get(a.ID); !now.Dead || *now.Cause != account.CauseLostRotation {
		t.Fatalf("%+v", now)
	}
}

// The same with a provider that forgives for a while heals by itself.
func TestGraceHeals(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.acme.SetFaults(demo.Faults{TokenDrop: true, ReuseGrace: time.Minute})
	r.round(nearEnd)
	r.acme.SetFaults(demo.Faults{ReuseGrace: time.Minute})
	r.round(3 * time.Second)
	if now := r.get(a.ID); !now.Healthy || now.LastRefreshedAt == nil || len(r.told()) != 0 {
		t.Fatalf("%+v, told %v", now, r.told())
	}
}

// A provider that does not accept the OAuth client stops the client, with one
// notice: the accounts are as good as before, and go on when it is accepted.
func TestClientIsRejected(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	accounts := []*account.Account{}
	for range 6 {
		accounts = append(accounts, r.connected())
	}
	wrong := "changed at the provider"
	r.acme.RegisterClient(demo.Client{ID: "patchbay", Secret: wrong, Name: "Patchbay", RedirectURIs: []string{redirect}})
	r.round(nearEnd)
	r.round(10 * time.Second)
	asked := r.seen("/oauth/token")
	r.round(20 * time.Second)
	if n := r.seen("/oauth/token"); n != asked {
		t.Fatalf("%d more calls with a client that is not accepted", n-asked)
	}
	r.round(3 * time.Minute)
	if n := r.seen("/oauth/token"); n != asked+1 {
		t.Fatalf("%d calls in the next minutes, want the one that tries", n-asked)
	}
	r.round(pastEnd)
	if _, _, err := r.Fresh(t.Context(), r.scope, accounts[0].ID); !errors.Is(err, account.ErrSuspended) {
		t.Fatalf("Fresh() = %v, want ErrSuspended", err)
	}
	for _, a := range accounts {
		if now := r.get(a.ID); now.Dead || !now.Healthy {
			t.Fatalf("%+v", now)
		}
	}
	r.acme.RegisterClient(demo.Client{ID: "patchbay", Secret: "s3cret", Name: "Patchbay", RedirectURIs: []string{redirect}})
	refreshed := func() bool {
		return !slices.ContainsFunc(accounts, func(a *account.Account) bool { return r.get(a.ID).LastRefreshedAt == nil })
	}
	for n := 0; !refreshed(); n++ { // one of them tries the client; the others follow, each in its time
		if n == 5 {
			t.Fatal("the accounts were not refreshed after the client was mended")
		}
		r.round(2 * time.Minute)
	}
	if told := r.told(); !slices.Equal(told, []string{account.ClientRejected, account.ClientAccepted}) {
		t.Fatal(told)
	}
	if o, err := r.OAuthApp(t.Context(), r.scope.Project(), r.oauth.ID); err != nil || !o.UpdatedAt.Equal(r.oauth.UpdatedAt) {
		t.Errorf("what a worker found out counts as a change: %+v, %v", o, err)
	}
}

// An app that refuses a token that should be good has it refreshed once, and
// then tried: three refusals and the account is dead.
func TestRefusedByTheApp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.acme.SetFaults(demo.Faults{APIStatus: 401})
	for range 5 {
		if err := r.forward(a.ID); err != nil {
			t.Fatal(err)
		}
	}
	if n := r.seen("/oauth/token"); n != 2 {
		t.Fatalf("%d calls of the token endpoint: a storm", n)
	}
	r.round(0)
	if now := r.get(a.ID); now.Healthy || now.Dead || *now.Cause != account.CauseRejected {
		t.Fatalf("%+v", now)
	}
	r.acme.SetFaults(demo.Faults{})
	r.round(time.Minute)
	if now := r.get(a.ID); !now.Healthy || now.ProbeAt != nil {
		t.Fatalf("%+v", now)
	}
	key := r.keyed("user-2", "acme_wrong")
	_ = r.forward(key.ID)
	for range 5 {
		r.round(5 * time.Minute)
	}
	if now := r.get(key.ID); !now.Dead || *now.Cause != account.CauseRejected {
		t.Fatalf("%+v", now)
	}
}

// What only the user can renew is told two weeks before it ends, once; and when
// it has ended the account is dead and no token of it is used.
func TestExpiring(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	end := r.clock.Now().Add(60 * 24 * time.Hour)
	a := r.save("user-1", "acme_crm", "oauth", "", &account.Grant{Credential: account.Credential{AccessToken: "acme_at_1"}, ExpiresAt: &end})
	r.round(45 * 24 * time.Hour)
	if told := r.told(); len(told) != 0 {
		t.Fatal(told)
	}
	r.round(2 * 24 * time.Hour)
	r.round(24 * time.Hour)
	r.round(15 * 24 * time.Hour)
	if now := r.get(a.ID); !now.Dead || *now.Cause != account.CauseExpired || r.seen("/oauth/token") != 0 {
		t.Fatalf("%+v", now)
	}
	if diff := cmp.Diff([]string{account.Expiring, account.Dead}, r.told()); diff != "" {
		t.Fatal(diff)
	}
}
