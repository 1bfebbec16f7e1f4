package runner

import (
	"context"
	"errors"
	"sync"
	"time"
)

// key is what a process is for. Nothing else is ever given to it.
type key struct {
	project, environment, user, bundle string

	tmp string // of one run; "" = the process has its own
}

func (o Owner) key(bundle string) key {
	k := key{project: o.Project, environment: o.Environment, bundle: bundle}
	if o.Isolation == PerUser {
		k.user = o.User
	}
	return k
}

var errClosed = errors.New("the server is about to end")

// pool holds the processes: those at work are counted, those that are idle stay
// warm until they are needed again, are in the way of others or are idle for too
// long.
type pool struct {
	most  int           // processes, of all owners
	share int           // of them, of one project
	idle  time.Duration // after which one is ended
	start func(context.Context, key) (*process, error)

	mu    sync.Mutex
	warm  []*process // idle, the one that was used last at the end
	count int
	by    map[string]int // count by project
	freed chan struct{}
	ended chan struct{} // closed when over
	over  bool
}

func newPool(most int, idle time.Duration, start func(context.Context, key) (*process, error)) *pool {
	return &pool{most: most, share: max(1, most*3/4), idle: idle, start: start, by: map[string]int{}, freed: make(chan struct{}, most), ended: make(chan struct{})}
}

// take returns a process for the key: a warm one, unless fresh; or a new one, for
// which the one that has been idle longest may have to go. It waits when all are
// at work, until ctx ends.
func (p *pool) take(ctx context.Context, k key, fresh bool) (*process, error) {
	for {
		h, begin := p.try(k, fresh)
		if h != nil {
			return h, nil
		}
		if begin {
			h, err := p.start(ctx, k)
			if err != nil {
				p.gone(k)
				return nil, err
			}
			return h, nil
		}
		select {
		case <-p.ended:
			return nil, ErrBusy.Because(errClosed)
		case <-ctx.Done():
			return nil, ErrBusy.Because(ctx.Err())
		case <-p.freed:
		}
	}
}

// try returns a warm process, or whether there is room to begin one.
func (p *pool) try(k key, fresh bool) (h *process, begin bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.warm) - 1; i >= 0 && !fresh; i-- {
		h := p.warm[i]
		if h.key != k {
			continue
		}
		p.remove(i)
		if h.dead() {
			p.forget(k)
			continue
		}
		return h, false
	}
	crowded := p.by[k.project] >= p.share
	if p.count >= p.most || crowded {
		for i, h := range p.warm {
			if crowded && h.key.project != k.project {
				continue
			}
			p.remove(i)
			p.forget(h.key)
			go h.end()
			crowded = false
			break
		}
	}
	if p.over || p.count >= p.most || crowded {
		return nil, false
	}
	p.count++
	p.by[k.project]++
	return nil, true
}

func (p *pool) remove(i int) {
	p.warm[i].rest.Stop()
	p.warm = append(p.warm[:i:i], p.warm[i+1:]...)
}

func (p *pool) forget(k key) {
	p.count--
	if p.by[k.project]--; p.by[k.project] == 0 {
		delete(p.by, k.project)
	}
}

// gone says that a process is no more.
func (p *pool) gone(k key) {
	p.mu.Lock()
	p.forget(k)
	p.mu.Unlock()
	p.wake()
}

func (p *pool) wake() {
	select {
	case p.freed <- struct{}{}:
	default:
	}
}

// give hands a process back; keep says whether it may be used again.
func (p *pool) give(h *process, keep bool) {
	p.mu.Lock()
	if keep && !p.over && !h.dead() {
		h.rest = time.AfterFunc(p.idle, func() { p.expire(h) })
		p.warm = append(p.warm, h)
		p.mu.Unlock()
		p.wake()
		return
	}
	p.mu.Unlock()
	h.end()
	p.gone(h.key)
}

// expire ends a process that was idle for too long, if it still is.
func (p *pool) expire(h *process) {
	p.mu.Lock()
	found := false
	for i := range p.warm {
		if found = p.warm[i] == h; found {
			p.remove(i)
			p.forget(h.key)
			break
		}
	}
	p.mu.Unlock()
	if found {
		h.end()
		p.wake()
	}
}

// close ends what is idle; what is at work ends when it is handed back.
func (p *pool) close() {
	p.mu.Lock()
	warm := p.warm
	p.warm = nil
	if !p.over {
		p.over = true
		close(p.ended)
	}
	for _, h := range warm {
		h.rest.Stop()
		p.forget(h.key)
	}
	p.mu.Unlock()
	for _, h := range warm {
		h.end()
	}
}
