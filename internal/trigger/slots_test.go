package trigger

import (
	"fmt"
	"testing"
)

func candidates(environment, app string, n int) (all []candidate) {
	for i := range n {
		all = append(all, candidate{fmt.Sprintf("%s-%s-%d", environment, app, i), environment, app})
	}
	return all
}

func of(chosen []candidate) map[string]int {
	out := map[string]int{}
	for _, c := range chosen {
		for _, key := range c.keys() {
			out[key]++
		}
	}
	return out
}

// However much one tenant has due, and however many tenants one app keeps
// waiting, there is room for the next who comes.
func TestSlotsAreShared(t *testing.T) {
	t.Parallel()
	s := newSlots(128)
	first := s.choose(candidates("env_big", "slack", 10_000))
	if len(first) != 64 {
		t.Fatalf("a tenant alone holds %d", len(first))
	}
	if environments, apps, some := s.full(); len(environments) != 1 || len(apps) != 1 || !some {
		t.Fatal(environments, apps, some)
	}
	if more := s.choose(candidates("env_other", "slack", 10)); len(more) != 0 {
		t.Fatalf("an app that is full holds %d more", len(more))
	}
	if more := s.choose(candidates("env_big", "github", 10)); len(more) != 0 {
		t.Fatalf("a tenant that is full holds %d more", len(more))
	}
	small := s.choose(candidates("env_small", "github", 3))
	if len(small) != 3 {
		t.Fatalf("the small one got %d", len(small))
	}
	for i := range 20 {
		s.choose(candidates(fmt.Sprintf("env_%d", i), "tarpit", 100))
	}
	if next := s.choose(candidates("env_next", "notion", 1)); len(next) != 1 {
		t.Fatal("there was no room for the next one")
	}
	for _, c := range append(first, small...) {
		s.release(c)
	}
	select {
	case <-s.freed:
	default:
		t.Error("nobody was told that there is room")
	}
}

// Tenants that come together get the same, and what was given back is all there again.
func TestSlotsInTurn(t *testing.T) {
	t.Parallel()
	s := newSlots(120)
	var all []candidate
	a, b := candidates("env_a", "slack", 100), candidates("env_b", "github", 100)
	for i := range a {
		all = append(all, a[i], b[i])
	}
	chosen := s.choose(all)
	if got := of(chosen); got["env_a"] != 40 || got["env_b"] != 40 {
		t.Fatalf("%v", got)
	}
	for _, c := range chosen {
		s.release(c)
	}
	if s.free != 120 || len(s.held) != 0 {
		t.Fatalf("%d free, %v held", s.free, s.held)
	}
}
