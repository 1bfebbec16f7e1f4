package run_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// held is a dispatch whose runs begin, and end when they are let.
type held struct {
	run.Dispatch
	t     *testing.T
	began chan string
	end   chan struct{}
}

func hold(t *testing.T) *held {
	t.Helper()
	h := &held{t: t, began: make(chan string, 100_000), end: make(chan struct{})}
	h.Work(t.Context(), func(_ context.Context, _ tenant.Scope, id string) error {
		h.began <- id
		<-h.end
		return nil
	})
	t.Cleanup(func() { close(h.end); h.Drain(time.Minute) })
	return h
}

// take tells it of n runs of an environment, and returns how many it left.
func (h *held) take(environment string, n int) int {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s%d", environment, i)
	}
	return len(h.Take(tenant.NewScope("proj", environment, "development"), ids))
}

// next are the runs that begin next, of which there are n: more would be a mistake
// that another n finds out.
func (h *held) next(n int) (ids []string) {
	h.t.Helper()
	for range n {
		select {
		case id := <-h.began:
			ids = append(ids, id)
		case <-time.After(time.Minute):
			h.t.Fatalf("%d of %d runs began", len(ids), n)
		}
	}
	return ids
}

// A tenant whose runs hang, and has 100,000 of them, leaves room for the next one, and
// so do both for a third.
func TestHangingRunsLeaveRoom(t *testing.T) {
	t.Parallel()
	h := hold(t)
	for _, env := range []struct {
		name string
		n    int
	}{{"a", 192}, {"b", 48}, {"c", 12}, {"d", 3}, {"e", 1}} {
		h.take(env.name, 1000)
		for _, id := range h.next(env.n) {
			if id[:1] != env.name {
				t.Fatalf("%s began when it was the turn of %s", id, env.name)
			}
		}
	}
	h.take("b", 100_000)
	if n, full := h.Room(); n == 0 || !slices.Equal(full, []string{"b"}) {
		t.Errorf("a sweep may tell of %d, but of none of %v", n, full)
	}
}

// What ends of a tenant that has taken most makes room for another first, however many
// of its own wait.
func TestTurns(t *testing.T) {
	t.Parallel()
	h := hold(t)
	h.take("a", 100_000)
	h.next(192)
	h.take("b", 100)
	h.next(48)
	for range 70 { // of whichever: that is too few for a to be below its share
		h.end <- struct{}{}
	}
	for i, id := range h.next(52) {
		if id[:1] != "b" {
			t.Fatalf("%s began as number %d, before the last of b", id, i+1)
		}
	}
}

// Who is told twice of a run that waits advances it once, and of one that it has
// begun once more: something may have happened since.
func TestToldTwice(t *testing.T) {
	t.Parallel()
	h := hold(t)
	h.take("a", 193)
	h.take("a", 193)
	first := h.next(192)
	seen := map[string]int{}
	for _, id := range first {
		seen[id]++
	}
	for range 193 {
		h.end <- struct{}{}
	}
	for _, id := range h.next(193) { // the 192 once more, and the one that waited
		seen[id]++
	}
	for id, n := range seen {
		if want := map[bool]int{true: 1, false: 2}[id == "a192"]; n != want {
			t.Errorf("%s began %d times", id, n)
		}
	}
}

// A process that does not work takes nothing, and one that stops lets what is under
// way come to its end.
func TestDispatchStops(t *testing.T) {
	t.Parallel()
	var idle run.Dispatch
	if left := idle.Take(tenant.NewScope("proj", "a", "development"), []string{"x", "y"}); len(left) != 2 {
		t.Errorf("%v are left", left)
	}
	if n, full := idle.Room(); n == 0 || full != nil {
		t.Error(n, full)
	}
	h := hold(t)
	h.take("a", 500)
	h.next(192)
	stopped := make(chan struct{})
	working, _ := h.Room()
	go func() { h.Drain(time.Minute); close(stopped) }()
	for n := working; n == working; n, _ = h.Room() { // until it takes no more
		time.Sleep(time.Millisecond)
	}
	for range 192 {
		h.end <- struct{}{}
	}
	<-stopped
	if left := h.take("b", 1); left != 1 || len(h.began) > 0 {
		t.Errorf("%d are left, %d began", left, len(h.began))
	}
}
