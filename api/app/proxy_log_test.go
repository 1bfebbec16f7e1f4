package app_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// The log tells of a call what can be told: never a value of its query, never a
// body unless the project asks for it, and then without what is secret.
func TestRequestLog(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	const planted = "planted-in-the-query"
	g.app.on("/keep/"+demo.DemoKey, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write([]byte(`{"name":"Ada","access_token":"tok-1","list":[{"password":"pw-1","echo":"` + demo.DemoKey + `"}]}`))
	})
	path := "/keep/" + demo.DemoKey + "?secret_word=" + planted + "&b"
	post := func() {
		w.call(t, http.MethodPost, through(path, id, "ada"), `{"text":"hello","api_key":"k-1"}`).is(t, http.StatusOK)
	}
	post()
	r := w.logged(t, "account_id="+id)
	for key, want := range map[string]any{
		"method": "POST", "path": "/keep/[redacted]?secret_word=&…", "status": 200.0, "error": nil, "app": "acme_crm_key", "account_id": id,
		"external_user_id": "ada", "host": strings.TrimPrefix(g.config.DemoURL, "http://"), "bytes_in": 32.0, "refreshed": false, "redirects": 0.0,
	} {
		if got := r.at(t, "data", 0, key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	one := func(id string) reply { return w.call(t, http.MethodGet, "/v1/projects/{p}/requests/"+id, "") }
	first := r.text(t, "data", 0, "id")
	if d := one(first).is(t, http.StatusOK); d.at(t, "request_body") != nil || d.at(t, "response_body") != nil {
		t.Errorf("bodies are kept that nobody asked for: %s", d.Body)
	}
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"proxy_log_bodies":true}`).is(t, http.StatusOK)
	post()
	soon(t, "the second request", func() bool { r = w.logged(t, ""); return r.text(t, "data", 0, "id") != first })
	d := one(r.text(t, "data", 0, "id")).is(t, http.StatusOK)
	if got := d.text(t, "request_body", "text"); got != `{"api_key":"[redacted]","text":"hello"}` {
		t.Error(got)
	}
	if got := d.text(t, "response_body", "text"); got != `{"access_token":"[redacted]","list":[{"echo":"[redacted]","password":"[redacted]"}],"name":"Ada"}` {
		t.Error(got)
	}
	for _, query := range []string{"status=5xx", "status=201", "app=slack", "external_user_id=grace", "to=2026-01-01T00:00:00Z", "account_id=apn_0"} {
		if r := w.call(t, http.MethodGet, "/v1/projects/{p}/requests?"+query, "").is(t, http.StatusOK); r.at(t, "data", 0) != nil {
			t.Errorf("%s: %s", query, r.Body)
		}
	}
	if r := w.in("production").call(t, http.MethodGet, "/v1/projects/{p}/requests", ""); r.at(t, "data", 0) != nil {
		t.Errorf("the other environment: %s", r.Body)
	}
	for table := range strings.SplitSeq("proxy_requests rate_limits projects", " ") {
		dump := g.dump(t, table)
		for _, secret := range []string{planted, demo.DemoKey, "tok-1", "pw-1", "k-1", "hello"} {
			if strings.Contains(dump, secret) {
				t.Errorf("%s holds %q", table, secret)
			}
		}
	}
}

// dump is a table as text.
func (g *rig) dump(t *testing.T, table string) string {
	t.Helper()
	c, err := pgx.Connect(t.Context(), g.config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	var text string
	if err := c.QueryRow(t.Context(), "SELECT coalesce(string_agg(x::text, ' '), '') FROM "+pgx.Identifier{table}.Sanitize()+" x").Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// Nothing that is secret is in what the program writes or answers when calls
// fail in every way there is. It is not parallel: it listens to the one logger.
func TestProxyKeepsSecrets(t *testing.T) {
	var said safe
	before := slog.Default()
	slog.SetDefault(telemetry.NewLogger(&said, slog.LevelDebug))
	t.Cleanup(func() { slog.SetDefault(before) })
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	const planted = "planted-4711"
	cut := func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Length", "100")
		_, _ = rw.Write([]byte("half"))
		rw.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	g.app.on("/cut", cut)
	g.app.on("/drop", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	g.app.on("/gone", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/gone?"+planted, http.StatusFound)
	})
	answers := []string{}
	for _, target := range []string{"/drop?x=" + planted, "/gone?x=" + planted, "https://" + planted + ".test/", "/api/none?x=" + planted, g.config.DemoURL + ":1/" + planted} {
		r := w.call(t, http.MethodPost, through(target, id, "ada"), `{"p":"`+planted+`"}`, "X-Pd-Proxy-X-Note", planted)
		answers = append(answers, r.Body)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, g.api+strings.Replace(through("/cut?x="+planted, id, "ada"), "{p}", w.project, 1), http.NoBody)
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("X-Pd-Environment", w.environment)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	half, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err == nil || string(half) != "half" {
		t.Errorf("half an answer is taken for a whole one: %q, %v", half, err)
	}
	if r := w.logged(t, "status=200"); r.text(t, "data", 0, "error") != "answer_broke_off" {
		t.Error(r.Body)
	}
	all := said.String() + strings.Join(answers, " ") + g.dump(t, "proxy_requests")
	for _, secret := range []string{planted, demo.DemoKey, w.token, w.key} {
		if i := strings.Index(all, secret); i >= 0 {
			t.Errorf("%q is shown: %s", secret, all[max(0, i-300):min(len(all), i+100)])
		}
	}
	if !strings.Contains(said.String(), "broke off") {
		t.Errorf("the log is not heard: %s", said.String())
	}
}

// safe is a buffer that many write to.
type safe struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (s *safe) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(b)
}

func (s *safe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}
