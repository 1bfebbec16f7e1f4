package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// surroundings are a machine with things worth stealing.
type surroundings struct {
	spec    sandbox.Spec
	reached atomic.Int64 // how often something was reached that is not to be
	mu      sync.Mutex
	visits  map[string]error
}

func newSurroundings(t *testing.T) *surroundings {
	t.Helper()
	s := &surroundings{visits: map[string]error{}}
	serve := func(address string, reached *atomic.Int64) string {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Skipf("this machine has no %s: %v", address, err)
		}
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
		server.Listener = l
		server.Start()
		t.Cleanup(server.Close)
		_, port, _ := net.SplitHostPort(l.Addr().String())
		return port
	}
	var app atomic.Int64
	local, allowed := serve("127.0.0.1:0", &s.reached), serve("127.0.0.2:0", &app)
	local6 := "1"
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil {
		_ = l.Close()
		local6 = serve("[::1]:0", &s.reached)
	}
	abstract, err := net.Listen("unix", fmt.Sprintf("@patchbay-%d", os.Getpid()))
	if err == nil {
		t.Cleanup(func() { _ = abstract.Close() })
	}
	folder := func(name, file, text string) string {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	given, its, other := folder("given", "file", "given"), folder("its", "x", ""), folder("other", "secret", "another's")
	guard := egress.NewGuard(netip.MustParsePrefix("127.0.0.2/32")) // what stands for the public internet
	guard.Resolve(names(t))
	s.spec = sandbox.Spec{
		Tier: sandbox.Isolated, ReadOnly: []string{given}, Writable: []string{its},
		Env: []string{
			"PATH=/usr/bin:/bin", "GIVEN=" + given, "ITS=" + its, "OTHER=" + other, "APP=" + allowed, "LOCAL=" + local, "LOCAL6=" + local6,
			fmt.Sprintf("SERVER=%d", os.Getpid()),
		},
		Limits: sandbox.Limits{CPUSeconds: 10, FileBytes: 20 << 20},
		Egress: &sandbox.Egress{Door: guard, Told: func(v sandbox.Visit) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.visits[v.Host] = v.Err
		}},
	}
	return s
}

// names answers for the domain name system: app.test is an app, and rebind.test
// is one when it is first asked for and this machine from then on.
func names(t *testing.T) *net.Resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		asked := 0
		for buf := make([]byte, 1500); ; {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q, at := m.Questions[0], [4]byte{127, 0, 0, 2}
			if q.Name.String() == "rebind.test." && q.Type == dnsmessage.TypeA {
				if asked++; asked > 1 {
					at = [4]byte{127, 0, 0, 1}
				}
			}
			m.Response, m.Additionals = true, nil
			if q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: at}}}
			}
			if text, err := m.Pack(); err == nil {
				_, _ = c.WriteTo(text, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", c.LocalAddr().String())
	}}
}

// What an isolated program may, works; nothing else does, in whatever language.
func TestEscape(t *testing.T) {
	t.Parallel()
	isolated(t)
	for name, l := range languages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, show, err := find(name)
			if err != nil {
				t.Skip(err)
			}
			s := newSurroundings(t)
			script, want := l.head, []string{}
			for _, what := range slices.Sorted(maps.Keys(attempts)) {
				if do := attempts[what][name]; do != "" {
					script += fmt.Sprintf(l.attempt, do, what)
					if strings.HasPrefix(what, "may ") {
						want = append(want, what)
					}
				}
			}
			if name == "node" {
				script += "process.exit()"
			}
			s.spec.Argv, s.spec.ReadOnly = l.argv(path, script), append(s.spec.ReadOnly, show...)
			out, errs, exit := run(t, s.spec)
			if got := strings.Split(strings.TrimSpace(out), "\n"); !slices.Equal(got, want) {
				t.Errorf("it did %q, and may %q\n%s %+v", got, want, errs, exit)
			}
			if n := s.reached.Load(); n > 0 {
				t.Errorf("it reached what it may not, %d times", n)
			}
			s.told(t)
		})
	}
}

// find returns where a language is. A Python that somebody built for himself needs
// more than its folder, so that the system's is taken.
func find(name string) (path string, show []string, err error) {
	if name == "python" {
		_, err = os.Stat("/usr/bin/python3")
		return "/usr/bin/python3", nil, err
	}
	return sandbox.Find(languages[name].program)
}

// told holds what the gate told against what was asked for.
func (s *surroundings) told(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for host, want := range map[string]string{"app.test": "", "169.254.169.254": "blocked_address", "127.0.0.1": "blocked_address", "rebind.test": "blocked_address"} {
		if err, ok := s.visits[host]; !ok || egress.Class(err) != want {
			t.Errorf("of %s it was told: %t, %v, want %q", host, ok, err, want)
		}
	}
}

// The same where the server is not root.
func TestEscapeRootless(t *testing.T) {
	t.Parallel()
	isolated(t)
	if os.Geteuid() != 0 {
		t.Skip("this is the rootless one already")
	}
	test, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	tmp, binary := filepath.Join(dir, "tmp"), filepath.Join(dir, "test")
	if err := os.WriteFile(binary, test, 0o755); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	if err := os.Mkdir(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(tmp, nobody, nobody); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	run := func() ([]byte, error) {
		c := exec.CommandContext(ctx, binary, "-test.run=^(TestEscape|TestBombs)$/^(bash|node|python|forks_in_bash|buffers_in_node)$", "-test.v")
		c.Dir, c.Env = tmp, []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + tmp, "HOME=" + tmp}
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		return c.CombinedOutput()
	}
	out, err := run()
	for errors.Is(err, syscall.ETXTBSY) && ctx.Err() == nil { // another test's child has the file open that was written above, until its own exec
		time.Sleep(10 * time.Millisecond)
		out, err = run()
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestEscape") && !strings.Contains(string(out), "--- SKIP: TestEscape") {
		t.Errorf("%v\n%s", err, out)
	}
}
