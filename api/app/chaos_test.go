package app_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// What happens when processes die. Everything runs as it is shipped: the
// program is built and started, and killed like an operator or a kernel would.

var binDir string

func TestMain(m *testing.M) {
	code := m.Run()
	if binDir != "" {
		_ = os.RemoveAll(binDir)
	}
	os.Exit(code)
}

var binary = sync.OnceValues(func() (string, error) {
	var err error
	if binDir, err = os.MkdirTemp("", "patchbay-test-"); err != nil {
		return "", err
	}
	path := filepath.Join(binDir, "patchbay")
	out, err := exec.Command("go", "build", "-o", path, "github.com/patchbay-dev/patchbay/api").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// child is a running patchbay.
type child struct {
	cmd  *exec.Cmd
	done chan error    // how it ended
	over chan struct{} // closed when it has
}

// start runs a command of the program beside the rig, on the same database and
// Redis. It is killed when the test ends.
func (g *rig) start(t *testing.T, command string, env ...string) *child {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	c := g.config
	cmd := exec.Command(path, command)
	cmd.Env = append([]string{
		"PATCHBAY_DATABASE_URL=" + c.DatabaseURL, "PATCHBAY_REDIS_URL=" + c.RedisURL, "PATCHBAY_MASTER_KEY=" + c.MasterKey,
		"PATCHBAY_PUBLIC_URL=" + c.PublicURL, "PATCHBAY_CONNECT_URL=" + c.ConnectURL, "PATCHBAY_DEMO_URL=" + c.DemoURL,
		"PATCHBAY_EGRESS_ALLOW=" + c.EgressAllow, "PATCHBAY_DB_CONNECTIONS=8", "PATCHBAY_WORKER_CONCURRENCY=8",
		"PATCHBAY_SWEEP_EVERY=200ms", "PATCHBAY_DRAIN=20s", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
	}, env...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &child{cmd, make(chan error, 1), make(chan struct{})}
	go func() {
		p.done <- cmd.Wait()
		close(p.over)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-p.over
		if t.Failed() {
			t.Logf("patchbay %s said:\n%s", command, log.String())
		}
	})
	return p
}

// serve starts a server on an address of its own.
func (g *rig) serve(t *testing.T) (server *child, address string) {
	t.Helper()
	address = freeAddress(t)
	server = g.start(t, "serve", "PATCHBAY_LISTEN="+address)
	soon(t, "the server", func() bool { return listens(address) })
	return server, address
}

// freeAddress is one of this machine at which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func listens(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

// kill ends the child at once and returns when it is gone.
func (p *child) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.over
}

// delivery returns the only delivery of the project.
func (w *workspace) delivery(t *testing.T) reply {
	t.Helper()
	list := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries", "").is(t, http.StatusOK)
	if list.at(t, "page_info", "total_count") != 1.0 {
		t.Fatalf("deliveries: %s", list.Body)
	}
	return w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries/"+list.text(t, "data", 0, "id"), "").is(t, http.StatusOK)
}

// A worker that dies while it sends loses nothing: the next one sends the same
// event again, under the same webhook-id, and what happened is on record.
func TestChaosWorkerKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	g := newRig(t)
	w := g.home
	var first sync.Once
	reached := make(chan struct{})
	s := newSink(t, func(_ http.ResponseWriter, r *http.Request) {
		wait := false
		first.Do(func() { wait = true; close(reached) })
		if wait {
			<-r.Context().Done() // until the worker is gone
		}
	})
	_, endpoint, _ := w.trigger(t, "ada", s.URL)
	g.do(t, http.MethodPost, endpoint, `{"order":7}`).is(t, http.StatusOK)
	worker := g.start(t, "work")
	select {
	case <-reached:
	case <-time.After(long):
		t.Fatal("nothing was sent")
	}
	if state := w.delivery(t).text(t, "delivery", "state"); state != "sending" {
		t.Errorf("while it is sent, the delivery is %s", state)
	}
	worker.kill(t)
	g.start(t, "work")
	soon(t, "the delivery", func() bool { return w.delivery(t).text(t, "delivery", "state") == "delivered" })
	got := s.all()
	if len(got) != 2 || got[0].Header.Get("Webhook-Id") == "" || got[0].Header.Get("Webhook-Id") != got[1].Header.Get("Webhook-Id") || got[0].Body != got[1].Body {
		t.Errorf("the customer heard %v", got)
	}
	d := w.delivery(t)
	if d.at(t, "delivery", "attempts") != 2.0 || d.text(t, "attempts", 0, "error") != "lease_expired" || d.at(t, "attempts", 1, "status") != 200.0 {
		t.Errorf("on record is %s", d.Body)
	}
}

// A Redis that forgets everything costs nothing but time: what is due is in
// PostgreSQL, and is swept up. All 200 arrive.
func TestChaosRedisFlushed(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	const n = 200
	g := newRig(t)
	w, s := g.home, newSink(t, nil)
	_, endpoint, _ := w.trigger(t, "ada", s.URL)
	for i := range n {
		g.do(t, http.MethodPost, endpoint, fmt.Sprintf(`{"n":%d}`, i)).is(t, http.StatusOK)
	}
	opt, err := asynq.ParseRedisURI(g.config.RedisURL)
	if err != nil {
		t.Fatal(err)
	}
	r := opt.MakeRedisClient().(redis.UniversalClient)
	t.Cleanup(func() { _ = r.Close() })
	if keys := r.DBSize(t.Context()).Val(); keys == 0 {
		t.Fatal("there was nothing to forget")
	}
	if err := r.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	g.start(t, "work")
	count := func(state string) any {
		return w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries?limit=1&state="+state, "").at(t, "page_info", "total_count")
	}
	soon(t, "200 deliveries", func() bool { return count("delivered") == float64(n) })
	orders, ids := map[string]bool{}, map[string]bool{}
	for _, h := range s.all() {
		orders[fmt.Sprint(h.json().at(t, "body", "n"))] = true
		ids[h.Header.Get("Webhook-Id")] = true
	}
	if len(orders) != n || len(ids) != n {
		t.Errorf("%d orders came under %d ids, want %d", len(orders), len(ids), n)
	}
}

// A worker that is told to stop finishes what it sends, writes it down, and
// ends without complaint. What comes meanwhile waits for the next worker.
func TestChaosWorkerDrains(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	g := newRig(t)
	w := g.home
	reached, release := make(chan struct{}), make(chan struct{})
	slow := newSink(t, func(_ http.ResponseWriter, r *http.Request) {
		close(reached) // a second visit would panic, and be seen as one
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	_, endpoint, _ := w.trigger(t, "ada", slow.URL)
	g.do(t, http.MethodPost, endpoint, `{"order":1}`).is(t, http.StatusOK)
	worker := g.start(t, "work")
	select {
	case <-reached:
	case <-time.After(long):
		t.Fatal("nothing was sent")
	}
	if err := worker.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	later := newSink(t, nil)
	_, other, _ := w.trigger(t, "ada", later.URL)
	g.do(t, http.MethodPost, other, `{"order":2}`).is(t, http.StatusOK)
	close(release)
	select {
	case err := <-worker.done:
		if err != nil {
			t.Errorf("the worker ended with %v", err)
		}
	case <-time.After(long):
		t.Fatal("the worker did not end")
	}
	list := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries?state=delivered", "").is(t, http.StatusOK)
	if !strings.Contains(list.Body, slow.URL) {
		t.Errorf("what was under way is not on record: %s", list.Body)
	}
	if sending := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries?state=sending", ""); sending.at(t, "page_info", "total_count") != 0.0 {
		t.Errorf("left behind: %s", sending.Body)
	}
	g.start(t, "work")
	later.next(t, "what came meanwhile", func(heard) bool { return true })
	if n := len(slow.all()); n != 1 {
		t.Errorf("what was finished was sent %d times", n)
	}
}

// What was answered with 200 is in the database before it is answered: a server
// that is killed in the middle of its work loses none of it.
func TestChaosServerKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	g := newRig(t)
	w, s := g.home, newSink(t, nil)
	id, endpoint, _ := w.trigger(t, "ada", s.URL)
	server, address := g.serve(t)
	// Calls go on until one fails; after the tenth, the server is killed beside them.
	accepted := map[string]bool{}
	for n := 0; n < 90; n++ {
		if n == 10 {
			go func() { _ = server.cmd.Process.Kill() }()
		}
		if !accepts(t.Context(), strings.Replace(endpoint, g.api, "http://"+address, 1), fmt.Sprintf(`{"n":%d}`, n)) {
			break
		}
		accepted[fmt.Sprint(n)] = true
	}
	<-server.over
	if len(accepted) < 10 {
		t.Fatalf("only %d calls were accepted", len(accepted))
	}
	events := w.call(t, http.MethodGet, "/v1/connect/{p}/deployed-triggers/"+id+"/events?n=100&external_user_id=ada", "").is(t, http.StatusOK)
	kept := map[string]bool{}
	for i := range events.at(t, "data").([]any) {
		kept[fmt.Sprint(events.at(t, "data", i, "e", "body", "n"))] = true
	}
	for n := range accepted {
		if !kept[n] {
			t.Errorf("call %s was answered with 200 and is gone", n)
		}
	}
	g.start(t, "work")
	soon(t, "every delivery", func() bool {
		told := map[string]bool{}
		for _, h := range s.all() {
			told[fmt.Sprint(h.json().at(t, "body", "n"))] = true
		}
		return len(told) == len(kept)
	})
}

func accepts(ctx context.Context, url, body string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	c := &http.Client{Timeout: long}
	res, err := c.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// A server that is told to stop answers what it has taken, and ends without
// complaint.
func TestChaosServerDrains(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	g := newRig(t)
	w := g.home
	release, reached := make(chan struct{}), make(chan struct{})
	slow := newSink(t, func(_ http.ResponseWriter, _ *http.Request) {
		close(reached)
		<-release
	})
	g.work()
	_, made := w.workflow(t, "name: Slow\ntriggers: [{type: http, auth: none, environment: development}]\nsteps: [{name: wait, type: http_request, url: '"+slow.URL+"'}, {name: say, type: respond, body: done}]")
	server, address := g.serve(t)
	answer, target := make(chan bool, 1), strings.Replace(made.text(t, "endpoint", "url"), g.api, "http://"+address, 1)
	go func() { answer <- accepts(context.Background(), target, `{}`) }()
	select {
	case <-reached:
	case <-time.After(long):
		t.Fatal("the workflow was not started")
	}
	if err := server.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	soon(t, "the server to take no more", func() bool { return !listens(address) })
	close(release)
	if !<-answer {
		t.Error("the call under way was cut off")
	}
	select {
	case err := <-server.done:
		if err != nil {
			t.Errorf("the server ended with %v", err)
		}
	case <-time.After(long):
		t.Fatal("the server did not end")
	}
}
