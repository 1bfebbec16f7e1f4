package app_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Existing Connect clients that are pointed at this server work: there is a test for
// each thing that a naive server gets wrong, named in the output.
func TestCompatible(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	server := wire{w, w.token}
	account := w.account(t, "ada")
	contact := w.act(t, "create-contact", "ada", account, `"name":"Grace Hopper"`).is(t, http.StatusOK).text(t, "ret", "id")
	browser := wire{w, w.connectToken(t, "ada", `"allowed_origins":["https://app.example.com"]`)}
	own := `"configured_props":{"acme_crm_key":{"authProvisionId":"` + account + `"}`
	proxied := func(base64Text string) string {
		return "/proxy/" + base64Text + "?external_user_id=ada&account_id=" + account
	}
	std := base64.StdEncoding.EncodeToString

	traps := []struct {
		name string
		test func(t *testing.T)
	}{
		{"01 two slashes in a path are one, and nothing is redirected", func(t *testing.T) {
			browser.send(t, http.MethodGet, "/v1/connect//apps?limit=1", "").is(t, http.StatusOK)
			r := browser.send(t, http.MethodGet, "/v1/connect/"+proxied(url.QueryEscape(std([]byte("/api/me?x=>>>?")))), "")
			r.is(t, http.StatusOK)
		}},
		{"02 no POST is answered by a redirect", func(t *testing.T) {
			for _, path := range []string{"/v1/connect//{p}/tokens", "/v1/connect/{p}/tokens/", "/v1/connect/{p}//tokens", "/V1/connect/{p}/tokens", "/v1/oauth//token"} {
				if r := server.ask(t, http.MethodPost, path, `{"external_user_id":"ada"}`); r.Status >= 300 && r.Status < 400 {
					t.Errorf("%s: %d to %s", path, r.Status, r.Header.Get("Location"))
				}
			}
		}},
		{"03 what is escaped is one segment", func(t *testing.T) {
			id := w.account(t, "team/ada+1=")
			r := server.ask(t, http.MethodGet, "/v1/connect/{p}/users/team%2Fada%2B1%3D/accounts", "").is(t, http.StatusOK)
			if r.text(t, 0, "id") != id || r.text(t, 0, "external_id") != "team/ada+1=" {
				t.Error(r.Body)
			}
		}},
		{"04 base64 of both alphabets, padded or not", func(t *testing.T) {
			target := []byte("/api/contacts?q=Grace>>>??")
			seen := map[string]bool{}
			for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
				text := e.EncodeToString(target)
				seen[text] = true
				server.ask(t, http.MethodGet, "/v1/connect/{p}"+proxied(url.QueryEscape(text)), "").is(t, http.StatusOK)
			}
			if len(seen) != 4 {
				t.Errorf("these are %d spellings: %v", len(seen), seen)
			}
		}},
		{"05 camelCase stands inside props alone", func(t *testing.T) {
			r := server.ask(t, http.MethodPost, "/v1/connect/{p}/actions/configure", `{"id":"acme-crm-key-add-note","external_user_id":"ada","prop_name":"contact_id",`+own+`}}`).is(t, http.StatusOK)
			keyed(t, r.at(t), "options", "errors")
			c := server.ask(t, http.MethodGet, "/v1/connect/{p}/actions/acme-crm-key-add-note", "").is(t, http.StatusOK)
			if c.at(t, "data", "configurable_props", 1, "remoteOptions") != true || c.at(t, "data", "configurable_props", 1, "remote_options") != nil {
				t.Error(c.Body)
			}
			p := server.ask(t, http.MethodPost, "/v1/connect/{p}/actions/props", `{"id":"acme-crm-key-add-note","external_user_id":"ada",`+own+`}}`).is(t, http.StatusOK)
			if p.at(t, "dynamicProps", "configurableProps") == nil {
				t.Error(p.Body)
			}
		}},
		{"06 emitters are whole, with numbers for times", func(t *testing.T) {
			r := server.ask(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", `{"id":"acme-crm-key-new-contact","external_user_id":"ada",`+own+`}}`).is(t, http.StatusOK)
			_, _, address := w.trigger(t, "ada", "")
			common := []string{"id", "type", "active", "created_at", "updated_at", "owner_id"}
			for _, one := range []struct {
				r    reply
				kind string
				keys []string
			}{{r, "DeployedComponent", []string{"component_id", "component_key", "configurable_props", "configured_props", "name", "name_slug"}}, {address, "HttpInterface", []string{"key", "endpoint_url", "custom_response"}}} {
				keyed(t, one.r.at(t, "data"), append(one.keys, common...)...)
				if _, ms := one.r.at(t, "data", "created_at").(float64); one.r.text(t, "data", "type") != one.kind || !ms {
					t.Error(one.r.Body)
				}
				for _, key := range append(one.keys, common...) {
					if key != "component_key" && one.r.at(t, "data", key) == nil {
						t.Errorf("%s is null", key)
					}
				}
			}
		}},
		{"07 times are ISO texts, but for emitters (ms) and webhooks (s)", func(t *testing.T) {
			a := server.ask(t, http.MethodGet, "/v1/connect/{p}/accounts/"+account, "").is(t, http.StatusOK)
			tok := server.ask(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada"}`).is(t, http.StatusOK)
			for _, text := range []string{a.text(t, "created_at"), a.text(t, "updated_at"), tok.text(t, "expires_at")} {
				if !iso.MatchString(text) {
					t.Errorf("%q is no ISO time", text)
				}
			}
			_, _, d := w.trigger(t, "ada", "")
			hook := server.ask(t, http.MethodPut, "/v1/connect/{p}/webhook", `{"url":"http://127.0.0.1:9/p"}`).is(t, http.StatusOK)
			if ms, _ := d.at(t, "data", "created_at").(float64); ms < 1e12 {
				t.Error(d.Body)
			}
			if s, _ := hook.at(t, "data", "created_at").(float64); s < 1e9 || s > 1e11 {
				t.Error(hook.Body)
			}
		}},
		{"08 lists are arrays with a page_info whose end is null", func(t *testing.T) {
			r := server.ask(t, http.MethodGet, "/v1/connect/{p}/accounts?external_user_id=nobody&limit=10", "").is(t, http.StatusOK)
			if !strings.Contains(r.Body, `"data":[]`) || !strings.Contains(r.Body, `"end_cursor":null`) {
				t.Error(r.Body)
			}
			one := server.ask(t, http.MethodGet, "/v1/connect/projects?limit=1", "").is(t, http.StatusOK)
			for n := 0; one.at(t, "page_info", "end_cursor") != nil; n++ {
				if n > 20 {
					t.Fatal("there is no end of pages")
				}
				one = server.ask(t, http.MethodGet, "/v1/connect/projects?after="+url.QueryEscape(one.text(t, "page_info", "end_cursor"))+"&limit=1", "").is(t, http.StatusOK)
			}
		}},
		{"09 what is bare, and what is wrapped in data", func(t *testing.T) {
			id, _, deployed := w.trigger(t, "ada", "http://127.0.0.1:9/x")
			for path, bare := range map[string]string{
				"/v1/connect/{p}/accounts/" + account: "id", "/v1/connect/projects/{p}": "id", "/v1/connect/app_categories": "", "/v1/connect/{p}/users/ada/accounts": "",
			} {
				r := server.ask(t, http.MethodGet, path, "").is(t, http.StatusOK)
				if list := strings.HasPrefix(strings.TrimSpace(r.Body), "["); list != (bare == "") || bare != "" && r.at(t, bare) == nil {
					t.Errorf("%s is not bare: %s", path, r.Body)
				}
			}
			if deployed.at(t, "data", "id") == nil {
				t.Error(deployed.Body)
			}
			for _, path := range []string{"/v1/connect/apps/acme_crm", "/v1/connect/{p}/components/acme-crm-key-add-note", "/v1/connect/{p}/actions/acme-crm-key-add-note", "/v1/connect/{p}/triggers/acme-crm-key-new-contact", "/v1/connect/{p}/deployed-triggers/" + id + "?external_user_id=ada"} {
				if r := server.ask(t, http.MethodGet, path, "").is(t, http.StatusOK); len(r.json(t)) != 1 || r.at(t, "data") == nil {
					t.Errorf("%s is not wrapped: %s", path, r.Body)
				}
			}
			run := server.ask(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"acme-crm-key-list-contacts","external_user_id":"ada",`+own+`}}`).is(t, http.StatusOK)
			keyed(t, run.at(t), "exports", "os", "ret")
		}},
		{"10 what is deleted answers 204 and nothing", func(t *testing.T) {
			id := w.account(t, "gone")
			if r := server.ask(t, http.MethodDelete, "/v1/connect/{p}/accounts/"+id, ""); r.Status != http.StatusNoContent || r.Body != "" {
				t.Error(r.Status, r.Body)
			}
			dc, _, _ := w.trigger(t, "gone", "")
			if r := server.ask(t, http.MethodDelete, "/v1/connect/{p}/deployed-triggers/"+dc+"?external_user_id=gone", ""); r.Status != http.StatusNoContent || r.Body != "" {
				t.Error(r.Status, r.Body)
			}
		}},
		{"11 what fails for good is no 5xx, and 429 says for how short", func(t *testing.T) {
			r := server.ask(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"acme-crm-key-create-contact","external_user_id":"ada",`+own+`,"name":"x","email":"nowhere"}}`).is(t, http.StatusOK)
			if r.at(t, "error", "message") == nil || r.at(t, "ret") != nil {
				t.Error(r.Body)
			}
			rate := server.ask(t, http.MethodPost, "/v1/connect/rate_limits", `{"window_size_seconds":10,"requests_per_window":1}`).is(t, http.StatusOK).text(t, "token")
			path := "/v1/connect/{p}" + proxied(url.QueryEscape(std([]byte("/api/me"))))
			server.send(t, http.MethodGet, path, "", "x-pd-environment", w.environment, "x-pd-rate-limit", rate).is(t, http.StatusOK)
			full := server.send(t, http.MethodGet, path, "", "x-pd-environment", w.environment, "x-pd-rate-limit", rate).is(t, http.StatusTooManyRequests)
			if !regexp.MustCompile(`^([1-9]|[1-5]\d|60)$`).MatchString(full.Header.Get("Retry-After")) {
				t.Errorf("Retry-After: %q", full.Header.Get("Retry-After"))
			}
		}},
		{"12 several tokens are good at once, each for its expires_in", func(t *testing.T) {
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					r := wire{workspace: w}.send(t, http.MethodPost, "/v1/oauth/token", `{"client_id":"`+w.client+`","client_secret":"`+w.key+`","grant_type":"client_credentials"}`, "x-pd-environment", "development")
					if in, _ := r.at(t, "expires_in").(float64); r.Status != http.StatusOK || in < 60 {
						t.Error(r.Status, r.Body)
						return
					}
					if got := (wire{w, r.text(t, "access_token")}).ask(t, http.MethodGet, "/v1/connect/{p}/accounts", ""); got.Status != http.StatusOK {
						t.Error(got.Status, got.Body)
					}
				})
			}
			all.Wait()
		}},
		{"13 errors are JSON, and say so", func(t *testing.T) {
			for _, r := range []reply{
				server.ask(t, http.MethodPost, "/v1/connect/{p}/tokens", "{"), wire{w, "none"}.ask(t, http.MethodGet, "/v1/connect/{p}/accounts", ""), server.ask(t, http.MethodGet, "/v1/connect/{p}/accounts/apn_none", ""),
				server.ask(t, http.MethodPatch, "/v1/connect/{p}/accounts", "{}"),
			} {
				if kind := r.Header.Get("Content-Type"); r.Status < 400 || !strings.HasPrefix(kind, "application/json") || r.text(t, "error") == "" || r.text(t, "code") == "" {
					t.Errorf("%d %s %s", r.Status, kind, r.Body)
				}
			}
		}},
		{"14 the headers of a client stop nothing", func(t *testing.T) {
			server.send(t, http.MethodGet, "/v1/connect/{p}"+proxied(url.QueryEscape(std([]byte("/api/me")))), "", "x-pd-environment", w.environment, "x-pd-proxy-x-custom", "v", "x-pd-proxy-accept", "application/json", "x-unheard-of", "1").is(t, http.StatusOK)
		}},
		{"15 an unknown route is a JSON 404, and no page", func(t *testing.T) {
			for _, path := range []string{"/v1", "/v1/", "/v1/connect/{p}/nothing", "/v1/nothing/at/all"} {
				if r := server.ask(t, http.MethodGet, path, ""); r.Status != http.StatusNotFound || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
					t.Errorf("%s: %d %s", path, r.Status, r.Header.Get("Content-Type"))
				}
			}
		}},
		{"16 CORS: each preflight, each method, errors too", func(t *testing.T) {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
				r := wire{workspace: w}.send(t, http.MethodOptions, "/v1/connect//accounts", "", "origin", "https://app.example.com", "access-control-request-method", method, "access-control-request-headers", "authorization,x-fern-language,x-pd-sdk-version")
				if r.Status/100 != 2 || !strings.Contains(r.Header.Get("Access-Control-Allow-Methods"), method) || !strings.Contains(strings.ToLower(r.Header.Get("Access-Control-Allow-Headers")), "authorization") {
					t.Errorf("%s: %d %v", method, r.Status, r.Header)
				}
			}
			if r := browser.send(t, http.MethodGet, "/v1/connect//accounts/apn_none", "", "origin", "https://app.example.com"); r.Status != http.StatusNotFound || r.Header.Get("Access-Control-Allow-Origin") == "" {
				t.Error(r.Status, r.Header)
			}
		}},
		{"17 the connect page is served by https, framed by whom the token allows", func(t *testing.T) {
			r := g.do(t, http.MethodGet, g.config.ConnectURL+"/_static/connect.html?token="+url.QueryEscape(browser.token)+"&app=acme_crm_key", "").is(t, http.StatusOK)
			if !strings.HasPrefix(g.config.ConnectURL, "https://") || !regexp.MustCompile(`frame-ancestors [^;]*https://app\.example\.com`).MatchString(r.Header.Get("Content-Security-Policy")) || r.Header.Get("X-Frame-Options") != "" {
				t.Error(g.config.ConnectURL, r.Header)
			}
		}},
		{"18 to the connect link, callers append &app=", func(t *testing.T) {
			link := server.ask(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada"}`).is(t, http.StatusOK).text(t, "connect_link_url")
			if u, err := url.Parse(link + "&app=acme_crm"); err != nil || !strings.Contains(link, "?") || u.Query().Get("app") != "acme_crm" || u.Query().Get("token") == "" {
				t.Error(link, err)
			}
		}},
		{"19 a browser names neither project nor environment", func(t *testing.T) {
			r := browser.send(t, http.MethodGet, "/v1/connect//accounts", "").is(t, http.StatusOK)
			if r.text(t, "data", 0, "id") != account {
				t.Error(r.Body)
			}
		}},
		{"20 booleans as true or 1, lists repeated or with commas", func(t *testing.T) {
			for _, flag := range []string{"true", "1"} {
				if r := server.ask(t, http.MethodGet, "/v1/connect/{p}/accounts?external_user_id=ada&limit=10&app=acme_crm_key&include_credentials="+flag, "").is(t, http.StatusOK); r.at(t, "data", 0, "credentials") == nil {
					t.Errorf("%s: %s", flag, r.Body)
				}
			}
			one := server.ask(t, http.MethodGet, "/v1/connect/apps?category_ids=demo&category_ids=none", "").is(t, http.StatusOK)
			if two := server.ask(t, http.MethodGet, "/v1/connect/apps?category_ids=demo,none", "").is(t, http.StatusOK); one.at(t, "page_info", "total_count") != two.at(t, "page_info", "total_count") || one.at(t, "page_info", "total_count") == 0.0 {
				t.Error(one.Body, two.Body)
			}
		}},
		{"21 a token's end is a text of which a Date can be made", func(t *testing.T) {
			r := server.ask(t, http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada"}`).is(t, http.StatusOK)
			keyed(t, r.at(t), "token", "expires_at", "connect_link_url")
			if !iso.MatchString(r.text(t, "expires_at")) {
				t.Error(r.Body)
			}
		}},
		{"22 null in a change is as if it were not there", func(t *testing.T) {
			id, _, before := w.trigger(t, "ada", "")
			after := server.ask(t, http.MethodPut, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", `{"active":null,"name":null,"emit_on_deploy":null,"configured_props":null}`).is(t, http.StatusOK)
			if after.text(t, "data", "name") != before.text(t, "data", "name") || after.at(t, "data", "active") != true {
				t.Error(after.Body)
			}
		}},
		{"23 an account prop is its id, whatever else stands beside it", func(t *testing.T) {
			r := server.ask(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"acme-crm-key-add-note","external_user_id":"ada","configured_props":{"acme_crm_key":{"authProvisionId":"`+account+`","oauth_access_token":"forged","api_key":"forged"},"contact_id":"`+contact+`","text":"x"}}`).is(t, http.StatusOK)
			if r.at(t, "error") != nil || r.text(t, "ret", "contact_id") != contact {
				t.Error(r.Body)
			}
		}},
		{"24 workflows have hosts in lower case, which begin with en or eo", func(t *testing.T) {
			_, made := w.workflow(t, `{"name":"Hello","triggers":[{"type":"http"}],"steps":[{"name":"say","type":"respond","body":"{{ trigger.body.hello }}"}]}`)
			id := made.text(t, "endpoint", "endpoint_id")
			if !regexp.MustCompile(`^e[no][0-9a-z]+$`).MatchString(id) {
				t.Fatal(made.Body)
			}
			r := g.do(t, http.MethodPost, g.api+"/", `{"hello":"world"}`, "Host", strings.ToUpper(id)+"."+g.config.WorkflowDomain, "Authorization", "Bearer "+w.token, "X-Pd-External-User-Id", "ada", "X-Pd-Environment", w.environment).is(t, http.StatusOK)
			if !strings.Contains(r.Body, "world") {
				t.Error(r.Body)
			}
		}},
		{"25 numbers are small enough for a double", func(t *testing.T) {
			for _, r := range []reply{server.ask(t, http.MethodGet, "/v1/connect/{p}/accounts?external_user_id=ada", ""), server.ask(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers?external_user_id=ada&emitter_type=http", "")} {
				if large := regexp.MustCompile(`[:\[,]-?\d{16,}[,}\]]`).FindString(r.is(t, http.StatusOK).Body); large != "" {
					t.Error(large)
				}
			}
		}},
	}
	for _, trap := range traps {
		t.Run(trap.name, trap.test)
	}
	if len(traps) != 25 {
		t.Errorf("there are %d", len(traps))
	}
}
