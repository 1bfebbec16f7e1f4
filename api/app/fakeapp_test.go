package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// fakeApp answers for Acme CRM where a test wants another answer, and counts
// what reaches the app at all.
type fakeApp struct {
	mu      sync.Mutex
	routes  map[string]http.HandlerFunc // by path
	reached []string                    // method and request URI, of routes and of paths below /api/
	header  http.Header                 // of the last of them
}

// last returns a header of the last request.
func (f *fakeApp) last(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.header.Get(name)
}

func (f *fakeApp) before(crm http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		h := f.routes[r.URL.Path]
		if h != nil || strings.HasPrefix(r.URL.Path, "/api/") {
			f.reached, f.header = append(f.reached, r.Method+" "+r.URL.RequestURI()), r.Header
		}
		f.mu.Unlock()
		if h != nil {
			h(w, r)
			return
		}
		crm.ServeHTTP(w, r)
	})
}

// on answers a path.
func (f *fakeApp) on(path string, h http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.routes == nil {
		f.routes = map[string]http.HandlerFunc{}
	}
	f.routes[path] = h
}

// count is how many requests have reached the app.
func (f *fakeApp) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.reached)
}

// logged returns the log of proxied requests once it has one that fits the query.
func (w *workspace) logged(t *testing.T, query string) (r reply) {
	t.Helper()
	soon(t, "the request log", func() bool {
		r = w.call(t, http.MethodGet, "/v1/projects/{p}/requests?"+query, "").is(t, http.StatusOK)
		list, _ := r.at(t, "data").([]any)
		return len(list) > 0
	})
	return r
}

// plainly is the path of a call of ada's with its target in the query.
func plainly(target, accountID string) string {
	return "/v1/connect/{p}/proxy?" + url.Values{"url": {target}, "account_id": {accountID}, "external_user_id": {"ada"}}.Encode()
}
