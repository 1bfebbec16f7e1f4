package app_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
)

// get calls a path of the app with the account of ada.
func (w *workspace) get(t *testing.T, id, path string, header ...string) reply {
	t.Helper()
	return w.call(t, http.MethodGet, through(path, id, "ada"), "", header...)
}

// A redirect within the app's hosts is followed, as browsers follow it; one that
// leaves them is the caller's to follow, and one too many is refused.
func TestProxyRedirects(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	g.app.on("/echo", func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(rw, "%s key=%v type=%s body=%s", r.Method, r.Header.Get("X-Acme-Key") != "", r.Header.Get("Content-Type"), body)
	})
	g.app.on("/to", func(rw http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.URL.Query().Get("status"))
		rw.Header().Set("Location", r.URL.Query().Get("at"))
		rw.WriteHeader(status)
	})
	for name, tt := range map[string]struct {
		method string
		status int
		want   string
	}{
		"GET 302":  {"GET", 302, "GET key=true type= body="},
		"POST 301": {"POST", 301, "GET key=true type= body="},
		"POST 302": {"POST", 302, "GET key=true type= body="},
		"PUT 302":  {"PUT", 302, `PUT key=true type=application/json body={"a":1}`},
		"PUT 303":  {"PUT", 303, "GET key=true type= body="},
		"POST 307": {"POST", 307, `POST key=true type=application/json body={"a":1}`},
		"POST 308": {"POST", 308, `POST key=true type=application/json body={"a":1}`},
	} {
		body := `{"a":1}`
		if tt.method == "GET" {
			body = ""
		}
		r := w.call(t, tt.method, through(fmt.Sprintf("/to?status=%d&at=/echo", tt.status), id, "ada"), body)
		if r.Status != http.StatusOK || r.Body != tt.want {
			t.Errorf("%s: %d %s, want %s", name, r.Status, r.Body, tt.want)
		}
	}
	before := g.app.count()
	for _, at := range []string{"https://files.test/signed", "http://169.254.169.254/latest", "//127.0.0.1:1/echo"} {
		r := w.get(t, id, "/to?status=302&at="+at)
		if want := strings.TrimPrefix(strings.Replace(at, "//127", "http://127", 1), ""); r.Status != http.StatusFound || r.Header.Get("Location") != want {
			t.Errorf("%s: %d %v", at, r.Status, r.Header.Get("Location"))
		}
	}
	if n := g.app.count() - before; n != 3 {
		t.Errorf("%d requests", n)
	}
	g.app.on("/loop", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/loop", http.StatusFound) })
	before = g.app.count()
	w.get(t, id, "/loop").refused(t, http.StatusBadRequest, "too_many_redirects")
	if n := g.app.count() - before; n != 6 {
		t.Errorf("%d requests for one that goes in circles", n)
	}
	r := w.logged(t, "status=400")
	if r.text(t, "data", 0, "error") != "too_many_redirects" || r.at(t, "data", 0, "redirects") != 5.0 || r.text(t, "data", 0, "path") != "/loop" {
		t.Error(r.Body)
	}
}

// What an app says of its limits holds for the account's next calls, in every
// process, until the time that it named; other accounts go on. An emptied Redis
// only lets more through.
func TestProxyLearnsLimits(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id, other := w.account(t, "ada"), w.account(t, "ada")
	var wait atomic.Value
	wait.Store("100")
	g.app.on("/busy", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Retry-After", wait.Load().(string))
		rw.WriteHeader(http.StatusTooManyRequests)
		_, _ = rw.Write([]byte("slowly"))
	})
	if r := w.get(t, id, "/busy"); r.Status != http.StatusTooManyRequests || r.Body != "slowly" || r.Header.Get("Retry-After") != "100" {
		t.Fatalf("the app's own answer: %d %s", r.Status, r.Body)
	}
	before := g.app.count()
	r := w.get(t, id, "/api/me").refused(t, http.StatusTooManyRequests, "app_rate_limited")
	if n, _ := strconv.Atoi(r.Header.Get("Retry-After")); n < 1 || n > 100 {
		t.Errorf("Retry-After %q", r.Header.Get("Retry-After"))
	}
	beside := strings.Replace(g.beside(t)+through("/api/me", id, "ada"), "{p}", w.project, 1)
	g.do(t, http.MethodGet, beside, "", "Authorization", "Bearer "+w.token, "X-Pd-Environment", w.environment).refused(t, http.StatusTooManyRequests, "app_rate_limited")
	if g.app.count() != before {
		t.Error("the app was called although it asked for rest")
	}
	w.get(t, other, "/api/me").is(t, http.StatusOK)
	wait.Store("1")
	w.get(t, other, "/busy").is(t, http.StatusTooManyRequests)
	w.get(t, other, "/api/me").refused(t, http.StatusTooManyRequests, "app_rate_limited")
	soon(t, "the end of the app's wish", func() bool { return w.get(t, other, "/api/me").Status == http.StatusOK })
}

// A customer's own limit counts the requests that name it, whoever makes them,
// and is nobody else's. A project's limit counts all.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	g := newRig(t, func(c *app.Config) { c.ProxyLimit = "4/1h" })
	w := g.home
	id := w.account(t, "ada")
	limit := w.call(t, http.MethodPost, "/v1/connect/rate_limits", `{"window_size_seconds":3600,"requests_per_window":2}`).is(t, http.StatusOK).text(t, "token")
	w.get(t, id, "/api/me", "X-Pd-Rate-Limit", limit).is(t, http.StatusOK)
	w.call(t, http.MethodGet, "/v1/connect/{p}/accounts", "", "X-Pd-Rate-Limit", limit).is(t, http.StatusOK)
	before := g.app.count()
	r := w.get(t, id, "/api/me", "X-Pd-Rate-Limit", limit).refused(t, http.StatusTooManyRequests, "rate_limited")
	if r.text(t, "error") != "Throttled" || r.Header.Get("X-Ratelimit-Limit") != "2" || r.Header.Get("X-Ratelimit-Remaining") != "0" {
		t.Errorf("%v %s", r.Header, r.Body)
	}
	after, _ := strconv.Atoi(r.Header.Get("Retry-After"))
	reset, _ := strconv.ParseInt(r.Header.Get("X-Ratelimit-Reset"), 10, 64)
	if after < 1 || after > 3600 || time.Until(time.Unix(reset, 0)) > time.Hour || g.app.count() != before {
		t.Errorf("Retry-After %d, reset %d, %d calls", after, reset, g.app.count()-before)
	}
	ctok := w.connectToken(t, "ada", "")
	w.get(t, id, "/api/me", "X-Pd-Rate-Limit", limit, "Authorization", "Bearer "+ctok).refused(t, http.StatusTooManyRequests, "rate_limited")
	for _, nobodys := range []string{"rl_0", g.stranger().call(t, http.MethodPost, "/v1/connect/rate_limits", `{"window_size_seconds":60,"requests_per_window":2}`).text(t, "token")} {
		w.get(t, id, "/api/me", "X-Pd-Rate-Limit", nobodys).refused(t, http.StatusBadRequest, "rate_limit_unknown")
	}
	for range 3 {
		w.get(t, id, "/api/me").is(t, http.StatusOK)
	}
	if r = w.get(t, id, "/api/me").refused(t, http.StatusTooManyRequests, "rate_limited"); r.Header.Get("X-Ratelimit-Limit") != "4" {
		t.Error(r.Header)
	}
	n := w.newProject("Another")
	n.get(t, n.account(t, "ada"), "/api/me").is(t, http.StatusOK)
}

// Without Redis each process lets half of a limit through by itself, and goes on.
func TestProxyWithoutRedis(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	limit := w.call(t, http.MethodPost, "/v1/connect/rate_limits", `{"window_size_seconds":3600,"requests_per_window":4}`).text(t, "token")
	address := g.beside(t, func(c *app.Config) { c.RedisURL, c.ProxyLimit = "redis://127.0.0.1:1", "8/1h" })
	ask := func(header ...string) reply {
		header = append([]string{"Authorization", "Bearer " + w.token, "X-Pd-Environment", w.environment}, header...)
		return g.do(t, http.MethodGet, address+strings.Replace(through("/api/me", id, "ada"), "{p}", w.project, 1), "", header...)
	}
	for range 2 {
		ask("X-Pd-Rate-Limit", limit).is(t, http.StatusOK)
	}
	ask("X-Pd-Rate-Limit", limit).refused(t, http.StatusTooManyRequests, "rate_limited")
	for range 2 {
		ask().is(t, http.StatusOK)
	}
	ask().refused(t, http.StatusTooManyRequests, "rate_limited")
}

// A project can narrow an app's hosts, and the guard stands at the dial whatever
// an app's file allows.
func TestProxyHosts(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	w.get(t, id, "/api/me").is(t, http.StatusOK)
	set := func(hosts string) {
		w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"proxy_allowed_hosts":`+hosts+`}`).is(t, http.StatusOK)
	}
	set(`["api.acme.test","*.0.1"]`)
	before := g.app.count()
	w.get(t, id, "/api/me").is(t, http.StatusOK)
	set(`["api.acme.test","*.127.0.0.1"]`)
	w.get(t, id, "/api/me").refused(t, http.StatusForbidden, "host_not_allowed_by_project")
	if n := g.app.count() - before; n != 1 {
		t.Errorf("%d requests reached the app", n)
	}
	set(`[]`)
	closed := g.beside(t, func(c *app.Config) { c.EgressAllow = "" })
	g.do(t, http.MethodGet, closed+strings.Replace(through("/api/me", id, "ada"), "{p}", w.project, 1), "", "Authorization", "Bearer "+w.token,
		"X-Pd-Environment", w.environment).refused(t, http.StatusBadRequest, "address_blocked")
	if n := g.app.count() - before; n != 1 {
		t.Errorf("%d requests reached the app", n)
	}
}

// The app has some time to begin its answer. What has begun flows for as long as
// it likes, part by part, and a caller who hangs up ends it at the app.
func TestProxyTime(t *testing.T) {
	t.Parallel()
	const patience = 4 * time.Second // longer than any machine takes to begin
	g := newRig(t, func(c *app.Config) { c.ProxyTimeout = patience })
	w := g.home
	id := w.account(t, "ada")
	ended, step := make(chan string, 2), make(chan bool)
	g.app.on("/silent", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		ended <- "silent"
	})
	w.get(t, id, "/silent").refused(t, http.StatusGatewayTimeout, "upstream_timeout")
	if <-ended != "silent" {
		t.Fatal("the app's request goes on")
	}
	g.app.on("/slow", func(rw http.ResponseWriter, r *http.Request) {
		for i := range 3 {
			_, _ = fmt.Fprintf(rw, "part %d\n", i)
			rw.(http.Flusher).Flush()
			if i == 1 {
				time.Sleep(patience + patience/2)
			}
			<-step
		}
		<-r.Context().Done()
		ended <- "slow"
	})
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.api+strings.Replace(through("/slow", id, "ada"), "{p}", w.project, 1), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("X-Pd-Environment", w.environment)
	res, err := http.DefaultClient.Do(req) // the rig's reads answers to their end
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewReader(res.Body)
	for i := range 3 {
		if line, err := lines.ReadString('\n'); err != nil || line != fmt.Sprintf("part %d\n", i) {
			t.Fatalf("part %d: %q, %v", i, line, err) // it comes before the app goes on
		}
		step <- true
	}
	hangUp()
	if <-ended != "slow" {
		t.Fatal("the app goes on")
	}
	r := w.logged(t, "status=200&app=acme_crm_key")
	if r.text(t, "data", 0, "error") != "caller_gone" || r.at(t, "data", 0, "bytes_out") != 21.0 {
		t.Error(r.Body)
	}
}
