package code_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/code"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

var cache = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "patchbay-code-")
	if err != nil {
		panic(err)
	}
	return dir
})

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(cache())
	os.Exit(code)
}

// newRunner runs code as this machine can: isolated if possible.
func newRunner(t *testing.T) *code.Runner {
	t.Helper()
	r := &code.Runner{Tier: sandbox.Detect(t.Context()).Tier, Cache: cache(), Start: sandbox.Start, Now: time.Now}
	node, err := runner.Open(t.Context(), runner.Settings{
		Most: 4, Idle: time.Minute, Runs: 100, Memory: 512 << 20, Tier: r.Tier, Start: sandbox.Start, Now: time.Now,
		Folder: func(string) (string, error) { return "", errors.ErrUnsupported },
	})
	if err == nil {
		t.Cleanup(node.Close)
		r.Node = node
	}
	return r
}

func run(t *testing.T, r *code.Runner, p code.Piece) *runner.Result {
	t.Helper()
	if p.Timeout == 0 {
		p.Timeout = 10 * time.Minute // a machine may have much else to do
	}
	p.Owner = runner.Owner{Project: "proj_1", Environment: "env_1", Isolation: runner.PerProject}
	p.Steps = map[string]any{"get": map[string]any{"n": 41}}
	p.Trigger = map[string]any{"event": "ünï"}
	res, err := r.Run(t.Context(), p)
	if errors.Is(err, code.ErrMissing) || errors.Is(err, runner.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return res
}

const goHead = "package main\nimport (\"errors\"; \"fmt\"; \"os\"; \"strings\"; \"patchbay/step\")\nvar _, _, _, _, _ = errors.New, fmt.Println, os.Getenv, strings.Repeat, step.Export\nfunc main() {\n"

// A piece of code finds what it is given, exports, logs, and returns, in each language.
func TestRun(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	tests := map[code.Language]string{
		code.Node: `$.export("n", steps.get.n + 1); $.export("of", trigger.event); console.log("said " + env.WHO); return { done: true }`,
		code.Python: `def handler(pd):
    pd.export("n", pd.steps["get"]["n"] + 1)
    export("of", trigger["event"])
    import os
    print("said", os.environ["WHO"])
    return {"done": True}`,
		code.Go:   goHead + `step.Export("n", step.Steps["get"].(map[string]any)["n"].(float64) + 1); step.Export("of", step.Trigger.(map[string]any)["event"]); fmt.Println("said", os.Getenv("WHO")); step.Return(map[string]bool{"done": true}) }`,
		code.Bash: `grep -q '"n":41' "$INPUT" && echo n=42 >>"$EXPORTS"; echo of=ünï >>"$EXPORTS"; echo said $WHO`,
	}
	for language, source := range tests {
		t.Run(string(language), func(t *testing.T) {
			t.Parallel()
			res := run(t, r, code.Piece{Language: language, Source: source, Env: map[string]string{"WHO": "it"}})
			if res.Failure != nil || !res.Ended || !reflect.DeepEqual(res.Exports, map[string]any{"n": 42.0, "of": "ünï"}) {
				t.Errorf("%+v %+v", res, res.Failure)
			}
			if value := strings.ReplaceAll(string(res.Value), " ", ""); language != code.Bash && value != `{"done":true}` {
				t.Errorf("it returned %s", value)
			}
			if len(res.Logs) != 1 || res.Logs[0].Text != "said it" {
				t.Errorf("logs: %+v", res.Logs)
			}
		})
	}
}

// What goes wrong is told in words, and what was said before it is kept; nothing
// secret is in any of it.
func TestFailures(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	const secret = "very-secret-1"
	type try struct {
		source, says string
		timeout      time.Duration
	}
	tests := map[code.Language]map[string]try{
		code.Python: {
			"throws":        {"print('here')\nraise ValueError('no ' + '" + secret + "')", "no (redacted)", 0},
			"is malformed":  {"def (:\n", "invalid syntax", 0},
			"exits":         {"print('here')\nimport sys; sys.exit(3)", "exit code 3", 0},
			"has no end":    {"print('here')\nwhile True: pass", "took longer than", 3 * time.Second},
			"never stops":   {"print('here')\nwhile True: print('x' * 100000)", "wrote more", 0},
			"is no JSON":    {"print('here')\nexport('x', {1, 2})", "cannot be written as JSON", 0},
			"puts off":      {"print('here')\nflow.rerun(1000)", "Only Node code and JavaScript components", 0},
			"is disturbing": {"print('here')\nimport os; os.write(5, b'nonsense\\n'); import time; time.sleep(30)", "something else", 0},
		},
		code.Bash: {
			"fails":       {"echo here; echo " + secret + " >&2; exit 4", "exit code 4", 0},
			"has no end":  {"echo here; while :; do :; done", "took longer than", 3 * time.Second},
			"never stops": {"echo here; yes $(printf %01000d 1)", "wrote more", 0},
		},
		code.Go: {
			"panics":       {goHead + `fmt.Println("here"); panic("no " + strings.ToLower("VERY-SECRET-1")) }`, "exit code 2", 0},
			"fails":        {goHead + `fmt.Println("here"); step.Fail(errors.New("no " + "` + secret + `")) }`, "no (redacted)", 0},
			"is malformed": {goHead + `undefined() }`, "main.go:5:1: undefined: undefined", 0},
			"has no end":   {goHead + `fmt.Println("here"); for {} }`, "took longer than", 3 * time.Second},
			"never stops":  {goHead + `fmt.Println("here"); for { fmt.Println(strings.Repeat("x", 100000)) } }`, "wrote more", 0},
		},
		code.Node: {
			"throws":     {"console.log('here'); throw new Error('no ' + '" + secret + "')", "no (redacted)", 0},
			"has no end": {"console.log('here'); for (;;);", "took longer than", 3 * time.Second},
		},
	}
	for language, tries := range tests {
		for name, tt := range tries {
			t.Run(string(language)+" "+name, func(t *testing.T) {
				t.Parallel()
				res := run(t, r, code.Piece{Language: language, Source: tt.source, Secrets: []string{secret}, Timeout: tt.timeout})
				if res.Failure == nil || !strings.Contains(res.Failure.Message, tt.says) {
					t.Fatalf("%+v, want a failure that says %q", res.Failure, tt.says)
				}
				begun := func() bool { return slices.ContainsFunc(res.Logs, func(l runner.Log) bool { return l.Text == "here" }) }
				for longer := 2 * tt.timeout; longer > 0 && longer < 2*time.Minute && !begun(); longer *= 2 { // this machine takes as long to begin
					res = run(t, r, code.Piece{Language: language, Source: tt.source, Secrets: []string{secret}, Timeout: longer})
				}
				here := begun()
				if built := !strings.Contains(name, "malformed"); built && !here {
					t.Errorf("its logs are lost: %+v", res.Logs)
				}
				said := res.Failure.Message + res.Failure.Stack
				for _, l := range res.Logs {
					said += l.Text
				}
				if strings.Contains(said, secret) {
					t.Errorf("it tells a secret: %s", said)
				}
			})
		}
	}
}

// A stack is that of the customer's own code, with its lines.
func TestStack(t *testing.T) {
	t.Parallel()
	res := run(t, newRunner(t), code.Piece{Language: code.Python, Source: "def handler(pd):\n    return 1 / 0\n"})
	if f := res.Failure; f == nil || f.Name != "ZeroDivisionError" || !strings.Contains(f.Stack, "step.py\", line 2") || !strings.Contains(f.Stack, "return 1 / 0") || strings.Contains(f.Stack, "<string>") {
		t.Errorf("%+v", f)
	}
}

// What cannot be run is refused before anything begins.
func TestRefused(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	tests := map[string]struct {
		p    code.Piece
		want error
	}{
		"another language":   {code.Piece{Language: "cobol"}, code.ErrLanguage},
		"too large":          {code.Piece{Language: code.Bash, Source: strings.Repeat("#", 1<<20)}, code.ErrLarge},
		"a crooked variable": {code.Piece{Language: code.Bash, Env: map[string]string{"A=B": "c"}}, code.ErrName},
		"a cut value":        {code.Piece{Language: code.Bash, Env: map[string]string{"A": "\x00"}}, code.ErrName},
	}
	for name, tt := range tests {
		if _, err := r.Run(t.Context(), tt.p); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A build waits for the one before it, however long that takes, and gives up only
// when nobody waits for it any more.
func TestBuildWaits(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	r.Cache = t.TempDir()
	other, err := os.Create(filepath.Join(r.Cache, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if err := syscall.Flock(int(other.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	begun := false
	r.Start = func(context.Context, sandbox.Spec) (*sandbox.Process, error) {
		begun = true
		return nil, errStopped
	}
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	piece := code.Piece{Language: code.Go, Source: goHead + "}", Timeout: time.Nanosecond}
	switch _, err = r.Run(ctx, piece); {
	case errors.Is(err, code.ErrMissing):
		t.Skip(err)
	case !errors.Is(err, code.ErrBusy) || begun:
		t.Errorf("%v, begun: %v", err, begun)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(t.Context(), piece); !errors.Is(err, errStopped) {
		t.Error(err)
	}
}

var errStopped = errors.New("stopped")

// What was built is kept, and what one piece leaves behind no other finds.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	if r.Tier == sandbox.Plain {
		t.Skip("plain children share this machine's /tmp")
	}
	for range 2 {
		res := run(t, r, code.Piece{Language: code.Bash, Source: "test -e /tmp/left && echo found=1 >>$EXPORTS; echo told >/dev/stderr; echo x >/tmp/left; ls " + cache() + " 2>/dev/null && echo seen=1 >>$EXPORTS; exit 0"})
		if res.Failure != nil || len(res.Exports) > 0 || len(res.Logs) != 1 {
			t.Errorf("%+v %+v", res, res.Failure)
		}
	}
}
