package account_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// A user who connects again while a refresh is under way wins: the late answer
// changes nothing and revokes nothing.
func TestReconnectedDuringRefresh(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	anew := r.grant()
	r.clock.Pass(pastEnd)
	again := false
	r.before = func(path string) {
		if path == "/oauth/token" && !again {
			again = true
			anew.ExpiresAt = nil
			anew.Expires = nil
			r.save("user-1", "acme_crm", "oauth", a.ID, anew)
		}
	}
	if c := r.fresh(a.ID); c.AccessToken != anew.Credential.AccessToken || !again {
		t.Fatal("the caller has the late token")
	}
	r.Drain()
	if c := r.fresh(a.ID); c.AccessToken != anew.Credential.AccessToken || len(r.revocations()) != 0 {
		t.Fatal("the late refresh replaced the new credential")
	}
}

// The answer to a refresh whose account was deleted meanwhile is revoked.
func TestDeletedDuringRefresh(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.before = func(path string) {
		if path == "/oauth/token" {
			r.before = nil
			if err := r.Delete(t.Context(), r.scope, a.ID, ""); err != nil {
				t.Error(err)
			}
		}
	}
	r.round(nearEnd)
	found := map[account.Cause]bool{}
	for _, rev := range r.revocations() {
		found[rev.Cause] = true
	}
	if !found[account.RefreshedTooLate] || !found[account.AccountDeleted] {
		t.Fatal(found)
	}
}

// Another person of the app is not put into an account by connecting it again,
// unless that is wanted.
func TestReconnectedAsAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	g := r.grant()
	g.Identity = account.Identity{ID: demo.Grace, Name: "Grace"}
	again := func() error {
		return r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
			u, err := account.UserByExternalID(tx, "user-1")
			if err == nil {
				_, err = r.Save(tx, r.scope, u, r.app("acme_crm"), "oauth", &r.oauth.ID, a.ID, "", g)
			}
			return err
		})
	}
	if err := again(); !errors.Is(err, account.ErrIdentity) {
		t.Fatalf("Save() = %v, want ErrIdentity", err)
	}
	if now := r.get(a.ID); *now.IdentityID != demo.Ada {
		t.Fatalf("%+v", now)
	}
	g.AnyIdentity = true
	if err := again(); err != nil || *r.get(a.ID).IdentityID != demo.Grace {
		t.Fatal(err)
	}
}

// A sealed credential opens in its own row only.
func TestMovedCredential(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	mine, theirs := r.keyed("user-1", demo.DemoKey), r.keyed("user-2", "acme_other")
	r.in(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE account_id = ?) WHERE account_id = ?", mine.ID, theirs.ID).Error
	})
	if _, _, err := r.Fresh(t.Context(), r.scope, theirs.ID); !errors.Is(err, secret.ErrOpen) {
		t.Fatalf("Fresh() = %v, want ErrOpen", err)
	}
	if _, err := r.call(theirs.ID, "/api/me"); err == nil || r.seen("/api") != 0 {
		t.Fatal("a call was made with it")
	}
	if c := r.fresh(mine.ID); c.Inputs["api_key"] != demo.DemoKey {
		t.Fatal("the other does not open")
	}
}

// What a process remembers it forgets when the account changes, and another
// tenant never gets at it.
func TestRemembered(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Hear()
	a := r.connected()
	one := r.fresh(a.ID)
	r.in(func(tx *gorm.DB) error { return tx.Exec("UPDATE credentials SET sealed = '\\x00'").Error })
	if c := r.fresh(a.ID); c.AccessToken != one.AccessToken {
		t.Fatal("nothing is remembered")
	}
	if _, _, err := r.Fresh(t.Context(), testkit.Scope(t, r.DB), a.ID); !errors.Is(err, account.ErrNotFound) {
		t.Fatalf("another tenant: %v", err)
	}
	r.save("user-1", "acme_crm", "oauth", a.ID, r.grant())
	r.Changed(t.Context(), a.ID)
	if c := r.fresh(a.ID); c.AccessToken == one.AccessToken {
		t.Fatal("it is remembered after it changed")
	}
	if err := r.Delete(t.Context(), r.scope, a.ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Fresh(t.Context(), r.scope, a.ID); !errors.Is(err, account.ErrNotFound) {
		t.Fatalf("after it was deleted: %v", err)
	}
}
