package account_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// A credential goes to the hosts of its app and nowhere else. For any other
// address nothing is sent at all.
func TestDoRefusesForeignHosts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a foreign host was called") }))
	t.Cleanup(evil.Close)
	host := strings.TrimPrefix(r.url, "http://")
	sent := len(r.paths)
	targets := map[string]string{
		"another host":                evil.URL + "/api/me",
		"another scheme":              "https://" + host + "/api/me",
		"the host as a user":          "http://" + host + "@" + strings.TrimPrefix(evil.URL, "http://") + "/",
		"a user at the host":          "http://ada@" + host + "/api/me",
		"the host as a prefix":        r.url + ".evil.test/",
		"a backslash":                 "http://" + host + `\@evil.test/`,
		"no host":                     "api/me",
		"nothing":                     "",
		"another scheme with no host": "file:///etc/passwd",
	}
	for name, target := range targets {
		if _, err := r.call(a.ID, target); !errors.Is(err, account.ErrTarget) {
			t.Errorf("%s: Do(%q) = %v, want ErrTarget", name, target, err)
		}
	}
	if len(r.paths) != sent {
		t.Errorf("%v was sent", r.paths[sent:])
	}
	for name, target := range map[string]string{"a path": "/api/me", "a URL of the app": r.url + "/api/me", "a path that looks like a host": "//evil.test/api/me"} {
		if _, err := r.call(a.ID, target); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The credential comes last, so that no header of a caller replaces it.
func TestDoInjects(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	oauth, key := r.connected(), r.keyed("user-1", demo.DemoKey)
	for name, id := range map[string]string{"by bearer": oauth.ID, "by key": key.ID} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://account.invalid/", http.NoBody)
		req.Host = "evil.test"
		req.Header.Set("X-Acme-Key", "acme_forged")
		if id == oauth.ID {
			req.Header.Del("X-Acme-Key")
			req.Header.Set("Authorization", "Bearer forged")
		}
		res, err := r.Do(t.Context(), r.scope, id, req, "/api/me")
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || req.Host != "" {
			t.Errorf("%s: status %d, host %q", name, res.StatusCode, req.Host)
		}
	}
}

// Neither a credential nor a secret of it is printed by accident.
func TestCredentialIsNotPrinted(t *testing.T) {
	t.Parallel()
	c := account.Credential{AccessToken: "at-s3cret", Inputs: map[string]string{"k": "in-s3cret"}}
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%v %+v %s", c, c, c), c.LogValue().String()} {
		if strings.Contains(text, "s3cret") {
			t.Errorf("printed %s", text)
		}
	}
}

// To another tenant nothing is there.
func TestAnotherTenant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	mine := r.scope
	r.scope = testkit.Scope(t, r.DB)
	ctx, s := t.Context(), r.scope
	refused := map[string]struct {
		want error
		do   func() error
	}{
		"get":         {account.ErrNotFound, func() error { _, err := r.Get(ctx, s, a.ID, ""); return err }},
		"delete":      {account.ErrNotFound, func() error { return r.Delete(ctx, s, a.ID, "") }},
		"fresh":       {account.ErrNotFound, func() error { _, _, err := r.Fresh(ctx, s, a.ID); return err }},
		"do":          {account.ErrNotFound, func() error { _, err := r.call(a.ID, "/api/me"); return err }},
		"delete user": {account.ErrUserNotFound, func() error { _, err := r.DeleteUser(ctx, s, "user-1"); return err }},
		"reconnect": {account.ErrNotFound, func() error {
			return r.DB.In(ctx, s, func(tx *gorm.DB) error {
				u, err := account.EnsureUser(tx, "user-1", r.clock.Now())
				if err != nil {
					return err
				}
				_, err = r.Save(tx, s, u, r.app("acme_crm"), "oauth", nil, a.ID, "", &account.Grant{})
				return err
			})
		}},
	}
	for name, tt := range refused {
		if err := tt.do(); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if page, err := r.List(ctx, s, account.Filter{}, db.Cursor{}); err != nil || page.Total != 0 {
		t.Error(page, err)
	}
	if page, err := r.Users(ctx, s, "", db.Cursor{}); err != nil || page.Total != 0 {
		t.Error(page, err)
	}
	if page, err := r.OAuthApps(ctx, s.Project(), "", "", db.Cursor{}); err != nil || page.Total != 0 {
		t.Error(page, err)
	}
	if err := r.DeleteByApp(ctx, s, "acme_crm", ""); err != nil {
		t.Error(err)
	}
	if _, err := r.Get(ctx, mine, a.ID, ""); err != nil {
		t.Fatalf("the account is gone: %v", err)
	}
}

// A user who is named gets their own accounts alone.
func TestOnlyUser(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.keyed("user-1", "acme_a")
	if got, err := r.Get(t.Context(), r.scope, a.ID, "user-1"); err != nil || got.ExternalID != "user-1" {
		t.Fatal(got, err)
	}
	if _, err := r.Get(t.Context(), r.scope, a.ID, "user-2"); !errors.Is(err, account.ErrNotFound) {
		t.Error(err)
	}
	if err := r.Delete(t.Context(), r.scope, a.ID, "user-2"); !errors.Is(err, account.ErrNotFound) {
		t.Error(err)
	}
	if err := r.Delete(t.Context(), r.scope, a.ID, "user-1"); err != nil {
		t.Error(err)
	}
	if err := r.Delete(t.Context(), r.scope, a.ID, ""); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

// Lists are narrowed by user, app and client; deleting by app takes that app's
// accounts, of one user or of all.
func TestListAndDeleteByApp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	oauth, one, two := r.connected(), r.keyed("user-1", "acme_1"), r.keyed("user-2", "acme_2")
	list := func(f account.Filter) []string {
		t.Helper()
		page, err := r.List(t.Context(), r.scope, f, db.Cursor{})
		if err != nil {
			t.Fatal(err)
		}
		ids := []string{}
		for _, a := range page.Items {
			ids = append(ids, a.ID)
		}
		return ids
	}
	tests := map[string]struct {
		filter account.Filter
		want   []string
	}{
		"all, newest first": {account.Filter{}, []string{two.ID, one.ID, oauth.ID}},
		"of a user":         {account.Filter{ExternalUserID: "user-1"}, []string{one.ID, oauth.ID}},
		"of an app":         {account.Filter{App: "acme_crm_key"}, []string{two.ID, one.ID}},
		"of a client":       {account.Filter{OAuthAppID: r.oauth.ID}, []string{oauth.ID}},
		"of nobody":         {account.Filter{ExternalUserID: "user-3"}, []string{}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, list(tt.filter)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	r.in(func(tx *gorm.DB) error {
		u, err := account.UserByExternalID(tx, "user-1")
		if err != nil {
			return err
		}
		if a, err := account.Chosen(tx, u.ID, "acme_crm_key", ""); err != nil || a.ID != one.ID {
			t.Errorf("Chosen() = %v, %v", a, err)
		}
		for app, id := range map[string]string{"hubspot": "", "acme_crm": one.ID, "acme_crm_key": "apn_zzz"} {
			if _, err := account.Chosen(tx, u.ID, app, id); !errors.Is(err, account.ErrNotFound) {
				t.Errorf("%s %s: %v", app, id, err)
			}
		}
		return nil
	})
	for _, only := range []string{"user-2", ""} {
		if err := r.DeleteByApp(t.Context(), r.scope, "acme_crm_key", only); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{oauth.ID}, list(account.Filter{})); diff != "" {
		t.Error(diff)
	}
}

// Removing a user removes their accounts, tokens and triggers, and nobody else's.
func TestDeleteUser(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	gone := r.keyed("user-1", "acme_1")
	r.keyed("user-2", "acme_2")
	r.in(func(tx *gorm.DB) error {
		for _, user := range []string{"user-1", "user-2"} {
			u, err := account.UserByExternalID(tx, user)
			if err != nil {
				return err
			}
			err = tx.Exec(`INSERT INTO connect_tokens (id, token_hash, user_id, scopes, allowed_origins, created_at, expires_at)
				VALUES (?, ?, ?, '[]', '[]', now(), now())`, id.New("ct"), []byte(user), u.ID).Error
			if err != nil {
				return err
			}
			err = tx.Exec(`INSERT INTO connect_flows (id, state_hash, browser_hash, token_id, app, oauth_app_id, secret, same_tab, status, created_at, expires_at)
				SELECT ?, ?, '', id, 'acme_crm', 'oa', '', false, 'open', now(), now() FROM connect_tokens WHERE user_id = ?`, id.New("flow"), []byte(user), u.ID).Error
			if err != nil {
				return err
			}
			err = tx.Exec(`INSERT INTO triggers (id, user_id, component_key, name, configured_props, endpoint_id, created_at, updated_at)
				VALUES (?, ?, 'k', 'n', '{}', 'en', now(), now())`, id.New("hi"), u.ID).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := r.DeleteUser(t.Context(), r.scope, "user-1"); err != nil {
		t.Fatal(err)
	}
	var told []string
	r.in(func(tx *gorm.DB) error {
		return tx.Raw("SELECT type || ' ' || subject_id FROM events").Scan(&told).Error
	})
	if diff := cmp.Diff([]string{account.Deleted + " " + gone.ID}, told); diff != "" {
		t.Error(diff)
	}
	if rev := r.one(account.RevocationUnsupported); rev.Cause != account.UserDeleted {
		t.Errorf("%+v", rev)
	}
	var left struct{ Users, Accounts, Tokens, Flows, Triggers int }
	r.in(func(tx *gorm.DB) error {
		return tx.Raw(`SELECT (SELECT count(*) FROM external_users) AS users, (SELECT count(*) FROM accounts) AS accounts,
			(SELECT count(*) FROM connect_tokens) AS tokens, (SELECT count(*) FROM connect_flows) AS flows, (SELECT count(*) FROM triggers) AS triggers`).Scan(&left).Error
	})
	if left.Users != 1 || left.Accounts != 1 || left.Tokens != 1 || left.Flows != 1 || left.Triggers != 1 {
		t.Fatalf("%+v is left", left)
	}
	if _, err := r.DeleteUser(t.Context(), r.scope, "user-1"); !errors.Is(err, account.ErrUserNotFound) {
		t.Fatal(err)
	}
}

// However many ask for a user at once, there is one.
func TestEnsureUserOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var g errgroup.Group
	ids := make([]string, 8)
	testkit.Warm(t, r.DB)
	for i := range ids {
		g.Go(func() error {
			return r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
				u, err := account.EnsureUser(tx, "user-1", r.clock.Now())
				if err == nil {
					ids[i] = u.ID
				}
				return err
			})
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, got := range ids {
		if got != ids[0] || got == "" {
			t.Fatal(ids)
		}
	}
	page, err := r.Users(t.Context(), r.scope, "ER-1", db.Cursor{})
	if err != nil || page.Total != 1 || page.Items[0].ExternalID != "user-1" {
		t.Fatal(page, err)
	}
	if page, err = r.Users(t.Context(), r.scope, "%", db.Cursor{}); err != nil || page.Total != 0 {
		t.Fatalf("a %% is a character like any other: %d, %v", page.Total, err)
	}
}

// Keys that the app refuses are told from ones that it takes, and neither is lost.
func TestWithKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	app, _ := r.Catalog.App(t.Context(), r.scope.Project(), "acme_crm_key")
	with := func(key string) map[string]string { return map[string]string{"api_key": key} }
	g, err := r.WithKeys(t.Context(), app, &app.Auth[0], nil, nil, with(demo.DemoKey))
	if err != nil || g.Identity != (account.Identity{ID: demo.Ada, Name: "Ada Lovelace"}) || g.Credential.Inputs["api_key"] != demo.DemoKey {
		t.Fatal(g, err)
	}
	if g, err := r.WithKeys(t.Context(), app, &app.Auth[0], nil, nil, with("acme_no")); !errors.Is(err, account.ErrTest) || g.Credential.Inputs["api_key"] != "acme_no" {
		t.Error(g, err)
	}
	if _, err := r.WithKeys(t.Context(), app, &app.Auth[0], nil, nil, nil); err == nil {
		t.Error("a credential without its input was taken")
	}
}
