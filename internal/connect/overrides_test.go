package connect_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// override keeps an override of the scope's project.
func (r *rig) override(app, name string, client *string, fields map[string]string) *connect.Override {
	r.t.Helper()
	o, err := r.CreateOverride(r.t.Context(), r.scope.Project(), app, name, client, fields)
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

// What an override sets is not asked for, cannot be replaced by the user, and
// decides where the browser is sent and through which client.
func TestOverrideInAFlow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	client, err := r.Accounts.Register(t.Context(), r.scope.Project(), "zendesk", account.OAuthAppInput{ClientID: "ours", ClientSecret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	newer, err := r.Accounts.Register(t.Context(), r.scope.Project(), "zendesk", account.OAuthAppInput{ClientID: "newer", ClientSecret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	o := r.override("zendesk", "Ours", &client.ID, map[string]string{"subdomain": "https://acme.zendesk.com"})
	bound := r.token(func(in *connect.TokenInput) { in.OverrideID = &o.ID })
	evil := map[string]string{"subdomain": "evil"}
	for name, in := range map[string]connect.Begin{
		"named by the link":               {Token: r.token(), App: "zendesk", Auth: "oauth", OverrideID: o.ID, OAuthAppID: newer.ID, Fields: evil},
		"of the token, left out by users": {Token: bound, App: "zendesk", Auth: "oauth", Fields: evil},
		"of the token, and no app named":  {Token: bound, Auth: "oauth"},
	} {
		in.Browser = browser
		_, at, err := r.Start(t.Context(), in)
		if err != nil || !strings.HasPrefix(at, "https://acme.zendesk.com/") || !strings.Contains(at, "client_id=ours&") {
			t.Errorf("%s: sent to %s, %v", name, at, err)
		}
	}
	b, err := r.Check(t.Context(), bound)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Plan(t.Context(), b, connect.Choice{Auth: "oauth"})
	if err != nil || len(p.Fields()) != 0 || !slices.Equal(p.Override.FieldNames(), []string{"subdomain"}) {
		t.Errorf("%+v, %v", p, err)
	}
	if err := r.Accounts.DeleteOAuthApp(t.Context(), r.scope.Project(), client.ID); !errors.Is(err, account.ErrOAuthAppSet) {
		t.Errorf("a client that an override names: %v", err)
	}
	if err := r.DeleteOverride(t.Context(), r.scope.Project(), o.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Start(t.Context(), connect.Begin{Token: bound, Auth: "oauth", Browser: browser}); !errors.Is(err, connect.ErrOverride) {
		t.Errorf("a token whose override is gone: %v", err)
	}
}

// The fields of an override win over what a caller with keys sends.
func TestOverrideOfKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.override("zendesk", "Ours", nil, map[string]string{"subdomain": "acme"})
	a, err := r.ConnectKeys(t.Context(), r.token(), connect.Keys{
		App: "zendesk", Auth: "api_token", OverrideID: o.ID,
		Fields: map[string]string{"subdomain": "evil", "username": "ada@example.com/token", "password": "hush"},
	})
	if err != nil || a.Vars["subdomain"] != "acme" {
		t.Fatalf("%+v, %v", a, err)
	}
	client := r.oauth.ID
	withClient := r.override("acme_crm", "With a client", &client, nil)
	if _, err := r.ConnectKeys(t.Context(), r.token(), connect.Keys{App: "acme_crm", OverrideID: withClient.ID}); !errors.Is(err, connect.ErrOverrideClient) {
		t.Errorf("an override with a client: %v", err)
	}
}

// What an override may not hold is refused, by its code.
func TestOverrideRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	project, stranger := r.scope.Project(), testkit.Scope(t, r.DB).Project()
	kept := r.override("zendesk", "Taken", nil, map[string]string{"subdomain": "acme"})
	client := r.oauth.ID
	tests := map[string]struct {
		code string
		try  func() error
	}{
		"a secret": {"field_sensitive", func() error {
			_, err := r.CreateOverride(t.Context(), project, "acme_crm_key", "x", nil, map[string]string{"api_key": demo.DemoKey})
			return err
		}},
		"a secret of another method": {"field_sensitive", func() error {
			_, err := r.CreateOverride(t.Context(), project, "zendesk", "x", nil, map[string]string{"password": "hush"})
			return err
		}},
		"a secret in a change": {"field_sensitive", func() error {
			_, err := r.ChangeOverride(t.Context(), project, kept.ID, connect.OverrideChange{Fields: map[string]string{"password": "hush"}})
			return err
		}},
		"a field of nobody": {"field_unknown", func() error {
			_, err := r.CreateOverride(t.Context(), project, "zendesk", "x", nil, map[string]string{"shop": "a"})
			return err
		}},
		"a host that leads elsewhere": {"field_form", func() error {
			_, err := r.CreateOverride(t.Context(), project, "zendesk", "x", nil, map[string]string{"subdomain": "a.evil.test/"})
			return err
		}},
		"a name that is taken": {"app_override_name", func() error {
			_, err := r.CreateOverride(t.Context(), project, "acme_crm", "Taken", nil, nil)
			return err
		}},
		"a client of another app": {"oauth_app_not_found", func() error {
			_, err := r.CreateOverride(t.Context(), project, "zendesk", "x", &client, nil)
			return err
		}},
		"a client of another project": {"oauth_app_not_found", func() error {
			_, err := r.CreateOverride(t.Context(), stranger, "acme_crm", "x", &client, nil)
			return err
		}},
		"read by another project": {"app_override_not_found", func() error { _, err := r.Override(t.Context(), stranger, kept.ID); return err }},
		"changed by another project": {"app_override_not_found", func() error {
			_, err := r.ChangeOverride(t.Context(), stranger, kept.ID, connect.OverrideChange{Name: &kept.Name})
			return err
		}},
		"deleted by another project": {"app_override_not_found", func() error { return r.DeleteOverride(t.Context(), stranger, kept.ID) }},
		"deleted twice": {"app_override_not_found", func() error {
			again := r.override("zendesk", "Twice", nil, nil)
			if err := r.DeleteOverride(t.Context(), project, again.ID); err != nil {
				return err
			}
			return r.DeleteOverride(t.Context(), project, again.ID)
		}},
		"for a token of another app": {"app_override_not_found", func() error {
			app := "acme_crm"
			_, _, err := r.CreateToken(t.Context(), r.scope, connect.TokenInput{ExternalUserID: "u", App: &app, OverrideID: &kept.ID})
			return err
		}},
	}
	for name, tt := range tests {
		if err := tt.try(); fault.Of(err).Code != tt.code || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	none := ""
	o, err := r.ChangeOverride(t.Context(), project, kept.ID, connect.OverrideChange{OAuthAppID: &none, Fields: map[string]string{}})
	if err != nil || o.OauthAppID != nil || len(o.Cfmap) != 0 || o.Name != "Taken" {
		t.Errorf("%+v, %v", o, err)
	}
	page, err := r.Overrides(t.Context(), stranger, "", db.Cursor{})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("another project sees %+v, %v", page, err)
	}
}

// narrowed takes Ada through a flow in which she allows some scopes only: Acme
// is asked for them instead of what we asked for.
func (r *rig) narrowed(in connect.Begin, allowed string) *connect.Outcome {
	r.t.Helper()
	in.App, in.Browser = "acme_crm", browser
	_, at, err := r.Start(r.t.Context(), in)
	if err != nil {
		r.t.Fatal(err)
	}
	u, err := url.Parse(at)
	if err != nil {
		r.t.Fatal(err)
	}
	q := u.Query()
	q.Set("scope", allowed)
	u.RawQuery = q.Encode()
	back, err := r.acme.Consent(u.String(), demo.Ada, true)
	if err != nil {
		r.t.Fatal(err)
	}
	if u, err = url.Parse(back); err != nil {
		r.t.Fatal(err)
	}
	return r.callback(u.Query())
}

// A user who allows less than was asked for is asked what to do; with
// progressive scopes they may go on, and what was granted is what the account says.
func TestNarrowerConsent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw := r.token()
	q := r.asked(raw, r.narrowed(connect.Begin{Token: raw}, "contacts.read notes.read"))
	if q.Kind != connect.AskScopes || q.MayContinue || len(q.Missing) != 2 || q.Missing[0] != (connect.Power{Scope: "contacts.write", Text: "Add, change and delete contacts"}) {
		t.Fatalf("%+v", q)
	}
	if _, err := r.Answer(t.Context(), raw, r.latest(raw).Flow, connect.Answer{Continue: true}); !errors.Is(err, connect.ErrScopes) || len(r.accounts()) != 0 {
		t.Fatal(err)
	}
	raw = r.token(func(in *connect.TokenInput) { in.AllowProgressiveScopes = true })
	out := r.narrowed(connect.Begin{Token: raw}, "contacts.read")
	if q = r.asked(raw, out); !q.MayContinue {
		t.Fatalf("%+v", q)
	}
	r.answered(raw, connect.Answer{Continue: true})
	a := r.accounts()[0]
	if diff := cmp.Diff([]string{"contacts.read"}, a.Scopes); diff != "" {
		t.Error(diff)
	}
	auth := &out.App.Auth[0]
	if diff := cmp.Diff([]string{"contacts.write", "deals.read", "notes.read"}, a.Missing(auth)); diff != "" {
		t.Error(diff)
	}
	if got := a.Missing(auth, "contacts.read", "webhooks.write"); !slices.Equal(got, []string{"webhooks.write"}) {
		t.Errorf("missing for an action: %v", got)
	}
}

// Reconnecting with progressive scopes asks for what was granted, too; without
// them for the profile alone.
func TestScopesOfAReconnect(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.connected(connect.Begin{Token: r.token()})
	asked := func(in connect.Begin) []string {
		in.App, in.AccountID, in.Browser = "acme_crm", id, browser
		_, at, err := r.Start(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(u.Query().Get("scope"))
	}
	progressive := r.token(func(in *connect.TokenInput) { in.AllowProgressiveScopes = true })
	if got, want := asked(connect.Begin{Token: r.token(), Profile: "read_only"}), []string{"contacts.read", "deals.read", "notes.read"}; !slices.Equal(got, want) {
		t.Errorf("asked for %v, want %v", got, want)
	}
	want := []string{"contacts.read", "deals.read", "notes.read", "contacts.write"}
	if got := asked(connect.Begin{Token: progressive, Profile: "read_only"}); !slices.Equal(got, want) {
		t.Errorf("asked for %v, want %v", got, want)
	}
	_, _, err := r.Start(t.Context(), connect.Begin{Token: r.token(), App: "acme_crm", Profile: "everything", Browser: browser})
	if fault.Of(err).Code != "scope_profile" {
		t.Errorf("a profile of nobody: %v", err)
	}
}

// A code that was given to another client is worth nothing here, even when it
// comes with a state of ours to our own address.
func TestCodeOfAnotherClient(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	mine := r.oauth
	honest := r.consent(connect.Begin{Token: r.token(), OAuthAppID: mine.ID}, true)
	r.oauth = r.register(r.scope, "other")
	theirs := r.consent(connect.Begin{Token: r.token(), OAuthAppID: r.oauth.ID}, true)
	r.oauth = mine
	honest.Set("code", theirs.Get("code"))
	if out := r.callback(honest); !errors.Is(out.Err, connect.ErrExchange) || len(r.accounts()) != 0 {
		t.Fatalf("%+v", out)
	}
}

// Of two who change an override the second is told, and what the first set stays.
func TestOverrideChangedMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	project := r.scope.Project()
	o := r.override("zendesk", "Ours", nil, map[string]string{"subdomain": "acme"})
	r.clock.Pass(time.Second)
	first, second := "First", "Second"
	now, err := r.ChangeOverride(t.Context(), project, o.ID, connect.OverrideChange{Name: &first}, o.UpdatedAt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ChangeOverride(t.Context(), project, o.ID, connect.OverrideChange{Name: &second}, o.UpdatedAt); fault.Of(err).Code != "changed_meanwhile" {
		t.Error(err)
	}
	if kept, err := r.Override(t.Context(), project, o.ID); err != nil || kept.Name != first {
		t.Errorf("%+v %v", kept, err)
	}
	if _, err := r.ChangeOverride(t.Context(), project, o.ID, connect.OverrideChange{Name: &second}, now.UpdatedAt); err != nil {
		t.Error(err)
	}
}
