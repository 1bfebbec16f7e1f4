package app_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

// heard is one webhook as a customer's server received it.
type heard struct {
	Header http.Header
	Body   string
}

// sink is a customer's server. It answers 200 unless answer says otherwise.
type sink struct {
	URL    string
	answer func(http.ResponseWriter, *http.Request)

	mu  sync.Mutex
	got []heard
}

func newSink(t *testing.T, answer func(http.ResponseWriter, *http.Request)) *sink {
	t.Helper()
	s := &sink{answer: answer}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.got = append(s.got, heard{r.Header.Clone(), string(body)})
		s.mu.Unlock()
		if s.answer != nil {
			r.Body = io.NopCloser(bytes.NewReader(body))
			s.answer(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	return s
}

func (s *sink) all() []heard {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// next waits for the first webhook that fits.
func (s *sink) next(t *testing.T, what string, fits func(heard) bool) heard {
	t.Helper()
	var found heard
	soon(t, what, func() bool {
		for _, h := range s.all() {
			if fits(h) {
				found = h
				return true
			}
		}
		return false
	})
	return found
}

// signed checks x-pd-signature as a customer would: by their own few lines.
func (h heard) signed(t *testing.T, key string) {
	t.Helper()
	at, signature, _ := strings.Cut(strings.TrimPrefix(h.Header.Get("X-Pd-Signature"), "t="), ",v1=")
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(at + "." + h.Body))
	if want := hex.EncodeToString(mac.Sum(nil)); signature != want || at == "" || at != h.Header.Get("Webhook-Timestamp") {
		t.Errorf("X-Pd-Signature = %q does not sign the body with the key", h.Header.Get("X-Pd-Signature"))
	}
}

func (h heard) json() reply { return reply{http.StatusOK, h.Header, h.Body} }

// The whole line, as a customer walks it: a token for a user, who connects an
// account at a provider; a trigger whose events arrive signed; and a workflow
// that does something for the user with the account that they connected.
func TestLine(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	customer := newSink(t, nil)

	set := w.call(t, http.MethodPut, "/v1/connect/{p}/webhook", `{"url":"`+customer.URL+`/project"}`).is(t, http.StatusOK)

	// Connect.
	ctok := w.connectToken(t, "ada@shop", `"webhook_uri":"`+customer.URL+`/connected"`)
	link := g.page(t, "token="+ctok+"&app=acme_crm")
	if !strings.Contains(link.Body, "wants to connect to your Acme CRM account") {
		t.Fatalf("page: %s", link.Body)
	}
	b := g.browser(t)
	b.get(t, b.consent(t, b.start(t, ctok), true)).is(t, http.StatusOK)
	accounts := w.accounts(t, "ada@shop")
	if len(accounts) != 1 {
		t.Fatalf("accounts %v", accounts)
	}
	told := customer.next(t, "the connection webhook", func(h heard) bool { return strings.Contains(h.Body, "CONNECTION_SUCCESS") })
	body := told.json()
	if body.text(t, "account", "id") != accounts[0] || body.text(t, "connect_token") != ctok || body.text(t, "environment") != "development" || body.text(t, "external_user_id") != "ada@shop" || strings.Contains(told.Body, "access_token") {
		t.Errorf("connection webhook: %s", told.Body)
	}
	told.signed(t, set.text(t, "data", "signing_key")) // the environment's key signs for its tokens, too

	// Hear.
	id, endpoint, deployed := w.trigger(t, "ada@shop", customer.URL+"/orders")
	g.do(t, http.MethodPost, endpoint+"/new?n=1", `{"order":7}`).is(t, http.StatusOK)
	event := customer.next(t, "the trigger's event", func(h heard) bool { return h.Header.Get("X-Pd-Emitter-Id") == id })
	event.signed(t, deployed.text(t, "data", "webhook_signing_key"))
	listed := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?external_user_id=ada@shop", "").is(t, http.StatusOK)
	if e := event.json(); e.at(t, "body", "order") != 7.0 || e.text(t, "path") != "/new" || listed.text(t, "data", 0, "id") != event.Header.Get("Webhook-Id") {
		t.Errorf("event %s\nlisted %s", event.Body, listed.Body)
	}
	for header, want := range map[string]string{"X-Pd-External-User-Id": "ada@shop", "X-Pd-Project-Id": w.project, "X-Pd-Environment": "development", "X-Patchbay-Hops": "1", "Content-Type": "application/json"} {
		if got := event.Header.Get(header); got != want {
			t.Errorf("%s = %q, want %q", header, got, want)
		}
	}

	// Act.
	_, made := w.workflow(t, `
name: New contact
triggers: [{type: http, auth: oauth, environment: development}]
steps:
  - name: check
    type: filter
    if: '{{ trigger.body.email != nil }}'
  - name: create
    type: http_request
    account: {of: user, app: acme_crm}
    method: POST
    url: /api/contacts
    body: {name: '{{ trigger.body.name }}', email: '{{ trigger.body.email }}', company: 'Shop of {{ user.external_id }}'}
  - name: answer
    type: respond
    status: 201
    body: {contact: '{{ steps.create.body.id }}'}
`)
	answer := g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{"name":"Emmy Noether","email":"emmy@ring.test"}`,
		"Authorization", "Bearer "+w.token, "X-Pd-External-User-Id", "ada@shop").is(t, http.StatusCreated)
	contacts := g.acme.Contacts(demo.Ada)
	i := slices.IndexFunc(contacts, func(c demo.Contact) bool { return c.ID == answer.text(t, "contact") })
	if i < 0 || contacts[i].Name != "Emmy Noether" || contacts[i].Company != "Shop of ada@shop" {
		t.Fatalf("no contact %s at Acme CRM: %v", answer.Body, contacts)
	}
	var run reply
	soon(t, "the run to be over", func() bool {
		run = w.run(t, answer.Header.Get("X-Patchbay-Run-Id"))
		return run.text(t, "run", "status") == "succeeded"
	})
	if run.text(t, "steps", 1, "name") != "create" || run.at(t, "steps", 1, "output", "status") != 201.0 || run.text(t, "run", "external_user_id") != "ada@shop" || run.text(t, "steps", 1, "input", "url") != "/api/contacts" {
		t.Errorf("run %s", run.Body)
	}
	if strings.Contains(run.Body, "Bearer") || strings.Contains(run.Body, w.token) {
		t.Errorf("the run shows a credential: %s", run.Body)
	}
	list := w.call(t, http.MethodGet, "/v1/projects/{p}/runs?status=succeeded&external_user_id=ada@shop", "").is(t, http.StatusOK)
	if list.at(t, "page_info", "total_count") != 1.0 {
		t.Errorf("runs %s", list.Body)
	}
}

// Precedence: a trigger with webhooks of its own tells them and nobody else;
// one without tells the project's. A connect token's webhook hears of that
// connection alone.
func TestWebhookPrecedence(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w := g.home
	project, own, ofToken := newSink(t, nil), newSink(t, nil), newSink(t, nil)
	set := w.call(t, http.MethodPut, "/v1/connect/{p}/webhook", `{"url":"`+project.URL+`"}`).is(t, http.StatusOK)
	key := set.text(t, "data", "signing_key")
	with, withEndpoint, _ := w.trigger(t, "ada", own.URL)
	without, withoutEndpoint, _ := w.trigger(t, "ada", "")
	w.connectKey(t, w.connectToken(t, "ada", `"webhook_uri":"`+ofToken.URL+`"`)).is(t, http.StatusOK)
	g.do(t, http.MethodPost, withEndpoint, `{"n":1}`).is(t, http.StatusOK)
	g.do(t, http.MethodPost, withoutEndpoint, `{"n":2}`).is(t, http.StatusOK)
	all := func(state string) float64 {
		n, _ := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries?state="+state, "").at(t, "page_info", "total_count").(float64)
		return n
	}
	soon(t, "every delivery", func() bool { return all("delivered") == 3 })
	for name, tt := range map[string]struct {
		s       *sink
		emitter string
	}{"the trigger's": {own, with}, "the project's": {project, without}, "the token's": {ofToken, ""}} {
		got := tt.s.all()
		if len(got) != 1 || got[0].Header.Get("X-Pd-Emitter-Id") != tt.emitter {
			t.Errorf("%s webhook heard %v", name, got)
		}
	}
	project.all()[0].signed(t, key)
	ofToken.all()[0].signed(t, key) // the environment's key signs for both
	w.call(t, http.MethodPut, "/v1/connect/{p}/deployed-triggers/"+with+"/webhooks?external_user_id=ada", `{"webhook_urls":[]}`).is(t, http.StatusOK)
	g.do(t, http.MethodPost, withEndpoint, `{"n":3}`).is(t, http.StatusOK)
	project.next(t, "the trigger whose webhooks were taken away", func(h heard) bool { return h.Header.Get("X-Pd-Emitter-Id") == with })
}

// A key that was replaced signs beside the new one, so that a receiver can
// change over without losing a delivery.
func TestWebhookKeyOverlap(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w, s := g.home, newSink(t, nil)
	old := w.call(t, http.MethodPut, "/v1/connect/{p}/webhook", `{"url":"`+s.URL+`"}`).is(t, http.StatusOK).text(t, "data", "signing_key")
	renewed := w.call(t, http.MethodPost, "/v1/connect/{p}/webhook/regenerate_signing_key", "").is(t, http.StatusOK).text(t, "data", "signing_key")
	_, endpoint, _ := w.trigger(t, "ada", "")
	g.do(t, http.MethodPost, endpoint, `{}`).is(t, http.StatusOK)
	h := s.next(t, "the delivery", func(heard) bool { return true })
	parts := strings.Split(h.Header.Get("X-Pd-Signature"), ",v1=")
	if len(parts) != 3 {
		t.Fatalf("X-Pd-Signature = %q", h.Header.Get("X-Pd-Signature"))
	}
	for i, key := range []string{renewed, old} {
		one := heard{h.Header.Clone(), h.Body}
		one.Header.Set("X-Pd-Signature", parts[0]+",v1="+parts[i+1])
		one.signed(t, key)
	}
}

// A connection that fails is told as well, with the sentence and the code.
func TestConnectionErrorWebhook(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w, s := g.home, newSink(t, nil)
	ctok := w.connectToken(t, "ada", `"webhook_uri":"`+s.URL+`"`)
	b := g.browser(t)
	b.get(t, b.consent(t, b.start(t, ctok), false)).is(t, http.StatusOK)
	h := s.next(t, "the webhook", func(heard) bool { return true })
	var body map[string]any
	if err := json.Unmarshal([]byte(h.Body), &body); err != nil {
		t.Fatal(err)
	}
	if body["event"] != "CONNECTION_ERROR" || body["error_code"] != "oauth_denied" || body["error"] == "" || body["account"] != nil || body["connect_token"] != ctok {
		t.Errorf("told %s", h.Body)
	}
	d := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries", "").is(t, http.StatusOK)
	shown := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries/"+d.text(t, "data", 0, "id"), "").is(t, http.StatusOK)
	if strings.Contains(shown.Body, ctok) || !strings.Contains(shown.text(t, "payload"), "********") {
		t.Errorf("the connect token is shown: %s", shown.Body)
	}
}
