package app_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
)

// program is an MCP client that is known by a document at its own address.
type program struct {
	id       string
	redirect string
	serve    func(w http.ResponseWriter)
	fetched  int
}

const codeVerifier = "a-code-verifier-of-a-program-that-is-long-enough-for-PKCE"

func s256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// program puts a client's document up. change may make it another one.
func newProgram(t *testing.T, change func(m map[string]any)) *program {
	t.Helper()
	p := &program{redirect: "https://agent.example/callback"}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.fetched++
		p.serve(w)
	}))
	t.Cleanup(s.Close)
	p.id = s.URL + "/client.json"
	m := map[string]any{"client_id": p.id, "client_name": "Agent Smith", "redirect_uris": []string{p.redirect, "http://127.0.0.1/cb"}, "token_endpoint_auth_method": "none"}
	if change != nil {
		change(m)
	}
	p.serve = func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "max-age=600")
		_ = json.NewEncoder(w).Encode(m)
	}
	return p
}

// signsIn is a workspace whose users may sign in from MCP clients.
func (g *rig) signsIn(t *testing.T) *workspace {
	t.Helper()
	w := g.home.newProject("Shop")
	w.call(t, http.MethodPut, "/v1/connect/{p}/mcp", `{"sign_in_url":"http://shop.test/sign-in?from=mcp"}`).is(t, http.StatusOK)
	return w
}

func (w *workspace) resource() string { return w.g.api + "/mcp/p/" + w.project + "/" + w.environment }

// authorize asks as a client does, in a new browser.
func (w *workspace) authorize(t *testing.T, p *program, change url.Values) reply {
	t.Helper()
	q := url.Values{
		"response_type": {"code"}, "client_id": {p.id}, "redirect_uri": {p.redirect}, "state": {"xyz"}, "resource": {w.resource()},
		"code_challenge": {s256(codeVerifier)}, "code_challenge_method": {"S256"},
	}
	for name, v := range change {
		if q[name] = v; v[0] == "" {
			delete(q, name)
		}
	}
	return w.g.do(t, http.MethodGet, w.g.tls+"/connect/authorize?"+q.Encode(), "")
}

// visitor is a browser at the customer's page.
type visitor struct {
	w       *workspace
	cookie  string
	request string // that its address holds
}

func (w *workspace) visitor(t *testing.T, p *program, change url.Values) *visitor {
	t.Helper()
	r := w.authorize(t, p, change).is(t, http.StatusSeeOther)
	at, err := url.Parse(r.Header.Get("Location"))
	if err != nil || at.Host != "shop.test" || at.Query().Get("from") != "mcp" || at.Query().Get("authorization_request") == "" {
		t.Fatalf("sent to %v", at)
	}
	cookie, _, _ := strings.Cut(r.Header.Get("Set-Cookie"), ";")
	return &visitor{w, cookie, at.Query().Get("authorization_request")}
}

// signedIn has the customer's server say who it is, and returns the page to go to.
func (v *visitor) signedIn(t *testing.T, user string) string {
	t.Helper()
	return v.w.call(t, http.MethodPost, "/v1/connect/{p}/mcp/authorization_requests/complete", `{"authorization_request":"`+v.request+`","external_user_id":"`+user+`"}`).is(t, http.StatusOK).text(t, "redirect_uri")
}

func keyOf(page string) string { _, key, _ := strings.Cut(page, "key="); return key }

// answers the page, and returns where the browser goes.
func (v *visitor) answers(t *testing.T, page, answer string) url.Values {
	t.Helper()
	r := v.w.g.do(t, http.MethodPost, v.w.g.tls+"/connect/consent", "key="+keyOf(page)+"&answer="+answer, "Content-Type", "application/x-www-form-urlencoded", "Cookie", v.cookie).is(t, http.StatusSeeOther)
	at, err := url.Parse(r.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return at.Query()
}

// code is the whole way to one.
func (w *workspace) code(t *testing.T, p *program, user string, change url.Values) string {
	t.Helper()
	v := w.visitor(t, p, change)
	page := v.signedIn(t, user)
	got := v.answers(t, page, "allow")
	if got.Get("state") != "xyz" || got.Get("iss") != w.g.api || !strings.HasPrefix(got.Get("code"), "mcpc_") {
		t.Fatalf("%v", got)
	}
	return got.Get("code")
}

// tokenForm asks for tokens with a code.
func (w *workspace) tokenForm(p *program, code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {p.redirect}, "client_id": {p.id}, "code_verifier": {codeVerifier}, "resource": {w.resource()}}
}

func (g *rig) form(t *testing.T, path string, f url.Values, header ...string) reply {
	t.Helper()
	return g.do(t, http.MethodPost, path, f.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

func (g *rig) refresh(t *testing.T, p *program, refresh string) reply {
	t.Helper()
	return g.form(t, "/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {p.id}})
}

// oauthRefused is a refusal in OAuth's form.
func (r reply) oauthRefused(t *testing.T, status int, code string) {
	t.Helper()
	if r.is(t, status).text(t, "error") != code || r.text(t, "error_description") == "" || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %v, want %s", r.Body, r.Header, code)
	}
}

// shown is what people see of a page, for an error's text.
func (r reply) shown() string {
	_, main, _ := strings.Cut(r.Body, "<main")
	return main
}

// lists reports whether a token opens the tools.
func (w *workspace) lists(t *testing.T, token string, header ...string) reply {
	t.Helper()
	return w.g.do(t, http.MethodPost, strings.TrimPrefix(w.resource(), w.g.api), raw("tools/list", `{`+meta+`}`),
		append([]string{"Accept", "application/json, text/event-stream", "MCP-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/list", "Authorization", "Bearer " + token}, header...)...)
}

// A program finds no token, learns where to ask, has its user sign in at the
// customer's page and allow it, and then acts for them with tokens that are renewed.
func TestAgentSignsIn(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, p := g.signsIn(t), newProgram(t, nil)
	at := strings.TrimPrefix(w.resource(), g.api)

	r := g.do(t, http.MethodPost, at, raw("tools/list", "{}")).is(t, http.StatusUnauthorized)
	m := regexp.MustCompile(`^Bearer resource_metadata="([^"]+)", scope="`).FindStringSubmatch(r.Header.Get("WWW-Authenticate"))
	if m == nil {
		t.Fatal(r.Header)
	}
	about := g.do(t, http.MethodGet, m[1], "").is(t, http.StatusOK)
	if about.text(t, "resource") != w.resource() || !strings.Contains(about.Body, `"authorization_servers":["`+g.api+`"]`) {
		t.Fatal(about.Body)
	}
	server := g.do(t, http.MethodGet, "/.well-known/oauth-authorization-server", "").is(t, http.StatusOK)
	for _, want := range []string{
		`"issuer":"` + g.api + `"`, `"authorization_endpoint":"` + g.tls + `/connect/authorize"`, `"token_endpoint":"` + g.api + `/oauth/token"`, `"code_challenge_methods_supported":["S256"]`,
		`"authorization_response_iss_parameter_supported":true`, `"client_id_metadata_document_supported":true`, `"token_endpoint_auth_methods_supported":["none"]`,
	} {
		if !strings.Contains(server.Body, want) || strings.Contains(server.Body, "registration_endpoint") {
			t.Errorf("%s lacks %s", server.Body, want)
		}
	}

	v := w.visitor(t, p, nil)
	page := v.signedIn(t, "ada")
	shown := g.do(t, http.MethodGet, page, "", "Cookie", v.cookie).is(t, http.StatusOK)
	for _, want := range []string{"Let Agent Smith use your Shop connections?", "answered for by 127.0.0.1:", "Your answer goes to agent.example.", "read, write, send and delete", "Development"} {
		if !strings.Contains(shown.Body, want) {
			t.Errorf("the page lacks %q: %s", want, shown.shown())
		}
	}
	if csp := shown.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://agent.example;") || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src 'none'") {
		t.Error(csp)
	}
	code := v.answers(t, page, "allow").Get("code")
	got := g.form(t, "/oauth/token", w.tokenForm(p, code)).is(t, http.StatusOK)
	access, refresh := got.text(t, "access_token"), got.text(t, "refresh_token")
	if !strings.HasPrefix(access, "mcpat_") || !strings.Contains(got.Body, `"expires_in":3600`) || got.Header.Get("Cache-Control") != "no-store" || p.fetched != 1 {
		t.Fatal(got.Body, p.fetched)
	}
	a := g.agent(t, at, nil, "Authorization", "Bearer "+access)
	if list, err := a.ListTools(t.Context(), nil); err != nil || len(list.Tools) != 5 {
		t.Fatal(list, err)
	}
	w.account(t, "ada")
	w.account(t, "bob")
	if all := a.done("list_accounts", args{})["accounts"].([]any); len(all) != 1 {
		t.Errorf("of ada: %v", all)
	}
	a.done("run_tool", args{"tool": "acme-crm-key-list-contacts"})
	byServer := append(w.asServer(), "Accept", "application/json, text/event-stream")
	g.do(t, http.MethodPost, "/mcp/p/"+w.project, raw("tools/call", `{"name":"run_tool","arguments":{"tool":"acme-crm-key-list-contacts"}}`), byServer...).is(t, http.StatusOK)
	w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"acme-crm-key-list-contacts","external_user_id":"ada","configured_props":{"acme_crm_key":{"authProvisionId":"`+w.account(t, "ada")+`"}}}`).is(t, http.StatusOK)
	soon(t, "the log of actions", func() bool {
		runs := w.call(t, http.MethodGet, "/v1/connect/{p}/action_runs?external_user_id=ada", "").is(t, http.StatusOK).Body
		return strings.Contains(runs, `"kind":"mcp_client","name":"Agent Smith","via":"mcp"`) && strings.Contains(runs, `{"id":"`+w.client+`","kind":"client","name":null,"via":"mcp"}`) &&
			strings.Contains(runs, `{"id":"`+w.client+`","kind":"client","name":null,"via":"api"}`)
	})

	next := g.refresh(t, p, refresh).is(t, http.StatusOK)
	w.lists(t, next.text(t, "access_token")).is(t, http.StatusOK)

	// What was allowed before is not asked again; the list says so, and takes it back.
	v = w.visitor(t, p, nil)
	r = g.do(t, http.MethodGet, v.signedIn(t, "ada"), "", "Cookie", v.cookie).is(t, http.StatusSeeOther)
	if !strings.HasPrefix(r.Header.Get("Location"), p.redirect+"?code=mcpc_") {
		t.Error(r.Header)
	}
	all := w.call(t, http.MethodGet, "/v1/connect/{p}/mcp/authorizations?external_user_id=ada", "").is(t, http.StatusOK)
	if strings.Count(all.Body, `"id":"mcpa_`) != 1 || !strings.Contains(all.Body, `"name":"Agent Smith"`) || strings.Contains(all.Body, `"last_used_at":null`) {
		t.Error(all.Body)
	}
	id := regexp.MustCompile(`mcpa_[0-9a-z]+`).FindString(all.Body)
	stranger := g.stranger()
	stranger.call(t, http.MethodDelete, "/v1/connect/{p}/mcp/authorizations/"+id, "").refused(t, http.StatusNotFound, "authorization_not_found")
	w.call(t, http.MethodDelete, "/v1/connect/{p}/mcp/authorizations/"+id, "").is(t, http.StatusNoContent)
	for _, token := range []string{access, next.text(t, "access_token")} {
		if r := w.lists(t, token); r.Status != http.StatusUnauthorized || !strings.Contains(r.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Error(r.Status, r.Header)
		}
	}
	g.refresh(t, p, next.text(t, "refresh_token")).oauthRefused(t, http.StatusBadRequest, "invalid_grant")
	v = w.visitor(t, p, nil)
	g.do(t, http.MethodGet, v.signedIn(t, "ada"), "", "Cookie", v.cookie).is(t, http.StatusOK)
	log := w.call(t, http.MethodGet, "/v1/audit_log?action=mcp_authorization.allowed", "")
	if !strings.Contains(log.Body, `"kind":"mcp_client"`) || strings.Count(log.Body, `"id":"aud_`) != 2 {
		t.Error(log.Status, log.Body)
	}
	w.call(t, http.MethodDelete, "/v1/connect/{p}/users/ada", "").is(t, http.StatusNoContent)
}

// What a client is refused it is told at its own address; who is not known, or wants
// the answer elsewhere, is told nothing: the person is.
func TestAgentAuthorizeRefusals(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, p := g.signsIn(t), newProgram(t, nil)
	told := map[string]struct {
		change url.Values
		code   string
	}{
		"no PKCE":              {url.Values{"code_challenge": {""}}, "invalid_request"},
		"plain PKCE":           {url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		"no method of PKCE":    {url.Values{"code_challenge_method": {""}}, "invalid_request"},
		"a short challenge":    {url.Values{"code_challenge": {"abc"}}, "invalid_request"},
		"no resource":          {url.Values{"resource": {""}}, "invalid_request"},
		"another's resource":   {url.Values{"resource": {"https://other.example/mcp"}}, "invalid_target"},
		"no environment":       {url.Values{"resource": {g.api + "/mcp/p/" + w.project}}, "invalid_target"},
		"no such project":      {url.Values{"resource": {g.api + "/mcp/p/proj_none/development"}}, "invalid_target"},
		"an implicit grant":    {url.Values{"response_type": {"token"}}, "unsupported_response_type"},
		"no response type":     {url.Values{"response_type": {""}}, "unsupported_response_type"},
		"a scope of others":    {url.Values{"scope": {"clients:write"}}, "invalid_scope"},
		"all scopes by a star": {url.Values{"scope": {"connect:*"}}, "invalid_scope"},
	}
	for name, tt := range told {
		r := w.authorize(t, p, tt.change)
		at, _ := url.Parse(r.Header.Get("Location"))
		if r.Status != http.StatusSeeOther || at.Host != "agent.example" || at.Query().Get("error") != tt.code || at.Query().Get("state") != "xyz" || at.Query().Get("iss") != g.api || at.Query().Get("code") != "" {
			t.Errorf("%s: %d %v", name, r.Status, at)
		}
	}
	shown := map[string]struct {
		change url.Values
		status int
		code   string
	}{
		"another redirect":         {url.Values{"redirect_uri": {"https://agent.example/callback/../evil"}}, 400, "invalid_redirect_uri"},
		"a redirect with a query":  {url.Values{"redirect_uri": {"https://agent.example/callback?x=1"}}, 400, "invalid_redirect_uri"},
		"another host":             {url.Values{"redirect_uri": {"https://evil.example/callback"}}, 400, "invalid_redirect_uri"},
		"another loopback path":    {url.Values{"redirect_uri": {"http://127.0.0.1:4711/evil"}}, 400, "invalid_redirect_uri"},
		"another name of loopback": {url.Values{"redirect_uri": {"http://localhost:4711/cb"}}, 400, "invalid_redirect_uri"},
		"no redirect":              {url.Values{"redirect_uri": {""}}, 400, "invalid_redirect_uri"},
		"a script":                 {url.Values{"redirect_uri": {"javascript:alert(1)"}}, 400, "invalid_redirect_uri"},
		"a parameter twice":        {url.Values{"state": {"a", "b"}}, 400, "invalid_request"},
		"no client":                {url.Values{"client_id": {""}}, 400, "invalid_client"},
		"a client of nobody":       {url.Values{"client_id": {"mcpc_none"}}, 400, "invalid_client"},
		"an id with a fragment":    {url.Values{"client_id": {p.id + "#x"}}, 400, "invalid_client"},
		"an id without a path":     {url.Values{"client_id": {"https://agent.example"}}, 400, "invalid_client"},
		"an id with dots":          {url.Values{"client_id": {"https://agent.example/a/%2e%2e/b"}}, 400, "invalid_client"},
		"a file":                   {url.Values{"client_id": {"file:///etc/passwd"}}, 400, "invalid_client"},
		"a private address":        {url.Values{"client_id": {"https://10.0.0.1/client.json"}}, 400, "address_blocked"},
		"the cloud's own":          {url.Values{"client_id": {"https://169.254.169.254/client.json"}}, 400, "address_blocked"},
	}
	for name, tt := range shown {
		r := w.authorize(t, p, tt.change)
		if r.Status != tt.status || r.Header.Get("Location") != "" || !strings.Contains(r.Body, tt.code) {
			t.Errorf("%s: %d %v %s", name, r.Status, r.Header, r.shown())
		}
	}
	w.visitor(t, p, url.Values{"redirect_uri": {"http://127.0.0.1:4711/cb"}}) // a program takes the port that is free
	other := g.home.newProject("Elsewhere")
	if r := other.authorize(t, p, nil); r.Status != http.StatusConflict || !strings.Contains(r.Body, "mcp_sign_in_missing") {
		t.Error(r.Status, r.shown())
	}
}

// Documents of clients that cannot be believed.
func TestAgentDocuments(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.signsIn(t)
	for name, change := range map[string]func(m map[string]any){
		"another id":        func(m map[string]any) { m["client_id"] = "https://agent.example/client.json" },
		"a secret":          func(m map[string]any) { m["client_secret"] = "s" },
		"a secret's method": func(m map[string]any) { m["token_endpoint_auth_method"] = "client_secret_post" },
		"no redirect":       func(m map[string]any) { m["redirect_uris"] = []string{} },
		"plain http":        func(m map[string]any) { m["redirect_uris"] = []string{"http://agent.example/cb"} },
		"a script":          func(m map[string]any) { m["redirect_uris"] = []string{"javascript:alert(1)"} },
		"a fragment":        func(m map[string]any) { m["redirect_uris"] = []string{"https://agent.example/cb#x"} },
		"another flow":      func(m map[string]any) { m["grant_types"] = []string{"client_credentials"} },
		"too long":          func(m map[string]any) { m["client_name"] = strings.Repeat("x", 20<<10) },
	} {
		r := w.authorize(t, newProgram(t, change), nil)
		if r.Status != http.StatusBadRequest || r.Header.Get("Location") != "" || !strings.Contains(r.Body, "invalid_") {
			t.Errorf("%s: %d %v", name, r.Status, r.Header)
		}
	}
	for name, serve := range map[string]func(w http.ResponseWriter){
		"a redirect": func(w http.ResponseWriter) { w.Header().Set("Location", "/other"); w.WriteHeader(http.StatusFound) },
		"HTML":       func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) },
		"no object": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("[]"))
		},
		"nothing": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
	} {
		p := newProgram(t, nil)
		p.serve = serve
		if r := w.authorize(t, p, nil); r.Status != http.StatusBadRequest || !strings.Contains(r.Body, "invalid_client_metadata") {
			t.Errorf("%s: %d %s", name, r.Status, r.shown())
		}
	}
	// A server that is not on a developer's machine fetches nothing from its own network.
	strict := newRig(t, func(c *app.Config) { c.EgressAllow = "" })
	if r := strict.signsIn(t).authorize(t, newProgram(t, nil), nil); r.Status != http.StatusBadRequest || !strings.Contains(r.Body, "address_blocked") {
		t.Error(r.Status, r.shown())
	}
}

// The page opens in the browser that began, once its user is known, and in no other;
// and nobody answers in somebody else's name.
func TestAgentBrowser(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, p := g.signsIn(t), newProgram(t, nil)
	complete := func(w *workspace, request string) reply {
		return w.call(t, http.MethodPost, "/v1/connect/{p}/mcp/authorization_requests/complete", `{"authorization_request":"`+request+`","external_user_id":"ada"}`)
	}
	v := w.visitor(t, p, nil)
	complete(g.stranger(), v.request).refused(t, http.StatusNotFound, "authorization_request_not_found")
	complete(g.home, v.request).refused(t, http.StatusNotFound, "authorization_request_not_found")
	complete(w.in("production"), v.request).refused(t, http.StatusForbidden, "authorization_request_other_environment")
	complete(w, "mcpq_none").refused(t, http.StatusNotFound, "authorization_request_not_found")
	page := v.signedIn(t, "ada")
	complete(w, v.request).refused(t, http.StatusConflict, "authorization_request_used")

	// An attacker began, and a victim signed in: the victim's browser is not the one.
	victim := w.visitor(t, p, nil)
	for name, cookie := range map[string]string{"another browser": victim.cookie, "none": "", "garbage": "__Host-patchbay_connect=x"} {
		r := g.do(t, http.MethodGet, page, "", "Cookie", cookie)
		if r.Status != http.StatusForbidden || !strings.Contains(r.Body, "authorization_other_browser") {
			t.Errorf("%s: %d %s", name, r.Status, r.shown())
		}
		r = g.do(t, http.MethodPost, g.tls+"/connect/consent", "key="+keyOf(page)+"&answer=allow", "Content-Type", "application/x-www-form-urlencoded", "Cookie", cookie)
		if r.Status != http.StatusForbidden || r.Header.Get("Location") != "" {
			t.Errorf("%s: %d %v", name, r.Status, r.Header)
		}
	}
	r := g.do(t, http.MethodPost, g.tls+"/connect/consent", "key="+keyOf(page)+"&answer=allow", "Content-Type", "application/x-www-form-urlencoded", "Cookie", v.cookie, "Sec-Fetch-Site", "cross-site")
	if r.Status != http.StatusForbidden || !strings.Contains(r.Body, "cross_origin") {
		t.Errorf("another site's form: %d %s", r.Status, r.Body)
	}
	if got := v.answers(t, page, "deny"); got.Get("error") != "access_denied" || got.Get("code") != "" || got.Get("iss") != g.api {
		t.Error(got)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		r := g.do(t, method, g.tls+"/connect/consent?key="+keyOf(page), "key="+keyOf(page)+"&answer=allow", "Content-Type", "application/x-www-form-urlencoded", "Cookie", v.cookie)
		if r.Status != http.StatusGone || !strings.Contains(r.Body, "authorization_over") {
			t.Errorf("twice: %d %s", r.Status, r.shown())
		}
	}
	// What is answered on the user's own machine is asked each time.
	local := url.Values{"redirect_uri": {"http://127.0.0.1:4711/cb"}}
	for range 2 {
		v := w.visitor(t, p, local)
		page := v.signedIn(t, "ada")
		g.do(t, http.MethodGet, page, "", "Cookie", v.cookie).is(t, http.StatusOK)
		v.answers(t, page, "allow")
	}
	late := w.visitor(t, p, nil)
	g.query(t, "UPDATE mcp_requests SET expires_at = $1 WHERE status = 'asked'", time.Now().Add(-time.Minute))
	complete(w, late.request).refused(t, http.StatusConflict, "authorization_request_expired")
}

// Every way in which a code or a token is not good.
func TestAgentTokenRefusals(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, p, other := g.signsIn(t), newProgram(t, nil), newProgram(t, nil)
	code := w.code(t, p, "ada", nil)
	for name, tt := range map[string]struct {
		change url.Values
		code   string
	}{
		"no verifier":        {url.Values{"code_verifier": {""}}, "invalid_request"},
		"another verifier":   {url.Values{"code_verifier": {strings.Repeat("x", 43)}}, "invalid_grant"},
		"the challenge":      {url.Values{"code_verifier": {s256(codeVerifier)}}, "invalid_grant"},
		"another client":     {url.Values{"client_id": {other.id}}, "invalid_grant"},
		"another redirect":   {url.Values{"redirect_uri": {"http://127.0.0.1/cb"}}, "invalid_grant"},
		"another resource":   {url.Values{"resource": {w.in("production").resource()}}, "invalid_target"},
		"garbage":            {url.Values{"code": {"mcpc_none"}}, "invalid_grant"},
		"another grant type": {url.Values{"grant_type": {"password"}}, "unsupported_grant_type"},
		"no grant type":      {url.Values{"grant_type": {""}}, "invalid_request"},
		"twice":              {url.Values{"code": {code, code}}, "invalid_request"},
	} {
		f := w.tokenForm(p, code)
		for k, v := range tt.change {
			f[k] = v
		}
		r := g.form(t, "/oauth/token", f)
		if r.Status != http.StatusBadRequest || r.text(t, "error") != tt.code {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
	}
	g.do(t, http.MethodPost, "/oauth/token", `{"grant_type":"authorization_code"}`).oauthRefused(t, http.StatusBadRequest, "invalid_request")

	// None of these took the code away; used twice, it takes what was given away.
	got := g.form(t, "/oauth/token", w.tokenForm(p, code)).is(t, http.StatusOK)
	w.lists(t, got.text(t, "access_token")).is(t, http.StatusOK)
	g.form(t, "/oauth/token", w.tokenForm(p, code)).oauthRefused(t, http.StatusBadRequest, "invalid_grant")
	w.lists(t, got.text(t, "access_token")).is(t, http.StatusUnauthorized)
	g.refresh(t, p, got.text(t, "refresh_token")).oauthRefused(t, http.StatusBadRequest, "invalid_grant")

	// A refresh token that comes again ends its family, and no other.
	beside := g.form(t, "/oauth/token", w.tokenForm(p, w.code(t, p, "bob", nil))).is(t, http.StatusOK)
	v := w.visitor(t, p, url.Values{"redirect_uri": {"http://127.0.0.1:4711/cb"}})
	f := w.tokenForm(p, v.answers(t, v.signedIn(t, "ada"), "allow").Get("code"))
	f.Set("redirect_uri", "http://127.0.0.1:4711/cb")
	first := g.form(t, "/oauth/token", f).is(t, http.StatusOK)
	g.refresh(t, other, first.text(t, "refresh_token")).oauthRefused(t, http.StatusBadRequest, "invalid_grant")
	g.refresh(t, p, first.text(t, "access_token")).oauthRefused(t, http.StatusBadRequest, "invalid_grant")
	second := g.refresh(t, p, first.text(t, "refresh_token")).is(t, http.StatusOK)
	g.refresh(t, p, first.text(t, "refresh_token")).oauthRefused(t, http.StatusBadRequest, "invalid_grant")
	w.lists(t, second.text(t, "access_token")).is(t, http.StatusUnauthorized)
	g.refresh(t, p, second.text(t, "refresh_token")).oauthRefused(t, http.StatusBadRequest, "invalid_grant")
	w.lists(t, beside.text(t, "access_token")).is(t, http.StatusOK)

	// A token is good at one address, and nowhere else.
	token := beside.text(t, "access_token")
	w.in("production").lists(t, token).is(t, http.StatusUnauthorized)
	g.home.lists(t, token).is(t, http.StatusUnauthorized)
	g.do(t, http.MethodPost, "/mcp/p/"+w.project, raw("tools/list", "{}"), "Authorization", "Bearer "+token, "X-Pd-Environment", "development", "Accept", "application/json, text/event-stream").is(t, http.StatusUnauthorized)
	g.do(t, http.MethodGet, "/v1/connect/"+w.project+"/accounts", "", "Authorization", "Bearer "+token, "X-Pd-Environment", "development").is(t, http.StatusUnauthorized)
	w.lists(t, token, "X-Pd-External-User-Id", "ada").refused(t, http.StatusForbidden, "other_user")
	w.lists(t, token, "X-Pd-Environment", "production").refused(t, http.StatusBadRequest, "environment_conflict")
	w.lists(t, token, "Origin", "https://evil.example").is(t, http.StatusForbidden)

	// Scopes are held to: what was not allowed is not done.
	few := w.code(t, p, "carl", url.Values{"scope": {"connect:actions:run"}})
	narrow := g.form(t, "/oauth/token", w.tokenForm(p, few)).is(t, http.StatusOK)
	g.agent(t, strings.TrimPrefix(w.resource(), g.api), nil, "Authorization", "Bearer "+narrow.text(t, "access_token")).refusedWith("permission", "list_accounts", args{})
	only := w.code(t, p, "dora", url.Values{"scope": {"connect:accounts:read"}})
	if r := w.lists(t, g.form(t, "/oauth/token", w.tokenForm(p, only)).is(t, http.StatusOK).text(t, "access_token")); r.Status != http.StatusForbidden || !strings.Contains(r.Header.Get("WWW-Authenticate"), `error="insufficient_scope"`) {
		t.Error(r.Status, r.Header)
	}

	// Introspection is for those whose user it is; a client takes its own tokens back.
	look := func(as *workspace, token string) string {
		return g.form(t, "/oauth/introspect", url.Values{"token": {token}}, "Authorization", "Bearer "+as.token).is(t, http.StatusOK).Body
	}
	if said := look(w, token); !strings.Contains(said, `"active":true`) || !strings.Contains(said, `"sub":"bob"`) || !strings.Contains(said, `"aud":"`+w.resource()+`"`) {
		t.Error(said)
	}
	if said := look(g.stranger(), token); said != `{"active":false}` {
		t.Error(said)
	}
	g.form(t, "/oauth/introspect", url.Values{"token": {token}}).is(t, http.StatusUnauthorized)
	g.form(t, "/oauth/revoke", url.Values{"token": {token}, "client_id": {other.id}}).oauthRefused(t, http.StatusBadRequest, "invalid_grant")
	for range 2 {
		g.form(t, "/oauth/revoke", url.Values{"token": {token}, "client_id": {p.id}}).is(t, http.StatusOK)
	}
	if said := look(w, token); said != `{"active":false}` {
		t.Error(said)
	}

	// Times that are over.
	old := w.code(t, p, "emil", nil)
	g.query(t, "UPDATE mcp_requests SET expires_at = $1 WHERE status = 'allowed'", time.Now().Add(-time.Second))
	g.form(t, "/oauth/token", w.tokenForm(p, old)).oauthRefused(t, http.StatusBadRequest, "invalid_grant")
	got = g.form(t, "/oauth/token", w.tokenForm(p, w.code(t, p, "emil", nil))).is(t, http.StatusOK)
	g.query(t, "UPDATE mcp_tokens SET expires_at = $1", time.Now().Add(-time.Second))
	w.lists(t, got.text(t, "access_token")).is(t, http.StatusUnauthorized)
	g.refresh(t, p, got.text(t, "refresh_token")).oauthRefused(t, http.StatusBadRequest, "invalid_grant")
}

// Clients register themselves where the operator lets them, and nowhere else.
func TestAgentRegistration(t *testing.T) {
	t.Parallel()
	body := `{"client_name":"Claude\u202e\n","redirect_uris":["http://localhost/cb"],"token_endpoint_auth_method":"client_secret_post"}`
	g := newRig(t)
	g.do(t, http.MethodPost, "/oauth/register", body).oauthRefused(t, http.StatusForbidden, "registration_closed")
	g = newRig(t, func(c *app.Config) { c.MCPRegistration = true })
	if !strings.Contains(g.do(t, http.MethodGet, "/.well-known/oauth-authorization-server", "").Body, `"registration_endpoint":"`+g.api+`/oauth/register"`) {
		t.Error("registration is not told of")
	}
	w := g.signsIn(t)
	made := g.do(t, http.MethodPost, "/oauth/register", body).is(t, http.StatusCreated)
	if made.text(t, "token_endpoint_auth_method") != "none" || made.text(t, "client_name") != "Claude" {
		t.Error(made.Body)
	}
	for _, bad := range []string{`{`, `[]`, `{"redirect_uris":[]}`, `{"redirect_uris":["http://agent.example/cb"]}`, `{"redirect_uris":["javascript:alert(1)"]}`, `{"redirect_uris":"x"}`} {
		if r := g.do(t, http.MethodPost, "/oauth/register", bad); r.Status != http.StatusBadRequest || !strings.HasPrefix(r.text(t, "error"), "invalid_") {
			t.Error(bad, r.Status, r.Body)
		}
	}
	p := &program{id: made.text(t, "client_id"), redirect: "http://localhost:4711/cb"}
	v := w.visitor(t, p, nil)
	page := v.signedIn(t, "ada")
	if shown := g.do(t, http.MethodGet, page, "", "Cookie", v.cookie).is(t, http.StatusOK); !strings.Contains(shown.Body, "Nobody answers for the name") {
		t.Error(shown.Body)
	}
	g.form(t, "/oauth/token", w.tokenForm(p, v.answers(t, page, "allow").Get("code"))).is(t, http.StatusOK)
}
