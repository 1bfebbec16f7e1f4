package demo

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	clientID = "patchbay"
	secret   = "s3cret/with+odd chars" // odd on purpose: Basic form-encodes it
	back     = "https://patchbay.test/callback?tenant=7"
	verifier = "a-verifier-of-enough-length-0123456789-abcdefgh"
)

// rig is one Acme CRM over HTTP, with a clock that stands still.
type rig struct {
	*Server
	t    *testing.T
	url  string
	http *http.Client

	mu  sync.Mutex
	now time.Time
}

func newRig(t *testing.T) *rig {
	t.Helper()
	g := &rig{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	g.Server = New(Config{
		Now: func() time.Time {
			g.mu.Lock()
			defer g.mu.Unlock()
			return g.now
		},
		Clients: []Client{
			{ID: clientID, Secret: secret, Name: "Patchbay", RedirectURIs: []string{back, "https://patchbay.test/plain"}},
			{ID: "other", Secret: "other-secret", Name: "Other", RedirectURIs: []string{back}},
			{ID: "public", Name: "No secret", RedirectURIs: []string{back}},
		},
	})
	srv := httptest.NewServer(g.Handler())
	g.url = srv.URL
	g.SetBaseURL(srv.URL + "/")
	g.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		srv.Close()
		g.Close()
	})
	return g
}

func (g *rig) pass(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now = g.now.Add(d)
}

// reply is an answer read to its end.
type reply struct {
	Status int
	Header http.Header
	Body   string
}

func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(r.Body), &out); err != nil {
		t.Fatalf("status %d, not JSON: %v\n%s", r.Status, err, r.Body)
	}
	if ct := r.Header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("Content-Type = %q", ct)
	}
	return out
}

func (g *rig) try(method, path, body string, header ...string) (reply, error) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := g.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(text)}, err
}

func (g *rig) do(method, path, body string, header ...string) reply {
	g.t.Helper()
	r, err := g.try(method, path, body, header...)
	if err != nil {
		g.t.Fatal(err)
	}
	return r
}

func (g *rig) form(path string, v url.Values, header ...string) reply {
	g.t.Helper()
	return g.do(http.MethodPost, path, v.Encode(), append(header, "Content-Type", "application/x-www-form-urlencoded")...)
}

// key calls the API with Ada's demo key.
func (g *rig) key(method, path, body string) reply {
	g.t.Helper()
	return g.do(method, path, body, "X-Acme-Key", DemoKey)
}

func (g *rig) bearer(token, method, path, body string) reply {
	g.t.Helper()
	return g.do(method, path, body, "Authorization", "Bearer "+token)
}

// asking is a sound authorization request; changes replace its parameters, and
// an empty value removes one.
func asking(changes ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	v := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {back}, "state": {"st&te"},
		"scope": {"contacts.read contacts.write"}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
	}
	for i := 0; i < len(changes); i += 2 {
		if v.Set(changes[i], changes[i+1]); changes[i+1] == "" {
			v.Del(changes[i])
		}
	}
	return v
}

var requestField = regexp.MustCompile(`<input type="hidden" name="request" value="([^"]+)">`)

// ask opens the consent page and returns its request id.
func (g *rig) ask(changes ...string) string {
	g.t.Helper()
	r := g.do(http.MethodGet, "/oauth/authorize?"+asking(changes...).Encode(), "")
	m := requestField.FindStringSubmatch(r.Body)
	if r.Status != http.StatusOK || m == nil {
		g.t.Fatalf("consent page: status %d, request field %v\n%s", r.Status, m, r.Body)
	}
	return m[1]
}

// returned is the query that a redirect carries back to the client.
func (g *rig) returned(r reply) url.Values {
	g.t.Helper()
	to := r.Header.Get("Location")
	if r.Status != http.StatusSeeOther || !strings.HasPrefix(to, back+"&") {
		g.t.Fatalf("status %d, Location %q: want a redirect to the client", r.Status, to)
	}
	u, err := url.Parse(to)
	if err != nil {
		g.t.Fatal(err)
	}
	return u.Query()
}

// code walks the consent page as the person and returns the code.
func (g *rig) code(user string, changes ...string) string {
	g.t.Helper()
	q := g.returned(g.form("/oauth/authorize", url.Values{"request": {g.ask(changes...)}, "decision": {"allow"}, "user": {user}}))
	if q.Get("code") == "" {
		g.t.Fatalf("no code in %v", q)
	}
	return q.Get("code")
}

func redeeming(code string, changes ...string) url.Values {
	v := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {back}, "code_verifier": {verifier},
		"client_id": {clientID}, "client_secret": {secret},
	}
	for i := 0; i < len(changes); i += 2 {
		if v.Set(changes[i], changes[i+1]); changes[i+1] == "" {
			v.Del(changes[i])
		}
	}
	return v
}

func renewing(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {clientID}, "client_secret": {secret}}
}

// pair is what a token answer carries.
type pair struct{ access, refresh, scope string }

func (g *rig) tokens(r reply) pair {
	g.t.Helper()
	b := r.json(g.t)
	if r.Status != http.StatusOK || b["token_type"] != "Bearer" {
		g.t.Fatalf("token answer: %d %s", r.Status, r.Body)
	}
	refresh, _ := b["refresh_token"].(string)
	return pair{b["access_token"].(string), refresh, b["scope"].(string)}
}

// connect returns a person's tokens after a whole round.
func (g *rig) connect(user, scope string) pair { //nolint:unparam // reads better with the person named
	g.t.Helper()
	return g.tokens(g.form("/oauth/token", redeeming(g.code(user, "scope", scope))))
}

// wantOAuth checks an error answer of RFC 6749.
func (g *rig) wantOAuth(r reply, status int, code string) {
	g.t.Helper()
	b := r.json(g.t)
	if r.Status != status || b["error"] != code || b["error_description"] == "" {
		g.t.Errorf("got %d %s, want %d %s", r.Status, r.Body, status, code)
	}
	if r.Header.Get("Cache-Control") != "no-store" {
		g.t.Errorf("Cache-Control = %q, want no-store", r.Header.Get("Cache-Control"))
	}
}

// wantProblem checks an error answer of the API.
func (g *rig) wantProblem(r reply, status int, code, field string) {
	g.t.Helper()
	e, _ := r.json(g.t)["error"].(map[string]any)
	got, _ := e["field"].(string)
	if r.Status != status || e["code"] != code || got != field || e["message"] == "" {
		g.t.Errorf("got %d %s, want %d %s on field %q", r.Status, r.Body, status, code, field)
	}
}

func (g *rig) wantStatus(r reply, status int) reply {
	g.t.Helper()
	if r.Status != status {
		g.t.Fatalf("got %d %s, want %d", r.Status, r.Body, status)
	}
	return r
}

// The home page shows the people and a contact the moment it exists; names
// cannot smuggle in markup.
func TestHome(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.wantStatus(g.key(http.MethodPost, "/api/contacts", `{"name":"<b>Bold</b> & new"}`), http.StatusCreated)
	r := g.wantStatus(g.do(http.MethodGet, "/", ""), http.StatusOK)
	for _, want := range []string{"Ada Lovelace", "Grace Hopper", "Charles Babbage", "&lt;b&gt;Bold&lt;/b&gt; &amp; new", "/settings/api-keys"} {
		if !strings.Contains(r.Body, want) {
			t.Errorf("the home page lacks %q", want)
		}
	}
	if strings.Index(r.Body, "Bold") > strings.Index(r.Body, "Luigi") {
		t.Error("the newest contact is not first")
	}
	if r := g.wantStatus(g.do(http.MethodGet, "/healthz", ""), http.StatusOK); r.json(t)["status"] != "ok" {
		t.Errorf("healthz = %s", r.Body)
	}
}

// Whatever is handed out and forgotten stays within its bound, the oldest going first.
func TestShelfForgetsTheOldest(t *testing.T) {
	t.Parallel()
	h := shelf[int]{max: 3}
	for i, key := range []string{"a", "b", "c", "d", "e"} {
		h.put(key, i)
	}
	h.remove("d")
	h.put("f", 5)
	h.put("g", 6)
	for key, want := range map[string]bool{"a": false, "b": false, "c": false, "d": false, "e": true, "f": true, "g": true} {
		if _, ok := h.get(key); ok != want {
			t.Errorf("%s: kept = %t, want %t", key, ok, want)
		}
	}
	if len(h.items) != 3 || len(h.order) != 3 {
		t.Errorf("holds %d items in an order of %d, want 3 and 3", len(h.items), len(h.order))
	}
}

// Consent requests that nobody answers do not pile up.
func TestUnansweredRequestsAreBounded(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	first := g.ask()
	for range maxAsks {
		w := httptest.NewRecorder()
		g.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/oauth/authorize?"+asking().Encode(), nil))
	}
	if n := len(g.asks.items); n != maxAsks {
		t.Errorf("%d requests are kept, want %d", n, maxAsks)
	}
	g.wantStatus(g.form("/oauth/authorize", url.Values{"request": {first}, "decision": {"allow"}}), http.StatusBadRequest)
}
