package run_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

var errSeen = errors.New("seen")

// follow follows until enough is seen, and returns what was, as "status id".
func (r *rig) follow(tail *run.Tail, n int, meanwhile ...func()) (seen []string, from string) {
	r.t.Helper()
	err := tail.Each(r.t.Context(), func(changed []run.Run, at string) error {
		for _, x := range changed {
			seen = append(seen, string(x.Status)+" "+x.ID)
		}
		from = at
		for len(meanwhile) > 0 {
			meanwhile[0]()
			meanwhile = meanwhile[1:]
			return nil
		}
		if len(seen) >= n {
			return errSeen
		}
		return nil
	})
	if !errors.Is(err, errSeen) {
		r.t.Fatal(err)
	}
	return seen, from
}

// Who follows sees each run come and end; who comes again misses nothing of what
// was under way when they left.
func TestFollowRuns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	old := r.start(`{}`, callA)
	tail, err := r.Follow(r.scope, run.Filter{}, id.Before(old))
	if err != nil {
		t.Fatal(err)
	}
	var a, b string
	seen, from := r.follow(tail, 4, func() { a = r.start(`{}`, callA) }, func() { r.advance(a); b = r.start(`{}`, callA) })
	tail.Leave()
	if diff := cmp.Diff([]string{"queued " + old, "queued " + a, "succeeded " + a, "queued " + b}, seen); diff != "" {
		t.Error(diff)
	}
	r.advance(b)
	r.advance(old)
	if tail, err = r.Follow(r.scope, run.Filter{}, from); err != nil {
		t.Fatal(err)
	}
	seen, _ = r.follow(tail, 3)
	tail.Leave()
	if diff := cmp.Diff([]string{"succeeded " + old, "succeeded " + a, "succeeded " + b}, seen); diff != "" {
		t.Error(diff)
	}
}

// A filter by what a run comes to tells of it when it has.
func TestFollowFailures(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	bad := `{"name":"a","type":"http_request","url":"http://10.0.0.1/"}`
	failing, fine := r.start(`{}`, bad), r.start(`{}`, callA)
	tail, err := r.Follow(r.scope, run.Filter{Statuses: []run.Status{run.Failed}}, id.Before(failing))
	if err != nil {
		t.Fatal(err)
	}
	defer tail.Leave()
	seen, _ := r.follow(tail, 1, func() { r.advance(fine) }, func() { r.advance(failing) })
	if diff := cmp.Diff([]string{"failed " + failing}, seen); diff != "" {
		t.Error(diff)
	}
}

// The steps of a run are told of in their order, each as it stands, and with the
// run's end it is over. A stranger follows nothing.
func TestFollowOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one := r.start(`{}`, callA, callB)
	tail, err := r.FollowOne(t.Context(), r.scope, one, "")
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	last := ""
	err = tail.Each(t.Context(), func(x *run.Run, steps []run.Step, position string) error {
		if x != nil {
			seen = append(seen, string(x.Status))
		}
		for _, s := range steps {
			seen = append(seen, s.Name+" "+string(s.Status))
		}
		if last = position; len(seen) == 1 {
			r.advance(one)
		}
		return nil
	})
	tail.Leave()
	if err != nil || last != "2" {
		t.Fatal(last, err)
	}
	if diff := cmp.Diff([]string{"queued", "succeeded", "a succeeded", "b succeeded"}, seen); diff != "" {
		t.Error(diff)
	}
	if tail, err = r.FollowOne(t.Context(), r.scope, one, "1"); err != nil {
		t.Fatal(err)
	}
	defer tail.Leave()
	err = tail.Each(t.Context(), func(_ *run.Run, steps []run.Step, _ string) error {
		if len(steps) != 1 || steps[0].Name != "b" {
			t.Errorf("behind the first step there are %+v", steps)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.FollowOne(t.Context(), testkit.Scope(t, r.DB), one, ""); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("a stranger follows: %v", err)
	}
}

// Only so many follow at once, and who leaves makes room; a process that stops
// ends all of them.
func TestFollowers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if _, err := r.Follow(r.scope, run.Filter{}, "here"); !errors.Is(err, run.ErrLastEvent) {
		t.Errorf("%v", err)
	}
	var all []*run.Tail
	for range run.MaxFollowers {
		tail, err := r.Follow(r.scope, run.Filter{}, "")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tail)
	}
	if _, err := r.Follow(r.scope, run.Filter{}, ""); !errors.Is(err, run.ErrFollowers) {
		t.Fatalf("one more: %v", err)
	}
	all[0].Leave()
	tail, err := r.Follow(r.scope, run.Filter{}, "")
	if err != nil {
		t.Fatal(err)
	}
	r.Rest()
	if err := tail.Each(t.Context(), func([]run.Run, string) error { return nil }); err != nil {
		t.Fatal(err)
	}
}
