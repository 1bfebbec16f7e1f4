package sandbox_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// run starts a program of bash and returns what it wrote and how it ended.
func run(t *testing.T, s sandbox.Spec) (out, errs string, exit sandbox.Exit) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p, err := sandbox.Start(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_ = p.Stdin.Close()
	said := make(chan string)
	go func() {
		text, _ := io.ReadAll(p.Stderr)
		said <- string(text)
	}()
	text, _ := io.ReadAll(p.Stdout)
	return string(text), <-said, p.Wait()
}

func bash(script string) []string { return []string{"/bin/bash", "-c", script} }

// A plain child has the environment that it was given, its descriptors and its limits.
func TestPlain(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := sandbox.Spec{
		Tier: sandbox.Plain, Argv: bash(`env -u _ -u PWD -u SHLVL; pwd; ulimit -n; ulimit -c; echo three >&3; ls /proc/self/fd | wc -l; echo wrong >&2; exit 3`),
		Env: []string{"A=1"}, Dir: "/usr", ExtraFiles: []*os.File{w}, Limits: sandbox.Limits{OpenFiles: 40},
	}
	out, errs, exit := run(t, s)
	_ = w.Close()
	three, _ := io.ReadAll(r)
	if out != "A=1\n/usr\n40\n0\n5\n" || errs != "wrong\n" || string(three) != "three\n" || exit != (sandbox.Exit{Code: 3}) || exit.OK() {
		t.Errorf("%q %q %q %+v", out, errs, three, exit)
	}
}

// What was started is ended with all its children, by whatever ends it.
func TestEnds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script string
		limits sandbox.Limits
		end    func(*sandbox.Process, context.CancelFunc)
		want   sandbox.Limit
	}{
		"killed":     {"sleep 100 & sleep 100", sandbox.Limits{}, func(p *sandbox.Process, _ context.CancelFunc) { p.Kill() }, sandbox.Killed},
		"cancelled":  {"sleep 100 & sleep 100", sandbox.Limits{}, func(_ *sandbox.Process, c context.CancelFunc) { c() }, sandbox.Time},
		"no end":     {"while :; do :; done", sandbox.Limits{CPUSeconds: 1}, func(*sandbox.Process, context.CancelFunc) {}, sandbox.CPU},
		"too chatty": {"cat /dev/zero", sandbox.Limits{OutputBytes: 1 << 20}, func(*sandbox.Process, context.CancelFunc) {}, sandbox.Output},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p, err := sandbox.Start(ctx, sandbox.Spec{Tier: sandbox.Plain, Argv: bash("echo here; " + tt.script), Limits: tt.limits})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if _, err := io.ReadFull(p.Stdout, make([]byte, len("here\n"))); err != nil {
				t.Fatal(err)
			}
			tt.end(p, cancel)
			n, err := io.Copy(io.Discard, p.Stdout) // ends when nobody holds the pipe any more
			if n > 1<<20 || (tt.want == sandbox.Output) != errors.Is(err, sandbox.ErrOutput) {
				t.Errorf("read %d bytes, then %v", n, err)
			}
			if exit := p.Wait(); exit.Limit != tt.want || exit.OK() {
				t.Errorf("%+v, want %s", exit, tt.want)
			}
		})
	}
}

// What cannot be started is told at once.
func TestRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]sandbox.Spec{
		"no program":         {},
		"a relative program": {Argv: []string{"true"}},
		"no such program":    {Argv: []string{"/nowhere/program"}},
		"no such folder":     {Argv: bash(""), ReadOnly: []string{"/nowhere"}},
		"a crooked path":     {Argv: bash(""), Writable: []string{"/usr/../etc"}},
		"no such beginning":  {Argv: bash(""), Dir: "/nowhere"},
	}
	for name, s := range tests {
		s.Tier = sandbox.Plain
		if p, err := sandbox.Start(t.Context(), s); err == nil {
			p.Close()
			t.Errorf("%s was started", name)
		} else if strings.Contains(err.Error(), "launcher") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A program that is used several times may write its limit each time.
func TestRenew(t *testing.T) {
	t.Parallel()
	p, err := sandbox.Start(t.Context(), sandbox.Spec{
		Tier: sandbox.Plain, Argv: bash(`while read; do head -c 1000 /dev/zero; done`), Limits: sandbox.Limits{OutputBytes: 1500},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for use := range 3 {
		if use < 2 {
			p.Renew()
		}
		_, _ = io.WriteString(p.Stdin, "again\n")
		if _, err := io.ReadFull(p.Stdout, make([]byte, 1000)); (err == nil) != (use < 2) {
			t.Fatalf("use %d: %v", use, err)
		}
	}
	if exit := p.Wait(); exit.Limit != sandbox.Output {
		t.Errorf("%+v", exit)
	}
}
