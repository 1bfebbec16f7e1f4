package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/console"
	"github.com/patchbay-dev/patchbay/internal/signin"
)

// openRoutes are what the console answers without a session: how one is opened and
// ended, and where the answer is another page.
var openRoutes = []string{
	"POST /console/api/session", "DELETE /console/api/session", "POST /console/api/session/code", "POST /console/api/session/passkey", "POST /console/api/session/passkey/begin",
	"POST /console/api/forgot", "POST /console/api/reset", "GET /console/link/:token",
	"POST /console/api/session/sso", "GET /console/sso/:workspace/callback",
	"GET /console/api/invitation", "POST /console/api/invitation", // who holds the link is asked in
}

// Every route of the console asks for a session, by http as by https, where the
// cookie has another name, unless it is listed above; a made-up session is none.
func TestConsoleRoutesAskForASession(t *testing.T) {
	t.Parallel()
	g := newRig(t).people()
	routes := (&console.Server{}).Handler().(*gin.Engine).Routes() //nolint:forcetypeassert // it is one
	if len(routes) < 20 {
		t.Fatalf("%d routes", len(routes))
	}
	signed := map[string]string{g.api: g.session(t)}
	c, err := http.ParseSetCookie(g.signIn(t, g.tls, g.home.email, password).is(t, http.StatusOK).Header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	signed[g.tls] = c.Name + "=" + c.Value
	for _, r := range routes {
		path := strings.NewReplacer(":project", g.home.project, ":list", "runs", ":id", "x", ":token", "x").Replace(r.Path)
		for base, cookie := range signed {
			body := ""
			if r.Method != http.MethodGet {
				body = "{}"
			}
			forged := signin.CookieName(base == g.tls) + "=pbs_" + strings.Repeat("0", 64)
			for what, sent := range map[string]string{"no session": "a=b", "a made-up session": forged} {
				got := g.do(t, r.Method, base+path, body, "Cookie", sent, "Sec-Fetch-Site", "same-origin")
				if refused := got.Status == http.StatusUnauthorized && got.text(t, "code") == "session"; !refused && !slices.Contains(openRoutes, r.Method+" "+r.Path) {
					t.Errorf("%s %s with %s: %d %s", r.Method, r.Path, what, got.Status, got.Body)
				}
			}
			if r.Method != http.MethodGet || slices.Contains(openRoutes, r.Method+" "+r.Path) {
				continue
			}
			if got := g.do(t, r.Method, base+path, "", "Cookie", cookie); got.Status == http.StatusUnauthorized {
				t.Errorf("%s %s at %s does not know the session: %s", r.Method, r.Path, base, got.Body)
			}
		}
	}
}
