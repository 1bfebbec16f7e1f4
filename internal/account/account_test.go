package account_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

const redirect = "https://patchbay.test/callback"

// rig is a service with Acme CRM as its third party and a clock that stands still.
type rig struct {
	*account.Service
	clock *testkit.Clock
	t     testing.TB
	scope tenant.Scope
	acme  *demo.Server
	url   string
	oauth *account.OAuthApp

	mu     sync.Mutex
	paths  []string
	before func(path string) // called before Acme sees a request
}

func newRig(t testing.TB) *rig {
	t.Helper()
	return rigOn(t, testkit.DB(t), testkit.Box(t))
}

func rigOn(t testing.TB, d *db.DB, box *secret.Box) *rig {
	t.Helper()
	clock := testkit.NewClock()
	r := &rig{t: t, clock: clock, scope: testkit.Scope(t, d), acme: demo.New(demo.Config{Now: clock.Now})}
	handler := r.acme.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.paths = append(r.paths, req.URL.Path)
		before := r.before
		r.mu.Unlock()
		if before != nil {
			before(req.URL.Path)
		}
		handler.ServeHTTP(w, req)
	}))
	t.Cleanup(func() { srv.Close(); r.acme.Close() })
	r.url = srv.URL
	r.acme.SetBaseURL(srv.URL)
	shipped, err := catalog.Load("https://patchbay.test", srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	out := testkit.Guard().Client(5*time.Second, 16)
	r.Service = &account.Service{DB: d, Box: box, Catalog: &appfile.Service{DB: d, Shipped: shipped, Now: clock.Now}, Client: out, Stream: out, Provider: &provider.Client{HTTP: out, Now: clock.Now}, Queue: testkit.DeadQueue(t), Now: clock.Now}
	r.oauth, err = r.Register(t.Context(), r.scope.Project(), "acme_crm", account.OAuthAppInput{Name: "Ours", ClientID: "patchbay", ClientSecret: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	r.acme.RegisterClient(demo.Client{ID: "patchbay", Secret: "s3cret", Name: "Patchbay", RedirectURIs: []string{redirect}})
	return r
}

// another is the same service as another process has it.
func (r *rig) another() *account.Service {
	s := r.Service
	return &account.Service{
		DB: s.DB, Box: s.Box, Catalog: s.Catalog, Client: s.Client, Stream: s.Stream, Provider: s.Provider, Queue: s.Queue, Webhooks: s.Webhooks, Spool: s.Spool, Now: s.Now,
	}
}

// seen returns how many requests Acme got below a path.
func (r *rig) seen(path string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.paths {
		if strings.HasPrefix(p, path) {
			n++
		}
	}
	return n
}

// grant takes Ada through Acme's consent and redeems what she brings back.
func (r *rig) grant() *account.Grant {
	r.t.Helper()
	app, err := r.Catalog.App(r.t.Context(), r.scope.Project(), "acme_crm")
	if err != nil {
		r.t.Fatal(err)
	}
	visit := provider.Authorization{RedirectURI: redirect, State: "state", Verifier: oauth2.GenerateVerifier(), Scopes: []string{"contacts.read"}}
	at, err := r.Authorize(r.t.Context(), app, &app.Auth[0], r.oauth, nil, &visit)
	if err != nil {
		r.t.Fatal(err)
	}
	back, err := r.acme.Consent(at, demo.Ada, true)
	if err != nil {
		r.t.Fatal(err)
	}
	u, _ := url.Parse(back)
	g, err := r.Exchange(r.t.Context(), app, &app.Auth[0], r.oauth, nil, visit, u.Query().Get("code"))
	if err == nil {
		_, err = r.Complete(r.t.Context(), app, &app.Auth[0], r.oauth, g, nil, false)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return g
}

// save puts a grant into a new account of the user, or into the one that is reconnected.
func (r *rig) save(user, app, auth, reconnect string, g *account.Grant) (a *account.Account) {
	r.t.Helper()
	var oauthApp *string
	if auth == "oauth" {
		oauthApp = &r.oauth.ID
	}
	r.in(func(tx *gorm.DB) error {
		u, err := account.EnsureUser(tx, user, r.clock.Now())
		if err != nil {
			return err
		}
		a, err = r.Save(tx, r.scope, u, r.app(app), auth, oauthApp, reconnect, "", g)
		return err
	})
	return a
}

func (r *rig) app(slug string) *catalog.App {
	r.t.Helper()
	app, err := r.Catalog.Shipped.Get(slug)
	if err != nil {
		r.t.Fatal(err)
	}
	return app
}

// connected is an account of user-1 at Acme by OAuth.
func (r *rig) connected() *account.Account {
	r.t.Helper()
	return r.save("user-1", "acme_crm", "oauth", "", r.grant())
}

// keyed is an account of the user at Acme by API key.
func (r *rig) keyed(user, key string) *account.Account {
	r.t.Helper()
	return r.save(user, "acme_crm_key", "api_key", "", &account.Grant{Credential: account.Credential{Inputs: map[string]string{"api_key": key}}})
}

func (r *rig) in(fn func(tx *gorm.DB) error) {
	r.t.Helper()
	if err := r.DB.In(r.t.Context(), r.scope, fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) get(id string) *account.Account {
	r.t.Helper()
	a, err := r.Get(r.t.Context(), r.scope, id, "")
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// call makes a call with an account and returns the status.
func (r *rig) call(id, target string) (int, error) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "https://account.invalid/", http.NoBody)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := r.Do(r.t.Context(), r.scope, id, req, target)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// forward makes a call that may be made again after a refresh.
func (r *rig) forward(id string) error {
	r.t.Helper()
	body := func() io.ReadCloser { return http.NoBody }
	res, err := r.Forward(r.t.Context(), r.scope, id, &account.Call{Method: http.MethodGet, Target: "/api/me", Header: http.Header{}, Body: body(), Again: body})
	if err != nil {
		return err
	}
	return res.Body.Close()
}
