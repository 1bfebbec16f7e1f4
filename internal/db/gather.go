package db

import (
	"context"
	"sync"
	"time"
)

// Gather does for many callers at once what each asks for alone, such as to
// write a row. While one batch is on its way the next one gathers; nobody
// waits for company. It keeps no goroutine when there is nothing to do.
type Gather[T, R any] struct {
	Do     func(ctx context.Context, batch []T) []R // one result for each, in their order
	Most   int                                      // items of a batch
	AtOnce int                                      // batches on their way

	mu      sync.Mutex
	waiting []asked[T, R]
	busy    int
}

type asked[T, R any] struct {
	item  T
	reply chan R
}

// gatherTimeout bounds a batch, whose callers may all have hung up.
const gatherTimeout = 15 * time.Second

// Ask does item with those of others, and returns its own result. A caller
// whose ctx ends does not learn what became of it.
func (g *Gather[T, R]) Ask(ctx context.Context, item T) (R, error) {
	a := asked[T, R]{item, make(chan R, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, a)
	if g.busy < g.AtOnce {
		g.busy++
		go g.run(context.WithoutCancel(ctx))
	}
	g.mu.Unlock()
	select {
	case r := <-a.reply:
		return r, nil
	case <-ctx.Done():
		var none R
		return none, ctx.Err()
	}
}

func (g *Gather[T, R]) run(ctx context.Context) {
	for {
		g.mu.Lock()
		n := min(len(g.waiting), g.Most)
		if n == 0 {
			g.busy--
			g.mu.Unlock()
			return
		}
		batch := g.waiting[:n:n]
		g.waiting = g.waiting[n:]
		g.mu.Unlock()
		g.do(ctx, batch)
	}
}

func (g *Gather[T, R]) do(ctx context.Context, batch []asked[T, R]) {
	ctx, cancel := context.WithTimeout(ctx, gatherTimeout)
	defer cancel()
	items := make([]T, len(batch))
	for i, a := range batch {
		items[i] = a.item
	}
	for i, r := range g.Do(ctx, items) {
		batch[i].reply <- r
	}
}
