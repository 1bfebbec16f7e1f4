package app_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// With an authenticator app a password opens nothing: neither the console nor
// the API takes what waits for its code. A workspace that asks for two factors
// lets nobody call the API who has shown one.
func TestConsoleSecondFactor(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	cookie := g.session(t)
	g.as(t, cookie, http.MethodPut, "/console/api/workspace/sign-in", map[string]any{}).refused(t, http.StatusBadRequest, "malformed")
	g.as(t, cookie, http.MethodPut, "/console/api/workspace/sign-in", map[string]any{"require_two_factors": true}).is(t, http.StatusNoContent)
	if on := g.as(t, cookie, http.MethodGet, "/console/api/workspace/sign-in", nil).is(t, http.StatusOK); on.at(t, "require_two_factors") != true {
		t.Error(on.Body)
	}
	g.as(t, cookie, http.MethodGet, "/v1/clients", nil).refused(t, http.StatusForbidden, "two_factors_required")
	if shown := g.as(t, cookie, http.MethodGet, "/console/api/session", nil).is(t, http.StatusOK); shown.text(t, "set_up") != "two_factors" {
		t.Error(shown.Body)
	}
	secret := g.as(t, cookie, http.MethodPost, "/console/api/account/totp", nil).is(t, http.StatusOK).text(t, "secret")
	code := func(off time.Duration) map[string]string {
		c, err := totp.GenerateCode(secret, time.Now().Add(off))
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"code": c}
	}
	g.as(t, cookie, http.MethodPut, "/console/api/account/totp", map[string]string{"code": "00000a"}).refused(t, http.StatusBadRequest, "code")
	confirmed := g.as(t, cookie, http.MethodPut, "/console/api/account/totp", code(0)).is(t, http.StatusOK)
	recovery, _ := confirmed.at(t, "recovery_codes", 0).(string)
	in := confirmed.cookieOf(t, "patchbay_session")
	g.as(t, in, http.MethodGet, "/v1/clients", nil).is(t, http.StatusOK)
	if log := g.as(t, in, http.MethodGet, "/v1/audit_log?action=workspace.sign_in_changed", nil).is(t, http.StatusOK); log.text(t, "data", 0, "actor", "name") != g.home.email || log.text(t, "data", 0, "actor", "address") == "" {
		t.Errorf("logged: %s", log.Body)
	}
	if members := g.as(t, in, http.MethodGet, "/v1/members", nil).is(t, http.StatusOK); members.at(t, "data", 0, "two_factors") != true {
		t.Error(members.Body)
	}

	asked := g.signIn(t, g.api, g.home.email, password).is(t, http.StatusAccepted)
	step := asked.cookieOf(t, "patchbay_step")
	if asked.at(t, "second_factor", 0) != "totp" {
		t.Error(asked.Body)
	}
	for _, line := range asked.Header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err != nil || c.Name == "patchbay_session" {
			t.Errorf("a session is open before its second factor: %s (%v)", line, err)
		}
	}
	g.as(t, "patchbay_session="+step[len("patchbay_step="):], http.MethodGet, "/console/api/session", nil).refused(t, http.StatusUnauthorized, "session")
	g.as(t, "", http.MethodPost, "/console/api/session/code", code(0)).refused(t, http.StatusUnauthorized, "sign_in_step")
	g.as(t, step, http.MethodPost, "/console/api/session/code", map[string]string{"code": "00000a"}).refused(t, http.StatusUnauthorized, "sign_in_code")
	second := g.as(t, step, http.MethodPost, "/console/api/session/code", map[string]string{"code": recovery}).is(t, http.StatusOK).cookieOf(t, "patchbay_session")
	g.as(t, second, http.MethodGet, "/v1/clients", nil).is(t, http.StatusOK)
	g.as(t, step, http.MethodPost, "/console/api/session/code", code(30*time.Second)).refused(t, http.StatusUnauthorized, "sign_in_step")

	// A link from the command line is one factor, too.
	link, err := g.SignIns.NewLink(t.Context(), g.home.person)
	if err != nil {
		t.Fatal(err)
	}
	if r := g.do(t, http.MethodGet, "/console/link/"+link, "").is(t, http.StatusSeeOther); r.Header.Get("Location") != "/sign-in?second=totp,recovery_code" {
		t.Error(r.Header)
	}
	// At an address without a host name there are no passkeys, and it is said.
	g.as(t, second, http.MethodPost, "/console/api/account/passkeys/begin", nil).refused(t, http.StatusConflict, "passkeys_off")
	g.as(t, "", http.MethodPost, "/console/api/session/passkey/begin", map[string]any{}).refused(t, http.StatusConflict, "passkeys_off")
	g.as(t, "", http.MethodPost, "/console/api/session/passkey", nil).refused(t, http.StatusBadRequest, "malformed")
	for _, ask := range [][2]string{{"POST", "account/proof"}, {"POST", "account/totp"}, {"PUT", "account/totp"}, {"DELETE", "account/totp"}, {"POST", "account/recovery-codes"}, {"POST", "account/passkeys/begin"}, {"POST", "account/passkeys"}, {"DELETE", "account/passkeys/x"}, {"GET", "workspace/sign-in"}, {"PUT", "workspace/sign-in"}} {
		g.do(t, ask[0], "/console/api/"+ask[1], "{}").refused(t, http.StatusUnauthorized, "session")
	}
	g.as(t, second, http.MethodDelete, "/console/api/account/totp", nil).is(t, http.StatusNoContent)
	if shown := g.as(t, second, http.MethodGet, "/console/api/session", nil).is(t, http.StatusOK); shown.text(t, "set_up") != "two_factors" {
		t.Error(shown.Body)
	}
}
