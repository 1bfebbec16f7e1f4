package workflow_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// An older version can be the running one again, a share of the runs goes to a
// canary, and to deploy ends both; a key is of one workflow.
func TestVersionsThatRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx, p := t.Context(), r.project
	w := r.create(strings.Replace(steps(call), `{`, `{"key":"flow",`, 1))
	r.must(r.Release(ctx, p, w.ID, " first "))
	r.must(r.Update(ctx, p, w.ID, define(t, strings.Replace(with(`"method":"POST"`), `{`, `{"key":"flow",`, 1))))
	r.must(r.Release(ctx, p, w.ID, "second"))
	if _, err := r.Create(ctx, p, define(t, strings.Replace(steps(call), `{`, `{"key":"flow",`, 1))); !errors.Is(err, workflow.ErrKey) {
		t.Fatal(err)
	}
	if v := r.must(r.Run(ctx, p, w.ID, workflow.Running{Version: 1, Canary: 2, Percent: 30})); v.Version != 1 || v.CanaryVersion != 2 || !v.DraftDiffers {
		t.Fatalf("%+v", v)
	} else {
		n := 0
		for i := range 1000 {
			id := fmt.Sprint("run_", i)
			if v.VersionFor(id) != v.VersionFor(id) { //nolint:staticcheck // that it is the same is what is asked
				t.Fatal("a run has two versions")
			}
			if v.VersionFor(id) == 2 {
				n++
			}
		}
		if n < 200 || n > 400 {
			t.Errorf("of 1000 runs %d are of the canary", n)
		}
	}
	for name, c := range map[string]struct {
		to   workflow.Running
		want error
	}{
		"a version that is none": {workflow.Running{Version: 3}, workflow.ErrVersion},
		"a canary that is none":  {workflow.Running{Version: 1, Canary: 3, Percent: 1}, workflow.ErrVersion},
		"the same":               {workflow.Running{Version: 1, Canary: 1, Percent: 1}, workflow.ErrCanary},
		"no share":               {workflow.Running{Version: 1, Canary: 2}, workflow.ErrCanary},
	} {
		if _, err := r.Run(ctx, p, w.ID, c.to); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if v := r.must(r.Deploy(ctx, p, w.ID)); v.Version != 2 || v.CanaryVersion != 0 {
		t.Errorf("deployed again: %+v", v)
	}
	_, page, err := r.Versions(ctx, p, w.ID, db.Cursor{})
	if err != nil || len(page.Items) != 2 || page.Items[0].Message != "second" || page.Items[1].Message != "first" || page.Items[0].Author == "" {
		t.Fatal(page, err)
	}
	changes, err := r.Diff(ctx, p, w.ID, 1, 2)
	if err != nil || len(changes) != 1 || changes[0].String() != `+ steps.a.method: "POST"` {
		t.Fatal(changes, err)
	}
	stranger := newRig(t)
	if _, err := stranger.Run(ctx, stranger.project, w.ID, workflow.Running{Version: 1}); !errors.Is(err, workflow.ErrNotFound) {
		t.Error(err)
	}
	score, checks, err := r.Readiness(ctx, p, w.ID, false)
	at := slices.IndexFunc(checks, func(c workflow.Check) bool { return c.Code == "deployed" })
	if err != nil || score <= 0 || score >= 100 || at < 0 || !checks[at].Done {
		t.Error(score, checks, err)
	}
}

// What has a name is known by it: a step that is elsewhere is moved, not changed.
func TestDiff(t *testing.T) {
	t.Parallel()
	const a, b, c = `{"name":"a","type":"respond","status":200}`, `{"name":"b","type":"respond"}`, `{"name":"c","type":"respond"}`
	changes, err := workflow.Diff(define(t, steps(a+","+b)), define(t, steps(b+","+strings.Replace(a, "200", "201", 1)+","+c)))
	var got []string
	for _, c := range changes {
		got = append(got, c.Kind+" "+c.Path)
	}
	if want := []string{"changed steps.a.status", "added steps.c", "moved steps"}; err != nil || !slices.Equal(got, want) {
		t.Fatal(got, err)
	}
}
