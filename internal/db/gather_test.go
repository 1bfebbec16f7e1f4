package db_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/db"
)

// Each caller gets the result of its own item, whoever it came with; batches
// are no larger, and no more at once, than allowed.
func TestGather(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var under, most, batches, largest int
	g := db.Gather[int, int]{Most: 10, AtOnce: 2, Do: func(_ context.Context, batch []int) []int {
		mu.Lock()
		under++
		most, batches, largest = max(most, under), batches+1, max(largest, len(batch))
		mu.Unlock()
		out := make([]int, len(batch))
		for i, n := range batch {
			out[i] = n * n
		}
		mu.Lock()
		under--
		mu.Unlock()
		return out
	}}
	const callers = 500
	var wg sync.WaitGroup
	for n := range callers {
		wg.Go(func() {
			if got, err := g.Ask(t.Context(), n); err != nil || got != n*n {
				t.Errorf("%d: %d, %v", n, got, err)
			}
		})
	}
	wg.Wait()
	if most > 2 || largest > 10 || batches < callers/10 || batches > callers {
		t.Errorf("%d batches, of %d at most, %d at once", batches, largest, most)
	}
}

// While a batch is on its way the next gathers; who hangs up leaves the others alone.
func TestGatherTogether(t *testing.T) {
	t.Parallel()
	inside, on := make(chan int), make(chan bool)
	g := db.Gather[string, string]{Most: 10, AtOnce: 1, Do: func(_ context.Context, batch []string) []string {
		inside <- len(batch)
		<-on
		return batch
	}}
	answers := make(chan error, 4)
	ask := func(ctx context.Context, item string) {
		got, err := g.Ask(ctx, item)
		if err == nil && got != item {
			err = errors.New("the answer of another")
		}
		answers <- err
	}
	go ask(t.Context(), "first")
	if n := <-inside; n != 1 {
		t.Fatalf("a batch of %d", n)
	}
	gone, hangUp := context.WithCancel(t.Context())
	go ask(gone, "second")
	hangUp()
	if err := <-answers; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() { ask(t.Context(), "third"); done <- true }()
	on <- true
	if err := <-answers; err != nil {
		t.Fatal(err)
	}
	for waited := 0; waited < 2; { // the second was asked for, though nobody waits for it any more
		waited += <-inside
		on <- true
	}
	<-done
	if err := <-answers; err != nil {
		t.Fatal(err)
	}
}
