package app_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
)

// called is a workflow with an http trigger of which more is said, and one step.
func called(trigger, step string) string {
	return "name: Called\ntriggers: [{type: http, environment: development, " + trigger + "}]\nsteps: [" + step + "]"
}

const answersLate = "{name: pause, type: delay, for: 10ms}, {name: say, type: respond, status: 201, body: {n: '{{ trigger.body.n }}'}}"

// A caller that is not kept waiting is told where it finds out what became of its call.
func TestIngressAccepted(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	_, made := w.workflow(t, called("auth: none, response: {mode: accepted}", answersLate))
	r := g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{"n":7}`).is(t, http.StatusAccepted)
	at := r.text(t, "status_url")
	if r.Header.Get("Location") != at || r.text(t, "run_id") == "" {
		t.Error(r.Header, r.Body)
	}
	before := g.do(t, http.MethodGet, at, "").is(t, http.StatusOK)
	if before.text(t, "status") != "queued" || before.at(t, "response") != nil || before.Header.Get("Retry-After") == "" || before.Header.Get("Cache-Control") != "no-store" {
		t.Error(before.Header, before.Body)
	}
	g.work()
	soon(t, "the answer", func() bool {
		r := g.do(t, http.MethodGet, at, "").is(t, http.StatusOK)
		return r.text(t, "status") == "succeeded" && strings.Contains(r.Body, `"status":201`) && strings.Contains(r.Body, `"n":7`)
	})
	g.do(t, http.MethodGet, at+"x", "").is(t, http.StatusNotFound)
	g.do(t, http.MethodPost, strings.Replace(at, "/r/status/", "/r/", 1), "{}").is(t, http.StatusNotFound)
	_, failing := w.workflow(t, called("auth: none, response: {mode: accepted}", "{name: say, type: http_request, url: 'http://127.0.0.1:1/secret'}"))
	at = g.do(t, http.MethodPost, failing.text(t, "endpoint", "url"), `{}`, "Idempotency-Key", "k").is(t, http.StatusAccepted).text(t, "status_url")
	again := g.do(t, http.MethodPost, failing.text(t, "endpoint", "url"), `{}`, "Idempotency-Key", "k").is(t, http.StatusAccepted)
	if again.Header.Get("Idempotency-Replayed") != "true" || again.text(t, "status_url") == "" {
		t.Error(again.Header, again.Body)
	}
	if r := g.do(t, http.MethodGet, at, "").is(t, http.StatusOK); strings.Contains(r.Body, "secret") {
		t.Error(r.Body)
	}
}

// A workflow says which pages may call it; a browser that asks is answered, and a
// page of another origin is refused, whether its browser asks or not.
func TestIngressCORS(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	_, made := g.home.workflow(t, called("auth: none, cors: {origins: ['https://app.example.com'], headers: [X-Mine], max_age_seconds: 60}", answersLate))
	at := made.text(t, "endpoint", "url")
	asks := func(origin string) reply {
		return g.do(t, http.MethodOptions, at, "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-other")
	}
	r := asks("https://app.example.com").is(t, http.StatusNoContent)
	for name, want := range map[string]string{"Access-Control-Allow-Origin": "https://app.example.com", "Access-Control-Allow-Headers": "x-mine", "Access-Control-Max-Age": "60", "Vary": "Origin"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	asks("https://evil.test").refused(t, http.StatusForbidden, "origin_not_allowed")
	if r := g.do(t, http.MethodPost, at, `{"n":1}`, "Origin", "https://evil.test").refused(t, http.StatusForbidden, "origin_not_allowed"); r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error(r.Header)
	}
	for what, cors := range map[string]string{"no origin": "{origins: []}", "a path": "{origins: ['https://a.test/x']}", "a word": "{origins: [here]}", "a header that is none": "{origins: ['*'], headers: ['a b']}"} {
		if r := g.home.call(t, http.MethodPost, "/v1/projects/{p}/workflows", called("auth: none, cors: "+cors, answersLate), "Content-Type", "application/yaml"); r.Status != http.StatusBadRequest {
			t.Errorf("%s: %s", what, r.Body)
		}
	}
}

// Files that come with a form are kept, and so is a body that the caller wants kept;
// the event says where they lie.
func TestIngressFiles(t *testing.T) {
	t.Parallel()
	blobs := "file://" + t.TempDir()
	g := newRig(t, func(c *app.Config) { c.Blobs, c.PayloadMost = blobs, 100_000 })
	w := g.home
	_, made := w.workflow(t, called("auth: none", "{name: wait, type: delay, for: 1h}"))
	at := made.text(t, "endpoint", "url")
	var form bytes.Buffer
	f := multipart.NewWriter(&form)
	_ = f.WriteField("name", "Ada")
	_ = f.WriteField("tag", "a")
	_ = f.WriteField("tag", "b")
	h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="cv"; filename="../../cv.pdf"`}, "Content-Type": {"application/pdf"}}
	p, err := f.CreatePart(h)
	if err != nil {
		t.Fatal(err)
	}
	content := strings.Repeat("pdf", 400_000) // more than a body may have
	_, _ = p.Write([]byte(content))
	_ = f.Close()
	r := g.do(t, http.MethodPost, at, form.String(), "Content-Type", f.FormDataContentType()).is(t, http.StatusOK)
	event := w.run(t, r.text(t, "run_id"))
	file := func(path ...any) any { return event.at(t, append([]any{"input", "body"}, path...)...) }
	if file("name") != "Ada" || file("tag", 1) != "b" || file("cv", "name") != "cv.pdf" || file("cv", "content_type") != "application/pdf" || file("cv", "size") != float64(len(content)) {
		t.Fatal(event.Body)
	}
	if got := g.do(t, http.MethodGet, file("cv", "url").(string), "").is(t, http.StatusOK); got.Body != content { //nolint:forcetypeassert // a test
		t.Error("the file is another one")
	}
	r = g.do(t, http.MethodPost, at, content, "Content-Type", "text/csv", "X-Pd-Upload-Body", "1").is(t, http.StatusOK)
	event = w.run(t, r.text(t, "run_id"))
	if got := g.do(t, http.MethodGet, file("raw_body_url").(string), "").is(t, http.StatusOK); got.Body != content || file("content_type") != "text/csv" { //nolint:forcetypeassert // a test
		t.Error(event.Body)
	}
	g.do(t, http.MethodPost, at, content, "Content-Type", "text/csv").refused(t, http.StatusRequestEntityTooLarge, "body_too_large")
	g.do(t, http.MethodPost, at, "no form", "Content-Type", "multipart/form-data; boundary=x").refused(t, http.StatusBadRequest, "form")
	g.do(t, http.MethodPost, at, "no form", "Content-Type", "multipart/form-data").refused(t, http.StatusBadRequest, "form")

	none := newRig(t)
	_, made = none.home.workflow(t, called("auth: none", "{name: wait, type: delay, for: 1h}"))
	none.do(t, http.MethodPost, made.text(t, "endpoint", "url"), content, "X-Pd-Upload-Body", "1").refused(t, http.StatusServiceUnavailable, "stash_off")
}

// What has no end is refused: nesting, headers.
func TestIngressBounds(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	_, made := g.home.workflow(t, called("auth: none", answersLate))
	_, endpoint, _ := g.home.trigger(t, "ada", "")
	for _, at := range []string{made.text(t, "endpoint", "url") + "?x", endpoint} {
		deep := func(n int) string { return strings.Repeat("[", n) + `"]\"["` + strings.Repeat("]", n) }
		g.do(t, http.MethodPost, at, deep(257)).refused(t, http.StatusBadRequest, "json_nesting")
		g.do(t, http.MethodPost, at, "", "X-Long", strings.Repeat("x", 65<<10)).refused(t, http.StatusRequestEntityTooLarge, "headers_too_large")
	}
	g.do(t, http.MethodPost, endpoint, strings.Repeat("[", 256)+strings.Repeat("]", 256)).is(t, http.StatusOK)
}

// A workflow's address checks who signs, and from where; it has its callers wait when
// too much does; it keeps nothing, or starts nothing, where it is asked to.
func TestIngressGuards(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id, made := w.workflow(t, called("auth: hmac", "{name: wait, type: delay, for: 1h}"))
	at := made.text(t, "endpoint", "url")
	g.do(t, http.MethodPost, at, `{}`).refused(t, http.StatusUnauthorized, "no_secret")
	w.call(t, http.MethodPut, "/v1/projects/{p}/workflows/"+id+"/intake", `{"verification":{"scheme":"github","secrets":["s"]},"max_waiting":2}`).is(t, http.StatusOK)
	mac := hmac.New(sha256.New, []byte("s"))
	mac.Write([]byte(`{"n":1}`))
	signed := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	g.do(t, http.MethodPost, at, `{"n":1}`, "X-Hub-Signature-256", "sha256=00").refused(t, http.StatusUnauthorized, "signature")
	unstored := g.do(t, http.MethodPost, at, `{"n":1}`, "X-Hub-Signature-256", signed, "X-Pd-Nostore", "1", "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").is(t, http.StatusOK)
	if r := w.run(t, unstored.text(t, "run_id")); r.text(t, "run", "store") != "none" || r.text(t, "run", "trace_id") != "0af7651916cd43dd8448eb211c80319c" {
		t.Error(r.Body)
	}
	if r := g.do(t, http.MethodPost, at, `{"n":1}`, "X-Hub-Signature-256", signed, "X-Pd-Notrigger", "1").is(t, http.StatusOK); strings.Contains(r.Body, "run_id") {
		t.Error(r.Body)
	}
	g.do(t, http.MethodPost, at, `{"n":1}`, "X-Hub-Signature-256", signed).is(t, http.StatusOK)
	if r := g.do(t, http.MethodPost, at, `{"n":1}`, "X-Hub-Signature-256", signed).refused(t, http.StatusTooManyRequests, "too_much_waits"); r.Header.Get("Retry-After") == "" {
		t.Error(r.Header)
	}
	for ips, status := range map[string]int{"[127.0.0.0/8, '::1']": http.StatusOK, "[192.0.2.0/24]": http.StatusForbidden} {
		_, made := w.workflow(t, called("auth: none, allow_ips: "+ips, "{name: wait, type: delay, for: 1h}"))
		if r := g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{}`, "X-Forwarded-For", "192.0.2.7"); r.Status != status {
			t.Errorf("%s: %s", ips, r.Body)
		}
	}
}
