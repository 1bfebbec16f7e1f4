package connect_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

const oldSecret, newSecret = "patchbay's secret", "a newer secret"

// acmeTakes makes a secret the only one that Acme takes from the rig's client.
func (r *rig) acmeTakes(word string) {
	r.acme.RegisterClient(demo.Client{ID: "patchbay", Secret: word, Name: "patchbay", RedirectURIs: []string{r.CallbackURL(r.oauth.ID)}})
}

// rotate gives the client another secret; keep = how long the old one stays, nil = as long as usual.
func (r *rig) rotate(word string, keep *time.Duration) *account.OAuthApp {
	r.t.Helper()
	o, err := r.Accounts.ChangeOAuthApp(r.t.Context(), r.scope.Project(), r.oauth.ID, account.OAuthAppChange{ClientSecret: secret.Text(word), KeepSecret: keep})
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

func (r *rig) client0() *account.OAuthApp {
	r.t.Helper()
	o, err := r.Accounts.OAuthApp(r.t.Context(), r.scope.Project(), r.oauth.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

// tries connects once and reports whether an account came of it.
func (r *rig) tries() bool {
	r.t.Helper()
	return r.callback(r.consent(connect.Begin{Token: r.token()}, true)).Err == nil
}

// While a secret is being replaced, whichever the provider knows is used, for
// codes and for refreshes, and the client says which.
func TestTwoSecrets(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.connected(connect.Begin{Token: r.token()})
	r.rotate(newSecret, nil)
	if o := r.client0(); o.InUse(r.clock.Now()) != account.PreviousSecret {
		t.Errorf("in use: %q", o.InUse(r.clock.Now()))
	}
	r.clock.Pass(2 * time.Hour) // the token has expired
	_, before, err := r.Accounts.Fresh(t.Context(), r.scope, id)
	if err != nil || !r.tries() {
		t.Fatalf("the provider knows the old secret only: %v", err)
	}
	if o := r.client0(); o.InUse(r.clock.Now()) != account.PreviousSecret || o.SecretUsedAt != nil {
		t.Errorf("in use: %q", o.InUse(r.clock.Now()))
	}
	r.acmeTakes(newSecret)
	r.clock.Pass(2 * time.Hour)
	_, after, err := r.Accounts.Fresh(t.Context(), r.scope, id)
	if err != nil || after.AccessToken == before.AccessToken || !r.tries() {
		t.Fatalf("the provider knows the new secret only: %v", err)
	}
	if o := r.client0(); o.InUse(r.clock.Now()) != account.CurrentSecret || o.Rotating(r.clock.Now()) == nil {
		t.Errorf("in use: %q", o.InUse(r.clock.Now()))
	}
}

// A secret whose time is over, or that was dropped, is not used, also before it
// is swept; the sweep destroys it.
func TestOldSecretEnds(t *testing.T) {
	t.Parallel()
	none := time.Duration(0)
	tests := map[string]func(r *rig){
		"its time is over":         func(r *rig) { r.rotate(newSecret, nil); r.clock.Pass(account.KeepSecret) },
		"a shorter time is over":   func(r *rig) { r.rotate(newSecret, new(time.Minute)); r.clock.Pass(time.Minute) },
		"it was not to be kept":    func(r *rig) { r.rotate(newSecret, &none) },
		"the client has a new id":  func(r *rig) { r.rotate(newSecret, nil); r.rename("another") },
		"it was dropped ahead":     func(r *rig) { r.rotate(newSecret, nil); r.drop(nil) },
		"it was dropped once more": func(r *rig) { r.rotate(newSecret, nil); r.drop(nil); r.drop(account.ErrNoPrevious) },
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			end(r)
			if r.client0().Rotating(r.clock.Now()) != nil {
				t.Error("the client says that it has two secrets")
			}
			if name != "the client has a new id" && r.tries() {
				t.Error("the old secret was used")
			}
			if err := r.Accounts.SweepSecrets(t.Context()); err != nil {
				t.Fatal(err)
			}
			if o := r.client0(); o.PreviousSecret != nil || o.PreviousSecretUntil != nil {
				t.Error("the old secret lies there still")
			}
		})
	}
}

func (r *rig) rename(clientID string) {
	r.t.Helper()
	if _, err := r.Accounts.ChangeOAuthApp(r.t.Context(), r.scope.Project(), r.oauth.ID, account.OAuthAppChange{ClientID: clientID}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) drop(want error) {
	r.t.Helper()
	if err := r.Accounts.DropPrevious(r.t.Context(), r.scope.Project(), r.oauth.ID); !errors.Is(err, want) {
		r.t.Fatal(err)
	}
}

// A new secret that never worked does not push out the one that does, and the
// same secret set twice is set once.
func TestMistypedSecret(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rotate("mistyped", nil)
	r.rotate(newSecret, nil)
	r.rotate(newSecret, nil)
	if !r.tries() {
		t.Fatal("the secret that works is gone")
	}
	if err := r.Accounts.DropPrevious(t.Context(), testkit.Scope(t, r.DB).Project(), r.oauth.ID); !errors.Is(err, account.ErrOAuthApp) {
		t.Errorf("another project: %v", err)
	}
	var row string
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT o::text || encode(client_secret, 'escape') || encode(previous_secret, 'escape') FROM oauth_apps o WHERE id = ?", r.oauth.ID).Scan(&row).Error
	})
	if err != nil || row == "" || strings.Contains(row, newSecret) || strings.Contains(row, oldSecret) {
		t.Errorf("a secret lies in the clear: %v", err)
	}
}

// Only an answer that the client is not known is tried again with the old
// secret: any other may have used the code up.
func TestNoSecondTry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rotate(newSecret, nil)
	for _, code := range []string{"invalid_grant", "server_error", "temporarily_unavailable"} {
		q := r.consent(connect.Begin{Token: r.token()}, true)
		r.acme.SetFaults(demo.Faults{TokenError: code})
		if out := r.callback(q); !errors.Is(out.Err, connect.ErrExchange) {
			t.Errorf("%s: %v", code, out.Err)
		}
		r.acme.SetFaults(demo.Faults{})
	}
	if o := r.client0(); o.PreviousSecretUsedAt != nil {
		t.Error("the old secret was sent")
	}
}

// A test says of each part what the provider says, tells nothing of a secret,
// and cannot be used to try secrets quickly.
func TestTestOfAClient(t *testing.T) {
	t.Parallel()
	type want map[string]provider.Verdict
	tests := map[string]struct {
		prepare func(r *rig)
		want    want
	}{
		"a good client":        {func(*rig) {}, want{account.CheckAuthorize: provider.Good, account.CheckSecret: provider.Good}},
		"a wrong id":           {func(r *rig) { r.rename("nobody") }, want{account.CheckAuthorize: provider.WrongClient, account.CheckSecret: provider.WrongClient}},
		"a wrong secret":       {func(r *rig) { r.acmeTakes("yet another") }, want{account.CheckAuthorize: provider.Good, account.CheckSecret: provider.WrongClient}},
		"a secret being moved": {func(r *rig) { r.rotate(newSecret, nil) }, want{account.CheckAuthorize: provider.Good, account.CheckSecret: provider.WrongClient, account.CheckPreviousSecret: provider.Good}},
		"another redirect URI": {func(r *rig) {
			r.acme.RegisterClient(demo.Client{ID: "patchbay", Secret: oldSecret, Name: "x", RedirectURIs: []string{"https://elsewhere.test/"}})
		}, want{account.CheckAuthorize: provider.WrongRedirect, account.CheckSecret: provider.Good}},
		"scopes of nobody": {func(r *rig) {
			if _, err := r.Accounts.ChangeOAuthApp(r.t.Context(), r.scope.Project(), r.oauth.ID, account.OAuthAppChange{Scopes: []string{"everything"}}); err != nil {
				r.t.Fatal(err)
			}
		}, want{account.CheckAuthorize: provider.WrongScopes, account.CheckSecret: provider.Good}},
		"a provider that is out": {func(r *rig) { r.acme.SetFaults(demo.Faults{TokenError: "server_error"}) }, want{account.CheckAuthorize: provider.Good, account.CheckSecret: provider.Unknown}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			tt.prepare(r)
			checks, err := r.TestClient(t.Context(), r.scope.Project(), r.oauth.ID, nil)
			if err != nil || len(checks) != len(tt.want) {
				t.Fatal(checks, err)
			}
			for _, c := range checks {
				if c.Verdict != tt.want[c.What] || c.Message() == "" || strings.Contains(c.Code+c.Message(), "secret's") {
					t.Errorf("%s: %+v, want %s", c.What, c, tt.want[c.What])
				}
			}
			if _, err := r.TestClient(t.Context(), r.scope.Project(), r.oauth.ID, nil); !errors.Is(err, account.ErrTestedNow) {
				t.Errorf("at once again: %v", err)
			}
			r.clock.Pass(5 * time.Second)
			if _, err := r.TestClient(t.Context(), r.scope.Project(), r.oauth.ID, nil); err != nil {
				t.Errorf("later: %v", err)
			}
		})
	}
}

// A change sets what it names: scopes and a name can be emptied.
func TestChangeOfAClientEmpties(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	change := func(c account.OAuthAppChange) *account.OAuthApp {
		o, err := r.Accounts.ChangeOAuthApp(t.Context(), r.scope.Project(), r.oauth.ID, c)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	change(account.OAuthAppChange{Name: new("Ours"), Scopes: []string{"contacts.read"}})
	if o := change(account.OAuthAppChange{}); o.Name != "Ours" || len(o.Scopes) != 1 {
		t.Errorf("nothing was named: %+v", o)
	}
	if o := change(account.OAuthAppChange{Name: new(""), Scopes: []string{}}); o.Name != "" || len(o.Scopes) != 0 || o.ClientID != "patchbay" {
		t.Errorf("it was emptied: %+v", o)
	}
}

// Of two who saw the same client and change it, the second is told.
func TestTwoChangeOneClient(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.clock.Pass(time.Minute)
	change := func(name string, seen ...time.Time) error {
		_, err := r.Accounts.ChangeOAuthApp(t.Context(), r.scope.Project(), r.oauth.ID, account.OAuthAppChange{Name: &name}, seen...)
		return err
	}
	if err := change("Ann's", r.oauth.UpdatedAt); err != nil {
		t.Fatal(err)
	}
	if err := change("Bob's", r.oauth.UpdatedAt); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("the second: %v", err)
	}
	if o, err := r.Accounts.OAuthApp(t.Context(), r.scope.Project(), r.oauth.ID); err != nil || o.Name != "Ann's" {
		t.Errorf("%+v, %v", o, err)
	}
	if err := change("Bob's"); err != nil {
		t.Errorf("who saw nothing: %v", err)
	}
}

// A revocation proves the client by whichever secret the provider knows: also
// one that was set after the account was deleted, and, when the client is gone,
// the one that went along.
func TestRevokeWithTwoSecrets(t *testing.T) {
	t.Parallel()
	tests := map[string]func(r *rig){
		"the old secret only":       func(r *rig) { r.rotate(newSecret, nil) },
		"the new secret only":       func(r *rig) { r.rotate(newSecret, nil); r.acmeTakes(newSecret) },
		"the client became another": func(r *rig) { r.rename("another") },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			id := r.connected(connect.Begin{Token: r.token()})
			if err := r.Accounts.Delete(t.Context(), r.scope, id, ""); err != nil {
				t.Fatal(err)
			}
			change(r)
			page, err := r.Accounts.Revocations(t.Context(), r.scope, account.RevocationFilter{AccountID: id}, db.Cursor{})
			if err != nil || len(page.Items) != 1 {
				t.Fatal(page, err)
			}
			if err := r.Accounts.Revoke(t.Context(), r.scope, page.Items[0].ID); err != nil {
				t.Fatal(err)
			}
			page, err = r.Accounts.Revocations(t.Context(), r.scope, account.RevocationFilter{Status: account.RevocationDone}, db.Cursor{})
			if err != nil || page.Total != 1 {
				t.Errorf("%+v, %v", page, err)
			}
		})
	}
}
