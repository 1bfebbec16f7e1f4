package connect_test

import (
	"context"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

const (
	baseURL = "https://patchbay.test"
	browser = "the cookie of one browser"
)

// rig is the whole of connecting, with Acme CRM as the third party, a receiver
// of webhooks as the customer, and a clock that stands still.
type rig struct {
	*connect.Service
	clock *testkit.Clock
	t     *testing.T
	scope tenant.Scope
	acme  *demo.Server
	at    string // of Acme
	hook  *testkit.Receiver
	oauth *account.OAuthApp // the project's client of Acme
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock, guard, box := testkit.DB(t), testkit.NewClock(), testkit.Guard(), testkit.Box(t)
	acme := demo.New(demo.Config{})
	srv := httptest.NewServer(acme.Handler())
	acme.SetBaseURL(srv.URL)
	t.Cleanup(func() { srv.Close(); acme.Close() })
	shipped, err := catalog.Load(baseURL, srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	shipped = shipped.With(allDoors(t, srv.URL))
	client := guard.Client(5*time.Second, 16)
	accounts := &account.Service{DB: d, Box: box, Queue: testkit.DeadQueue(t), Catalog: &appfile.Service{DB: d, Shipped: shipped, Now: clock.Now}, Client: client, Stream: client, Provider: &provider.Client{HTTP: client, Now: clock.Now}, Now: clock.Now}
	hooks := &webhook.Service{
		DB: d, Box: box, Queue: testkit.DeadQueue(t), Guard: guard, Client: client, Metrics: telemetry.NewMetrics(), Ladder: webhook.Ladder, Now: clock.Now,
	}
	r := &rig{
		t: t, clock: clock, scope: testkit.Scope(t, d), acme: acme, at: srv.URL, hook: testkit.NewReceiver(t),
		Service: &connect.Service{DB: d, Box: box, Catalog: &appfile.Service{DB: d, Shipped: shipped, Now: clock.Now}, Accounts: accounts, Webhooks: hooks, Guard: guard, BaseURL: baseURL, Now: clock.Now},
	}
	r.oauth = r.register(r.scope, "patchbay")
	return r
}

// allDoors is an app of Acme's with every way to sign in.
func allDoors(t *testing.T, acme string) *catalog.App {
	t.Helper()
	src, err := os.ReadFile("testdata/doors.yaml")
	if err != nil {
		t.Fatal(err)
	}
	a, err := catalog.Parse([]byte(strings.ReplaceAll(string(src), "{{ instance.demo_url }}", acme)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// register makes a client of Acme's for the scope's project.
func (r *rig) register(s tenant.Scope, clientID string) *account.OAuthApp {
	r.t.Helper()
	return r.registerFor(s, "acme_crm", clientID)
}

func (r *rig) registerFor(s tenant.Scope, app, clientID string) *account.OAuthApp {
	r.t.Helper()
	o, err := r.Accounts.Register(r.t.Context(), s.Project(), app, account.OAuthAppInput{Name: "", ClientID: clientID, ClientSecret: secret.Text(clientID + "'s secret")})
	if err != nil {
		r.t.Fatal(err)
	}
	r.acme.RegisterClient(demo.Client{ID: clientID, Secret: clientID + "'s secret", Name: clientID, RedirectURIs: []string{r.CallbackURL(o.ID)}})
	return o
}

// token makes a connect token for user-1 that tells of its outcome.
func (r *rig) token(change ...func(*connect.TokenInput)) string {
	r.t.Helper()
	in := connect.TokenInput{ExternalUserID: "user-1", WebhookURI: &r.hook.URL}
	for _, fn := range change {
		fn(&in)
	}
	raw, _, err := r.CreateToken(r.t.Context(), r.scope, in)
	if err != nil {
		r.t.Fatal(err)
	}
	return raw
}

// consent begins a flow with the token, lets Ada decide at Acme, and returns
// what her browser brings back.
func (r *rig) consent(in connect.Begin, allow bool) url.Values {
	r.t.Helper()
	if in.App == "" {
		in.App = "acme_crm"
	}
	in.Browser = browser
	_, at, err := r.Start(r.t.Context(), in)
	if err != nil {
		r.t.Fatal(err)
	}
	back, err := r.acme.Consent(at, demo.Ada, allow)
	if err != nil {
		r.t.Fatal(err)
	}
	u, err := url.Parse(back)
	if err != nil {
		r.t.Fatal(err)
	}
	if got, want := u.Scheme+"://"+u.Host+u.Path, r.CallbackURL(r.oauth.ID); got != want {
		r.t.Fatalf("sent back to %s, want %s", got, want)
	}
	return u.Query()
}

func (r *rig) callback(q url.Values) *connect.Outcome {
	r.t.Helper()
	out, err := r.Callback(r.t.Context(), r.oauth.ID, browser, q)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// connected takes Ada through a whole flow and returns the account's id.
func (r *rig) connected(in connect.Begin) string {
	r.t.Helper()
	out := r.callback(r.consent(in, true))
	if out.AccountID == "" {
		r.t.Fatal(out.Err)
	}
	return out.AccountID
}

func (r *rig) accounts() []account.Account {
	r.t.Helper()
	page, err := r.Accounts.List(context.WithoutCancel(r.t.Context()), r.scope, account.Filter{}, db.Cursor{})
	if err != nil {
		r.t.Fatal(err)
	}
	return page.Items
}

// told returns the types of the events that were recorded, in their order. Each
// has a delivery, for each token of the rig names a webhook.
func (r *rig) told() (types []string) {
	r.t.Helper()
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT e.type FROM events e JOIN deliveries d ON d.event_id = e.id
			JOIN webhook_endpoints w ON w.id = d.endpoint_id AND w.level = 'token' AND w.url = ? ORDER BY e.id`, r.hook.URL).Scan(&types).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return types
}

// deliver sends what is due and returns the calls that came in.
func (r *rig) deliver() []testkit.Call {
	r.t.Helper()
	page, err := r.Webhooks.List(r.t.Context(), r.scope, webhook.Filter{State: webhook.Pending}, db.Cursor{})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, d := range page.Items {
		if err := r.Webhooks.Deliver(r.t.Context(), r.scope, d.EndpointID); err != nil {
			r.t.Fatal(err)
		}
	}
	return r.hook.Calls()
}
