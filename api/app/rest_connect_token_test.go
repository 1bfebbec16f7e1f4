package app_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// A connect token is a user's browser at work: it acts for its user, project
// and environment, wherever the path leaves the project out.
func TestConnectTokenBearer(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Shop")
	mine, theirs := w.account(t, "ada/lovelace"), w.account(t, "grace")
	ctok := w.connectToken(t, "ada/lovelace", "")
	ask := func(method, path string, header ...string) reply {
		return g.do(t, method, strings.ReplaceAll(path, "{p}", w.project), "", append([]string{"Authorization", "Bearer " + ctok}, header...)...)
	}
	for _, path := range []string{
		"/v1/connect/accounts", "/v1/connect//accounts", "/v1/connect/-/accounts", "/v1/connect/{p}/accounts", "/v1/connect//{p}/accounts",
		"/v1/connect/accounts?external_user_id=ada%2Flovelace", "/v1/connect/accounts?include_credentials=true",
	} {
		r := ask(http.MethodGet, path).is(t, http.StatusOK)
		if !strings.Contains(r.Body, mine) || strings.Contains(r.Body, theirs) || r.at(t, "page_info", "total_count") != 1.0 {
			t.Errorf("%s shows %s", path, r.Body)
		}
		if strings.Contains(r.Body, "credentials") || strings.Contains(r.Body, "acme_demo_key") {
			t.Errorf("%s shows credentials to a browser: %s", path, r.Body)
		}
	}
	for _, path := range []string{"/v1/connect/users/ada%2Flovelace/accounts", "/v1/connect//users/ada%2Flovelace/accounts?include_credentials=1"} {
		if r := ask(http.MethodGet, path).is(t, http.StatusOK); r.text(t, 0, "id") != mine || strings.Contains(r.Body, "credentials") {
			t.Errorf("%s shows %s", path, r.Body)
		}
	}
	one := ask(http.MethodGet, "/v1/connect//accounts/"+mine+"?include_credentials=true").is(t, http.StatusOK)
	if strings.Contains(one.Body, "credentials") {
		t.Errorf("credentials for a browser: %s", one.Body)
	}
	revealed := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts/"+mine+"?include_credentials=true", "").is(t, http.StatusOK)
	if revealed.at(t, "credentials", "api_key") != "acme_demo_key_ada" {
		t.Errorf("no credentials for the customer's server: %s", revealed.Body)
	}
	refusals := map[string]struct {
		method, path, code string
		status             int
		header             []string
	}{
		"another user's account":           {"GET", "/v1/connect/accounts/" + theirs, "account_not_found", 404, nil},
		"to delete another user's account": {"DELETE", "/v1/connect/accounts/" + theirs, "account_not_found", 404, nil},
		"another user's accounts":          {"GET", "/v1/connect/users/grace/accounts", "other_user", 403, nil},
		"to ask for another user":          {"GET", "/v1/connect/accounts?external_user_id=grace", "other_user", 403, nil},
		"to delete another user":           {"DELETE", "/v1/connect/users/grace", "other_user", 403, nil},
		"all users":                        {"GET", "/v1/connect/users", "token_kind", 403, nil},
		"another project":                  {"GET", "/v1/connect/" + g.home.project + "/accounts", "project_not_found", 404, nil},
		"the other environment":            {"GET", "/v1/connect/accounts", "other_environment", 403, []string{"X-Pd-Environment", "production"}},
		"the project's webhook":            {"GET", "/v1/connect/webhook", "token_kind", 403, nil},
		"the workspace's projects":         {"GET", "/v1/connect/projects", "token_kind", 403, nil},
		"the workspace's clients":          {"GET", "/v1/clients", "token_kind", 403, nil},
		"runs":                             {"GET", "/v1/projects/{p}/runs", "token_kind", 403, nil},
		"workflows":                        {"GET", "/v1/projects/{p}/workflows", "token_kind", 403, nil},
		"deliveries":                       {"GET", "/v1/projects/{p}/deliveries", "token_kind", 403, nil},
	}
	for name, tt := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask(tt.method, tt.path, tt.header...).refused(t, tt.status, tt.code)
		})
	}
	t.Run("to make a token", func(t *testing.T) {
		t.Parallel()
		g.do(t, http.MethodPost, "/v1/connect/"+w.project+"/tokens", `{"external_user_id":"ada/lovelace"}`, "Authorization", "Bearer "+ctok).refused(t, http.StatusForbidden, "token_kind")
	})
}

// "Everything of an app" is the user's own accounts of it, to a connect token.
func TestConnectTokenDeletesItsOwnOnly(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	w.account(t, "ada")
	theirs := w.account(t, "grace")
	g.do(t, http.MethodDelete, "/v1/connect/apps/acme_crm_key/accounts", "", "Authorization", "Bearer "+w.connectToken(t, "ada", "")).is(t, http.StatusNoContent)
	left := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts", "").is(t, http.StatusOK)
	if left.at(t, "page_info", "total_count") != 1.0 || left.text(t, "data", 0, "id") != theirs {
		t.Fatalf("what is left: %s", left.Body)
	}
}

// From a browser a connect token works at the origins it names, and nowhere
// else. The preflight, which carries no token, is answered for any origin, and
// errors can be read by the page as well.
func TestConnectTokenOrigins(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	named, bare := w.connectToken(t, "ada", `"allowed_origins":["https://shop.test","http://localhost:3000"]`), w.connectToken(t, "ada", "")
	tests := map[string]struct {
		token, origin string
		status        int
	}{
		"an origin it names":       {named, "https://shop.test", 200},
		"another that it names":    {named, "http://localhost:3000", 200},
		"its origin in capitals":   {named, "https://SHOP.test", 200},
		"no origin: a server":      {named, "", 200},
		"our own pages":            {named, g.tls, 200},
		"another site":             {named, "https://evil.test", 403},
		"another scheme":           {named, "http://shop.test", 403},
		"another port":             {named, "https://shop.test:8443", 403},
		"a name that begins so":    {named, "https://shop.test.evil.test", 403},
		"a sandboxed page":         {named, "null", 403},
		"any site, if it has none": {bare, "https://shop.test", 403},
		"a server, if it has none": {bare, "", 200},
		"our pages, if it has none": {
			bare, g.tls, 200,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := g.do(t, http.MethodGet, "/v1/connect/accounts", "", "Authorization", "Bearer "+tt.token, "Origin", tt.origin).is(t, tt.status)
			if tt.status == 403 {
				r.refused(t, http.StatusForbidden, "origin_not_allowed")
			}
			if allow := r.Header.Get("Access-Control-Allow-Origin"); (allow == "*") != (tt.origin != "") || r.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("Access-Control-Allow-Origin = %q", allow)
			}
		})
	}
}

// A preflight is answered for every address under /v1 before anything else is
// looked at, with the very headers that were asked for.
func TestPreflight(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	asked := "authorization,content-type,x-pd-environment,x-fern-language,user-agent,x-pd-proxy-accept"
	for _, path := range []string{"/v1/connect/accounts", "/v1/connect//proxy/aHR0cHM%2F", "/v1/nothing", "/v1/connect/" + g.home.project + "/tokens"} {
		r := g.do(t, http.MethodOptions, path, "", "Origin", "https://any.test", "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", asked).is(t, http.StatusNoContent)
		for header, want := range map[string]string{
			"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": asked, "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
		} {
			if got := r.Header.Get(header); got != want {
				t.Errorf("%s: %s = %q, want %q", path, header, got, want)
			}
		}
	}
}

// An expired token is good for nothing; a used one still reads, so that the
// page which connected the account can show it.
func TestConnectTokenLife(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	brief := w.connectToken(t, "ada", `"expires_in":1`)
	used := w.connectToken(t, "ada", "")
	connected := w.connectKey(t, used).is(t, http.StatusOK).text(t, "id")
	accounts := func(ctok string) reply {
		return g.do(t, http.MethodGet, "/v1/connect/accounts", "", "Authorization", "Bearer "+ctok)
	}
	accounts(used).is(t, http.StatusOK)
	again := w.connectKey(t, used)
	again.refused(t, http.StatusUnauthorized, "token_expired")
	if again.text(t, "error") != "This link has expired. Please request a new one from the app developer." {
		t.Errorf("the public sentence is %s", again.Body)
	}
	soon(t, "the token to expire", func() bool { return accounts(brief).Status == http.StatusUnauthorized })
	accounts(brief).refused(t, http.StatusUnauthorized, "connect_token_invalid")
	validate := func(ctok, query string) reply {
		return g.do(t, http.MethodGet, "/v1/connect/tokens/"+ctok+"/validate"+query, "").is(t, http.StatusOK)
	}
	for name, r := range map[string]reply{"expired": validate(brief, ""), "used": validate(used, ""), "of nobody": validate("ctok_x", ""), "for an app of nobody": validate(w.connectToken(t, "ada", ""), "?app_id=nope")} {
		if r.at(t, "success") != false || r.text(t, "error") == "" || r.at(t, "app") != nil {
			t.Errorf("a token that is %s: %s", name, r.Body)
		}
	}
	if r := validate(w.connectToken(t, "ada", `"app_id":"acme_crm"`), "?app_id=acme_crm"); r.at(t, "success") != true || r.at(t, "error") != nil || r.text(t, "app", "name_slug") != "acme_crm" {
		t.Errorf("a good token: %s", r.Body)
	}
	if r := validate(w.connectToken(t, "ada", `"app_id":"acme_crm"`), "?app_id=acme_crm_key"); r.at(t, "success") != false {
		t.Errorf("a token for another app: %s", r.Body)
	}
	if r := validate(used, ""); r.text(t, "account_id") != connected {
		t.Errorf("a token that was used does not say for what: %s", r.Body)
	}
	if r := validate(brief, ""); strings.Contains(r.Body, "account_id") {
		t.Errorf("a token that connected nothing: %s", r.Body)
	}
}

// However many ask at once, one connect token makes one account.
func TestConnectTokenRace(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	ctok := w.connectToken(t, "ada", "")
	made := make([]reply, 8)
	var wg sync.WaitGroup
	for i := range made {
		wg.Go(func() { made[i] = w.connectKey(t, ctok) })
	}
	wg.Wait()
	won := 0
	for _, r := range made {
		if r.Status == http.StatusOK {
			won++
			continue
		}
		r.refused(t, http.StatusUnauthorized, "token_expired")
	}
	if ids := w.accounts(t, "ada"); won != 1 || len(ids) != 1 {
		t.Errorf("%d of %d were told that they made an account; there are %v", won, len(made), ids)
	}
}

// The link must hold a question mark and no fragment, for callers append to it.
func TestConnectLinkURL(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	r := g.home.call(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada","allowed_origins":null,"webhook_uri":null,"expires_in":null,"scope":null,"app_id":null,"external_id":"ada","project_id":"x"}`).is(t, http.StatusOK)
	link := r.text(t, "connect_link_url")
	if !strings.HasPrefix(link, g.tls+"/_static/connect.html?token="+r.text(t, "token")) || strings.Contains(link, "#") {
		t.Fatalf("connect_link_url = %s", link)
	}
	g.do(t, http.MethodGet, link+"&app=acme_crm", "").is(t, http.StatusOK)
}
