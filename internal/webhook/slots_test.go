package webhook_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// One tenant has half of the slots at most, slow receivers a quarter, and what
// is left goes to whoever comes.
func TestSlots(t *testing.T) {
	t.Parallel()
	var s webhook.Slots
	if n := s.Try("a", false, 1000); n != webhook.AtOnceProject {
		t.Fatalf("a has %d", n)
	}
	if n := s.Try("a", false, 1); n != 0 {
		t.Fatalf("a has %d more than its share", n)
	}
	if n := s.Try("b", true, 1000); n != webhook.AtOnceSlow {
		t.Fatalf("slow ones have %d", n)
	}
	if n := s.Try("c", true, 1); n != 0 {
		t.Fatalf("%d for a slow one of another tenant", n)
	}
	if n := s.Try("c", false, 1000); n != webhook.AtOnce-webhook.AtOnceProject-webhook.AtOnceSlow {
		t.Fatalf("c has %d, want the rest", n)
	}
	s.Give("a", false, 10)
	s.Give("b", true, 1)
	if n := s.Try("d", false, 1000); n != 11 {
		t.Fatalf("d has %d, want the eleven that were given back", n)
	}
}

// Who has waited longest is next, but does not keep from a slot whoever may
// have one that it may not; who stops waiting leaves none behind.
func TestSlotsInTurn(t *testing.T) {
	t.Parallel()
	var s webhook.Slots
	s.Try("a", false, webhook.AtOnceProject)
	s.Try("b", false, webhook.AtOnceProject)
	gone, stop := context.WithCancel(t.Context())
	waits := func(ctx context.Context, project string) chan error {
		done := make(chan error, 1)
		before := s.Waiting()
		go func() { done <- s.Wait(ctx, project, false) }()
		for s.Waiting() == before {
		}
		return done
	}
	first, quitter, second, third := waits(t.Context(), "a"), waits(gone, "c"), waits(t.Context(), "c"), waits(t.Context(), "c")
	stop()
	if err := <-quitter; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.Give("b", false, 1)
	if err := <-second; err != nil { // a came first, and has its share
		t.Fatal(err)
	}
	if n := s.Try("c", false, 1); n != 0 {
		t.Fatal("there was one more")
	}
	s.Give("a", false, 1)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	s.Give("b", false, 1)
	if err := <-third; err != nil {
		t.Fatal(err)
	}
}

// However they come and go, no bound is exceeded and none is left waiting.
func TestSlotsUnderPressure(t *testing.T) {
	t.Parallel()
	var s webhook.Slots
	var mu sync.Mutex
	held, slow, by := 0, 0, map[string]int{}
	var wg sync.WaitGroup
	for i := range 1000 {
		project, tarpit := string(rune('a'+i%3)), i%2 == 0
		wg.Go(func() {
			if err := s.Wait(t.Context(), project, tarpit); err != nil {
				t.Error(err)
				return
			}
			n := 1 + s.Try(project, tarpit, i%5)
			add := func(n int) {
				mu.Lock()
				defer mu.Unlock()
				held += n
				by[project] += n
				if tarpit {
					slow += n
				}
				if held > webhook.AtOnce || by[project] > webhook.AtOnceProject || slow > webhook.AtOnceSlow {
					t.Errorf("%d held, %d by %s, %d slow", held, by[project], project, slow)
				}
			}
			add(n)
			add(-n)
			s.Give(project, tarpit, n)
		})
	}
	wg.Wait()
	if s.Waiting() != 0 || s.Try("x", false, 1000) != webhook.AtOnceProject {
		t.Error("something was not given back")
	}
}
