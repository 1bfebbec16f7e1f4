package provider_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// fixture is one recorded answer of a provider, and what is to be made of it.
type fixture struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    any               `json:"body"`
	Class   string            `json:"class"`
	ID      string            `json:"id"`
	Name    string            `json:"name"`
}

// replay answers a provider's token endpoint and everything else from fixtures.
type replay struct {
	t        *testing.T
	tokenURL string
	token    *fixture
	identity *fixture
	seen     http.Header
}

func (r *replay) RoundTrip(req *http.Request) (*http.Response, error) {
	f := r.identity
	if r.tokenURL != "" && strings.HasPrefix(req.URL.String(), r.tokenURL) {
		f = r.token
	} else {
		r.seen = req.Header
	}
	if f == nil {
		r.t.Errorf("%s %s: no fixture answers that", req.Method, req.URL)
		f = &fixture{Status: 404}
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	for k, v := range f.Headers {
		w.Header().Set(k, v)
	}
	w.WriteHeader(f.Status)
	if err := json.NewEncoder(w).Encode(f.Body); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// sample gives a var a value that fits it.
func sample(v catalog.Var) string {
	for _, s := range append([]string{v.Default, v.Value}, v.Values...) {
		if s != "" {
			return s
		}
	}
	for _, s := range []string{"acme", "12345", "acct_12345", "us1", "v1"} {
		for _, suffix := range append([]string{"", v.Suffix}, append(v.SuffixAny, v.HostSuffixAny...)...) {
			for _, form := range []string{s + suffix, "https://" + s + suffix} {
				if form != "" && v.Check(form) == nil && (v.Kind != "url" || strings.HasPrefix(form, "https://")) {
					return form
				}
			}
		}
	}
	return "acme"
}

func read(t *testing.T, c *catalog.Catalog, a *catalog.App, auth, use string) *fixture {
	t.Helper()
	file, ok := a.Fixtures[auth][use]
	if !ok {
		return nil
	}
	b, err := c.Fixture(a.Slug, file)
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return &f
}

// Each app's recorded answers go through the engine as its file says: a token
// is read, an error has its class, a refresh keeps what it leaves out, the
// identity is found, and the credential travels where it should.
func TestFixtures(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load("https://patchbay.test", "")
	if err != nil {
		t.Fatal(err)
	}
	replayed := 0
	for _, a := range c.List(catalog.Filter{}) {
		for i := range a.Auth {
			auth := &a.Auth[i]
			if a.Fixtures[auth.ID] == nil {
				continue
			}
			replayed++
			t.Run(a.Slug+"/"+auth.ID, func(t *testing.T) {
				t.Parallel()
				one(t, c, a, auth)
			})
		}
	}
	if replayed == 0 {
		t.Fatal("no fixture was replayed")
	}
}

func one(t *testing.T, c *catalog.Catalog, a *catalog.App, auth *catalog.Auth) {
	conn := &provider.Connection{
		App: a, Auth: auth, Client: provider.OAuthClient{ID: "client-id", Secret: "client-secret"}, Vars: map[string]string{}, Inputs: map[string]string{},
		Tokens: map[string]string{"main.refresh": "the-refresh-token"},
	}
	for name, v := range a.Vars {
		conn.Vars[name] = sample(v)
	}
	for name, in := range auth.Inputs {
		conn.Inputs[name] = inputSample(in)
	}
	r := &replay{t: t, identity: read(t, c, a, auth.ID, "identity")}
	var err error
	if auth.Token.URL != "" {
		if r.tokenURL, err = catalog.Expand(auth.Token.URL, conn.Values()); err != nil {
			t.Fatalf("token.url: %v", err)
		}
	}
	p := &provider.Client{HTTP: &http.Client{Transport: r}, Now: func() time.Time { return now }}
	if auth.Type == catalog.OAuth2 {
		tokens(t, c, p, r, conn)
	}
	if r.identity == nil || auth.Type == catalog.SigV4 || auth.Type == catalog.GitHubApp || auth.Type == catalog.JWT || auth.Type == catalog.ByAssertion {
		return
	}
	who, err := p.Identify(t.Context(), conn)
	want := r.identity.Name
	if want == "" {
		want = who.Name // an app without names falls back to the address
	}
	if err != nil || who.ID != r.identity.ID || who.Name != want {
		t.Errorf("Identify() = %+v, %v; want id %q, name %q", who, err, r.identity.ID, r.identity.Name)
	}
	carries(t, conn)
}

func inputSample(in *catalog.Input) string {
	for _, s := range []string{"key-1234567890", "acme", "ada@example.com", "1234567890"} {
		if in.Pattern == "" || regexp.MustCompile(in.Pattern).MatchString(s) {
			return s
		}
	}
	return "sample"
}

func tokens(t *testing.T, c *catalog.Catalog, p *provider.Client, r *replay, conn *provider.Connection) {
	t.Helper()
	a, auth := conn.App, conn.Auth
	authorize, err := conn.AuthorizeURL(provider.Authorization{RedirectURI: "https://patchbay.test/cb", State: "state", Verifier: "v", Scopes: auth.Requested("")})
	if u, perr := url.Parse(authorize); err != nil || perr != nil || u.Scheme != "https" || u.Query().Get("state") != "state" {
		t.Errorf("AuthorizeURL() = %s, %v", authorize, err)
	}
	if r.token = read(t, c, a, auth.ID, "token_error"); r.token != nil {
		if _, err := p.Redeem(t.Context(), conn, "code", "v", "https://patchbay.test/cb"); string(provider.ClassOf(err)) != r.token.Class {
			t.Errorf("token_error: %v, want class %q", err, r.token.Class)
		}
	}
	if r.token = read(t, c, a, auth.ID, "refresh_ok"); r.token != nil {
		if g, err := p.Refresh(t.Context(), conn); err != nil || len(g.Tokens) == 0 {
			t.Errorf("refresh_ok: %+v, %v", g, err)
		}
	}
	if r.token = read(t, c, a, auth.ID, "token_ok"); r.token == nil {
		t.Fatal("there is no fixture token_ok")
	}
	g, err := p.Redeem(t.Context(), conn, "code", "v", "https://patchbay.test/cb")
	if err != nil {
		t.Fatalf("token_ok: %v", err)
	}
	if auth.Refresh.Policy == "rotating" && !hasRefresh(g) {
		t.Errorf("token_ok: a token that rotates comes with a refresh token: %v", keys(g.Tokens))
	}
	conn.Tokens = g.Tokens
	for k, v := range g.Vars {
		conn.Vars[k] = v
	}
}

func hasRefresh(g *provider.Grant) bool {
	for name := range g.Tokens {
		if strings.HasSuffix(name, ".refresh") {
			return true
		}
	}
	return false
}

func keys(m map[string]string) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

// carries checks that a call carries the credential, and that a foreign host
// never gets it.
func carries(t *testing.T, conn *provider.Connection) {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "https://x.invalid/", http.NoBody)
	if err := conn.Prepare(req, "/anything"); err != nil {
		t.Fatalf("Prepare() = %v", err)
	}
	in, _ := conn.App.InjectFor(conn.Auth.ID)
	if in.In == "header" && req.Header.Get(in.Name) == "" || in.In == "query" && req.URL.Query().Get(in.Name) == "" {
		t.Errorf("the credential is not in %s %s", in.In, in.Name)
	}
	foreign := httptest.NewRequest(http.MethodGet, "https://x.invalid/", http.NoBody)
	if err := conn.Prepare(foreign, "https://evil.test/"); err == nil || len(foreign.Header) > 0 {
		t.Errorf("a foreign host: %v, %v", err, foreign.Header)
	}
}
