package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// states returns the ids of the accounts whose health is so.
func (r *rig) states(state string) (ids []string) {
	r.t.Helper()
	page, err := r.List(r.t.Context(), r.scope, account.Filter{State: state}, db.Cursor{})
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range page.Items {
		ids = append(ids, page.Items[i].ID)
	}
	return ids
}

// Whoever has mended a provider need not wait for the next try, which may be an
// hour away: a check refreshes the account and finds it healthy. The account's
// own user may check it, and nobody else's.
func TestCheck(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, well := r.connected(), r.keyed("user-2", demo.DemoKey)
	r.acme.SetFaults(demo.Faults{TokenError: "temporarily_unavailable"})
	r.round(pastEnd)
	for range 6 {
		r.round(10 * time.Minute)
	}
	if ids := r.states("degraded"); len(ids) != 1 || ids[0] != a.ID {
		t.Fatal(ids)
	}
	r.clock.Pass(time.Minute)
	asked := r.seen("/oauth/token")
	now, err := r.Check(t.Context(), r.scope, a.ID, "user-1")
	if err != nil || now.State() != "degraded" || r.seen("/oauth/token") != asked+1 {
		t.Fatalf("%+v, %v, %d calls", now, err, r.seen("/oauth/token")-asked)
	}
	if _, err := r.Check(t.Context(), r.scope, a.ID, ""); !errors.Is(err, account.ErrCheckedNow) {
		t.Fatalf("a check after a check: %v", err)
	}
	r.acme.SetFaults(demo.Faults{})
	r.clock.Pass(6 * time.Second)
	if now, err = r.Check(t.Context(), r.scope, a.ID, ""); err != nil || now.Healthy || r.seen("/oauth/token") != asked+1 {
		t.Fatalf("the provider was asked again at once: %+v, %v", now, err)
	}
	r.clock.Pass(time.Minute)
	if now, err = r.Check(t.Context(), r.scope, a.ID, ""); err != nil || !now.Healthy || now.LastRefreshedAt == nil {
		t.Fatalf("%+v, %v", now, err)
	}
	if len(r.states("healthy")) != 2 || len(r.states("degraded"))+len(r.states("dead")) != 0 {
		t.Fatal("the states of the list")
	}
	if _, err := r.Check(t.Context(), r.scope, well.ID, "user-1"); !errors.Is(err, account.ErrNotFound) {
		t.Fatalf("another user's: %v", err)
	}
	if _, err := r.Check(t.Context(), testkit.Scope(t, r.DB), well.ID, ""); !errors.Is(err, account.ErrNotFound) {
		t.Fatalf("another tenant's: %v", err)
	}
}

// A check that finds an account's end answers the dead account, and the next
// one is refused.
func TestCheckFindsTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.acme.SetFaults(demo.Faults{TokenError: "invalid_grant"})
	r.clock.Pass(pastEnd)
	if now, err := r.Check(t.Context(), r.scope, a.ID, ""); err != nil || !now.Dead || *now.Cause != account.CauseRevoked {
		t.Fatalf("%+v, %v", now, err)
	}
	if ids := r.states("dead"); len(ids) != 1 {
		t.Fatal(ids)
	}
	if _, err := r.Check(t.Context(), r.scope, a.ID, ""); !errors.Is(err, account.ErrDead) {
		t.Fatalf("Check() = %v, want ErrDead", err)
	}
}

// While a client is not accepted, callers of all its accounts hear so at once,
// also of those that were not tried themselves.
func TestSuspendedIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one, other := r.connected(), r.connected()
	r.acme.RegisterClient(demo.Client{ID: "patchbay", Secret: "changed at the provider", Name: "Patchbay", RedirectURIs: []string{redirect}})
	r.clock.Pass(pastEnd)
	for _, id := range []string{one.ID, other.ID} {
		if _, _, err := r.Fresh(t.Context(), r.scope, id); !errors.Is(err, account.ErrSuspended) {
			t.Fatalf("Fresh() = %v, want ErrSuspended", err)
		}
	}
	if _, err := r.Check(t.Context(), r.scope, other.ID, ""); !errors.Is(err, account.ErrSuspended) {
		t.Fatalf("Check() = %v, want ErrSuspended", err)
	}
	if n := r.seen("/oauth/token"); n != 3 {
		t.Fatalf("%d calls of the token endpoint, want two to connect and one to refresh", n)
	}
}
