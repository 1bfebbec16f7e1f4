package runner_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/runner"
)

func pidOf(t *testing.T, r *runner.Runner, project, user string, how runner.Isolation) string {
	t.Helper()
	j := unruly("pid")
	j.Owner = runner.Owner{Project: project, Environment: "env_1", User: user, Isolation: how}
	return string(run(t, r, j).Value)
}

// A process is used again by its owner, and by nobody else.
func TestWarm(t *testing.T) {
	t.Parallel()
	eachRuntime(t, func(t *testing.T, with on) {
		t.Parallel()
		staysWarm(t, newRunner(t, with, func(s *runner.Settings) { s.Most = 16 }))
	})
}

func staysWarm(t *testing.T, r *runner.Runner) {
	t.Helper()
	first := pidOf(t, r, "proj_1", "ada", runner.PerProject)
	if again := pidOf(t, r, "proj_1", "bob", runner.PerProject); again != first {
		t.Errorf("the second run was in %s, the first in %s", again, first)
	}
	ada := pidOf(t, r, "proj_1", "ada", runner.PerUser)
	others := []string{
		pidOf(t, r, "proj_2", "ada", runner.PerProject), pidOf(t, r, "proj_1", "bob", runner.PerUser),
		pidOf(t, r, "proj_1", "ada", runner.PerRun), pidOf(t, r, "proj_1", "ada", runner.PerRun), ada,
	}
	seen := map[string]bool{first: true}
	for i, pid := range others {
		if seen[pid] {
			t.Errorf("%d shares the process %s", i, pid)
		}
		seen[pid] = true
	}
	if again := pidOf(t, r, "proj_1", "ada", runner.PerUser); again != ada {
		t.Errorf("Ada's process is %s, and was %s", again, ada)
	}
}

// A process is ended after so many runs, when it has grown, after a while in which
// nobody needed it, when another needs its place, and after what nobody caught.
func TestRecycled(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change  func(*runner.Settings)
		most    int64 // bytes from which on it has grown; 0 = as ever
		between func(t *testing.T, r *runner.Runner)
		kept    bool
	}{
		"kept":     {kept: true},
		"runs":     {change: func(s *runner.Settings) { s.Runs = 1 }},
		"grown":    {most: 1},
		"idle":     {change: func(s *runner.Settings) { s.Idle = time.Millisecond }},
		"place":    {change: func(s *runner.Settings) { s.Most = 1 }, between: func(t *testing.T, r *runner.Runner) { t.Helper(); pidOf(t, r, "proj_2", "", "") }},
		"uncaught": {between: func(t *testing.T, r *runner.Runner) { t.Helper(); run(t, r, unruly("later")) }},
		"rejected": {between: func(t *testing.T, r *runner.Runner) { t.Helper(); run(t, r, unruly("rejected")) }},
		"failed":   {between: func(t *testing.T, r *runner.Runner) { t.Helper(); run(t, r, unruly("throws")) }, kept: true},
	}
	eachRuntime(t, func(t *testing.T, with on) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if tt.change == nil {
					tt.change = func(*runner.Settings) {}
				}
				r := newRunner(t, with, tt.change)
				if tt.most > 0 {
					r.Recycle = tt.most
				}
				first := pidOf(t, r, "proj_1", "", "")
				if tt.between != nil {
					tt.between(t, r)
				}
				again := pidOf(t, r, "proj_1", "", "")
				for until := time.Now().Add(time.Minute); again == first && name == "idle" && time.Now().Before(until); {
					time.Sleep(20 * time.Millisecond)
					again = pidOf(t, r, "proj_1", "", "")
				}
				if (again == first) != tt.kept {
					t.Errorf("it was the process %s, and is %s", first, again)
				}
			})
		}
	})
}

// The process that has been idle longest makes room, and no other.
func TestLongestIdle(t *testing.T) {
	t.Parallel()
	r := newRunner(t, func(s *runner.Settings) { s.Most = 2 })
	first, second := pidOf(t, r, "proj_1", "", ""), pidOf(t, r, "proj_2", "", "")
	if again := pidOf(t, r, "proj_1", "", ""); again != first {
		t.Fatalf("it was the process %s, and is %s", first, again)
	}
	pidOf(t, r, "proj_3", "", "")
	if again := pidOf(t, r, "proj_1", "", ""); again != first {
		t.Errorf("the one that was used last was %s, and is %s", first, again)
	}
	if again := pidOf(t, r, "proj_2", "", ""); again == second {
		t.Errorf("the one that was idle longest is still %s", again)
	}
}

// A process carries out one run at a time: two of one owner have two.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	ctx, cancel := context.WithCancel(t.Context())
	pids := make(chan string)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			j := unruly("held")
			j.Respond = func(answered runner.Response) { pids <- string(answered.Body) }
			_, _ = r.Run(ctx, j)
		})
	}
	if first, second := <-pids, <-pids; first == second || first == "" {
		t.Errorf("both are in the process %s", first)
	}
	cancel()
	all.Wait()
}

// Runs that are more than there are processes wait for their turn, and one that
// cannot wait is told so.
func TestCrowd(t *testing.T) {
	t.Parallel()
	r := newRunner(t, func(s *runner.Settings) { s.Most = 2 })
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			j := unruly("wait")
			j.Owner.Project = []string{"proj_1", "proj_2", "proj_3"}[i%3]
			if res, err := r.Run(t.Context(), j); err != nil || string(res.Value) != `"waited"` {
				t.Errorf("%v, %+v", err, res)
			}
		})
	}
	all.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	held := make(chan runner.Response)
	for i := range 2 {
		all.Go(func() {
			j := unruly("held")
			j.Owner.Project = []string{"proj_1", "proj_2"}[i]
			j.Respond = func(answered runner.Response) { held <- answered }
			_, _ = r.Run(ctx, j)
		})
	}
	for range 2 {
		if answered := <-held; answered.Status != 202 {
			t.Errorf("it answered %+v", answered)
		}
	}
	j := unruly("wait")
	j.Owner.Project, j.Timeout = "proj_3", time.Millisecond
	if _, err := r.Run(t.Context(), j); !errors.Is(err, runner.ErrBusy) {
		t.Errorf("it was told %v", err)
	}
	cancel()
	all.Wait()
}

// What is written once a run is over is nobody's, and a run that was given up ends.
func TestOver(t *testing.T) {
	t.Parallel()
	eachRuntime(t, func(t *testing.T, with on) {
		t.Parallel()
		endsWithItsRun(t, newRunner(t, with))
	})
}

func endsWithItsRun(t *testing.T, r *runner.Runner) {
	t.Helper()
	if res := run(t, r, unruly("after")); string(res.Value) != `"first"` {
		t.Fatalf("%s, %+v", res.Value, res.Failure)
	}
	if res := run(t, r, unruly("wait")); len(res.Logs) != 0 {
		t.Errorf("the run was told of another's: %s", texts(res))
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if res, err := r.Run(ctx, unruly("hang")); err != nil || res.Failure == nil || res.Failure.Name != "Cancelled" {
		t.Errorf("it ended with %v, %+v", err, res)
	}
}

// A credential is in the request alone: neither in the environment nor in what is
// logged, in any of the forms in which it is sent.
func TestSecrets(t *testing.T) {
	t.Parallel()
	eachRuntime(t, func(t *testing.T, with on) {
		t.Parallel()
		keepsSecrets(t, newRunner(t, with))
	})
}

func keepsSecrets(t *testing.T, r *runner.Runner) {
	t.Helper()
	j := unruly("secret")
	res := run(t, r, j)
	said := texts(res) + res.Failure.Message + res.Failure.Stack
	for _, s := range []string{"sk/very+secret=1", "sk%2Fvery%2Bsecret%3D1", "c2svdmVyeStzZWNyZXQ9MTo="} {
		if strings.Contains(said, s) {
			t.Errorf("%q is in %s", s, said)
		}
	}
	if !strings.Contains(said, "(redacted)") {
		t.Errorf("nothing was taken out of %s", said)
	}
	j = unruly("env")
	if res := run(t, r, j); strings.Contains(string(res.Value), os.Getenv("PATH")) || strings.Contains(string(res.Value), "secret") {
		t.Errorf("its environment is %s", res.Value)
	}
}
