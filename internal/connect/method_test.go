package connect_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// doors is the demo app that has every way to sign in.
const doors = "acme_doors"

// client registers a client of the project for one of the app's methods, and
// one of the same id with Acme. Flows are expected at it from then on.
func (r *rig) client(method string) *account.OAuthApp {
	r.t.Helper()
	clientID := "doors_" + method
	o, err := r.Accounts.Register(r.t.Context(), r.scope.Project(), doors, account.OAuthAppInput{
		Auth: method, ClientID: clientID, ClientSecret: secret.Text(clientID + "'s secret"),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.acme.RegisterClient(demo.Client{ID: clientID, Secret: clientID + "'s secret", Name: clientID, RedirectURIs: []string{r.CallbackURL(o.ID)}})
	r.oauth = o
	return o
}

// methods are the ids of the ways that the user of a token is shown.
func (r *rig) methods(raw, client string) []string {
	r.t.Helper()
	b, err := r.Check(r.t.Context(), raw)
	if err != nil {
		r.t.Fatal(err)
	}
	app, err := r.Catalog.App(r.t.Context(), r.scope.Project(), doors)
	if err != nil {
		r.t.Fatal(err)
	}
	found, err := r.Methods(r.t.Context(), b, app, client)
	if err != nil {
		r.t.Fatal(err)
	}
	var ids []string
	for _, m := range found {
		ids = append(ids, m.ID)
	}
	return ids
}

// A user is shown the ways that the project is set up for; who names a
// client is shown its way alone.
func TestMethodsThatAreShown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw := r.token()
	if got := r.methods(raw, ""); slices.Contains(got, "oauth") || !slices.Contains(got, "api_key") {
		t.Errorf("without a client: %v", got)
	}
	o := r.client("oauth")
	if got := r.methods(raw, ""); got[0] != "oauth" || !slices.Contains(got, "api_key") {
		t.Errorf("with a client: %v", got)
	}
	if got := r.methods(raw, o.ID); len(got) != 1 || got[0] != "oauth" {
		t.Errorf("by the client: %v", got)
	}
	bound := r.token(func(in *connect.TokenInput) { in.OAuthAppID = &o.ID })
	if got := r.methods(bound, ""); len(got) != 1 || got[0] != "oauth" {
		t.Errorf("a token for a client: %v", got)
	}
}

// Of one app, accounts are connected by either way, each by its own rule of
// how the credential travels.
func TestMethodsOfOneApp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.client("oauth")
	out := r.callback(r.consent(connect.Begin{Token: r.token(), App: doors}, true))
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	keyed, err := r.ConnectKeys(t.Context(), r.token(), connect.Keys{App: doors, Fields: map[string]string{"api_key": demo.DemoKey}})
	if err != nil || keyed.Auth != "api_key" || keyed.OauthAppID != nil || *keyed.Name != "Ada Lovelace" {
		t.Fatalf("%+v, %v", keyed, err)
	}
	named, err := r.ConnectKeys(t.Context(), r.token(), connect.Keys{App: doors, Auth: "api_key", Fields: map[string]string{"api_key": demo.DemoKey}})
	if err != nil || named.Auth != "api_key" {
		t.Fatalf("%+v, %v", named, err)
	}
	for name, try := range map[string]func() error{
		"auth_method": func() error {
			_, _, err := r.Start(t.Context(), connect.Begin{Token: r.token(), App: doors, Auth: "none_such", Browser: browser})
			return err
		},
		"oauth_app_method": func() error {
			_, _, err := r.Start(t.Context(), connect.Begin{Token: r.token(), App: doors, Auth: "api_key", OAuthAppID: o.ID, Browser: browser})
			return err
		},
		"no_oauth_app": func() error {
			_, _, err := r.Start(t.Context(), connect.Begin{Token: r.token(), App: doors, Auth: "api_key", Browser: browser})
			return err
		},
		"not_key_based": func() error {
			_, err := r.ConnectKeys(t.Context(), r.token(), connect.Keys{App: doors, Auth: "oauth"})
			return err
		},
	} {
		if got := fault.Of(try()); got.Code != name {
			t.Errorf("%v, want %s", got, name)
		}
	}
}

// What an app asks of an operator is checked, sealed and never shown; a field
// that a change does not name stays.
func TestClientFields(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	register := func(fields map[string]string) (*account.OAuthApp, error) {
		return r.Accounts.Register(t.Context(), r.scope.Project(), doors, account.OAuthAppInput{Auth: "session", Fields: fields})
	}
	for code, fields := range map[string]map[string]string{"field_missing": {"dev_key": "hunter2"}, "field_unknown": {"door": "hunter2", "color": "hunter2"}} {
		if _, err := register(fields); fault.Of(err).Code != code || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v, want %s", err, code)
		}
	}
	o, err := register(map[string]string{"door": "hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	if o, err = r.Accounts.ChangeOAuthApp(t.Context(), r.scope.Project(), o.ID, account.OAuthAppChange{Fields: map[string]string{}}); err != nil {
		t.Fatal(err)
	}
	names, err := r.Accounts.FieldNames(o)
	if err != nil || !slices.Equal(names, []string{"door"}) {
		t.Errorf("%v, %v", names, err)
	}
	var row string
	err = r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT o::text || encode(fields, 'escape') FROM oauth_apps o WHERE id = ?", o.ID).Scan(&row).Error
	})
	if err != nil || row == "" || strings.Contains(row, "hunter2") {
		t.Errorf("a field lies in the clear: %v", err)
	}
	if _, err := r.Accounts.ChangeOAuthApp(t.Context(), r.scope.Project(), o.ID, account.OAuthAppChange{Fields: map[string]string{"door": ""}}); fault.Of(err).Code != "field_missing" {
		t.Errorf("%v", err)
	}
	if _, err := r.Accounts.Register(t.Context(), r.scope.Project(), doors, account.OAuthAppInput{Auth: "none_such"}); !errors.Is(err, catalog.ErrMethod) {
		t.Errorf("%v", err)
	}
	if _, err := r.Accounts.Register(t.Context(), r.scope.Project(), doors, account.OAuthAppInput{Auth: "oauth", ClientID: "x"}); !errors.Is(err, account.ErrClient) {
		t.Errorf("%v", err)
	}
}

// An account made of keys is connected through the client that is named, which
// has to be one of the project's for the method.
func TestKeysThroughAClient(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	register := func(project string) *account.OAuthApp {
		o, err := r.Accounts.Register(t.Context(), project, doors, account.OAuthAppInput{Auth: "session", Fields: map[string]string{"door": "x", "dev_key": demo.DoorKey}})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	first, newest, oauth := register(r.scope.Project()), register(r.scope.Project()), r.client("oauth")
	fields := map[string]string{"username": demo.DoorUser, "password": demo.DoorPassword}
	for asked, want := range map[string]string{first.ID: first.ID, newest.ID: newest.ID, "": newest.ID} {
		a, err := r.ConnectKeys(t.Context(), r.token(), connect.Keys{App: doors, OAuthAppID: asked, Fields: fields})
		if err != nil || a.OauthAppID == nil || *a.OauthAppID != want {
			t.Errorf("asked for %q: %+v, %v", asked, a, err)
		}
	}
	bound := r.token(func(in *connect.TokenInput) { in.OAuthAppID = &first.ID })
	if a, err := r.ConnectKeys(t.Context(), bound, connect.Keys{App: doors, OAuthAppID: newest.ID, Fields: fields}); err != nil || *a.OauthAppID != first.ID {
		t.Errorf("a token for one client connects through another: %+v, %v", a, err)
	}
	for name, tt := range map[string]struct {
		in   connect.Keys
		want error
	}{
		"a client for another method":     {connect.Keys{App: doors, OAuthAppID: oauth.ID, Fields: fields}, account.ErrClientMethod},
		"a method that takes no client":   {connect.Keys{App: doors, OAuthAppID: first.ID, Fields: map[string]string{"api_key": demo.DemoKey}}, account.ErrClientMethod},
		"a client of another project":     {connect.Keys{App: doors, OAuthAppID: register(testkit.Scope(t, r.DB).Project()).ID, Fields: fields}, account.ErrOAuthApp},
		"a client that nobody registered": {connect.Keys{App: doors, OAuthAppID: "oa_x", Fields: fields}, account.ErrOAuthApp},
	} {
		if _, err := r.ConnectKeys(t.Context(), r.token(), tt.in); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}
