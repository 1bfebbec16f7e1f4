package app_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/masterkey"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

const (
	domain   = "workflows.localhost"
	password = "correct horse battery"
)

// rig is a whole Patchbay over HTTP and HTTPS, with Acme CRM beside it, and two
// workspaces that must not see each other. Every answer of the API that passes
// through it is held against the contract.
type rig struct {
	t *testing.T
	*app.App
	config   app.Config
	api, tls string // base URLs
	acme     *demo.Server
	http     *http.Client // follows no redirect, keeps no cookie
	app      fakeApp      // stands before Acme CRM

	profiles string // the file of patchbay login; "" = none

	home     *workspace
	stranger func() *workspace // made when it is first asked for
}

// workspace is a tenant with one project and one client that may do everything.
type workspace struct {
	g                     *rig
	id                    string
	project               string
	client, key           string // of the OAuth client
	token                 string // an access token
	oauthApp              string // Acme CRM's
	environment           string
	member, person, email string // of a rig with people
}

// newRig starts everything but the worker: see work. A test may set other
// things in its configuration.
func newRig(t *testing.T, other ...func(*app.Config)) *rig {
	t.Helper()
	g := &rig{t: t}
	var handler, acme atomic.Pointer[http.Handler]
	lazy := func(p *atomic.Pointer[http.Handler]) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*p.Load()).ServeHTTP(w, r) })
	}
	plain, secure, crm := httptest.NewServer(lazy(&handler)), httptest.NewTLSServer(lazy(&handler)), httptest.NewServer(lazy(&acme))
	g.api, g.tls = plain.URL, secure.URL
	g.config = app.Config{
		DatabaseURL: testkit.DatabaseURL(t), RedisURL: testkit.RedisURL(t), MasterKey: masterKey(),
		PublicURL: plain.URL, ConnectURL: secure.URL, DemoURL: crm.URL, WorkflowDomain: domain, EgressAllow: "127.0.0.0/8,::1/128",
		DBConnections: 8, Concurrency: 8, SweepEvery: 100 * time.Millisecond, Drain: 10 * time.Second,
	}
	g.config.ComponentDir = componentDir(t)
	for _, set := range other {
		set(&g.config)
	}
	a, err := app.New(t.Context(), g.config)
	if err != nil {
		t.Fatal(err)
	}
	g.App = a
	g.acme = demo.New(demo.Config{BaseURL: crm.URL})
	h, c := a.Handler(), g.app.before(g.acme.Handler())
	handler.Store(&h)
	acme.Store(&c)
	g.http = secure.Client() // trusts the test's certificate, and speaks HTTP as well
	g.http.Transport = &validating{t: t, next: g.http.Transport}
	g.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		plain.Close()
		secure.Close()
		crm.Close()
		g.acme.Close()
		a.Close()
	})
	g.home, g.stranger = g.workspace("home"), sync.OnceValue(func() *workspace { return g.workspace("stranger") })
	return g
}

// componentDir is a folder for packages, which another user may read.
func componentDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// beside starts another process of the same installation, as far as a test can
// tell, and returns its address.
func (g *rig) beside(t *testing.T, other ...func(*app.Config)) string {
	t.Helper()
	c := g.config
	for _, set := range other {
		set(&c)
	}
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(a.Handler())
	t.Cleanup(func() { s.Close(); a.Close() })
	return s.URL
}

// asOwner runs fn with a connection of the database's owner.
func (g *rig) asOwner(t *testing.T, fn func(c *pgx.Conn) error) error {
	t.Helper()
	c, err := pgx.Connect(t.Context(), g.config.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(t.Context()) }()
	return fn(c)
}

// query runs a statement as the database's owner.
func (g *rig) query(t *testing.T, statement string, args ...any) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), g.config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if _, err := c.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func masterKey() string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", masterkey.Size)))
}

// workspace makes a tenant without people: hashing a password takes longer than
// all the rest of a rig.
func (g *rig) workspace(name string) *workspace {
	g.t.Helper()
	c, err := pgx.Connect(g.t.Context(), g.config.DatabaseURL)
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = c.Close(g.t.Context()) }()
	workspaceID := id.New("o")
	if _, err := c.Exec(g.t.Context(), "INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, now())", workspaceID, name); err != nil {
		g.t.Fatal(err)
	}
	return g.equip(workspaceID)
}

// people gives the rig a home workspace with a member who can sign in.
func (g *rig) people() *rig {
	g.t.Helper()
	const email = "ada@example.com"
	m, err := g.Members.Create(g.t.Context(), "home", email, "Ada", password)
	if err != nil {
		g.t.Fatal(err)
	}
	g.home = g.equip(m.WorkspaceID)
	g.home.member, g.home.person, g.home.email = m.ID, m.PersonID, email
	return g
}

// equip gives a workspace a client and a project.
func (g *rig) equip(workspaceID string) *workspace {
	g.t.Helper()
	w := &workspace{g: g, id: workspaceID, environment: "development"}
	name := "server"
	c, key, err := g.Access.Create(g.t.Context(), w.id, access.OAuth, access.Wish{Name: &name})
	if err != nil {
		g.t.Fatal(err)
	}
	w.client, w.key = c.ID, key.Reveal()
	w.token = w.scoped("")
	return w.newProject("My SaaS")
}

// newProject returns the same workspace with another project, so that tests
// of one rig do not see each other's things.
func (w *workspace) newProject(name string) *workspace {
	w.g.t.Helper()
	p, err := w.g.Projects.Create(w.g.t.Context(), w.id, name, project.Change{})
	if err != nil {
		w.g.t.Fatal(err)
	}
	o, err := w.g.Accounts.Register(w.g.t.Context(), p.ID, "acme_crm", account.OAuthAppInput{Name: "Acme", ClientID: "patchbay-" + p.ID, ClientSecret: "s3cret"})
	if err != nil {
		w.g.t.Fatal(err)
	}
	w.g.acme.RegisterClient(demo.Client{ID: "patchbay-" + p.ID, Secret: "s3cret", Name: "My SaaS", RedirectURIs: []string{w.g.Connect.CallbackURL(o.ID)}})
	c := *w
	c.project, c.oauthApp = p.ID, o.ID
	return &c
}

// scoped returns an access token with the scopes, separated by spaces.
func (w *workspace) scoped(scopes string) string {
	w.g.t.Helper()
	raw, _, err := w.g.Access.Issue(w.g.t.Context(), w.client, w.key, scopes, "")
	if err != nil {
		w.g.t.Fatal(err)
	}
	return raw
}

// in returns the same workspace speaking for the other environment.
func (w *workspace) in(environment string) *workspace {
	c := *w
	c.environment = environment
	return &c
}

// work runs a worker until the test ends.
func (g *rig) work() {
	ctx, stop := context.WithCancel(context.Background()) //nolint:usetesting // the worker is told to stop in a clean-up, when the test's own context is over
	done := make(chan error, 1)
	go func() { done <- g.Work(ctx) }()
	g.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			g.t.Error(err)
		}
	})
}

// long is how long a test waits before it gives up; a delivery's lease is 20 s.
const long = time.Minute

// soon polls until ready says yes; a test that would wait for ever fails.
func soon(t *testing.T, what string, ready func() bool) {
	t.Helper()
	within(t, long, what, ready)
}

// within is soon for what takes its time: many batches, or a lease of somebody killed.
func within(t *testing.T, limit time.Duration, what string, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(10 * time.Millisecond) {
		if ready() {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
