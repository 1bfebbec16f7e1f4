package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/access"
)

// sibling starts another process of the same installation, which also works and
// hears what others change, and returns its address.
func (g *rig) sibling(t *testing.T) string {
	t.Helper()
	a, err := app.New(t.Context(), g.config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background()) //nolint:usetesting // ended in a clean-up, when the test's own context is over
	done := make(chan error, 1)
	go func() { done <- a.Work(ctx) }()
	s := httptest.NewServer(a.Handler())
	t.Cleanup(func() {
		s.Close()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		a.Close()
	})
	return s.URL
}

// What a process remembers so that a call costs little is not believed longer
// than it is true: an account that is deleted, and a client whose tokens were
// good, are refused at once in the process that hears of it, and an account soon
// in every other.
func TestProxyForgets(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w, other := g.home, g.sibling(t)
	id, kept := w.account(t, "ada"), w.account(t, "ada")
	there := func(id string) reply {
		return g.do(t, http.MethodGet, other+strings.Replace(through("/api/me", id, "ada"), "{p}", w.project, 1), "",
			"Authorization", "Bearer "+w.token, "X-Pd-Environment", w.environment)
	}
	for range 3 {
		for _, id := range []string{id, kept} {
			w.get(t, id, "/api/me").is(t, http.StatusOK)
			there(id).is(t, http.StatusOK)
		}
	}
	w.call(t, http.MethodDelete, "/v1/connect/{p}/accounts/"+id, "").is(t, http.StatusNoContent)
	before := g.app.count()
	w.get(t, id, "/api/me").refused(t, http.StatusNotFound, "account_not_found")
	if n := g.app.count() - before; n != 0 {
		t.Errorf("%d requests reached the app with a deleted account", n)
	}
	soon(t, "the other process to hear of it", func() bool { return there(id).Status == http.StatusNotFound })
	w.get(t, kept, "/api/me").is(t, http.StatusOK)
	there(kept).is(t, http.StatusOK)
	if err := g.Access.Delete(t.Context(), w.id, access.OAuth, w.client); err != nil {
		t.Fatal(err)
	}
	before = g.app.count()
	w.get(t, kept, "/api/me").refused(t, http.StatusUnauthorized, "unauthenticated")
	if n := g.app.count() - before; n != 0 {
		t.Errorf("%d requests reached the app for a client that is gone", n)
	}
}
