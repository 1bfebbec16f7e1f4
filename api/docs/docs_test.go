package docs_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/patchbay-dev/patchbay/api/docs"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

func TestPages(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"index.html": {Data: []byte("start")}, "guides/actions/index.html": {Data: []byte("actions")}, "assets/style.css": {Data: []byte("a{}")}, "secret": {Data: []byte("no")},
	}
	h := (&docs.Server{Files: files, Metrics: telemetry.NewMetrics()}).Handler()
	empty := (&docs.Server{Files: fstest.MapFS{".keep": {}}, Metrics: telemetry.NewMetrics()}).Handler()
	for _, tt := range []struct {
		face   http.Handler
		method string
		path   string
		status int
		body   string
	}{
		{h, http.MethodGet, "/docs", 200, "start"},
		{h, http.MethodGet, "/docs/", 200, "start"},
		{h, http.MethodHead, "/docs/guides/actions", 200, ""},
		{h, http.MethodGet, "/docs/guides/actions/", 200, "actions"},
		{h, http.MethodGet, "/docs/assets/style.css", 200, "a{}"},
		{h, http.MethodGet, "/docs/guides", 404, `"unknown_route"`},
		{h, http.MethodGet, "/docs/secret", 404, `"unknown_route"`},
		{h, http.MethodGet, "/docs/assets/../../secret", 404, `"unknown_route"`},
		{h, http.MethodGet, "/docs/assets", 404, `"unknown_route"`},
		{h, http.MethodPost, "/docs", 404, `"unknown_route"`},
		{empty, http.MethodGet, "/docs", 503, `"docs_not_built"`},
	} {
		w := httptest.NewRecorder()
		tt.face.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, nil))
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, w.Code, w.Body)
		}
		if tt.status != 200 {
			continue
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || w.Header().Get("ETag") == "" {
			t.Errorf("%s: %v", tt.path, w.Header())
		}
		again := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, nil)
		again.Header.Set("If-None-Match", w.Header().Get("ETag"))
		w = httptest.NewRecorder()
		if tt.face.ServeHTTP(w, again); w.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", tt.path, w.Code)
		}
	}
	if docs.Takes("/docsx") || !docs.Takes("/docs/api") {
		t.Error("other paths")
	}
}
