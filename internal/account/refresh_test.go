package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// nearEnd is a time at which a token of an hour is due to be refreshed and still good.
const nearEnd = 50 * time.Minute

// A token that is far from its end is used as it is.
func TestFreshLeavesAGoodTokenAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.clock.Pass(40 * time.Minute)
	if _, c, err := r.Fresh(t.Context(), r.scope, a.ID); err != nil || c.AccessToken == "" || r.seen("/oauth/token") != 1 {
		t.Fatalf("%d calls of the token endpoint, %v", r.seen("/oauth/token"), err)
	}
}

// Callers at once share one refresh, for a refresh token that is used twice
// costs the whole connection; and the account lives on to be refreshed again.
func TestOneRefreshForAll(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	_, old, err := r.Fresh(t.Context(), r.scope, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Warm(t, r.DB)
	for round := range 2 {
		r.clock.Pass(nearEnd)
		r.acme.SetFaults(demo.Faults{TokenDelay: 50 * time.Millisecond}) // time for the others to come
		var g errgroup.Group
		tokens := make([]string, 8)
		for i := range tokens {
			g.Go(func() error {
				_, c, err := r.Fresh(t.Context(), r.scope, a.ID)
				tokens[i] = c.AccessToken
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		for _, got := range tokens {
			if got != tokens[0] || got == old.AccessToken {
				t.Fatal("the callers have different tokens, or the old one")
			}
		}
		if n := r.seen("/oauth/token"); n != 2+round {
			t.Fatalf("%d calls of the token endpoint in round %d", n, round)
		}
		if status, err := r.call(a.ID, "/api/me"); status != 200 || err != nil {
			t.Fatalf("the new token is answered with %d, %v", status, err)
		}
	}
	if now := r.get(a.ID); !now.Healthy || now.Dead || now.LastRefreshedAt == nil || now.LeaseID != "" || now.LeaseUntil != nil {
		t.Fatalf("%+v", now)
	}
}

// A caller that saw a token as due while another's refresh was being written
// does not refresh it again: it waited for the row, and looks once more.
func TestRefreshThatIsBeingWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.clock.Pass(nearEnd)
	var g errgroup.Group
	err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		later := r.clock.Now().Add(time.Hour)
		if err := tx.Exec("UPDATE accounts SET next_refresh_at = ?, expires_at = ? WHERE id = ?", later, later, a.ID).Error; err != nil {
			return err
		}
		g.Go(func() error { _, _, err := r.Fresh(t.Context(), r.scope, a.ID); return err })
		testkit.Waiting(t, r.DB, 1)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Wait(); err != nil || r.seen("/oauth/token") != 1 {
		t.Fatalf("%d calls of the token endpoint, %v", r.seen("/oauth/token"), err)
	}
}

// A grant that the provider takes back makes the account dead: only its user
// can mend it, and it is not asked for again until they do.
func TestRevokedGrant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.clock.Pass(nearEnd)
	r.acme.SetFaults(demo.Faults{TokenError: "invalid_grant"})
	for range 2 {
		if _, _, err := r.Fresh(t.Context(), r.scope, a.ID); !errors.Is(err, account.ErrDead) {
			t.Fatalf("Fresh() = %v, want ErrDead", err)
		}
	}
	now := r.get(a.ID)
	if !now.Dead || now.Healthy || now.Error == nil || now.LeaseUntil != nil || r.seen("/oauth/token") != 2 {
		t.Fatalf("%+v after %d calls", now, r.seen("/oauth/token"))
	}
	r.acme.SetFaults(demo.Faults{})
	r.save("user-1", "acme_crm", "oauth", a.ID, r.grant())
	if now = r.get(a.ID); now.Dead || !now.Healthy || now.Error != nil {
		t.Fatalf("reconnected: %+v", now)
	}
	if status, err := r.call(a.ID, "/api/me"); status != 200 || err != nil {
		t.Fatal(status, err)
	}
}

// A provider that is out costs nothing while the token is still good. It is
// asked again after a minute, not at each call; what it then gives heals the account.
func TestProviderIsOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	_, old, _ := r.Fresh(t.Context(), r.scope, a.ID)
	r.clock.Pass(nearEnd)
	r.acme.SetFaults(demo.Faults{TokenError: "server_error"})
	for range 3 {
		if _, c, err := r.Fresh(t.Context(), r.scope, a.ID); err != nil || c.AccessToken != old.AccessToken {
			t.Fatalf("a token that is still good was not used: %v", err)
		}
	}
	now := r.get(a.ID)
	if now.Healthy || now.Dead || now.Error == nil || now.LeaseUntil != nil || r.seen("/oauth/token") != 2 {
		t.Fatalf("%+v after %d calls", now, r.seen("/oauth/token"))
	}
	r.clock.Pass(time.Minute)
	r.acme.SetFaults(demo.Faults{})
	if _, c, err := r.Fresh(t.Context(), r.scope, a.ID); err != nil || c.AccessToken == old.AccessToken {
		t.Fatal(err)
	}
	if now = r.get(a.ID); !now.Healthy || now.Error != nil {
		t.Fatalf("%+v", now)
	}
}

// A token that has expired is never handed out: while the provider is out, the
// call fails, and the app sees nothing of it.
func TestExpiredTokenIsNotUsed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	sent := r.seen("/api")
	r.clock.Pass(2 * time.Hour)
	r.acme.SetFaults(demo.Faults{TokenError: "temporarily_unavailable"})
	for range 2 { // the second comes before the provider is asked again
		if _, err := r.call(a.ID, "/api/me"); !errors.Is(err, account.ErrUpstream) {
			t.Fatalf("Do() = %v, want ErrUpstream", err)
		}
	}
	if r.seen("/api") != sent {
		t.Error("the expired token was sent")
	}
	if r.get(a.ID).Dead {
		t.Error("an outage has made the account dead")
	}
}

// A provider that does not rotate gives no new refresh token; the old one is kept.
func TestRefreshWithoutRotation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	_, old, _ := r.Fresh(t.Context(), r.scope, a.ID)
	r.acme.SetFaults(demo.Faults{NoRotation: true})
	r.clock.Pass(nearEnd)
	_, c, err := r.Fresh(t.Context(), r.scope, a.ID)
	if err != nil || c.RefreshToken != old.RefreshToken || c.AccessToken == old.AccessToken {
		t.Fatal(err)
	}
}

// While another worker refreshes, a caller waits no longer than it wants to;
// the lease of a worker that died runs out.
func TestRefreshLease(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.clock.Pass(nearEnd)
	r.in(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE accounts SET lease_id = 'lease_dead', lease_until = ? WHERE id = ?", r.clock.Now().Add(30*time.Second), a.ID).Error
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := r.Fresh(ctx, r.scope, a.ID); !errors.Is(err, context.DeadlineExceeded) || r.seen("/oauth/token") != 1 {
		t.Fatalf("Fresh() = %v after %d calls", err, r.seen("/oauth/token"))
	}
	r.clock.Pass(31 * time.Second)
	if _, _, err := r.Fresh(t.Context(), r.scope, a.ID); err != nil || r.seen("/oauth/token") != 2 {
		t.Fatalf("Fresh() = %v after %d calls", err, r.seen("/oauth/token"))
	}
}

// A user who connects again while a refresh is under way wins: the caller gets
// the new credential, and the late refresh writes nothing.
func TestReconnectedDuringRefresh(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	fresh := r.grant()
	r.clock.Pass(nearEnd)
	again := false
	r.before = func(path string) {
		if path == "/oauth/token" && !again {
			again = true
			fresh.ExpiresAt = nil
			r.save("user-1", "acme_crm", "oauth", a.ID, fresh)
		}
	}
	_, c, err := r.Fresh(t.Context(), r.scope, a.ID)
	if err != nil || c.AccessToken != fresh.Credential.AccessToken || !again {
		t.Fatalf("Fresh() = %v", err)
	}
	if _, kept, err := r.Fresh(t.Context(), r.scope, a.ID); err != nil || kept.AccessToken != fresh.Credential.AccessToken {
		t.Fatal("the late refresh replaced the new credential")
	}
}

// A sealed credential opens in its own row only.
func TestMovedCredential(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	mine, theirs := r.keyed("user-1", demo.DemoKey), r.keyed("user-2", "acme_other")
	r.in(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE accounts SET credential = (SELECT credential FROM accounts WHERE id = ?) WHERE id = ?", mine.ID, theirs.ID).Error
	})
	if _, _, err := r.Fresh(t.Context(), r.scope, theirs.ID); !errors.Is(err, secret.ErrOpen) {
		t.Fatalf("Fresh() = %v, want ErrOpen", err)
	}
	if _, err := r.call(theirs.ID, "/api/me"); err == nil || r.seen("/api") != 0 {
		t.Fatal("a call was made with it")
	}
	if _, c, err := r.Fresh(t.Context(), r.scope, mine.ID); err != nil || c.Inputs["api_key"] != demo.DemoKey {
		t.Fatal(err)
	}
}
