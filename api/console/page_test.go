package console_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/console"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// The console is one page with addresses of its own, so any address that is no
// file shows it; but a missing asset, the console's own API, and anything but
// reading are a 404 in JSON and never the page.
func TestPage(t *testing.T) {
	t.Parallel()
	s := &console.Server{Metrics: telemetry.NewMetrics(), CrossOrigin: http.NewCrossOriginProtection(), Files: fstest.MapFS{
		"index.html": {Data: []byte("<title>console</title>")}, "assets/a-1f.js": {Data: []byte("js")}, "mark.svg": {Data: []byte("<svg/>")},
	}}
	h := s.Handler()
	tests := map[string]struct {
		method, path string
		status       int
		has, cache   string
	}{
		"the root":                  {"GET", "/", 200, "<title>console", "no-cache"},
		"an address of the console": {"GET", "/projects/proj_1/runs", 200, "<title>console", "no-cache"},
		"one with a dot in it":      {"GET", "/users/ada@example.com", 200, "<title>console", "no-cache"},
		"the page by name":          {"GET", "/index.html", 200, "<title>console", "no-cache"},
		"a path that climbs":        {"GET", "/../../etc/passwd", 200, "<title>console", "no-cache"},
		"an asset":                  {"GET", "/assets/a-1f.js", 200, "js", "public, max-age=31536000, immutable"},
		"a file beside it":          {"GET", "/mark.svg", 200, "<svg/>", ""},
		"only its head":             {"HEAD", "/", 200, "", "no-cache"},
		"a missing asset":           {"GET", "/assets/b-2e.js", 404, `"code":"unknown_route"`, ""},
		"the console's own API":     {"GET", "/console/api/nothing", 404, `"code":"unknown_route"`, ""},
		"a POST":                    {"POST", "/", 404, `"code":"unknown_route"`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.has) || w.Header().Get("Cache-Control") != tt.cache {
				t.Errorf("%d %q %s", w.Code, w.Header().Get("Cache-Control"), w.Body)
			}
			if tt.status == 404 && !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
				t.Errorf("as %s", w.Header().Get("Content-Type"))
			}
			if csp := w.Header().Get("Content-Security-Policy"); tt.status == 200 && (!strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "script-src")) {
				t.Errorf("Content-Security-Policy = %q", csp)
			}
		})
	}
}

// Whatever changes anything is refused to a page of another site, before anybody
// asks who is signed in: each endpoint there is, and each that will be.
func TestEveryChangeKeepsOtherSitesOut(t *testing.T) {
	t.Parallel()
	s := &console.Server{Metrics: telemetry.NewMetrics(), CrossOrigin: http.NewCrossOriginProtection(), Files: fstest.MapFS{".keep": {}}}
	h, ok := s.Handler().(*gin.Engine)
	if !ok {
		t.Fatal("the face is no engine")
	}
	n := 0
	for _, route := range h.Routes() {
		if route.Method == http.MethodGet || route.Method == http.MethodHead {
			continue
		}
		n++
		for _, from := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.test"}, {"Origin", "null"}} {
			w, r := httptest.NewRecorder(), httptest.NewRequest(route.Method, strings.ReplaceAll(route.Path, ":id", "x"), strings.NewReader("{}"))
			r.Header.Set(from[0], from[1])
			h.ServeHTTP(w, r)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `"code":"cross_origin"`) {
				t.Errorf("%s %s from %s: %d %s", route.Method, route.Path, from[1], w.Code, w.Body)
			}
		}
	}
	if n < 7 {
		t.Errorf("only %d endpoints were found", n)
	}
}

// A binary without a built console says so, and how to get one.
func TestPageWithoutBuild(t *testing.T) {
	t.Parallel()
	s := &console.Server{Metrics: telemetry.NewMetrics(), CrossOrigin: http.NewCrossOriginProtection(), Files: fstest.MapFS{".keep": {}}}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make build") {
		t.Fatal(w.Code, w.Body)
	}
}
