package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// as calls the console as somebody who is signed in.
func (g *rig) as(t *testing.T, cookie, method, path string, body any) reply {
	t.Helper()
	text := ""
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	return g.do(t, method, path, text, "Cookie", cookie)
}

// cookieOf returns the cookie that an answer sets, to send it back.
func (r reply) cookieOf(t *testing.T, name string) string {
	t.Helper()
	for _, line := range r.Header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		if c.Name == name {
			return c.Name + "=" + c.Value
		}
	}
	t.Fatalf("no cookie %s in %v", name, r.Header.Values("Set-Cookie"))
	return ""
}

// The pages of one's own account: sessions are seen and ended, the password is
// changed, and nobody who is not signed in gets anything.
func TestConsoleAccount(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	here, there := g.session(t), g.session(t)
	account := g.as(t, here, http.MethodGet, "/console/api/account", nil).is(t, http.StatusOK)
	var shown struct {
		Email    string
		Mail     bool
		Sessions []struct {
			ID   string
			This bool
		}
	}
	if err := json.Unmarshal([]byte(account.Body), &shown); err != nil || shown.Email != g.home.email || shown.Mail || len(shown.Sessions) != 2 {
		t.Fatal(account.Body, err)
	}
	if strings.Contains(account.Body, "hash") || strings.Contains(account.Body, strings.SplitN(there, "=", 2)[1]) {
		t.Errorf("too much is shown: %s", account.Body)
	}
	for _, ask := range [][2]string{{"GET", ""}, {"PUT", "/password"}, {"DELETE", "/sessions"}, {"DELETE", "/sessions/" + shown.Sessions[0].ID}} {
		g.do(t, ask[0], "/console/api/account"+ask[1], "{}").refused(t, http.StatusUnauthorized, "session")
	}
	g.as(t, here, http.MethodPut, "/console/api/account/password", nil).refused(t, http.StatusBadRequest, "malformed")
	g.as(t, here, http.MethodPut, "/console/api/account/password", map[string]string{"current": "wrong", "password": "another good password"}).refused(t, http.StatusBadRequest, "current_password")
	g.as(t, here, http.MethodDelete, "/console/api/account/sessions/ses_x", nil).refused(t, http.StatusNotFound, "session_not_found")
	changed := g.as(t, here, http.MethodPut, "/console/api/account/password", map[string]string{"current": password, "password": "another good password"}).is(t, http.StatusNoContent)
	next := changed.cookieOf(t, "patchbay_session")
	g.as(t, there, http.MethodGet, "/console/api/session", nil).refused(t, http.StatusUnauthorized, "session")
	g.as(t, here, http.MethodGet, "/console/api/session", nil).refused(t, http.StatusUnauthorized, "session")
	g.as(t, next, http.MethodGet, "/console/api/session", nil).is(t, http.StatusOK)
	if out := g.as(t, next, http.MethodDelete, "/console/api/account/sessions?all=true", nil).is(t, http.StatusOK); out.at(t, "ended") != float64(1) {
		t.Error(out.Body)
	}
	g.as(t, next, http.MethodGet, "/console/api/account", nil).refused(t, http.StatusUnauthorized, "session")
	// Without e-mail there is no link, and it is told to everybody alike.
	for _, email := range []string{g.home.email, "nobody@example.com"} {
		g.as(t, "", http.MethodPost, "/console/api/forgot", map[string]string{"email": email}).refused(t, http.StatusConflict, "no_mail")
	}
	g.as(t, "", http.MethodPost, "/console/api/reset", map[string]string{"token": "pbl_x", "password": "another good password"}).refused(t, http.StatusBadRequest, "reset_link_used")
}

// By https a session's cookie is the host's own, and one without that name,
// which a sibling's page could have set, is not looked at.
func TestConsoleCookieOfTheHost(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	r := g.signIn(t, g.tls, g.home.email, password).is(t, http.StatusOK)
	cookie := r.cookieOf(t, "__Host-patchbay_session")
	g.do(t, http.MethodGet, g.tls+"/console/api/session", "", "Cookie", cookie).is(t, http.StatusOK)
	for _, base := range []string{g.tls + "/console/api/session", g.tls + "/v1/clients"} {
		if got := g.do(t, http.MethodGet, base, "", "Cookie", strings.TrimPrefix(cookie, "__Host-")); got.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", base, got.Status, got.Body)
		}
	}
}
