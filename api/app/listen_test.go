package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// listener runs patchbay listen against the rig until stop is called.
func (w *workspace) listener(t *testing.T, args ...string) (said func() string, stop func() error) {
	t.Helper()
	c := w.g.config
	c.BaseURL, c.ClientID, c.ClientSecret, c.ProjectID = w.g.api, w.client, w.key, w.project
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var b bytes.Buffer
	out := writer(func(p []byte) (int, error) { mu.Lock(); defer mu.Unlock(); return b.Write(p) })
	done := make(chan error, 1)
	go func() { done <- w.g.typed(ctx, c, out, out, append([]string{"listen"}, args...)...) }()
	return func() string { mu.Lock(); defer mu.Unlock(); return b.String() }, func() error { cancel(); return <-done }
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

var listenKey = regexp.MustCompile(`Signing key  ([0-9a-f]{64})`)

// What a listener sends is what a delivery sends, but for the key, and for what
// a listener may not see.
func TestListen(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	g := newRig(t)
	g.work()
	w := g.home
	real, local := testkit.NewReceiver(t), testkit.NewReceiver(t)
	w.call(t, http.MethodPut, "/v1/connect/{p}/webhook", `{"url":"`+real.URL+`"}`).is(t, http.StatusOK)
	said, stop := w.listener(t, "--forward", local.URL)
	soon(t, "it listens", func() bool { return strings.Contains(said(), "Listening to") })
	id, endpoint, _ := w.trigger(t, user, "")
	g.do(t, http.MethodPost, endpoint, `{"order":1}`).is(t, http.StatusOK)
	soon(t, "both hear", func() bool { return len(real.Calls()) == 1 && len(local.Calls()) == 1 })
	there, here := real.Calls()[0], local.Calls()[0]
	if there.Body != here.Body || there.Header.Get("X-Pd-Emitter-Id") != id {
		t.Fatalf("sent %s, and here %s", there.Body, here.Body)
	}
	key := listenKey.FindStringSubmatch(said())
	if len(key) != 2 || !here.Signed(key[1]) || there.Signed(key[1]) {
		t.Fatalf("not signed with the key it says: %s", said())
	}
	differ := []string{"Webhook-Signature", "Webhook-Timestamp", "X-Pd-Signature", "X-Pd-Timestamp"}
	for _, h := range []http.Header{there.Header, here.Header} {
		for _, name := range differ {
			if h.Get(name) == "" {
				t.Errorf("%s is missing", name)
			}
			h.Del(name)
		}
	}
	if !maps.EqualFunc(there.Header, here.Header, slices.Equal) {
		t.Errorf("headers are %v, and here %v", there.Header, here.Header)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	// A connect token stays with whom it was made for.
	raw := w.connectToken(t, user, "")
	w.call(t, http.MethodPost, "/v1/connect/{p}/accounts", fmt.Sprintf(`{"app_slug":"acme_crm_key","cfmap_json":"{\"api_key\":\"%s\"}","connect_token":%q}`, demo.DemoKey, raw), "Authorization", "Bearer "+raw).is(t, http.StatusOK)
	said, stop = w.listener(t, "--forward", local.URL, "--since", "1h", "--types", "CONNECTION_ERROR,CONNECTION_SUCCESS")
	soon(t, "the connection is told", func() bool { return len(local.Calls()) == 2 && strings.Contains(said(), "CONNECTION_SUCCESS") })
	if c := local.Calls()[1]; strings.Contains(c.Body, raw) || !strings.Contains(c.Body, `"connect_token":"********"`) || !c.Signed(key[1]) {
		t.Errorf("told %s", c.Body)
	}
	if err := stop(); err != nil || !strings.Contains(said(), "Forwarded 1, of which 0 failed") {
		t.Error(err, said())
	}

	c := g.config
	c.BaseURL, c.ClientID, c.ClientSecret = g.api, w.client, w.key
	event := here.Header.Get("Webhook-Id")
	one := func(args ...string) error {
		return g.typed(t.Context(), c, io.Discard, io.Discard, append([]string{"listen", "--forward", local.URL}, args...)...)
	}
	if err := one("--project", w.project, "--replay", event); err != nil || local.Calls()[2].Body != here.Body {
		t.Error(err)
	}
	if err := one("--project", w.project, "--environment", "production", "--replay", event); err == nil || !strings.Contains(err.Error(), "no such event") {
		t.Error(err)
	}
	for _, args := range [][]string{{"--project", g.stranger().project}, {"--project", g.stranger().project, "--replay", event}} {
		if err := one(args...); err == nil || !strings.Contains(err.Error(), "no such project") {
			t.Errorf("%v: %v", args, err)
		}
	}
	name, scopes := "less", []string{"deliveries:read", "connect:*"}
	less, secret, err := g.Access.Create(t.Context(), w.id, access.OAuth, access.Wish{Name: &name, Scopes: &scopes})
	if err != nil {
		t.Fatal(err)
	}
	c.ClientID, c.ClientSecret = less.ID, secret.Reveal()
	if err := one("--project", w.project); err == nil || !strings.Contains(err.Error(), "events:read") {
		t.Error(err)
	}
	for want, args := range map[string][]string{"--project": nil, "--environment": {"--project", "x", "--environment", "staging"}, "--often": {"--often"}, "invalid duration": {"--since", "yesterday"}} {
		if err := one(args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
	c.ClientSecret = ""
	if err := one("--project", w.project); err == nil || !strings.Contains(err.Error(), "PATCHBAY_CLIENT_ID") {
		t.Error(err)
	}
}

// Servers and listeners are killed while events come: each event arrives, and
// twice only one that was on its way when a listener died.
func TestListenAfterKills(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, local := g.home, testkit.NewReceiver(t)
	_, endpoint, _ := w.trigger(t, user, "")
	server, address := g.serve(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	listen := func(more ...string) *exec.Cmd {
		cmd := exec.Command(path, append([]string{"listen", "--project", w.project, "--forward", local.URL}, more...)...)
		cmd.Env = []string{"PATCHBAY_BASE_URL=http://" + address, "PATCHBAY_CLIENT_ID=" + w.client, "PATCHBAY_CLIENT_SECRET=" + w.key, "HOME=" + cache, "XDG_CACHE_HOME=" + cache}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		return cmd
	}
	sent := 0
	emit := func(n int) {
		for range n {
			sent++
			g.do(t, http.MethodPost, endpoint, fmt.Sprintf(`{"n":%d}`, sent)).is(t, http.StatusOK)
		}
	}
	arrived := func() map[string]int {
		out := map[string]int{}
		for _, c := range local.Calls() {
			out[c.Header.Get("Webhook-Id")]++
		}
		return out
	}
	emit(5)
	l := listen("--since", "1h")
	soon(t, "what was before arrives", func() bool { return len(arrived()) == 5 })
	emit(10)
	server.kill(t)
	emit(10) // at the other server
	server = g.start(t, "serve", "PATCHBAY_LISTEN="+address)
	soon(t, "the server", func() bool { return listens(address) })
	soon(t, "what happened meanwhile arrives", func() bool { return len(arrived()) == sent })
	kills := 0
	for range 3 {
		emit(10)
		_ = l.Process.Kill()
		_ = l.Wait()
		kills++
		emit(5)
		l = listen("--resume")
	}
	soon(t, "everything arrives", func() bool { return len(arrived()) == sent })
	if twice := len(local.Calls()) - sent; twice > kills {
		t.Errorf("%d came twice, though only %d listeners were killed", twice, kills)
	}
	_ = server
}
