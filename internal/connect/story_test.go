package connect_test

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

const (
	clientID     = "client-4711"
	clientSecret = "planted secret/4711+="
	signedIn     = "code-4711"
	path         = "/the/call?x=1"
)

// start is before the end of every token that was recorded.
var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// teller is a whole of connecting with a pretended provider.
type teller struct {
	*connect.Service
	story

	t        *testing.T
	clock    *testkit.Clock
	scope    tenant.Scope
	app      *catalog.App
	auth     *catalog.Auth
	oauth    *account.OAuthApp // nil = the method takes none
	provider *pretended
}

func newTeller(t *testing.T, s story) *teller {
	t.Helper()
	shipped, err := catalog.Load(baseURL, "")
	if err != nil {
		t.Fatal(err)
	}
	slug, method, _ := strings.Cut(s.method, "/")
	app, err := shipped.Get(slug)
	if err != nil {
		t.Fatal(err)
	}
	auth, _ := app.Method(method)
	p := newPretended(t, shipped, app, auth)
	p.call = s.api + path
	d, clock, box, guard := testkit.DB(t), testkit.NewClock(), testkit.Box(t), testkit.Guard()
	clock.Pass(start.Sub(clock.Now()))
	files := &appfile.Service{DB: d, Shipped: shipped, Now: clock.Now}
	client := &http.Client{Transport: p}
	hooks := &webhook.Service{DB: d, Box: box, Queue: testkit.DeadQueue(t), Guard: guard, Client: client, Metrics: telemetry.NewMetrics(), Ladder: webhook.Ladder, Now: clock.Now}
	accounts := &account.Service{
		DB: d, Box: box, Catalog: files, Client: client, Stream: client, Provider: &provider.Client{HTTP: client, Now: clock.Now},
		Queue: testkit.DeadQueue(t), Webhooks: hooks, Now: clock.Now,
	}
	r := &teller{
		story: s, t: t, clock: clock, scope: testkit.Scope(t, d), app: app, auth: auth, provider: p,
		Service: &connect.Service{DB: d, Box: box, Catalog: files, Accounts: accounts, Webhooks: hooks, Guard: guard, BaseURL: baseURL, Now: clock.Now},
	}
	err = d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE projects SET connect_require_key_auth_test = true").Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if app.TakesClient(auth) {
		r.register()
	}
	vars := maps.Clone(s.fields)
	if vars == nil {
		vars = typed{}
	}
	vars["installation_id"] = "49234871"
	if p.token, err = catalog.Expand(auth.Token.URL, (&provider.Connection{App: app, Auth: auth, Vars: vars}).Values()); err != nil {
		t.Fatal(err)
	}
	return r
}

// register makes the operator's client.
func (r *teller) register() {
	r.t.Helper()
	fields := map[string]string{}
	for _, f := range r.app.ClientFields(r.auth) {
		switch f.Name {
		case "private_key":
			fields[f.Name] = sharedKey()
		case "app_slug":
			fields[f.Name] = "patchbay"
		}
	}
	var err error
	in := account.OAuthAppInput{Auth: r.auth.ID, ClientID: clientID, ClientSecret: secret.Text(clientSecret), Fields: fields}
	if r.oauth, err = r.Accounts.Register(r.t.Context(), r.scope.Project(), r.app.Slug, in); err != nil {
		r.t.Fatal(err)
	}
}

// connected takes the user through connecting and returns their account.
func (r *teller) connected() *account.Account {
	r.t.Helper()
	raw, _, err := r.CreateToken(r.t.Context(), r.scope, connect.TokenInput{ExternalUserID: "user-1"})
	if err != nil {
		r.t.Fatal(err)
	}
	if !r.auth.Redirects() {
		a, err := r.ConnectKeys(r.t.Context(), raw, connect.Keys{App: r.app.Slug, Auth: r.auth.ID, Fields: r.fields})
		if err != nil {
			r.t.Fatal(err)
		}
		return r.get(a.ID)
	}
	_, at, err := r.Start(r.t.Context(), connect.Begin{Token: raw, App: r.app.Slug, Auth: r.auth.ID, Browser: browser, Fields: r.fields})
	if err != nil {
		r.t.Fatal(err)
	}
	page, err := url.Parse(at)
	if err != nil {
		r.t.Fatal(err)
	}
	r.silent(page)
	asked := page.Query()
	answer := url.Values{"code": {signedIn}, "state": {asked.Get("state")}}
	back(r.method, answer)
	out, err := r.Callback(r.t.Context(), r.oauth.ID, browser, answer)
	if err != nil || out.Err != nil {
		r.t.Fatal(err, out)
	}
	if r.auth.Type == catalog.OAuth2 {
		r.redeemed(asked)
	}
	return r.get(out.AccountID)
}

func (r *teller) get(id string) *account.Account {
	r.t.Helper()
	a, err := r.Accounts.Get(r.t.Context(), r.scope, id, "user-1")
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// redeemed checks what a code was redeemed with, by the page that it came from.
func (r *teller) redeemed(page url.Values) {
	r.t.Helper()
	if page.Get("client_id") != clientID || page.Get("redirect_uri") != r.CallbackURL(r.oauth.ID) {
		r.t.Errorf("the page is opened with %v", page)
	}
	all := r.provider.saw("token")
	if len(all) != 1 {
		r.t.Fatalf("the token endpoint was asked %d times", len(all))
	}
	p := all[0].params(r.t)
	if p["grant_type"] != "authorization_code" || p["code"] != signedIn || p["redirect_uri"] != r.CallbackURL(r.oauth.ID) {
		r.t.Errorf("the code was redeemed with %v", p)
	}
	challenge := ""
	if p["code_verifier"] != "" {
		sum := sha256.Sum256([]byte(p["code_verifier"]))
		challenge = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if page.Get("code_challenge") != challenge || (challenge != "") != (r.auth.PKCE == "S256") {
		r.t.Errorf("the verifier does not fit the challenge, and PKCE is %s", r.auth.PKCE)
	}
	r.proved(all[0])
}

// proved checks that a request for a token is the client's, as its file says.
func (r *teller) proved(s seen) {
	r.t.Helper()
	p, by := s.params(r.t), s.header.Get("Authorization")
	if s.method != http.MethodPost {
		r.t.Errorf("tokens are asked for by %s", s.method)
	}
	id, word, header := "", "", ""
	switch r.auth.Token.ClientAuth {
	case "body":
		id, word = clientID, clientSecret
		if own, ok := r.fields["client_id"]; ok {
			id, word = own, r.fields["client_secret"]
		}
	case "basic":
		header = "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(clientID)+":"+url.QueryEscape(clientSecret)))
	}
	switch {
	case r.method == "stripe/oauth":
		header = "Bearer " + clientSecret
	case r.auth.Type == catalog.GitHubApp:
		r.signed(strings.TrimPrefix(by, "Bearer "))
		header = by
	case r.auth.Token.Params["assertion"] != "":
		r.signed(p["assertion"])
	}
	if p["client_secret"] != word || by != header || p["client_id"] != id && (id != "" || r.auth.Token.ClientAuth == "basic") {
		r.t.Errorf("the client proves itself by %v and %q", p, by)
	}
}

// signed checks an assertion with the key that was given for it.
func (r *teller) signed(raw string) {
	r.t.Helper()
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(sharedKey()))
	if err != nil {
		r.t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	_, err = jwt.NewParser(jwt.WithTimeFunc(r.clock.Now), jwt.WithExpirationRequired(), jwt.WithValidMethods([]string{"RS256"})).
		ParseWithClaims(raw, claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil })
	if err != nil || claims["iss"] == nil {
		r.t.Errorf("the assertion: %v, %v", claims, err)
	}
}

// round does what a worker does.
func (r *teller) round() {
	r.t.Helper()
	if err := r.Accounts.Sweep(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	r.Accounts.Drain()
}

// called makes a call with an account, to a path or a URL.
func (r *teller) called(id, target string) error {
	r.t.Helper()
	again := func() io.ReadCloser { return http.NoBody }
	res, err := r.Accounts.Forward(r.t.Context(), r.scope, id, &account.Call{OnlyUser: "user-1", Method: http.MethodGet, Target: target, Header: http.Header{}, Body: http.NoBody, Again: again})
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		r.t.Errorf("the app answered %d", res.StatusCode)
	}
	return nil
}
