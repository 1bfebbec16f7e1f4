package app_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/member"
)

// Behind a proxy that ends TLS a request was sent to the public URL, whatever
// host and scheme reached us; who signs the address signs that one.
func TestIngressAddress(t *testing.T) {
	t.Parallel()
	g := newRig(t, func(c *app.Config) { c.PublicURL = "https://patchbay.example.com" })
	w := g.home
	id, _, deployed := w.trigger(t, "ada", "")
	path := "/e/" + deployed.text(t, "data", "key")
	if got := deployed.text(t, "data", "endpoint_url"); got != "https://patchbay.example.com"+path {
		t.Fatal(got)
	}
	intake := "/v1/connect/{p}/deployed-triggers/" + id + "/intake?external_user_id=ada"
	w.call(t, http.MethodPut, intake, `{"verification":{"scheme":"square","secrets":["s"]}}`).is(t, http.StatusOK)
	mac := hmac.New(sha256.New, []byte("s"))
	mac.Write([]byte("https://patchbay.example.com" + path + "/in?a=%2F&b=1" + `{"n":1}`))
	signed := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	g.do(t, http.MethodPost, g.api+path+"/in?a=%2F&b=1", `{"n":1}`, "X-Square-Hmacsha256-Signature", signed, "X-Forwarded-Host", "evil.test").is(t, http.StatusOK)
	g.do(t, http.MethodPost, g.api+path+"/in?a=%2F&b=2", `{"n":1}`, "X-Square-Hmacsha256-Signature", signed).refused(t, http.StatusUnauthorized, "signature")
	events := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada", "").is(t, http.StatusOK)
	if got := events.at(t, "data", 0, "e", "url"); got != "https://patchbay.example.com"+path+"/in?a=%2F&b=1" {
		t.Errorf("the event was sent to %v", got)
	}
	host := strings.TrimPrefix(path, "/e/") + "." + domain
	w.call(t, http.MethodPut, intake, `{}`).is(t, http.StatusOK)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.api+"/x", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	g.send(t, g.http, req).is(t, http.StatusOK)
	events = w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada", "").is(t, http.StatusOK)
	if got := events.at(t, "data", 0, "e", "url"); got != "https://"+host+"/x" {
		t.Errorf("at its own host the event was sent to %v", got)
	}
}

// What a caller of a trigger is told by its settings: to wait, that it was there
// before, and what became of each of several events.
func TestIngressIntake(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id, endpoint, _ := w.trigger(t, "ada", "http://127.0.0.1:9/nowhere")
	intake := "/v1/connect/{p}/deployed-triggers/" + id + "/intake?external_user_id=ada"
	w.call(t, http.MethodPut, intake, `{"split":{"path":"/items","id":"/id"},"dedupe":{},"max_waiting":3}`).is(t, http.StatusOK)
	r := g.do(t, http.MethodPost, endpoint, `{"items":[{"id":1},{"id":1},{"id":2}]}`, "Idempotency-Key", "k").is(t, http.StatusOK)
	if r.at(t, "accepted") != 2.0 || r.at(t, "duplicate") != 1.0 || r.at(t, "received") != 3.0 || r.Header.Get("Idempotency-Replayed") != "" {
		t.Errorf("answered %s", r.Body)
	}
	again := g.do(t, http.MethodPost, endpoint, `{"items":[{"id":1},{"id":1},{"id":2}]}`, "Idempotency-Key", "k").is(t, http.StatusOK)
	if again.Body != r.Body || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the second time: %s", again.Body)
	}
	g.do(t, http.MethodPost, endpoint, `{}`, "Idempotency-Key", "k").refused(t, http.StatusConflict, "idempotency_key_reused")
	g.do(t, http.MethodPost, endpoint, `{"items":[{"id":3}]}`).is(t, http.StatusOK)
	if busy := g.do(t, http.MethodPost, endpoint, `{"items":[{"id":4}]}`).refused(t, http.StatusTooManyRequests, "too_much_waits"); busy.Header.Get("Retry-After") == "" {
		t.Error("it is not said how long to wait")
	}
	batches := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/batches?external_user_id=ada", "").is(t, http.StatusOK)
	if batches.at(t, "data", 1, "id") != r.at(t, "batch_id") {
		t.Errorf("%s", batches.Body)
	}
}

// What a caller asks for by a header holds at the address of a trigger: an event
// that nobody is told of, and one that nobody keeps.
func TestIngressHeaders(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id, endpoint, _ := w.trigger(t, "ada", "http://127.0.0.1:9/nowhere")
	waiting := func() int {
		t.Helper()
		list, _ := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries", "").is(t, http.StatusOK).at(t, "data").([]any)
		return len(list)
	}
	before := waiting()
	g.do(t, http.MethodPost, endpoint, `{"n":1}`, "x-pd-notrigger", "1").is(t, http.StatusOK)
	if n := waiting() - before; n != 0 {
		t.Errorf("%d deliveries of what nobody was to hear of", n)
	}
	g.do(t, http.MethodPost, endpoint, `{"n":2}`, "x-pd-nostore", "1").is(t, http.StatusOK)
	g.do(t, http.MethodPost, endpoint, `{"n":3}`, "x-pd-notrigger", "0", "x-pd-nostore", "").is(t, http.StatusOK)
	if n := waiting() - before; n != 2 {
		t.Errorf("%d deliveries, want 2", n)
	}
	events, _ := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada", "").is(t, http.StatusOK).at(t, "data").([]any)
	if len(events) != 3 { // what is not to be kept is until it was delivered
		t.Errorf("%d events", len(events))
	}
}

// A workflow's address keeps to the workflow's settings: who signed, once, and
// what callers are told.
func TestWorkflowIntake(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	flow := w.call(t, http.MethodPost, "/v1/projects/{p}/workflows", `{"name":"Flow","triggers":[{"type":"http","auth":"none"}],"steps":[{"name":"ok","type":"filter","if":"{{ true }}"}]}`).is(t, http.StatusCreated)
	path := "/v1/projects/{p}/workflows/" + flow.text(t, "id")
	w.call(t, http.MethodPost, path+"/deploy", "").is(t, http.StatusOK)
	at := flow.text(t, "endpoint", "url")
	g.do(t, http.MethodPost, at, `{}`, "x-pd-environment", "development").is(t, http.StatusOK)
	w.call(t, http.MethodPut, path+"/intake", `{"verification":{"scheme":"gitlab","secrets":["s"]},"dedupe":{"json":"/id"},"response":{"status":202,"content_type":"application/xml","body":"<ok/>"}}`).is(t, http.StatusOK)
	g.do(t, http.MethodPost, at, `{"id":1}`).refused(t, http.StatusUnauthorized, "signature")
	first := g.do(t, http.MethodPost, at, `{"id":1}`, "X-Gitlab-Token", "s", "x-pd-environment", "development").is(t, http.StatusAccepted)
	if first.Body != "<ok/>" || first.Header.Get("Content-Security-Policy") == "" || first.Header.Get("X-Content-Type-Options") != "nosniff" || first.Header.Get("X-Patchbay-Run-Id") == "" {
		t.Errorf("%s %v", first.Body, first.Header)
	}
	if second := g.do(t, http.MethodPost, at, `{"id":1}`, "X-Gitlab-Token", "s", "x-pd-environment", "development").is(t, http.StatusAccepted); second.Header.Get("X-Patchbay-Run-Id") != "" {
		t.Error("the same event started a second run")
	}
	runs, _ := w.call(t, http.MethodGet, "/v1/projects/{p}/runs", "").is(t, http.StatusOK).at(t, "data").([]any)
	if len(runs) != 2 {
		t.Errorf("%d runs", len(runs))
	}
}

// A secret that a provider sent, and wants back, is shown to who sets things up:
// to no viewer, and to no user's browser.
func TestKeptSecretIsShown(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id, endpoint, _ := w.trigger(t, "ada", "")
	intake := "/v1/connect/" + w.project + "/deployed-triggers/" + id + "/intake?external_user_id=ada"
	w.call(t, http.MethodPut, intake, `{"verification":{"scheme":"notion"}}`).is(t, http.StatusOK)
	g.do(t, http.MethodPost, endpoint, `{"verification_token":"secret_from_notion"}`).is(t, http.StatusOK)
	for name, tt := range map[string]struct {
		header [2]string
		shown  bool
	}{
		"a server":    {[2]string{"Authorization", "Bearer " + w.token}, true},
		"a developer": {[2]string{"Cookie", g.person(t, member.Developer, true)}, true},
		"a viewer":    {[2]string{"Cookie", g.person(t, member.Viewer, true)}, false},
	} {
		r := g.do(t, http.MethodGet, intake, "", tt.header[0], tt.header[1], "X-Pd-Environment", w.environment).is(t, http.StatusOK)
		if strings.Contains(r.Body, "secret_from_notion") != tt.shown {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
}
