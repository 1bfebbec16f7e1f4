package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hook is a workflow with one step, which leads nowhere: its runs wait for a
// worker, so what was stored can be looked at.
func hook(auth string) string {
	return "name: Hook\ntriggers: [{type: http, auth: " + auth + "}]\nsteps: [{name: go, type: http_request, url: 'http://127.0.0.1:9/'}]"
}

// answering is a workflow whose respond step is given.
func answering(step string) string {
	return "name: Answer\ntriggers: [{type: http, auth: none}]\nsteps: [{name: say, type: respond, " + step + "}]"
}

// run returns what is stored of a run.
func (w *workspace) run(t *testing.T, id string) reply {
	t.Helper()
	return w.call(t, http.MethodGet, "/v1/projects/{p}/runs/"+id, "").is(t, http.StatusOK)
}

// A request to a trigger's address is an event once it was answered with 200.
// Nothing is needed to send one, and a trigger that is off is not there.
func TestIngressTrigger(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id, endpoint, _ := w.trigger(t, "ada", "")
	r := g.do(t, http.MethodPost, endpoint+"/orders/7?a=1&a=2&b=x", `{"order":{"id":7}}`, "X-Custom", "yes", "Authorization", "Basic of-theirs", "Cookie", "patchbay_session=secret").is(t, http.StatusOK)
	if r.text(t, "status") != "accepted" {
		t.Errorf("answered %s", r.Body)
	}
	events := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada", "").is(t, http.StatusOK)
	e := func(path ...any) any { return events.at(t, append([]any{"data", 0, "e"}, path...)...) }
	for what, got := range map[string]any{
		"POST": e("method"), "/orders/7": e("path"), "x": e("query", "b"), "1": e("query", "a", 0), "2": e("query", "a", 1), "yes": e("headers", "x-custom"),
		"Basic of-theirs": e("headers", "authorization"), "127.0.0.1": e("client_ip"), "emit": events.at(t, "data", 0, "k"),
	} {
		if got != what {
			t.Errorf("want %s, the event has %v", what, got)
		}
	}
	if e("body", "order", "id") != 7.0 || e("headers", "cookie") != nil || strings.Contains(events.Body, "patchbay_session") {
		t.Errorf("the event is %s", events.Body)
	}
	w.call(t, http.MethodPut, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", `{"active":false}`).is(t, http.StatusOK)
	g.do(t, http.MethodPost, endpoint, "").is(t, http.StatusNotFound)
	w.call(t, http.MethodPut, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", `{"active":true}`).is(t, http.StatusOK)
	g.do(t, http.MethodPost, endpoint, "").is(t, http.StatusOK)
	w.call(t, http.MethodDelete, "/v1/connect/{p}/deployed-triggers/"+id+"?external_user_id=ada", "").is(t, http.StatusNoContent)
	g.do(t, http.MethodPost, endpoint, "").refused(t, http.StatusNotFound, "endpoint_not_found")
}

// A workflow's trigger says who may call it. What is missing or wrong is told
// apart from what is forbidden; another workspace's token finds nothing.
func TestIngressAuth(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	_, open := w.workflow(t, hook("none"))
	_, bearer := w.workflow(t, hook("bearer"))
	_, oauth := w.workflow(t, hook("oauth"))
	_, other := w.workflow(t, hook("bearer"))
	address := func(r reply) string { return r.text(t, "endpoint", "url") }
	key := bearer.text(t, "endpoint", "bearer_token")
	w.connectToken(t, "ada", "")                  // ada exists in development
	w.in("production").connectToken(t, "ada", "") // and in production
	tests := map[string]struct {
		url, token, user string
		status           int
		code             string
	}{
		"none, nobody":                       {address(open), "", "", 200, ""},
		"none, with a token all the same":    {address(open), w.token, "", 200, ""},
		"none, for a user":                   {address(open), "", "ada", 401, "user_needs_auth"},
		"none, for a user with a token":      {address(open), w.token, "ada", 401, "user_needs_auth"},
		"bearer":                             {address(bearer), key, "", 200, ""},
		"bearer, for a user":                 {address(bearer), key, "ada", 200, ""},
		"bearer, for a user of nobody":       {address(bearer), key, "bob", 404, "external_user_not_found"},
		"bearer, without":                    {address(bearer), "", "", 401, "unauthenticated"},
		"bearer, a wrong one":                {address(bearer), "pbw_" + strings.Repeat("0", 64), "", 401, "unauthenticated"},
		"bearer, another workflow's":         {address(bearer), other.text(t, "endpoint", "bearer_token"), "", 401, "unauthenticated"},
		"bearer, an access token":            {address(bearer), w.token, "", 401, "unauthenticated"},
		"oauth":                              {address(oauth), w.token, "", 200, ""},
		"oauth, for a user":                  {address(oauth), w.token, "ada", 200, ""},
		"oauth, with that scope alone":       {address(oauth), w.scoped("connect:workflow:invoke"), "ada", 200, ""},
		"oauth, without":                     {address(oauth), "", "", 401, "unauthenticated"},
		"oauth, a token of nobody":           {address(oauth), "x.y.z", "", 401, "unauthenticated"},
		"oauth, a connect token":             {address(oauth), w.connectToken(t, "ada", ""), "", 401, "unauthenticated"},
		"oauth, a bearer token":              {address(oauth), key, "", 401, "unauthenticated"},
		"oauth, without the scope":           {address(oauth), w.scoped("workflows:write runs:read"), "", 403, "permission"},
		"oauth, another workspace's token":   {address(oauth), g.stranger().token, "", 404, "endpoint_not_found"},
		"oauth, another workspace, for ada":  {address(oauth), g.stranger().token, "ada", 404, "endpoint_not_found"},
		"an address of nobody, with a token": {g.api + "/e/eonothing", w.token, "", 404, "endpoint_not_found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := g.do(t, http.MethodPost, tt.url, `{"a":1}`, "Authorization", bearerOf(tt.token), "X-Pd-External-User-Id", tt.user).is(t, tt.status)
			if tt.code != "" {
				r.refused(t, tt.status, tt.code)
			} else if r.text(t, "status") != "accepted" || r.Header.Get("X-Patchbay-Run-Id") != r.text(t, "run_id") {
				t.Errorf("answered %s", r.Body)
			}
		})
	}
}

func bearerOf(token string) string {
	if token == "" {
		return ""
	}
	return "Bearer " + token
}

// The credential that was for us is not stored with the input of a run, where
// people may see it who must not have it; one that was for the workflow is.
func TestIngressKeepsNoCredentialOfOurs(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	for auth, kept := range map[string]bool{"none": true, "bearer": false, "oauth": false} {
		_, made := w.workflow(t, hook(auth))
		token := w.token
		if auth == "bearer" {
			token = made.text(t, "endpoint", "bearer_token")
		}
		r := g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{}`, "Authorization", "Bearer "+token, "Cookie", "patchbay_session=x", "X-Pd-Environment", "development").is(t, http.StatusOK)
		stored := w.run(t, r.text(t, "run_id"))
		if got := strings.Contains(stored.Body, token); got != kept {
			t.Errorf("auth %s: the token is stored: %v", auth, got)
		}
		if strings.Contains(stored.Body, "patchbay_session") {
			t.Errorf("auth %s: a cookie of ours is stored: %s", auth, stored.Body)
		}
	}
}

// A call runs in the environment that it names, else in the trigger's, else in
// production; no other word is taken.
func TestIngressEnvironment(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	_, plain := w.workflow(t, hook("none"))
	_, dev := w.workflow(t, strings.Replace(hook("none"), "auth: none", "auth: none, environment: development", 1))
	tests := map[string]struct {
		made         reply
		header, want string // "" = refused
	}{
		"none is named":                     {plain, "", "production"},
		"development is named":              {plain, "development", "development"},
		"production is named":               {plain, "production", "production"},
		"the trigger's":                     {dev, "", "development"},
		"production, against the trigger's": {dev, "production", "production"},
		"a word of nobody":                  {plain, "staging", ""},
		"capitals":                          {plain, "Production", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := g.do(t, http.MethodPost, tt.made.text(t, "endpoint", "url"), "", "X-Pd-Environment", tt.header)
			if tt.want == "" {
				r.refused(t, http.StatusBadRequest, "environment")
				return
			}
			w.in(tt.want).run(t, r.is(t, http.StatusOK).text(t, "run_id"))
		})
	}
}

// The four named errors of running for a user. Each is recorded as a failed
// run, whose id the caller is told, so that the owner of the workflow sees it.
func TestIngressNamedErrors(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	_, made := w.workflow(t, "name: For a user\ntriggers: [{type: http, auth: oauth}]\nsteps: [{name: me, type: http_request, url: /api/me, account: {of: user, app: acme_crm}}]")
	w.connectToken(t, "ada", "")
	call := func(environment, user string) reply {
		return g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), "", "Authorization", "Bearer "+w.token, "X-Pd-Environment", environment, "X-Pd-External-User-Id", user)
	}
	check := func(r reply, environment string, status int, code, says string) {
		t.Helper()
		if got := r.refused(t, status, code).text(t, "error"); got != says {
			t.Errorf("says %q\nwant %q", got, says)
		}
		stored := w.in(environment).run(t, r.Header.Get("X-Patchbay-Run-Id"))
		if stored.text(t, "run", "status") != "failed" || stored.text(t, "run", "error", "code") != code || stored.text(t, "run", "error", "message") != says {
			t.Errorf("the run says %s", stored.Body)
		}
	}
	check(call("development", ""), "development", 400, "external_user_required", "No external user ID passed, but one or more steps require it. Send x-pd-external-user-id.")
	check(call("development", "bob"), "development", 404, "external_user_not_found", "No matching external user ID.")
	check(call("development", "ada"), "development", 400, "required_account_not_found",
		"Pipedream Connect Error: Required account for acme_crm not found for external user ID ada in development")
	w.in("production").connectToken(t, "ada", "")
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"workflows_in_production":false}`).is(t, http.StatusOK)
	check(call("production", "ada"), "production", 403, "plan_required", "Running workflows for your users in production requires a higher tier plan.")
}

// An endpoint is also a host name: {endpoint}.{domain}, with or without a port,
// in any case, and at every path, the paths of our other faces included.
func TestIngressByHostName(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	_, made := w.workflow(t, answering("body: '{{ trigger.path }}'"))
	g.work()
	id := made.text(t, "endpoint", "endpoint_id")
	if want := "http://" + id + "." + domain + ":" + g.port(t); made.text(t, "endpoint", "host_url") != want {
		t.Errorf("host_url = %s, want %s", made.text(t, "endpoint", "host_url"), want)
	}
	for _, host := range []string{id + "." + domain, id + "." + domain + ":8443", strings.ToUpper(id) + "." + strings.ToUpper(domain)} {
		for _, path := range []string{"/", "/v1/connect/apps", "/e/x", "/healthz", "/console/api/session", "/a%2Fb"} {
			want, _ := url.PathUnescape(path)
			if r := g.do(t, http.MethodGet, path, "", "Host", host); r.Status != http.StatusOK || r.Body != want {
				t.Errorf("%s%s: %d %s", host, path, r.Status, r.Body)
			}
		}
	}
	for _, host := range []string{"enx." + domain, "a.b." + domain, domain, id + "." + domain + ".evil.test"} {
		if r := g.do(t, http.MethodGet, "/", "", "Host", host); r.Status == http.StatusOK && r.Body == "/" {
			t.Errorf("%s is answered by the workflow", host)
		}
	}
	for path, want := range map[string]string{"/e/" + id: "/", "/e/" + id + "/": "/", "/e/" + id + "/a/b": "/a/b", "/e/" + id + "//x": "//x"} {
		if r := g.do(t, http.MethodGet, path, "").is(t, http.StatusOK); r.Body != want {
			t.Errorf("%s is seen as %s", path, r.Body)
		}
	}
}

func (g *rig) port(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(g.api)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// A workflow that responds answers its caller itself: status, headers and body.
func TestIngressRespond(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	g.work()
	tests := map[string]struct {
		step, method      string
		status            int
		contentType, body string
	}{
		"a value":              {"body: {hello: '{{ trigger.body.name }}', n: 1}", "POST", 200, "application/json", `{"hello":"Ada","n":1}`},
		"a text":               {"status: 201, body: 'made {{ trigger.body.name }}'", "POST", 201, "text/plain; charset=utf-8", "made Ada"},
		"a type of its own":    {"headers: {content-type: text/csv}, body: 'a,b'", "POST", 200, "text/csv", "a,b"},
		"nothing":              {"status: 204", "POST", 204, "", ""},
		"nothing, and a 404":   {"status: 404", "POST", 404, "", ""},
		"a failure of its own": {"status: 503, body: {error: later}", "POST", 503, "application/json", `{"error":"later"}`},
		"a list, for a GET":    {"body: [1, 2]", "GET", 200, "application/json", "[1,2]"},
		"false":                {"body: false", "GET", 200, "application/json", "false"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, made := w.workflow(t, answering(tt.step))
			body := `{"name":"Ada"}`
			if tt.method == http.MethodGet {
				body = ""
			}
			r := g.do(t, tt.method, made.text(t, "endpoint", "url"), body).is(t, tt.status)
			if r.Body != tt.body || r.Header.Get("Content-Type") != tt.contentType || r.Header.Get("X-Patchbay-Run-Id") == "" {
				t.Errorf("%q as %q, want %q as %q", r.Body, r.Header.Get("Content-Type"), tt.body, tt.contentType)
			}
		})
	}
	t.Run("promised and not given", func(t *testing.T) {
		t.Parallel()
		_, made := w.workflow(t, "name: F\ntriggers: [{type: http, auth: none}]\nsteps: [{name: no, type: filter, if: '{{ false }}'}, {name: say, type: respond, body: x}]")
		r := g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), "").refused(t, http.StatusBadRequest, "no_respond")
		if r.text(t, "error") != "No $.respond called in workflow" {
			t.Errorf("says %s", r.Body)
		}
	})
	t.Run("a failure before", func(t *testing.T) {
		t.Parallel()
		_, made := w.workflow(t, "name: F\ntriggers: [{type: http, auth: none}]\nsteps: [{name: no, type: http_request, url: 'http://10.0.0.1/'}, {name: say, type: respond, body: x}]")
		g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), "").refused(t, http.StatusBadRequest, "run_failed")
	})
}

// What a workflow answers comes from the console's own origin when it is called
// by path. It must be no page there: no script of it may act for a member who
// looks at it, and it sets no cookie.
func TestIngressAnswerIsNoPageOfTheConsole(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	_, made := g.home.workflow(t, answering(`headers: {Content-Type: text/html, Set-Cookie: 'patchbay_session=theirs; Path=/', Content-Security-Policy: "default-src *", Content-Length: '3', X-Own: kept}, body: '<script>fetch("/v1/clients")</script>'`))
	r := g.do(t, http.MethodGet, made.text(t, "endpoint", "url"), "").is(t, http.StatusOK)
	csp := strings.Join(r.Header.Values("Content-Security-Policy"), ",")
	if !strings.Contains(csp, "sandbox") || strings.Contains(csp, "allow-same-origin") {
		t.Errorf("Content-Security-Policy = %q, want a sandbox", csp)
	}
	if r.Header.Get("Set-Cookie") != "" {
		t.Errorf("Set-Cookie = %q", r.Header.Get("Set-Cookie"))
	}
	if r.Header.Get("X-Own") != "kept" || !strings.Contains(r.Body, "</script>") {
		t.Errorf("the rest did not come through: %v %q", r.Header, r.Body)
	}
}

// What is off, deleted or was never deployed is not there.
func TestIngressDisabled(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id, made := w.workflow(t, hook("oauth"))
	call := func() reply {
		return g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), "", "Authorization", "Bearer "+w.token)
	}
	call().is(t, http.StatusOK)
	w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+id+"/disable", "").is(t, http.StatusOK)
	call().refused(t, http.StatusNotFound, "endpoint_not_found")
	g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), "").refused(t, http.StatusNotFound, "endpoint_not_found") // as for everybody
	w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+id+"/deploy", "").is(t, http.StatusOK)
	call().is(t, http.StatusOK)
	w.call(t, http.MethodDelete, "/v1/projects/{p}/workflows/"+id, "").is(t, http.StatusNoContent)
	call().refused(t, http.StatusNotFound, "endpoint_not_found")
	draft := w.call(t, http.MethodPost, "/v1/projects/{p}/workflows", definition).is(t, http.StatusCreated)
	g.do(t, http.MethodPost, draft.text(t, "endpoint", "url"), "").refused(t, http.StatusNotFound, "endpoint_not_found")
}

// Half a MiB is taken and one byte more is not; a call that went through us
// five times already ends; a browser of any site may ask.
func TestIngressLimits(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	_, flow := w.workflow(t, hook("none"))
	_, trigger, _ := w.trigger(t, "ada", "")
	for name, address := range map[string]string{"workflow": flow.text(t, "endpoint", "url"), "trigger": trigger} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			most := strings.Repeat("x", 512<<10)
			g.do(t, http.MethodPost, address, most, "Content-Type", "text/plain").is(t, http.StatusOK)
			g.do(t, http.MethodPost, address, most+"x", "Content-Type", "text/plain").refused(t, http.StatusRequestEntityTooLarge, "body_too_large")
			for hops, status := range map[string]int{"": 200, "0": 200, "4": 200, "5": 409, "99": 409, "many": 200} {
				if r := g.do(t, http.MethodPost, address, "", "X-Patchbay-Hops", hops); r.Status != status {
					t.Errorf("after %q hops: %d %s", hops, r.Status, r.Body)
				}
			}
			g.do(t, http.MethodPost, address, "", "X-Patchbay-Hops", "5").refused(t, http.StatusConflict, "loop")
			for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "POST"} {
				r := g.do(t, method, address+"/any/path", "", "Origin", "https://any.test").is(t, http.StatusOK)
				if r.Header.Get("Access-Control-Allow-Origin") != "*" {
					t.Errorf("%s cannot be read by a page", method)
				}
			}
			r := g.do(t, http.MethodOptions, address, "", "Origin", "https://any.test", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "Authorization, X-Mine").is(t, http.StatusNoContent)
			if r.Header.Get("Access-Control-Allow-Headers") != "authorization, x-mine" || !strings.Contains(r.Header.Get("Access-Control-Allow-Methods"), "PUT") || r.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("preflight: %v", r.Header)
			}
		})
	}
}

// A body is stored by its type, and whatever it is, it is stored: JSON and
// forms as values, text as text, the rest in base64.
func TestIngressBodies(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	_, made := w.workflow(t, strings.Replace(hook("none"), "auth: none", "auth: none, environment: development", 1))
	_, endpoint, _ := w.trigger(t, "ada", "")
	tests := map[string]struct{ contentType, body, want string }{
		"an object":            {"application/json", `{"a":[1,null]}`, `{"a":[1,null]}`},
		"a list":               {"application/json; charset=utf-8", `[1]`, `[1]`},
		"a JSON of its own":    {"application/vnd.x+json", `{"a":1}`, `{"a":1}`},
		"a JSON text":          {"application/json", `"x"`, `"x"`},
		"JSON that breaks off": {"application/json", `{"a":`, `"{\"a\":"`},
		"two JSON documents":   {"application/json", `{}{}`, `"{}{}"`},
		"a form":               {"application/x-www-form-urlencoded", "a=1&b=x+y&b=%26", `{"a":"1","b":["x y","&"]}`},
		"a form that is none":  {"application/x-www-form-urlencoded", "a=%zz", `"a=%zz"`},
		"text":                 {"text/plain", "grüß", `"grüß"`},
		"XML":                  {"application/xml", "<a/>", `"<a/>"`},
		"no type":              {"", "x", `"x"`},
		"a type that is none":  {";;", "x", `"x"`},
		"bytes":                {"application/octet-stream", "\x00\xff\xfe", `{"base64":"AP/+"}`},
		"JSON in Latin-1":      {"application/json", "{\"a\":\"\xfc\"", `{"base64":"eyJhIjoi/CI="}`},
		"a NUL in JSON":        {"application/json", `{"a":"x\u0000y"}`, `{"a":"x\u0000y"}`},
		"nothing":              {"application/json", "", "null"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.body == "" {
				tt.contentType = ""
			}
			r := g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), tt.body, "Content-Type", tt.contentType).is(t, http.StatusOK)
			got := w.run(t, r.text(t, "run_id")).at(t, "input", "body")
			var want any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("stored otherwise (-want +got):\n%s", diff)
			}
			g.do(t, http.MethodPost, endpoint, tt.body, "Content-Type", tt.contentType).is(t, http.StatusOK)
		})
	}
	t.Run("odd queries", func(t *testing.T) {
		t.Parallel()
		r := g.do(t, http.MethodGet, made.text(t, "endpoint", "url")+"/%00/%ff?n=%00&bad=%ff&e=", "").is(t, http.StatusOK)
		if stored := w.run(t, r.text(t, "run_id")); stored.at(t, "input", "query", "n") != "\x00" || stored.at(t, "input", "query", "e") != "" {
			t.Errorf("stored as %s", stored.Body)
		}
	})
}
