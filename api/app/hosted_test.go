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

// given reads what the server gave the page in its HTML.
func (r reply) given(t *testing.T) reply {
	t.Helper()
	m := regexp.MustCompile(`(?s)<script type="application/json" id="page">(.*?)</script>`).FindStringSubmatch(r.Body)
	if m == nil {
		t.Fatalf("the page was given nothing:\n%s", r.Body)
	}
	return reply{Status: r.Status, Header: r.Header, Body: m[1]}
}

// The HTML alone says who asks for what, in the user's language, before any
// script has run; what the script needs is in it, too.
func TestHostedPage(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Shop")
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"app_name":"My Shop","support_email":"help@shop.test"}`).is(t, http.StatusOK)
	ctok := w.connectToken(t, "ada", "")
	id := w.call(t, http.MethodGet, "/v1/connect/apps/acme_crm", "").text(t, "data", "id")
	tests := map[string]struct {
		query        string
		shows, given []string
	}{
		"a sign-in":        {"app=acme_crm", []string{`<html lang="en" dir="ltr"`, ">My Shop wants to connect to your Acme CRM account</h1>", `data-screen="explain"`}, []string{"See your contacts", `"development":true`, `"kind":"oauth"`}},
		"a named profile":  {"app=acme_crm&oauthScopeProfile=read_only", nil, []string{"See your deals"}},
		"a key":            {"app=acme_crm_key", []string{">Connect your Acme CRM (API key) account to My Shop</h1>", `data-screen="input"`}, []string{`"name":"api_key"`, `"secret":true`}},
		"by the app's id":  {"app=" + id, []string{"Acme CRM"}, []string{`"slug":"acme_crm"`}},
		"an app of nobody": {"app=nope", []string{"App not found. Please check your app id.", `data-screen="problem"`}, []string{`"plan":null`, `"code":"app_not_found"`, "help@shop.test"}},
		"no app":           {"", []string{">What do you want to connect to My Shop?</h1>"}, []string{`"plan":null`, `"problem":null`}},
		"in a frame":       {"app=acme_crm", []string{`<body class="over">`}, []string{`"link":false`, `"hide_close":false`}},
		"without a close":  {"app=acme_crm&hideClose=true", nil, []string{`"hide_close":true`}},
		"as a page":        {"app=acme_crm&connectLink=true", []string{`<body class="whole">`}, []string{`"link":true`}},
		"their accounts":   {"view=accounts", []string{">Your connections</h1>"}, []string{`"view":"accounts"`}},
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
			for _, s := range tt.given {
				if given := r.given(t).Body; !strings.Contains(given, s) {
					t.Errorf("the script is not given %s\n%s", s, given)
				}
			}
		})
	}
	t.Run("the window of a sign-in", func(t *testing.T) {
		t.Parallel()
		r := g.page(t, "token="+ctok+"&app=acme_crm&window=1")
		if !strings.Contains(r.Body, ">Taking you to Acme CRM…</h1>") || strings.Contains(r.Body, ctok) || !strings.Contains(r.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%v\n%s", r.Header, r.Body)
		}
	})
}

// A token that is expired or used gets the one public sentence, and the way
// back that its customer gave; one of nobody says nothing of anybody.
func TestHostedPageProblems(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	used, brief := w.connectToken(t, "ada", `"error_redirect_uri":"https://shop.test/back?x=1"`), w.connectToken(t, "ada", `"expires_in":1`)
	w.connectKey(t, used).is(t, http.StatusOK)
	back := `href="https://shop.test/back?error=` + strings.ReplaceAll(url.QueryEscape(expired), "+", "&#43;") + `&amp;error_code=token_expired&amp;state=s1&amp;x=1"`
	if r := g.page(t, "app=acme_crm&connectLink=true&state=s1&token="+used); !strings.Contains(r.Body, expired) || !strings.Contains(r.Body, back) {
		t.Errorf("a used token: want %s in %s", back, r.Body)
	}
	soon(t, "the token to expire", func() bool { return strings.Contains(g.page(t, "app=acme_crm&token="+brief).Body, expired) })
	for name, token := range map[string]string{"of nobody": "ctok_" + strings.Repeat("0", 32), "missing": "", "no token": "%00%ff"} {
		if r := g.page(t, "app=acme_crm&token="+token); !strings.Contains(r.Body, "The Connect token is invalid. Please generate a new one and try again.") || r.given(t).at(t, "plan") != nil {
			t.Errorf("a token that is %s: %s", name, r.Body)
		}
	}
	other := w.connectToken(t, "ada", `"app_id":"acme_crm_key"`)
	if r := g.page(t, "app=acme_crm&token="+other).given(t); r.text(t, "problem", "code") != "other_app" {
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
				"frame-ancestors": tt.ancestors, "default-src": "'none'", "script-src": "'self'", "base-uri": "'none'", "form-action": "'none'", "connect-src": "'self'", "img-src": "'self' data:",
			} {
				if csp[key] != want {
					t.Errorf("%s = %q, want %q", key, csp[key], want)
				}
			}
			if nonce := regexp.MustCompile(`<style nonce="([0-9a-f]{32})">`).FindStringSubmatch(r.Body); nonce == nil || csp["style-src"] != "'nonce-"+nonce[1]+"'" {
				t.Errorf("style-src = %q", csp["style-src"])
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
		if csp := g.page(t, "app=acme_crm&token=x").Header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "frame-ancestors 'self' *") {
			t.Errorf("a page of nobody is not seen in a frame: %s", csp)
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
	if r := g.page(t, "app=acme_crm&token="+used); !strings.Contains(r.Body, `<span class="tile letter">Ü</span>`) || strings.Contains(r.Body, "\uFFFD") {
		t.Errorf("the initial is broken:\n%s", r.Body)
	}
	w.connectKey(t, used).is(t, http.StatusOK)
	if r := g.page(t, "app=acme_crm&connectLink=true&token="+used); !strings.Contains(r.Body, `href="myapp://connect/failed?error=`) {
		t.Errorf("there is no way back to the app:\n%s", r.Body)
	}
}

// Without a build of the front end the server works, and the page says what is
// missing. What is no file is a 404 in JSON; any app has a picture.
func TestHostedFiles(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	page := g.page(t, "token="+g.home.connectToken(t, "ada", "")+"&app=acme_crm")
	if m := regexp.MustCompile(`<script type="module" src="(/_static/connect/assets/[\w.-]+\.js)">`).FindStringSubmatch(page.Body); m != nil {
		if r := g.do(t, http.MethodGet, g.tls+m[1], "").is(t, http.StatusOK); !strings.HasPrefix(r.Header.Get("Content-Type"), "text/javascript") || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("the script is served with %v", r.Header)
		}
		r := g.do(t, http.MethodGet, g.tls+"/_static/preview.html", "").is(t, http.StatusOK)
		if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'self'") {
			t.Errorf("the preview may be framed by anybody: %s", csp)
		}
	} else if !strings.Contains(page.Body, "was not built into this binary") {
		t.Errorf("there is no script, and nothing says why:\n%s", page.Body)
	}
	logo := g.do(t, http.MethodGet, g.tls+"/_static/apps/acme_crm/logo.svg", "").is(t, http.StatusOK)
	if !strings.HasPrefix(logo.Body, "<svg ") || !strings.Contains(logo.Body, ">AC</text>") || !strings.HasPrefix(logo.Header.Get("Content-Type"), "image/svg+xml") || !strings.Contains(logo.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%v\n%s", logo.Header, logo.Body)
	}
	for _, name := range []string{"apps/No-pe/logo.svg", "logos/nope", "connect.go", "ended.html", "../console.go", "pages/page.html", "connect/", "connect/assets/nope.js", "connect/.vite/manifest.json"} {
		if r := g.do(t, http.MethodGet, g.tls+"/_static/"+name, ""); r.Status != http.StatusNotFound || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %d %s", name, r.Status, r.Header.Get("Content-Type"))
		}
	}
}
