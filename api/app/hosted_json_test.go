package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/demo"
)

// as calls the face as the page does: with the token as a bearer, and JSON.
func (b *browser) as(t *testing.T, ctok, method, path, body string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.g.tls+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", bearerOf(ctok))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return b.g.send(t, b.http, req)
}

// desk sets the project up for the app whose users choose a workspace.
func (w *workspace) desk(t *testing.T) *account.OAuthApp {
	t.Helper()
	o, err := w.g.Accounts.Register(t.Context(), w.project, "acme_crm_desk", account.OAuthAppInput{ClientID: "desk-" + w.project, ClientSecret: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	w.g.acme.RegisterClient(demo.Client{ID: "desk-" + w.project, Secret: "s3cret", Name: "My SaaS", RedirectURIs: []string{w.g.Connect.CallbackURL(o.ID)}})
	return o
}

// begins starts a flow by the page's own call, and returns where it comes back.
func (b *browser) begins(t *testing.T, ctok, body, person string) string {
	t.Helper()
	r := b.as(t, ctok, http.MethodPost, "/connect/oauth/start", body).is(t, http.StatusOK)
	back, err := b.g.acme.Consent(r.text(t, "url"), person, true)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// The page learns who asks for what, in which language, and how it is connected;
// what cannot be is a problem on it with a cause and the id of the request.
func TestHostedPageJSON(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Shop")
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"app_name":"My Shop","support_email":"help@shop.test"}`).is(t, http.StatusOK)
	b := g.browser(t)
	ctok := w.connectToken(t, "ada", `"locale":"fr","allow_progressive_scopes":true,"allowed_origins":["https://shop.test"],"success_redirect_uri":"https://shop.test/ok"`)
	r := b.as(t, "", http.MethodGet, "/connect/page?connectLink=true&app=acme_crm&state=s%261&token="+ctok, "").is(t, http.StatusOK)
	for path, want := range map[string]any{
		"locale": "fr", "view": "connect", "link": true, "development": true, "state": "s&1", "success_redirect_uri": "https://shop.test/ok", "problem": nil, "reconnect": nil,
	} {
		if got := r.at(t, path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if r.text(t, "brand", "product") != "My Shop" || r.text(t, "brand", "support_email") != "help@shop.test" || r.text(t, "origins", 0) != "https://shop.test" || r.text(t, "session") == "" || r.text(t, "request_id") == "" {
		t.Error(r.Body)
	}
	if r.text(t, "plan", "method", "kind") != "oauth" || r.at(t, "plan", "powers", 1, "optional") != true || r.text(t, "plan", "powers", 1, "text") != "Add, change and delete contacts" || r.at(t, "plan", "powers", 0, "optional") != false ||
		r.text(t, "plan", "provider_host") == "" {
		t.Error(r.Body)
	}
	for name, tt := range map[string]struct{ query, path, want string }{
		"the address's language": {"app=acme_crm&locale=ja&token=" + ctok, "locale", "ja"},
		"a language of nobody":   {"app=acme_crm&locale=xx&token=" + ctok, "locale", "fr"},
		"no app":                 {"token=" + ctok, "view", "connect"},
		"own connections":        {"view=accounts&token=" + ctok, "view", "accounts"},
	} {
		if r := b.as(t, "", http.MethodGet, "/connect/page?"+tt.query, "").is(t, http.StatusOK); r.text(t, tt.path) != tt.want || r.at(t, "problem") != nil {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
	for name, tt := range map[string]struct{ query, code, cause string }{
		"an app of nobody":        {"app=nope&token=" + ctok, "app_not_found", "setup"},
		"no token":                {"app=acme_crm", "connect_token_invalid", "expired"},
		"another user's account":  {"app=acme_crm_key&token=" + ctok + "&accountId=" + w.account(t, "grace"), "account_not_found", "gone"},
		"a way that is not there": {"app=acme_crm&auth=x&token=" + ctok, "auth_method", "setup"},
	} {
		r := b.as(t, "", http.MethodGet, "/connect/page?"+tt.query, "").is(t, http.StatusOK)
		if r.text(t, "problem", "code") != tt.code || r.text(t, "problem", "cause") != tt.cause || r.text(t, "problem", "request_id") != r.text(t, "request_id") || r.at(t, "plan") != nil {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
	if r := w.call(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada","locale":"xx"}`); r.Status != http.StatusBadRequest {
		t.Errorf("a token of no language: %s", r.Body)
	}
}

// The picker shows what the project is set up for, with what the user has of it.
func TestHostedApps(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Picker")
	w.account(t, "ada")
	b, ctok := g.browser(t), w.connectToken(t, "ada", "")
	r := b.as(t, ctok, http.MethodGet, "/connect/apps?q=acme", "").is(t, http.StatusOK)
	if len(r.at(t, "data").([]any)) != 2 || r.text(t, "data", 0, "slug") != "acme_crm" || r.at(t, "data", 0, "connected") != 0.0 || r.at(t, "data", 1, "connected") != 1.0 {
		t.Error(r.Body) // the desk has no client
	}
	seen, cursor := map[string]bool{}, ""
	for range 50 {
		r := b.as(t, ctok, http.MethodGet, "/connect/apps?cursor="+cursor, "").is(t, http.StatusOK)
		for i := range r.at(t, "data").([]any) {
			slug := r.text(t, "data", i, "slug")
			if seen[slug] || slug == "slack" {
				t.Errorf("%s is shown twice, or is not set up", slug)
			}
			seen[slug] = true
		}
		if cursor = r.text(t, "next"); cursor == "" {
			break
		}
	}
	if len(seen) < 31 {
		t.Errorf("%d apps", len(seen))
	}
	if r := b.as(t, ctok, http.MethodGet, "/connect/apps?category=demo", "").is(t, http.StatusOK); len(r.at(t, "data").([]any)) != 2 || len(r.at(t, "categories").([]any)) < 5 {
		t.Error(r.Body)
	}
	bound := w.connectToken(t, "ada", `"app_id":"acme_crm_key"`)
	if r := b.as(t, bound, http.MethodGet, "/connect/apps", "").is(t, http.StatusOK); len(r.at(t, "data").([]any)) != 1 {
		t.Error(r.Body)
	}
	b.as(t, "ctok_nobody", http.MethodGet, "/connect/apps", "").refused(t, http.StatusUnauthorized, "connect_token_invalid")
}

// A whole visit by the page's calls: the user is asked which workspace, and only
// their own token, and the browser that began, get on with it.
func TestHostedQuestion(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Desk")
	w.desk(t)
	ctok, b := w.connectToken(t, "ada", `"success_redirect_uri":"https://shop.test/ok"`), g.browser(t)
	back := b.begins(t, ctok, `{"app":"acme_crm_desk","state":"s1","powers":["contacts.read"]}`, demo.Ada)
	if r := g.browser(t).get(t, back); r.Status != http.StatusUnauthorized {
		t.Fatalf("another browser: %d", r.Status)
	}
	if r := b.as(t, ctok, http.MethodGet, "/connect/status", ""); r.text(t, "status") != "open" {
		t.Fatal(r.Body)
	}
	b.get(t, back).is(t, http.StatusOK)
	r := b.as(t, ctok, http.MethodGet, "/connect/status", "").is(t, http.StatusOK)
	if r.text(t, "status") != "asking" || r.text(t, "question", "kind") != "choice" || r.text(t, "question", "options", 1, "label") != "Difference Works" || len(w.accounts(t, "ada")) != 0 {
		t.Fatal(r.Body)
	}
	answer := "/connect/flows/" + r.text(t, "flow") + "/answer"
	const one = `{"choice":"ws_engines"}`
	b.as(t, ctok, http.MethodPost, answer, `{"choice":"ws_nobody"}`).refused(t, http.StatusBadRequest, "flow_answer")
	b.as(t, ctok, http.MethodPost, answer, `[`).refused(t, http.StatusBadRequest, "body")
	b.as(t, "", http.MethodPost, answer, one).refused(t, http.StatusUnauthorized, "connect_token_invalid")
	b.as(t, w.connectToken(t, "grace", ""), http.MethodPost, answer, one).refused(t, http.StatusNotFound, "flow_not_found")
	b.as(t, g.stranger().connectToken(t, "ada", ""), http.MethodPost, answer, one).refused(t, http.StatusNotFound, "flow_not_found")
	done := b.as(t, ctok, http.MethodPost, answer, one).is(t, http.StatusOK)
	if ids := w.accounts(t, "ada"); len(ids) != 1 || done.text(t, "status") != "succeeded" || done.text(t, "account", "id") != ids[0] || done.text(t, "account", "name") != "Ada Lovelace" {
		t.Fatal(done.Body)
	}
	if got := done.at(t, "account", "powers").([]any); len(got) != 3 { // without progressive scopes nothing can be switched off
		t.Errorf("powers %v", got)
	}
	b.as(t, ctok, http.MethodPost, answer, one).refused(t, http.StatusConflict, "flow_not_asking")
	if again := b.as(t, ctok, http.MethodPost, "/connect/oauth/start", `{"app":"acme_crm_desk"}`); again.Status != http.StatusUnauthorized || again.text(t, "code") != "token_expired" || again.text(t, "request_id") == "" {
		t.Error(again.Body)
	}
}

// The customer's state comes back with the outcome, in the same tab.
func TestHostedState(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("State")
	b, ctok := g.browser(t), w.connectToken(t, "ada", `"success_redirect_uri":"https://shop.test/ok"`)
	back := b.begins(t, ctok, `{"app":"acme_crm","same_tab":true,"state":"a b&c"}`, demo.Ada)
	to, err := url.Parse(b.get(t, back).is(t, http.StatusSeeOther).Header.Get("Location"))
	if err != nil || to.Query().Get("state") != "a b&c" || to.Query().Get("account_id") != w.accounts(t, "ada")[0] {
		t.Errorf("leads to %v, %v", to, err)
	}
}

// A user switches off what goes beyond reading, where the token allows it.
func TestHostedPowers(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Powers")
	b := g.browser(t)
	asked := func(ctok, powers string) string {
		r := b.as(t, ctok, http.MethodPost, "/connect/oauth/start", `{"app":"acme_crm","powers":`+powers+`}`).is(t, http.StatusOK)
		u, err := url.Parse(r.text(t, "url"))
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get("scope")
	}
	may, mayNot := w.connectToken(t, "ada", `"allow_progressive_scopes":true`), w.connectToken(t, "ada", "")
	const all, least = "contacts.read contacts.write deals.read notes.read", "contacts.read deals.read notes.read"
	for name, tt := range map[string]struct{ token, powers, want string }{
		"all":            {may, "null", all},
		"none left on":   {may, "[]", least},
		"one left on":    {may, `["contacts.write"]`, all},
		"not allowed to": {mayNot, "[]", all},
	} {
		if got := asked(tt.token, tt.powers); got != tt.want {
			t.Errorf("%s: asked for %q", name, got)
		}
	}
	b.as(t, may, http.MethodPost, "/connect/oauth/start", `{"app":"acme_crm","powers":["admin"]}`).refused(t, http.StatusBadRequest, "powers")
}

// Keys are tried by the page, too; one that is refused is how the try stands,
// and a form that is not right is a sentence.
func TestHostedKeys(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Keys")
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"connect_require_key_auth_test":true}`).is(t, http.StatusOK)
	b, ctok := g.browser(t), w.connectToken(t, "ada", "")
	keys := func(key, more string) reply {
		body, _ := json.Marshal(map[string]any{"api_key": key})
		return b.as(t, ctok, http.MethodPost, "/connect/keys", `{"app":"acme_crm_key","fields":`+string(body)+more+`}`)
	}
	keys("", "").refused(t, http.StatusBadRequest, "field_missing")
	wrong := keys("no key", "")
	wrong.refused(t, http.StatusBadRequest, "field_form")
	if field := wrong.text(t, "details", "field"); field != "cfmap_json.api_key" {
		t.Errorf("it is about %q", field)
	}
	keys(demo.DemoKey, `,"account_id":"`+w.account(t, "grace")+`"`).refused(t, http.StatusNotFound, "account_not_found")
	if r := keys("acme_nobodys", "").is(t, http.StatusOK); r.text(t, "status") != "failed" || r.text(t, "problem", "code") != "test_request_failed" || r.text(t, "problem", "cause") != "input" || r.text(t, "flow") == "" {
		t.Error(r.Body)
	}
	r := keys(demo.DemoKey, "").is(t, http.StatusOK)
	if ids := w.accounts(t, "ada"); r.text(t, "status") != "succeeded" || len(ids) != 1 || r.text(t, "account", "id") != ids[0] || strings.Contains(r.Body, demo.DemoKey) {
		t.Fatal(r.Body)
	}
	if st := b.as(t, ctok, http.MethodGet, "/connect/status", ""); st.text(t, "flow") != r.text(t, "flow") || st.text(t, "status") != "succeeded" {
		t.Error(st.Body)
	}
	keys(demo.DemoKey, "").refused(t, http.StatusUnauthorized, "token_expired")
}

// A user sees, names and ends their own connections, and nobody else's; a token
// that was narrowed does not.
func TestHostedMine(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Mine")
	mine, theirs := w.account(t, "ada"), w.account(t, "grace")
	b, ctok := g.browser(t), w.connectToken(t, "ada", "")
	if r := b.as(t, ctok, http.MethodGet, "/connect/accounts", "").is(t, http.StatusOK); len(r.at(t, "data").([]any)) != 1 || r.text(t, "data", 0, "id") != mine || r.text(t, "data", 0, "state") != "healthy" {
		t.Error(r.Body)
	}
	if r := b.as(t, ctok, http.MethodPatch, "/connect/accounts/"+mine, `{"name":" Work "}`).is(t, http.StatusOK); r.text(t, "name") != "Work" {
		t.Error(r.Body)
	}
	for name, body := range map[string]string{"no name": `{"name":" "}`, "two lines": `{"name":"a\nb"}`, "too long": `{"name":"` + strings.Repeat("ü", 121) + `"}`} {
		if r := b.as(t, ctok, http.MethodPatch, "/connect/accounts/"+mine, body); r.Status != http.StatusBadRequest || r.text(t, "code") != "account_name" {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
	narrow := w.connectToken(t, "ada", `"scope":"connect:apps:*"`)
	for _, method := range []string{http.MethodPatch, http.MethodDelete} {
		b.as(t, ctok, method, "/connect/accounts/"+theirs, `{"name":"x"}`).refused(t, http.StatusNotFound, "account_not_found")
		b.as(t, g.stranger().connectToken(t, "ada", ""), method, "/connect/accounts/"+mine, `{"name":"x"}`).refused(t, http.StatusNotFound, "account_not_found")
		b.as(t, narrow, method, "/connect/accounts/"+mine, `{"name":"x"}`).refused(t, http.StatusForbidden, "permission")
		b.as(t, "", method, "/connect/accounts/"+mine, `{"name":"x"}`).refused(t, http.StatusUnauthorized, "connect_token_invalid")
	}
	b.as(t, ctok, http.MethodDelete, "/connect/accounts/"+mine, "").is(t, http.StatusNoContent)
	b.as(t, ctok, http.MethodDelete, "/connect/accounts/"+mine, "").refused(t, http.StatusNotFound, "account_not_found")
	if len(w.accounts(t, "ada")) != 0 || len(w.accounts(t, "grace")) != 1 {
		t.Error("the wrong one is gone")
	}
}

// A page of the customer's asks how a flow stands from an origin that the token
// names; another origin's page gets no answer that it may read.
func TestHostedStatusFromElsewhere(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	ctok := g.home.in("production").connectToken(t, "ada", `"allowed_origins":["https://shop.test"]`)
	for origin, want := range map[string]string{"https://shop.test": "https://shop.test", "https://evil.test": "", "http://localhost:3000": ""} {
		r := g.do(t, http.MethodGet, g.tls+"/connect/status", "", "Authorization", bearerOf(ctok), "Origin", origin)
		if got := r.is(t, http.StatusOK).Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s may read it: %q", origin, got)
		}
	}
	if r := g.do(t, http.MethodOptions, g.tls+"/connect/status", "", "Origin", "https://shop.test"); r.Status != http.StatusNoContent || r.Header.Get("Access-Control-Allow-Headers") != "authorization" {
		t.Errorf("%v", r.Header)
	}
}
