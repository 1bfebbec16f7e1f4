package db

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

const (
	waiting = 8192                   // entries that wait to be written; more are left out
	group   = 500                    // written at once
	pause   = 250 * time.Millisecond // how long one may wait for company
)

// Behind writes logs down behind their makers' backs, some hundreds of entries at
// a time: who adds one never waits, and what does not fit is left out.
type Behind[T any] struct {
	Copy  func(ctx context.Context, group []T) error // writes entries, whoever's they are; they are nobody's afterwards
	Owner func(T) tenant.Scope
	Lost  func(n int, err error) // is told of what was left out; nil = there was no room

	begin sync.Once
	mu    sync.RWMutex
	over  bool // after Close
	in    chan T
	done  chan struct{}
}

// Add takes an entry.
func (b *Behind[T]) Add(v T) {
	b.begin.Do(func() {
		b.in, b.done = make(chan T, waiting), make(chan struct{})
		go b.write()
	})
	b.mu.RLock()
	defer b.mu.RUnlock()
	if !b.over {
		select {
		case b.in <- v:
			return
		default:
		}
	}
	b.Lost(1, nil)
}

// Close writes what waits, and takes no more.
func (b *Behind[T]) Close() {
	b.begin.Do(func() { b.in, b.done = make(chan T), make(chan struct{}); close(b.done) })
	b.mu.Lock()
	over := b.over
	b.over = true
	b.mu.Unlock()
	if !over {
		close(b.in)
	}
	<-b.done
}

func (b *Behind[T]) write() {
	defer close(b.done)
	entries := make([]T, 0, group)
	for first := range b.in {
		entries = append(entries[:0], first)
		open, enough := true, time.NewTimer(pause)
	gather:
		for len(entries) < group && open {
			select {
			case e, ok := <-b.in:
				if open = ok; ok {
					entries = append(entries, e)
				}
			case <-enough.C:
				break gather
			}
		}
		enough.Stop()
		b.put(entries)
		clear(entries) // what was written is nobody's any more
	}
}

// put writes entries. One that is refused, such as of a project that was just
// deleted, takes its environment's with it and no others.
func (b *Behind[T]) put(entries []T) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := b.Copy(ctx, entries)
	if _, refused := errors.AsType[*pgconn.PgError](err); !refused {
		b.missing(len(entries), err)
		return
	}
	byOwner := map[tenant.Scope][]T{}
	for _, e := range entries {
		byOwner[b.Owner(e)] = append(byOwner[b.Owner(e)], e)
	}
	for _, part := range byOwner {
		b.missing(len(part), b.Copy(ctx, part))
	}
}

func (b *Behind[T]) missing(n int, err error) {
	if err != nil {
		b.Lost(n, err)
	}
}
