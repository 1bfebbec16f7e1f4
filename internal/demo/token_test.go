package demo

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

// works checks whether a token opens the API.
func (g *rig) works(token string, want bool) {
	g.t.Helper()
	r := g.bearer(token, http.MethodGet, "/api/me", "")
	if want {
		g.wantStatus(r, http.StatusOK)
		return
	}
	g.wantProblem(r, http.StatusUnauthorized, "invalid_token", "")
	if got := r.Header.Get("WWW-Authenticate"); got != `Bearer realm="Acme CRM", error="invalid_token"` {
		g.t.Errorf("WWW-Authenticate = %q", got)
	}
}

// What does not fit is refused, and does not spoil the code for its owner.
func TestRedeemRefusals(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	code := g.code(Ada)
	twice := redeeming(code)
	twice.Add("code", "x")
	for name, c := range map[string]struct {
		form   url.Values
		status int
		want   string
	}{
		"wrong verifier":    {redeeming(code, "code_verifier", verifier+"x"), 400, "invalid_grant"},
		"no verifier":       {redeeming(code, "code_verifier", ""), 400, "invalid_request"},
		"other redirect":    {redeeming(code, "redirect_uri", "https://patchbay.test/plain"), 400, "invalid_grant"},
		"no redirect":       {redeeming(code, "redirect_uri", ""), 400, "invalid_request"},
		"unknown code":      {redeeming("acme_code_x"), 400, "invalid_grant"},
		"no code":           {redeeming(""), 400, "invalid_request"},
		"another client":    {redeeming(code, "client_id", "other", "client_secret", "other-secret"), 400, "invalid_grant"},
		"wrong secret":      {redeeming(code, "client_secret", "guess"), 401, "invalid_client"},
		"no secret":         {redeeming(code, "client_secret", ""), 401, "invalid_client"},
		"unknown client":    {redeeming(code, "client_id", "nobody"), 401, "invalid_client"},
		"secretless client": {redeeming(code, "client_id", "public", "client_secret", ""), 401, "invalid_client"},
		"no client at all":  {redeeming(code, "client_id", "", "client_secret", ""), 401, "invalid_client"},
		"no grant type":     {redeeming(code, "grant_type", ""), 400, "invalid_request"},
		"password grant":    {redeeming(code, "grant_type", "password"), 400, "unsupported_grant_type"},
		"a parameter twice": {twice, 400, "invalid_request"},
	} {
		r := g.form("/oauth/token", c.form)
		t.Log(name)
		g.wantOAuth(r, c.status, c.want)
		if has := r.Header.Get("WWW-Authenticate") != ""; has != (c.status == 401) {
			t.Errorf("%s: WWW-Authenticate = %q", name, r.Header.Get("WWW-Authenticate"))
		}
	}
	g.works(g.tokens(g.form("/oauth/token", redeeming(code))).access, true)
}

// A code used twice revokes what the first use got.
func TestCodeReuse(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	code := g.code(Ada)
	p := g.tokens(g.form("/oauth/token", redeeming(code)))
	g.works(p.access, true)
	g.wantOAuth(g.form("/oauth/token", redeeming(code)), http.StatusBadRequest, "invalid_grant")
	g.works(p.access, false)
	g.wantOAuth(g.form("/oauth/token", renewing(p.refresh)), http.StatusBadRequest, "invalid_grant")
}

// A client proves itself by body or by Basic, never by both.
func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	basic := func(id, pass string) string {
		r := &http.Request{Header: http.Header{}}
		r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(pass))
		return r.Header.Get("Authorization")
	}
	bare := func() url.Values { return redeeming(g.code(Ada), "client_id", "", "client_secret", "") }
	g.tokens(g.form("/oauth/token", redeeming(g.code(Ada))))
	g.tokens(g.form("/oauth/token", bare(), "Authorization", basic(clientID, secret)))
	g.wantOAuth(g.form("/oauth/token", bare(), "Authorization", basic(clientID, "guess")), http.StatusUnauthorized, "invalid_client")
	g.wantOAuth(g.form("/oauth/token", bare(), "Authorization", "Bearer x"), http.StatusUnauthorized, "invalid_client")
	g.wantOAuth(g.form("/oauth/token", redeeming(g.code(Ada)), "Authorization", basic(clientID, secret)), http.StatusBadRequest, "invalid_request")
}

// Each refresh gives a new refresh token; an old one's return ends them all.
func TestRotation(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	first := g.connect(Ada, "contacts.read")
	bystander := g.connect(Ada, "contacts.read")
	second := g.tokens(g.form("/oauth/token", renewing(first.refresh)))
	third := g.tokens(g.form("/oauth/token", renewing(second.refresh)))
	if first.refresh == second.refresh || second.refresh == third.refresh || third.refresh == "" {
		t.Fatalf("refresh tokens do not rotate: %v %v %v", first, second, third)
	}
	g.works(third.access, true)
	g.wantOAuth(g.form("/oauth/token", renewing(first.refresh)), http.StatusBadRequest, "invalid_grant")
	for _, p := range []pair{first, second, third} {
		g.works(p.access, false)
	}
	g.wantOAuth(g.form("/oauth/token", renewing(third.refresh)), http.StatusBadRequest, "invalid_grant")
	g.works(bystander.access, true)
}

// A refresh may ask for less, never for more, and asking for more costs nothing.
func TestNarrowing(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	p := g.connect(Ada, "contacts.read deals.read")
	ask := renewing(p.refresh)
	ask.Set("scope", "contacts.write")
	g.wantOAuth(g.form("/oauth/token", ask), http.StatusBadRequest, "invalid_scope")
	ask.Set("scope", "deals.read")
	less := g.tokens(g.form("/oauth/token", ask))
	if less.scope != "deals.read" {
		t.Errorf("scope = %q", less.scope)
	}
	g.wantProblem(g.bearer(less.access, http.MethodGet, "/api/contacts", ""), http.StatusForbidden, "insufficient_scope", "")
	if whole := g.tokens(g.form("/oauth/token", renewing(less.refresh))); whole.scope != "contacts.read deals.read" {
		t.Errorf("the refresh token lost its scopes: %q", whole.scope)
	}
}

// A refresh token serves the client it was given to.
func TestRefreshByAnotherClient(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	p := g.connect(Ada, "contacts.read")
	stolen := renewing(p.refresh)
	stolen.Set("client_id", "other")
	stolen.Set("client_secret", "other-secret")
	g.wantOAuth(g.form("/oauth/token", stolen), http.StatusBadRequest, "invalid_grant")
	g.tokens(g.form("/oauth/token", renewing(p.refresh)))
}

func TestAccessExpires(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	p := g.connect(Ada, "contacts.read")
	g.pass(time.Hour - time.Second)
	g.works(p.access, true)
	g.pass(time.Second)
	g.works(p.access, false)
	g.works(g.tokens(g.form("/oauth/token", renewing(p.refresh))).access, true)
}

// Revoking a refresh token ends its family; an access token, itself alone; a
// stranger's token, nothing.
func TestRevoke(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	revoke := func(token, id, pass string) reply {
		return g.form("/oauth/revoke", url.Values{"token": {token}, "client_id": {id}, "client_secret": {pass}})
	}
	p := g.connect(Ada, "contacts.read")
	g.wantStatus(revoke("unknown", clientID, secret), http.StatusOK)
	g.wantOAuth(revoke(p.access, clientID, "guess"), http.StatusUnauthorized, "invalid_client")
	g.wantOAuth(revoke("", clientID, secret), http.StatusBadRequest, "invalid_request")
	g.wantStatus(revoke(p.access, "other", "other-secret"), http.StatusOK)
	g.wantStatus(revoke(p.refresh, "other", "other-secret"), http.StatusOK)
	g.works(p.access, true)

	g.wantStatus(revoke(p.access, clientID, secret), http.StatusOK)
	g.works(p.access, false)
	p = g.tokens(g.form("/oauth/token", renewing(p.refresh)))
	g.works(p.access, true)
	g.wantStatus(revoke(p.refresh, clientID, secret), http.StatusOK)
	g.works(p.access, false)
	g.wantOAuth(g.form("/oauth/token", renewing(p.refresh)), http.StatusBadRequest, "invalid_grant")
}
