package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

const expired = "This link has expired. Please request a new one from the app developer."

// page opens the hosted page with a query.
func (g *rig) page(t *testing.T, query string) reply {
	t.Helper()
	return g.do(t, http.MethodGet, g.tls+"/_static/connect.html?"+query, "").is(t, http.StatusOK)
}

// The page says who asks for what. An app of keys shows the form of its fields,
// one with a sign-in shows in plain words what will be possible.
func TestHostedPage(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Shop")
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"app_name":"My Shop","support_email":"help@shop.test"}`).is(t, http.StatusOK)
	ctok := w.connectToken(t, "ada", "")
	tests := map[string]struct {
		query        string
		shows, hides []string
	}{
		"a sign-in":        {"app=acme_crm", []string{"My Shop wants to connect to your Acme CRM account", "See your contacts", `action="/connect/oauth/start"`, "Development"}, []string{`data-form="keys"`, `role="alert">T`}},
		"a named profile":  {"app=acme_crm&oauthScopeProfile=read_only", []string{"See your deals"}, []string{"Add, change and delete contacts"}},
		"a key":            {"app=acme_crm_key", []string{`data-form="keys"`, `name="field[api_key]" type="password"`, "My Shop keeps what you enter encrypted"}, []string{`action="/connect/oauth/start"`}},
		"by the app's id":  {"app=" + w.call(t, http.MethodGet, "/v1/connect/apps/acme_crm", "").text(t, "data", "id"), []string{"Acme CRM", `data-app="acme_crm"`}, nil},
		"an app of nobody": {"app=nope", []string{"App not found. Please check your app id.", "help@shop.test"}, []string{"<form"}},
		"no app":           {"", []string{"App not found. Please check your app id."}, []string{"<form"}},
		"in a frame":       {"app=acme_crm", []string{`class="over"`, `data-act="close"`}, []string{`class="whole"`}},
		"without a close":  {"app=acme_crm&hideClose=true", nil, []string{`aria-label="Close"`}},
		"as a page":        {"app=acme_crm&connectLink=true", []string{`class="whole"`, `name="same_tab" value="true"`}, []string{`aria-label="Close"`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := g.page(t, "token="+ctok+"&"+tt.query)
			for _, s := range tt.shows {
				if !strings.Contains(r.Body, s) {
					t.Errorf("does not show %s\n%s", s, r.Body)
				}
			}
			for _, s := range tt.hides {
				if strings.Contains(r.Body, s) {
					t.Errorf("shows %s", s)
				}
			}
		})
	}
}

// A token that is expired or used gets the one public sentence, and the way
// back that its customer gave; one of nobody says nothing of anybody.
func TestHostedPageProblems(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	used, brief := w.connectToken(t, "ada", `"error_redirect_uri":"https://shop.test/back?x=1"`), w.connectToken(t, "ada", `"expires_in":1`)
	w.connectKey(t, used).is(t, http.StatusOK)
	if r := g.page(t, "app=acme_crm&token="+used); !strings.Contains(r.Body, expired) || strings.Contains(r.Body, "<form") || !strings.Contains(r.Body, `href="https://shop.test/back?x=1"`) {
		t.Errorf("a used token: %s", r.Body)
	}
	soon(t, "the token to expire", func() bool { return strings.Contains(g.page(t, "app=acme_crm&token="+brief).Body, expired) })
	for name, token := range map[string]string{"of nobody": "ctok_" + strings.Repeat("0", 32), "missing": "", "no token": "%00%ff"} {
		if r := g.page(t, "app=acme_crm&token="+token); !strings.Contains(r.Body, "The Patchbay Connect token is invalid.") || strings.Contains(r.Body, "<form") {
			t.Errorf("a token that is %s: %s", name, r.Body)
		}
	}
	other := w.connectToken(t, "ada", `"app_id":"acme_crm_key"`)
	if r := g.page(t, "app=acme_crm&token="+other); !strings.Contains(r.Body, "This connect token is for another app.") {
		t.Errorf("a token for another app: %s", r.Body)
	}
	if r := g.page(t, "token="+other); !strings.Contains(r.Body, "Acme CRM (API key)") {
		t.Errorf("a token that names its app needs no app: %s", r.Body)
	}
}

// Who may frame the page: the origins that the token declares; in development a
// developer's machine too; in production, when none is declared, nobody. The
// page's address, which holds the token, is told to nobody.
func TestHostedHeaders(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	const local = " http://localhost:* https://localhost:* http://127.0.0.1:*"
	tests := map[string]struct{ environment, origins, ancestors string }{
		"production with origins":    {"production", `"allowed_origins":["https://shop.test","https://Other.test:8443/"]`, "'self' https://shop.test https://other.test:8443"},
		"production without":         {"production", "", "'none'"},
		"development with an origin": {"development", `"allowed_origins":["https://shop.test"]`, "'self'" + local + " https://shop.test"},
		"development without":        {"development", "", "'self'" + local},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := g.page(t, "app=acme_crm&token="+w.in(tt.environment).connectToken(t, "ada", tt.origins))
			csp := map[string]string{}
			for part := range strings.SplitSeq(r.Header.Get("Content-Security-Policy"), ";") {
				key, value, _ := strings.Cut(strings.TrimSpace(part), " ")
				csp[key] = value
			}
			for key, want := range map[string]string{
				"frame-ancestors": tt.ancestors, "default-src": "'none'", "script-src": "'self'", "base-uri": "'none'", "form-action": "'self' " + g.config.DemoURL, "connect-src": "'self'",
			} {
				if csp[key] != want {
					t.Errorf("%s = %q, want %q", key, csp[key], want)
				}
			}
			for header, want := range map[string]string{"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": ""} {
				if got := r.Header.Get(header); got != want {
					t.Errorf("%s = %q, want %q", header, got, want)
				}
			}
		})
	}
	t.Run("no token", func(t *testing.T) {
		t.Parallel()
		if csp := g.page(t, "app=acme_crm&token=x").Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("a page of nobody may be framed: %s", csp)
		}
	})
}

// Whatever a customer calls their product, and whatever stands in the address,
// is text on the page and never markup or script.
func TestHostedEscapes(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`
	w := g.home.newProject(evil)
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"support_email":"x@y.z\"><script>alert(3)</script>"}`).is(t, http.StatusOK)
	ctok := w.connectToken(t, "ada", `"error_redirect_uri":"https://shop.test/\"><script>alert(4)</script>"`)
	q := url.QueryEscape(evil)
	for name, query := range map[string]string{
		"the product":  "app=acme_crm&token=" + ctok,
		"a form":       "app=acme_crm_key&token=" + ctok,
		"the token":    "app=acme_crm&token=" + q,
		"the app":      "app=" + q + "&token=" + ctok,
		"the rest":     "app=acme_crm&token=" + ctok + "&oauthAppId=" + q + "&accountId=" + q + "&oauthScopeProfile=" + q + "&connectLink=" + q,
		"two problems": "app=" + q + "&token=" + q,
	} {
		r := g.page(t, query)
		if strings.Contains(r.Body, "<script>") || strings.Contains(r.Body, "<img src=x") || regexp.MustCompile(`<[^>]*\sonerror=`).MatchString(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(r.Body, `""`)) {
			t.Errorf("%s is markup on the page:\n%s", name, r.Body)
		}
		if strings.Contains(r.Body, "ZgotmplZ") || !strings.HasSuffix(strings.TrimSpace(r.Body), "</html>") {
			t.Errorf("%s broke the page:\n%s", name, r.Body)
		}
	}
}

// A product may begin with any letter, and lead back to a mobile app.
func TestHostedPageOfTheWorld(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Ünïcode 愛")
	used := w.connectToken(t, "ada", `"error_redirect_uri":"myapp://connect/failed"`)
	if r := g.page(t, "app=acme_crm&token="+used); !strings.Contains(r.Body, `<span class="tile">Ü</span>`) || strings.Contains(r.Body, "\uFFFD") {
		t.Errorf("the initial is broken:\n%s", r.Body)
	}
	w.connectKey(t, used).is(t, http.StatusOK)
	if r := g.page(t, "app=acme_crm&token="+used); !strings.Contains(r.Body, `href="myapp://connect/failed"`) {
		t.Errorf("there is no way back to the app:\n%s", r.Body)
	}
}

// The page's files and any app's picture are served with the right type; what is
// no picture is a 404 in JSON.
func TestHostedFiles(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for name, kind := range map[string]string{"connect.js": "text/javascript", "connect.css": "text/css", "done.js": "text/javascript", "apps/acme_crm/logo.svg": "image/svg+xml"} {
		if r := g.do(t, http.MethodGet, g.tls+"/_static/"+name, "").is(t, http.StatusOK); !strings.HasPrefix(r.Header.Get("Content-Type"), kind) || r.Body == "" {
			t.Errorf("%s is %s", name, r.Header.Get("Content-Type"))
		}
	}
	logo := g.do(t, http.MethodGet, g.tls+"/_static/apps/acme_crm/logo.svg", "")
	if !strings.HasPrefix(logo.Body, "<svg ") || !strings.Contains(logo.Body, ">AC</text>") || !strings.Contains(logo.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%v\n%s", logo.Header, logo.Body)
	}
	for _, name := range []string{"apps/No-pe/logo.svg", "logos/nope", "connect.go", "done.html", "../console.go", "pages/connect.html"} {
		if r := g.do(t, http.MethodGet, g.tls+"/_static/"+name, ""); r.Status != http.StatusNotFound || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %d %s", name, r.Status, r.Header.Get("Content-Type"))
		}
	}
}
