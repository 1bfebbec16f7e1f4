package app_test

import (
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// revealed is where a credential may be read: the one answer that is for that.
const revealed = "include_credentials=true"

// TestNothingSecretIsShown walks a whole installation through all that it does,
// with everything going wrong that can, and looks for every secret in everything
// that comes out of it. It is not parallel: it listens to the one logger.
//
// A secret may be: at the provider; in the answer to include_credentials; a
// connect token also in the answer that makes it, in the hosted page that it
// opens and in the webhooks that tell of its connection, by contract; a code in
// the address at which the browser brings it; and a key of ours in the answer
// that makes it.
func TestNothingSecretIsShown(t *testing.T) {
	var said safe
	before := slog.Default()
	slog.SetDefault(telemetry.NewLogger(&said, slog.LevelDebug))
	t.Cleanup(func() { slog.SetDefault(before) })
	const master = "planted-master-key-of-32-bytes-!"
	spool := t.TempDir()
	g := newRig(t, func(c *app.Config) {
		c.MasterKey, c.SpoolDir = base64.StdEncoding.EncodeToString([]byte(master)), spool
	})
	s := &witness{g: g, secrets: map[string]planted{}, heard: map[string]string{}, met: map[string]int{}}
	g.http.Transport = listening{s, g.http.Transport}
	g.app.on("/oauth/token", s.tokens)
	s.watchSpool(t, spool)
	g.work()
	w := g.home
	s.plant(master, "the master key")
	s.plant(g.config.MasterKey, "the master key")
	s.plant(w.key, "the client's secret")
	s.plant(w.token, "an access token of ours")
	s.plant(demo.DemoKey, "an API key", revealed)
	s.client(t)
	customer := newSink(t, func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "echo") { // a receiver that is broken and talks
			rw.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(rw, "cannot take ")
			_, _ = io.Copy(rw, r.Body)
		}
	})
	set := w.call(t, http.MethodPut, "/v1/connect/{p}/webhook", `{"url":"`+customer.URL+`/project"}`).is(t, http.StatusOK)
	s.plant(set.text(t, "data", "signing_key"), "a signing key", "PUT /v1/connect/"+w.project+"/webhook")

	ids := s.faults(t, customer.URL)
	s.proxied(t, ids[0])
	s.wrong(t, customer.URL)
	s.imported(t)
	s.hear("command", g.must(t, "Every secret is under the new data key", "keys", "rotate"))
	w.call(t, http.MethodGet, "/v1/connect/{p}/users/ada/accounts?"+revealed, "").is(t, http.StatusOK)
	w.call(t, http.MethodDelete, "/v1/connect/{p}/accounts/"+ids[0], "").is(t, http.StatusNoContent)
	s.readAll(t)

	for _, h := range customer.all() {
		s.hear("webhook", strings.Join(h.Header.Values("X-Pd-Signature"), " ")+h.Body)
	}
	s.hear("log", said.String())
	s.database(t)
	s.redis(t)
	s.check(t)
	for _, place := range []string{"log", "spool", "webhook", "redis", "command", "answer GET /metrics", "database refresh_attempts"} {
		if len(s.heard[place]) < 20 {
			t.Errorf("nothing was heard of %s", place)
		}
	}
}

// client makes Acme's client one whose secret can be found.
func (s *witness) client(t *testing.T) {
	t.Helper()
	w, word := s.g.home, s.plant("planted client secret/4711+=", "the OAuth client's secret")
	_, err := s.g.Accounts.ChangeOAuthApp(t.Context(), w.project, w.oauthApp, account.OAuthAppChange{ClientSecret: secret.Text(word)})
	if err != nil {
		t.Fatal(err)
	}
	s.g.acme.RegisterClient(demo.Client{ID: "patchbay-" + w.project, Secret: word, Name: "My SaaS", RedirectURIs: []string{s.g.Connect.CallbackURL(w.oauthApp)}})
}

// connected connects an account of ada's at Acme, whose outcome is told to hook.
func (s *witness) connected(t *testing.T, hook string, allow bool) {
	t.Helper()
	ctok := s.plant(s.g.home.connectToken(t, "ada", `"webhook_uri":"`+hook+`"`), "a connect token", "/tokens", "connect.html", "webhook")
	s.g.page(t, "token="+ctok+"&app=acme_crm")
	b := s.g.browser(t)
	b.get(t, b.consent(t, b.start(t, ctok), allow)).is(t, http.StatusOK)
}

// faults connects accounts whose tokens live for a moment, and lets their
// refreshes meet every fault. It returns the accounts.
func (s *witness) faults(t *testing.T, hook string) []string {
	t.Helper()
	acme := map[string]demo.Faults{
		"drop": {TokenDrop: true}, "slow": {TokenDelay: 200 * time.Millisecond}, "html": {}, "half": {}, "echo": {}, "inside 200": {},
		"server_error": {TokenError: "server_error"}, "temporarily_unavailable": {TokenError: "temporarily_unavailable"}, "invalid_grant": {TokenError: "invalid_grant"},
	}
	for name, f := range acme {
		s.g.acme.SetFaults(demo.Faults{AccessTTL: time.Second})
		s.connected(t, hook+"/connected", true)
		f.AccessTTL = time.Second
		s.g.acme.SetFaults(f)
		s.setFault(name)
		soon(t, "a refresh to meet "+name, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.met[name] > 0 })
		s.setFault("")
	}
	s.g.acme.SetFaults(demo.Faults{})
	soon(t, "each account to be told of", func() bool {
		r := s.g.home.call(t, http.MethodGet, "/v1/connect/{p}/accounts?external_user_id=ada", "").is(t, http.StatusOK)
		return strings.Contains(r.Body, `"dead":true`)
	})
	s.connected(t, hook+"/connected", true) // one that lives
	return s.g.home.accounts(t, "ada")
}

func (s *witness) setFault(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = name
}

// proxied makes calls that work, that are refused and that break.
func (s *witness) proxied(t *testing.T, id string) {
	t.Helper()
	w, word := s.g.home, s.plant("planted-in-a-call", "a part of a call", "/proxy", "/api/contacts")
	s.g.app.on("/refuses", func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(rw, `{"error":"no"}`)
	})
	s.g.app.on("/drops", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for _, target := range []string{"/api/contacts", "/refuses", "/drops", "/api/none?x=" + word, "https://" + word + ".test/"} {
		w.call(t, http.MethodPost, through(target, id, "ada"), `{"name":"`+word+`","email":"e@x.test"}`, "X-Pd-Proxy-X-Note", word)
	}
	w.logged(t, "")
}

// wrong does what has to fail, with secrets where they do not belong.
func (s *witness) wrong(t *testing.T, hook string) {
	t.Helper()
	w, word := s.g.home, s.plant("acme_planted-in-the-wrong-place", "what was typed in")
	s.connected(t, hook+"/echo", false)
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"connect_require_key_auth_test":true}`).is(t, http.StatusOK)
	s.g.app.on("/api/me", func(rw http.ResponseWriter, r *http.Request) { // an app that repeats what it was sent
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(rw, `{"error":{"code":"no","message":"`+word+` and `+r.Header.Get("X-Api-Key")+r.Header.Get("Authorization")+` are no good"}}`)
	})
	for _, fields := range []string{`{\"api_key\":\"` + word + `\"}`, `{\"` + word + `\":1}`, word} {
		ctok := s.plant(w.connectToken(t, "ada", `"webhook_uri":"`+hook+`/echo"`), "a connect token", "/tokens", "webhook")
		s.g.do(t, http.MethodPost, "/v1/connect/accounts", `{"app_slug":"acme_crm_key","cfmap_json":"`+fields+`","connect_token":"`+ctok+`"}`, "Authorization", "Bearer "+ctok)
	}
	for path, body := range map[string]string{
		"/v1/oauth/token":                 `{"grant_type":"client_credentials","client_id":"` + w.client + `","client_secret":"` + word + `"}`,
		"/v1/connect/{p}/oauth_apps":      `{"app":"acme_crm","client_id":"x","client_secret":["` + word + `"]}`,
		"/v1/connect/{p}/tokens":          `{"external_user_id":{"x":"` + word + `"}}`,
		"/v1/connect/{p}/app_overrides":   `{"app":"acme_crm_key","fields":"` + word + `"}`,
		"/v1/connect/{p}/accounts":        `{"connect_token":7,"cfmap_json":"` + word,
		"/v1/connect/{p}/triggers/deploy": word,
	} {
		if r := w.call(t, http.MethodPost, path, body); r.Status < 400 {
			t.Errorf("%s: %d %s", path, r.Status, r.Body)
		}
	}
	s.g.do(t, http.MethodGet, "/v1/connect/apps", "", "Authorization", "Bearer "+word)
}

// imported brings accounts in, of which some are no good.
func (s *witness) imported(t *testing.T) {
	t.Helper()
	access, refresh, key := s.plant("planted-import-access", "an imported token", revealed), s.plant("planted-import-refresh", "an imported token", revealed), s.plant("acme_planted-import", "an imported key", revealed)
	w := s.g.home
	id := w.sendImport(t, "format=jsonl&test=true&name=old.jsonl", `{"external_user_id":"imp-1","app":"acme_crm","access_token":"`+access+`","refresh_token":"`+refresh+`"}
{"external_user_id":"imp-2","app":"acme_crm_key","fields":{"api_key":"`+key+`"}}
{"external_user_id":"imp-3","app":"`+key+`","access_token":{"x":"`+access+`"}}
{"external_user_id":"imp-4" `+access+`
`).is(t, http.StatusAccepted).text(t, "id")
	soon(t, "the import", func() bool {
		return w.call(t, http.MethodGet, "/v1/projects/{p}/imports/"+id, "").is(t, http.StatusOK).at(t, "status") == "finished"
	})
	w.call(t, http.MethodGet, "/v1/projects/{p}/imports/"+id+"/errors", "").is(t, http.StatusOK)
}

// readAll reads what the API and the metrics tell of all that happened.
func (s *witness) readAll(t *testing.T) {
	t.Helper()
	w := s.g.home
	for _, path := range []string{"/v1/connect/{p}/accounts", "/v1/connect/{p}/users", "/v1/connect/{p}/oauth_apps", "/v1/projects/{p}/revocations", "/v1/projects/{p}/requests", "/v1/projects/{p}/imports", "/v1/audit_log", "/v1/clients", "/metrics"} {
		w.call(t, http.MethodGet, path, "").is(t, http.StatusOK)
	}
	for _, id := range w.accounts(t, "ada") {
		w.call(t, http.MethodGet, "/v1/connect/{p}/accounts/"+id+"/health", "").is(t, http.StatusOK)
	}
	list := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries?limit=100", "").is(t, http.StatusOK)
	for i := range list.at(t, "data").([]any) {
		w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries/"+list.text(t, "data", i, "id"), "").is(t, http.StatusOK)
	}
}
