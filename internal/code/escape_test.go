package code_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/code"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// escapes export the names of what they got at, of all that no step may. "app" is
// the one thing that may be reached.
var escapes = map[code.Language]string{
	code.Bash: `
try() { name=$1; shift; ("$@") >/dev/null 2>&1 </dev/null && echo "$name=true" >>"$EXPORTS"; return 0; }
ask() { exec 7<>"/dev/tcp/$1/$2" && printf 'GET / HTTP/1.0\r\n\r\n' >&7 && head -c 5 <&7 | grep -q HTTP/; }
try app ask 127.0.0.2 "$APP"
try shadow cat /etc/shadow
try environment cat /proc/$SERVER/environ
try memory head -c 1 /proc/$SERVER/mem
try other cat "$OTHER"
try metadata ask 169.254.169.254 80
try loopback ask 127.0.0.1 "$LOCAL"
try signal kill -0 "$SERVER"
exit 0`,
	code.Python: `
import os, socket
e = os.environ
def ask(host, port):
    s = socket.create_connection((host, int(port)), 20)
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    assert s.recv(20).startswith(b"HTTP/")
tries = {
    "app": lambda: ask("127.0.0.2", e["APP"]),
    "shadow": lambda: open("/etc/shadow").read(),
    "environment": lambda: open("/proc/" + e["SERVER"] + "/environ", "rb").read(),
    "memory": lambda: open("/proc/" + e["SERVER"] + "/mem", "rb"),
    "other": lambda: open(e["OTHER"]).read(),
    "metadata": lambda: ask("169.254.169.254", 80),
    "loopback": lambda: ask("127.0.0.1", e["LOCAL"]),
    "signal": lambda: os.kill(int(e["SERVER"]), 0),
}
for name, do in tries.items():
    try:
        do()
        export(name, True)
    except Exception:
        pass`,
	code.Go: `package main
import ("errors"; "net"; "os"; "patchbay/step"; "strconv"; "syscall"; "time")
func ask(host, port string) error {
	c, err := net.DialTimeout("tcp", net.JoinHostPort(host, port), 20*time.Second)
	if err != nil { return err }
	_, _ = c.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
	b := make([]byte, 5)
	if _, err := c.Read(b); err != nil { return err }
	if string(b) != "HTTP/" { return errors.New("no answer") }
	return nil
}
func read(path string) error { _, err := os.ReadFile(path); return err }
func main() {
	e := os.Getenv
	pid, _ := strconv.Atoi(e("SERVER"))
	for name, do := range map[string]func() error{
		"app": func() error { return ask("127.0.0.2", e("APP")) },
		"shadow": func() error { return read("/etc/shadow") },
		"environment": func() error { return read("/proc/" + e("SERVER") + "/environ") },
		"memory": func() error { _, err := os.Open("/proc/" + e("SERVER") + "/mem"); return err },
		"other": func() error { return read(e("OTHER")) },
		"metadata": func() error { return ask("169.254.169.254", "80") },
		"loopback": func() error { return ask("127.0.0.1", e("LOCAL")) },
		"signal": func() error { return syscall.Kill(pid, 0) },
	} {
		if do() == nil { step.Export(name, true) }
	}
}`,
	code.Node: `
const { default: fs } = await import("node:fs"); const { default: net } = await import("node:net");
const ask = (host, port) => new Promise((yes, no) => { const s = net.connect({ host, port: +port, timeout: 20000 }, () => s.write("GET / HTTP/1.0\r\n\r\n"));
  s.on("data", (d) => { s.destroy(); String(d).startsWith("HTTP/") ? yes() : no(d) }); s.on("error", no); s.on("close", no); s.on("timeout", no) });
const tries = {
  app: () => ask("127.0.0.2", env.APP),
  shadow: () => fs.readFileSync("/etc/shadow"),
  environment: () => fs.readFileSync("/proc/" + env.SERVER + "/environ"),
  memory: () => fs.openSync("/proc/" + env.SERVER + "/mem"),
  other: () => fs.readFileSync(env.OTHER),
  metadata: () => ask("169.254.169.254", 80),
  loopback: () => ask("127.0.0.1", env.LOCAL),
  signal: () => process.kill(+env.SERVER, 0),
};
for (const [name, attempt] of Object.entries(tries)) { try { await attempt(); $.export(name, true) } catch {} }`,
}

// A step reaches an app, and nothing of this machine, in whatever language; where
// it went and where it was not let to is in its log.
func TestEscape(t *testing.T) {
	t.Parallel()
	if r := sandbox.Detect(t.Context()); r.Tier != sandbox.Isolated {
		t.Skipf("programs are not isolated here: %s %s", r.Why, r.Remedy)
	}
	var reached atomic.Int64
	app, local := testkit.Serve(t, "127.0.0.2:0", nil), testkit.Serve(t, "127.0.0.1:0", &reached)
	other := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(other, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRunner(t)
	r.Door = egress.NewGuard(netip.MustParsePrefix("127.0.0.2/32")) // what stands for the public internet
	if r.Node != nil {
		r.Node.Door = r.Door
	}
	env := map[string]string{"APP": app, "LOCAL": local, "OTHER": other, "SERVER": fmt.Sprint(os.Getpid())}
	for language, source := range escapes {
		t.Run(string(language), func(t *testing.T) {
			t.Parallel()
			res := run(t, r, code.Piece{Language: language, Source: source, Env: env})
			if res.Failure != nil || len(res.Exports) != 1 || res.Exports["app"] != true {
				t.Errorf("it got at %v: %+v", res.Exports, res.Failure)
			}
			for _, want := range []string{"connected to 127.0.0.2:" + app, "169.254.169.254:80 was not reached", "127.0.0.1:" + local + " was not reached"} {
				if !slices.ContainsFunc(res.Logs, func(l runner.Log) bool { return strings.Contains(l.Text, want) }) {
					t.Errorf("%q is not in its log: %+v", want, res.Logs)
				}
			}
		})
	}
	t.Cleanup(func() {
		if n := reached.Load(); n > 0 {
			t.Errorf("this machine's loopback was reached, %d times", n)
		}
	})
}

// Who takes all that there is gets no more than the limits, and its run ends with a
// sentence that says so.
func TestBombs(t *testing.T) {
	t.Parallel()
	if r := sandbox.Detect(t.Context()); r.Tier != sandbox.Isolated {
		t.Skipf("programs are not isolated here: %s %s", r.Why, r.Remedy)
	}
	r := newRunner(t)
	limits := sandbox.Limits{CPUSeconds: 20, MemoryBytes: 192 << 20, Pids: 32}
	tests := map[string]struct {
		language code.Language
		source   string
		says     string
	}{
		"forks in Bash":    {code.Bash, `f() { f | f & }; f; sleep 3600`, ""},
		"forks in Python":  {code.Python, "import os, time\nwhile True:\n    try: os.fork()\n    except OSError: time.sleep(0.1)", "took longer"},
		"memory in Bash":   {code.Bash, `x=0123456789; while :; do x=$x$x; done`, ""},
		"memory in Python": {code.Python, "all = []\nwhile True: all.append(bytearray(8 << 20))", "more memory than it may"},
		"output in Bash":   {code.Bash, `head -c 1073741824 /dev/zero | tr '\0' x`, "wrote more"},
		"output in Python": {code.Python, "for _ in range(1024): print('x' * (1 << 20))", "wrote more"},
		"memory in Go":     {code.Go, goHead + `var all []string; for { all = append(all, strings.Repeat("x", 8<<20)); _ = all } }`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := code.Piece{Language: tt.language, Source: tt.source, Limits: limits}
			if strings.HasPrefix(name, "forks") { // they end with their time alone
				p.Timeout = 5 * time.Second
			}
			if res := run(t, r, p); res.Failure == nil || res.Failure.Message == "" || !strings.Contains(res.Failure.Message, tt.says) {
				t.Errorf("it did not fail as it should: %+v", res.Failure)
			}
		})
	}
	t.Cleanup(func() { // and the next finds everything as ever
		next, err := r.Run(context.WithoutCancel(t.Context()), code.Piece{Language: code.Bash, Source: "echo here", Timeout: 10 * time.Minute})
		if err != nil || next.Failure != nil || len(next.Logs) != 1 {
			t.Errorf("%v, %+v", err, next)
		}
	})
}
