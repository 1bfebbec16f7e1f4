package demo

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The faults' door reads back what it was told, defaults spelled out, and
// forgets what it is not told again.
func TestFaultsDoor(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	const normal = `{"token_error":"","token_delay_ms":0,"token_drop":false,"api_status":0,"api_delay_ms":0,"rate_limit":60,"access_ttl_s":3600,"rotation":true,"reuse_grace_s":0,"token_answer":"","expires_in":"","id_token":""}`
	const odd = `{"token_error":"server_error","token_delay_ms":1,"token_drop":true,"api_status":503,"api_delay_ms":2,"rate_limit":3,"access_ttl_s":4,"rotation":false,"reuse_grace_s":5,"token_answer":"html","expires_in":"60.5","id_token":"nonce"}`
	get := func() string { return strings.TrimSpace(g.do(http.MethodGet, "/__faults", "").Body) }
	if got := get(); got != normal {
		t.Errorf("at the start: %s", got)
	}
	if r := g.wantStatus(g.do(http.MethodPut, "/__faults", odd), http.StatusOK); strings.TrimSpace(r.Body) != odd || get() != odd {
		t.Errorf("told %s, answered %s, is %s", odd, r.Body, get())
	}
	want := Faults{"server_error", time.Millisecond, true, 503, 2 * time.Millisecond, 3, 4 * time.Second, true, 5 * time.Second, "html", "60.5", "nonce"}
	if got := g.Faults(); got != want {
		t.Errorf("Faults = %+v", got)
	}
	g.wantStatus(g.do(http.MethodPut, "/__faults", `{}`), http.StatusOK)
	if got := get(); got != normal || g.Faults() != (Faults{}) {
		t.Errorf("after {}: %s", got)
	}
	for field, body := range map[string]string{
		"token_error": `{"token_error":"boom"}`, "token_delay_ms": `{"token_delay_ms":60001}`, "api_status": `{"api_status":100}`,
		"api_delay_ms": `{"api_delay_ms":-1}`, "rate_limit": `{"rate_limit":-1}`, "access_ttl_s": `{"access_ttl_s":-1}`,
		"reuse_grace_s": `{"reuse_grace_s":-1}`, "mood": `{"mood":"bad"}`, "token_answer": `{"token_answer":"x"}`, "expires_in": `{"expires_in":"soon"}`, "id_token": `{"id_token":"odd"}`,
	} {
		g.wantProblem(g.do(http.MethodPut, "/__faults", body), 422, "invalid_field", field)
	}
}

// A token error answers before anything is done: the code is good afterwards.
func TestTokenErrorFault(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	code := g.code(Ada)
	for name, status := range map[string]int{"invalid_grant": 400, "server_error": 500, "temporarily_unavailable": 503} {
		g.SetFaults(Faults{TokenError: name})
		g.wantOAuth(g.form("/oauth/token", redeeming(code)), status, name)
	}
	g.SetFaults(Faults{})
	g.tokens(g.form("/oauth/token", redeeming(code)))
}

// A dropped answer leaves the refresh token used: sent again it is reuse, unless
// there is a grace.
func TestTokenDropFault(t *testing.T) {
	t.Parallel()
	for name, grace := range map[string]time.Duration{"without a grace": 0, "with a grace": 30 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			p := g.connect(Ada, "contacts.read")
			g.SetFaults(Faults{TokenDrop: true, ReuseGrace: grace})
			if r, err := g.try(http.MethodPost, "/oauth/token", renewing(p.refresh).Encode(), "Content-Type", "application/x-www-form-urlencoded"); err == nil {
				t.Fatalf("an answer came: %d %s", r.Status, r.Body)
			}
			g.SetFaults(Faults{ReuseGrace: grace})
			g.pass(20 * time.Second)
			again := g.form("/oauth/token", renewing(p.refresh))
			if grace == 0 {
				g.wantOAuth(again, http.StatusBadRequest, "invalid_grant")
				g.works(p.access, false)
				return
			}
			g.works(g.tokens(again).access, true)
			g.pass(10 * time.Second)
			g.wantOAuth(g.form("/oauth/token", renewing(p.refresh)), http.StatusBadRequest, "invalid_grant")
		})
	}
}

// Without rotation the refresh token stays, and no other is given.
func TestRotationFault(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	p := g.connect(Ada, "contacts.read")
	g.SetFaults(Faults{NoRotation: true})
	for range 3 {
		got := g.tokens(g.form("/oauth/token", renewing(p.refresh)))
		if got.refresh != "" {
			t.Errorf("a refresh token was given: %q", got.refresh)
		}
		g.works(got.access, true)
	}
}

func TestAccessTTLFault(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.SetFaults(Faults{AccessTTL: 5 * time.Second})
	r := g.form("/oauth/token", redeeming(g.code(Ada)))
	p := g.tokens(r)
	if got := r.json(t)["expires_in"]; got != 5.0 {
		t.Errorf("expires_in = %v", got)
	}
	g.works(p.access, true)
	g.pass(5 * time.Second)
	g.works(p.access, false)
}

// A status answers every call under /api, known or not, with or without a token.
func TestAPIStatusFault(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for status, header := range map[int]string{401: "WWW-Authenticate", 429: "Retry-After", 503: ""} {
		g.SetFaults(Faults{APIStatus: status})
		for _, path := range []string{"/api/me", "/api/contacts", "/api/lunch"} {
			r := g.key(http.MethodGet, path, "")
			g.wantProblem(r, status, "fault", "")
			if header != "" && r.Header.Get(header) == "" {
				t.Errorf("%d without %s", status, header)
			}
		}
	}
	g.SetFaults(Faults{})
	g.wantStatus(g.key(http.MethodGet, "/api/me", ""), http.StatusOK)
}

func TestRateLimitFault(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.SetFaults(Faults{RateLimit: 1})
	g.wantStatus(g.key(http.MethodGet, "/api/me", ""), http.StatusOK)
	g.wantStatus(g.key(http.MethodGet, "/api/me", ""), http.StatusTooManyRequests)
	g.SetFaults(Faults{})
	g.wantStatus(g.key(http.MethodGet, "/api/me", ""), http.StatusOK)
}

// A delay holds the answer back: when the server closes in the middle of one,
// the connection is dropped, and the code was not touched.
func TestDelayFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults Faults
		path   string
	}{
		"token": {Faults{TokenDelay: time.Hour}, "/oauth/token"},
		"api":   {Faults{APIDelay: time.Hour}, "/api/me"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			code := g.code(Ada)
			g.SetFaults(c.faults)
			g.Close()
			method, body := http.MethodGet, ""
			if name == "token" {
				method, body = http.MethodPost, redeeming(code).Encode()
			}
			r, err := g.try(method, c.path, body, "Content-Type", "application/x-www-form-urlencoded", "X-Acme-Key", DemoKey)
			if err == nil {
				t.Fatalf("an answer came through an hour's delay: %d %s", r.Status, r.Body)
			}
			g.SetFaults(Faults{})
			g.tokens(g.form("/oauth/token", redeeming(code)))
		})
	}
	g := newRig(t)
	g.SetFaults(Faults{TokenDelay: time.Millisecond, APIDelay: time.Millisecond})
	g.works(g.connect(Ada, "contacts.read").access, true)
}
