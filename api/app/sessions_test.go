package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

// story returns the names of a session's steps, as the API tells of it.
func (w *workspace) story(t *testing.T, sessionID string) (string, reply) {
	t.Helper()
	r := w.call(t, http.MethodGet, "/v1/projects/{p}/connect_sessions/"+sessionID, "").is(t, http.StatusOK)
	names := []string{}
	for i := range r.at(t, "steps").([]any) {
		name := r.text(t, "steps", i, "name")
		if d := r.text(t, "steps", i, "detail"); d != "" && !strings.HasPrefix(d, "apn_") {
			name += ":" + d
		}
		names = append(names, name)
	}
	return strings.Join(names, " "), r
}

// latestSession returns the user's latest session.
func (w *workspace) latestSession(t *testing.T, user string) string {
	t.Helper()
	return w.call(t, http.MethodGet, "/v1/projects/{p}/connect_sessions?limit=1&external_user_id="+user, "").is(t, http.StatusOK).text(t, "data", 0, "id")
}

// What a user does is recorded from the opening of the page to its end, in one
// session, whatever of it the page and the server see. Nothing of it is secret.
func TestConnectSessions(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	open := func(t *testing.T, b *browser, user, app string) (ctok, in string) {
		t.Helper()
		ctok = w.connectToken(t, user, "")
		b.get(t, g.tls+"/_static/connect.html?token="+ctok+"&app="+app).is(t, http.StatusOK)
		return ctok, w.latestSession(t, user)
	}
	send := func(t *testing.T, ctok, in, method, path, body string) reply {
		t.Helper()
		return g.do(t, method, g.tls+path, body, "Authorization", bearerOf(ctok), "X-Connect-Session", in)
	}
	start := func(t *testing.T, b *browser, ctok, in, body string, allow bool) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.tls+"/connect/oauth/start", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", bearerOf(ctok))
		req.Header.Set("X-Connect-Session", in)
		back, err := g.acme.Consent(g.send(t, b.http, req).is(t, http.StatusOK).text(t, "url"), demo.Ada, allow)
		if err != nil {
			t.Fatal(err)
		}
		b.get(t, back)
	}
	t.Run("a tab that leaves and comes back", func(t *testing.T) {
		t.Parallel()
		b := g.browser(t)
		ctok, in := open(t, b, "tab", "acme_crm")
		for _, allow := range []bool{false, true} {
			start(t, b, ctok, in, `{"app":"acme_crm","same_tab":true}`, allow)
			b.get(t, g.tls+"/_static/connect.html?token="+ctok+"&app=acme_crm").is(t, http.StatusOK) // its page is loaded anew
		}
		story, r := w.story(t, in)
		if r.text(t, "session", "status") != "succeeded" || !strings.HasSuffix(story, "tested succeeded") || strings.Contains(story, "token_expired") {
			t.Errorf("recorded %s", story)
		}
		if list := w.call(t, http.MethodGet, "/v1/projects/{p}/connect_sessions?external_user_id=tab", "").is(t, http.StatusOK); len(list.at(t, "data").([]any)) != 1 {
			t.Errorf("one user's way is several sessions: %s", list.Body)
		}
	})
	t.Run("denied, tried again, connected", func(t *testing.T) {
		t.Parallel()
		b := g.browser(t)
		ctok, in := open(t, b, "ada", "acme_crm")
		start := func(allow bool) { start(t, b, ctok, in, `{"app":"acme_crm"}`, allow) }
		send(t, ctok, in, http.MethodPost, "/connect/steps", `{"steps":[{"name":"shown","screen":"explain"},{"name":"popup_opened","screen":"handoff"},{"name":"stolen","detail":"x"}]}`).is(t, http.StatusNoContent)
		start(false)
		start(true)
		story, r := w.story(t, in)
		want := "opened picked:acme_crm shown popup_opened started:oauth sent:acme_crm returned failed:oauth_denied started:oauth sent:acme_crm returned exchanged tested succeeded"
		if story != want {
			t.Errorf("recorded\n%s, want\n%s", story, want)
		}
		if r.text(t, "session", "status") != "succeeded" || r.text(t, "session", "account_id") != w.accounts(t, "ada")[0] || r.text(t, "session", "auth") != "oauth" || strings.Contains(r.Body, ctok) {
			t.Errorf("session %s", r.Body)
		}
		f := w.call(t, http.MethodGet, "/v1/projects/{p}/connect_sessions/funnel?external_user_id=ada", "").is(t, http.StatusOK)
		if !strings.Contains(f.Body, `"succeeded":1,"tested":1`) || f.text(t, "apps", 0, "app") != "acme_crm" {
			t.Errorf("funnel %s", f.Body)
		}
	})
	t.Run("keys, refused and then taken", func(t *testing.T) {
		t.Parallel()
		ctok, in := open(t, g.browser(t), "keyed", "acme_crm_key")
		for _, key := range []string{`"`, demo.DemoKey} {
			send(t, ctok, in, http.MethodPost, "/connect/keys", `{"app":"acme_crm_key","fields":{"api_key":"`+strings.ReplaceAll(key, `"`, "")+`"}}`)
		}
		story, r := w.story(t, in)
		if want := "opened picked:acme_crm_key started:api_key tested succeeded"; !strings.HasSuffix(story, strings.TrimPrefix(want, "opened picked:acme_crm_key ")) || strings.Contains(r.Body, demo.DemoKey) {
			t.Errorf("recorded %s\n%s", story, r.Body)
		}
	})
	t.Run("given up", func(t *testing.T) {
		t.Parallel()
		ctok, in := open(t, g.browser(t), "gone", "acme_crm")
		send(t, ctok, in, http.MethodPost, "/connect/cancel", "").is(t, http.StatusNoContent)
		if story, r := w.story(t, in); story != "opened picked:acme_crm cancelled:user_cancelled" || r.text(t, "session", "status") != "cancelled" || r.text(t, "session", "code") != "user_cancelled" {
			t.Errorf("recorded %s", story)
		}
	})
	t.Run("begun without a page", func(t *testing.T) {
		t.Parallel()
		b := g.browser(t)
		b.get(t, b.consent(t, b.start(t, w.connectToken(t, "curl", "")), true)).is(t, http.StatusOK)
		if story, _ := w.story(t, w.latestSession(t, "curl")); story != "opened started:oauth sent:acme_crm returned exchanged tested succeeded" {
			t.Errorf("recorded %s", story)
		}
	})
	t.Run("of another token", func(t *testing.T) {
		t.Parallel()
		_, in := open(t, g.browser(t), "mine", "acme_crm")
		send(t, w.connectToken(t, "other", ""), in, http.MethodPost, "/connect/steps", `{"steps":[{"name":"shown","screen":"pick"}]}`).is(t, http.StatusNoContent)
		if story, _ := w.story(t, in); story != "opened picked:acme_crm" {
			t.Errorf("recorded %s", story)
		}
		send(t, "ctok_x", in, http.MethodPost, "/connect/steps", `{"steps":[]}`).is(t, http.StatusUnauthorized)
		send(t, w.connectToken(t, "other", ""), in, http.MethodPost, "/connect/steps", `{"steps":`).is(t, http.StatusBadRequest)
		send(t, w.connectToken(t, "other", ""), in, http.MethodPost, "/connect/steps", `{"steps":[{"name":"`+strings.Repeat("x", 17<<10)+`"}]}`).is(t, http.StatusBadRequest)
	})
}
