package app_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/signin"
)

func (g *rig) signIn(t *testing.T, base, email, password string, header ...string) reply {
	t.Helper()
	b, _ := json.Marshal(map[string]string{"email": email, "password": password})
	return g.do(t, http.MethodPost, base+"/console/api/session", string(b), header...)
}

// session signs the home workspace's member in and returns the cookie to send.
func (g *rig) session(t *testing.T) string {
	t.Helper()
	c, err := http.ParseSetCookie(g.signIn(t, g.api, g.home.email, password).is(t, http.StatusOK).Header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	return c.Name + "=" + c.Value
}

// The right password opens a session, whose cookie no script can read and no
// other site sends along; a wrong one and a person of nobody are the same.
func TestConsoleSignIn(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	for name, base := range map[string]string{"HTTP": g.api, "HTTPS": g.tls} {
		r := g.signIn(t, base, strings.ToUpper(g.home.email), password).is(t, http.StatusOK)
		c, err := http.ParseSetCookie(r.Header.Get("Set-Cookie"))
		if err != nil {
			t.Fatal(err)
		}
		if c.Name != signin.CookieName(name == "HTTPS") || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 30*24*3600 || c.Secure != (name == "HTTPS") {
			t.Errorf("%s: cookie %v", name, c)
		}
		if r.text(t, "member", "email") != g.home.email || r.text(t, "workspace", "id") != g.home.id || strings.Contains(r.Body, c.Value) || strings.Contains(strings.ToLower(r.Body), "password") {
			t.Errorf("%s: %s", name, r.Body)
		}
		again := g.do(t, http.MethodGet, base+"/console/api/session", "", "Cookie", c.Name+"="+c.Value).is(t, http.StatusOK)
		if again.Body != r.Body || again.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: the session shows %s", name, again.Body)
		}
		// What is known of code depends on the machine that this runs on; it is one of four words.
		about := g.do(t, http.MethodGet, base+"/console/api/about", "", "Cookie", c.Name+"="+c.Value).is(t, http.StatusOK)
		if code := about.text(t, "code"); !slices.Contains([]string{"isolated", "offline", "refused", "none"}, code) {
			t.Errorf("%s: about %s", name, about.Body)
		}
	}
	wrong := g.signIn(t, g.api, g.home.email, "wrong password").refused(t, http.StatusUnauthorized, "sign_in")
	nobody := g.signIn(t, g.api, "nobody@example.com", password).refused(t, http.StatusUnauthorized, "sign_in")
	if wrong.text(t, "error") != nobody.text(t, "error") || wrong.Header.Get("Set-Cookie") != "" {
		t.Errorf("told apart: %s %s", wrong.Body, nobody.Body)
	}
	g.do(t, http.MethodGet, "/console/api/session", "").refused(t, http.StatusUnauthorized, "session")
	for _, at := range []string{"/console/api/session", "/console/api/about"} {
		g.do(t, http.MethodGet, at, "", "Cookie", signin.Cookie+"=pbs_x").refused(t, http.StatusUnauthorized, "session")
	}
}

// What is no sign-in is refused before any password is looked at.
func TestConsoleSignInMalformed(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	for _, body := range []string{"", "x", "[]", `{"email":5}`, `{"email":"` + strings.Repeat("x", 5000) + `"}`} {
		g.do(t, http.MethodPost, "/console/api/session", body).refused(t, http.StatusBadRequest, "malformed")
	}
}

// Guessing is held back after five tries, from anywhere, and the right password
// does not get past it; it says how long to wait. An address that is said is not believed.
func TestConsoleSignInLimit(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	for range 5 {
		g.signIn(t, g.api, g.home.email, "wrong password", "X-Forwarded-For", "203.0.113.9").refused(t, http.StatusUnauthorized, "sign_in")
	}
	soon(t, "the right password to be refused", func() bool { // on a slow machine the wait is over sooner than the next try; each makes it longer
		r := g.signIn(t, g.api, g.home.email, "wrong password")
		if r.Status == http.StatusUnauthorized {
			return false
		}
		if r.refused(t, http.StatusTooManyRequests, "too_many_sign_ins"); r.Header.Get("Retry-After") == "" {
			t.Error("it does not say when to try again")
		}
		return g.signIn(t, g.api, g.home.email, password).Status == http.StatusTooManyRequests
	})
}

// A page of another site cannot sign anybody in or out, nor use a session that
// the browser holds; a program, which sends neither header, can sign in.
func TestConsoleCrossSite(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	cookie := g.session(t)
	tests := map[string]struct {
		header  []string
		allowed bool
	}{
		"another site":                  {[]string{"Sec-Fetch-Site", "cross-site"}, false},
		"a sibling host":                {[]string{"Sec-Fetch-Site", "same-site"}, false},
		"another origin, older browser": {[]string{"Origin", "https://evil.test"}, false},
		"a sandboxed page":              {[]string{"Origin", "null"}, false},
		"our own page":                  {[]string{"Sec-Fetch-Site", "same-origin", "Origin", g.api}, true},
		"our own page, older browser":   {[]string{"Origin", g.api}, true},
		"a program":                     {nil, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := g.do(t, http.MethodPost, "/console/api/session", `{}`, tt.header...) // no e-mail: counts for no limit of the others
			if tt.allowed && r.Status == http.StatusForbidden {
				t.Errorf("sign-in: %s", r.Body)
			}
			if !tt.allowed {
				r.refused(t, http.StatusForbidden, "cross_origin")
				g.do(t, http.MethodDelete, "/console/api/session", "", append(tt.header, "Cookie", cookie)...).refused(t, http.StatusForbidden, "cross_origin")
			}
			made := g.do(t, http.MethodPost, "/v1/connect/projects", `{"name":"By cookie"}`, append(tt.header, "Cookie", cookie)...)
			if tt.allowed {
				made.is(t, http.StatusCreated)
			} else {
				made.refused(t, http.StatusForbidden, "origin_not_allowed")
			}
			if allow := made.Header.Get("Access-Control-Allow-Credentials"); allow != "" {
				t.Errorf("a page of another site may send the cookie: %s", allow)
			}
		})
	}
	g.do(t, http.MethodGet, "/console/api/session", "", "Cookie", cookie).is(t, http.StatusOK) // nobody ended it
}

// A session may call what an access token may, in its own workspace; not what
// takes a connect token, and not another workspace's.
func TestConsoleSessionCallsTheAPI(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	w, cookie := g.home, g.session(t)
	ask := func(method, path, body string) reply {
		return g.do(t, method, strings.ReplaceAll(path, "{p}", w.project), body, "Cookie", cookie, "Sec-Fetch-Site", "same-origin", "X-Pd-Environment", "development")
	}
	ask(http.MethodPost, "/v1/connect/{p}/tokens", `{"external_user_id":"ada"}`).is(t, http.StatusOK)
	ask(http.MethodGet, "/v1/clients", "").is(t, http.StatusOK)
	ask(http.MethodPost, "/v1/clients", `{"name":"from the console"}`).is(t, http.StatusCreated)
	ask(http.MethodGet, "/v1/projects/{p}/runs", "").is(t, http.StatusOK)
	ask(http.MethodGet, "/v1/connect/"+g.stranger().project+"/accounts", "").refused(t, http.StatusNotFound, "project_not_found")
	ask(http.MethodPost, "/v1/connect/{p}/accounts", `{"app_slug":"x","cfmap_json":"{}","connect_token":"x"}`).is(t, http.StatusUnauthorized)
	if g.do(t, http.MethodGet, "/v1/clients", "", "Cookie", cookie, "Authorization", "Bearer x.y.z").Status != http.StatusUnauthorized {
		t.Error("a bad token falls back to the cookie")
	}
	out := g.do(t, http.MethodDelete, "/console/api/session", "", "Cookie", cookie).is(t, http.StatusNoContent)
	if c, err := http.ParseSetCookie(out.Header.Get("Set-Cookie")); err != nil || c.Value != "" || c.MaxAge >= 0 {
		t.Errorf("signing out leaves the cookie %v (%v)", c, err)
	}
	g.do(t, http.MethodGet, "/console/api/session", "", "Cookie", cookie).refused(t, http.StatusUnauthorized, "session")
	ask(http.MethodGet, "/v1/clients", "").is(t, http.StatusUnauthorized)
	g.do(t, http.MethodDelete, "/console/api/session", "", "Cookie", cookie).is(t, http.StatusNoContent) // twice is no error
}

// Views of lists are of the member who made them, in projects of their own
// workspace; what is no view is refused, and so is who is not signed in.
func TestConsoleViews(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	cookie := g.session(t)
	at := "/console/api/projects/" + g.home.project + "/views"
	ask := func(method, path, body string) reply {
		return g.do(t, method, path, body, "Cookie", cookie, "Sec-Fetch-Site", "same-origin")
	}
	want := `{"list":"runs","name":"50% / <b>","search":"status=failed","default":true}`
	if r := ask(http.MethodPut, at+"/runs", `{"name":"50% / <b>","search":"status=failed","default":true}`).is(t, http.StatusOK); !sameJSON(t, r.Body, want) {
		t.Errorf("made %s", r.Body)
	}
	if r := ask(http.MethodGet, at, "").is(t, http.StatusOK); !sameJSON(t, r.Body, `{"data":[`+want+`]}`) || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("listed %s", r.Body)
	}
	for _, body := range []string{"", "[]", `{"name":7}`, `{"name":"` + strings.Repeat("x", 20_000) + `"}`} {
		ask(http.MethodPut, at+"/runs", body).refused(t, http.StatusBadRequest, "malformed")
	}
	ask(http.MethodPut, at+"/runs", `{"name":""}`).refused(t, http.StatusBadRequest, "list_view_name")
	ask(http.MethodPut, at+"/RUNS", `{"name":"n"}`).refused(t, http.StatusBadRequest, "list_view_list")
	for _, call := range [][3]string{{http.MethodGet, "", ""}, {http.MethodPut, "/runs", `{"name":"n"}`}, {http.MethodDelete, "/runs?name=n", ""}} {
		theirs := "/console/api/projects/" + g.stranger().project + "/views" + call[1]
		ask(call[0], theirs, call[2]).refused(t, http.StatusNotFound, "project_not_found")
		g.do(t, call[0], at+call[1], call[2], "Sec-Fetch-Site", "same-origin").refused(t, http.StatusUnauthorized, "session")
	}
	ask(http.MethodDelete, at+"/runs?name=50%25%20%2F%20%3Cb%3E", "").is(t, http.StatusNoContent)
	ask(http.MethodDelete, at+"/runs?name=50%25%20%2F%20%3Cb%3E", "").refused(t, http.StatusNotFound, "list_view_not_found")
}

// How the installation is, its owners may see; of any tenant it says nothing.
func TestConsoleSystem(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	g.do(t, http.MethodGet, "/console/api/system", "").refused(t, http.StatusUnauthorized, "session")
	g.do(t, http.MethodGet, "/console/api/system", "", "Cookie", g.person(t, member.Developer, true)).refused(t, http.StatusForbidden, "system_forbidden")
	r := g.do(t, http.MethodGet, "/console/api/system", "", "Cookie", g.session(t)).is(t, http.StatusOK)
	for _, shown := range []string{
		`"name":"database","state":"ok"`, `"name":"migrations","state":"ok"`, `"work":[{"name":"runs","due":0,"most":false,"oldest_at":null,"under_way":0,"given_up":0},{"name":"deliveries"`,
		`"queues":[`, `"workers":[`, `"rotating":false,"secrets":`, `"active":true`,
	} {
		if !strings.Contains(r.Body, shown) {
			t.Errorf("no %s in %s", shown, r.Body)
		}
	}
	for _, hidden := range []string{g.home.id, g.home.project, g.stranger().id, "postgres://", g.home.email, "own app files", "secrets are sealed"} {
		if strings.Contains(r.Body, hidden) {
			t.Errorf("%s is shown", hidden)
		}
	}
}

func sameJSON(t *testing.T, got, want string) bool {
	t.Helper()
	var a, b any
	if json.Unmarshal([]byte(got), &a) != nil || json.Unmarshal([]byte(want), &b) != nil {
		return false
	}
	return reflect.DeepEqual(a, b)
}

// A one-time link signs in once and leads to the console; later, or when it is
// made up, it leads to the sign-in page, which says why.
func TestConsoleLink(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	link, err := g.SignIns.NewLink(t.Context(), g.home.person)
	if err != nil {
		t.Fatal(err)
	}
	r := g.do(t, http.MethodGet, "/console/link/"+link, "").is(t, http.StatusSeeOther)
	c, err := http.ParseSetCookie(r.Header.Get("Set-Cookie"))
	if err != nil || r.Header.Get("Location") != "/" || r.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Fatalf("%v %v", r.Header, err)
	}
	g.do(t, http.MethodGet, "/console/api/session", "", "Cookie", c.Name+"="+c.Value).is(t, http.StatusOK)
	for _, again := range []string{link, "pbl_x", "%00"} {
		if r := g.do(t, http.MethodGet, "/console/link/"+again, "").is(t, http.StatusSeeOther); r.Header.Get("Location") != "/sign-in?reason=link" || r.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s leads to %s", again, r.Header.Get("Location"))
		}
	}
}
