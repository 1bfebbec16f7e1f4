package webhook

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/patchbay-dev/patchbay/internal/event"
)

// fetchWithin is how long a payload may take to come. With a send it ends before
// the lease does.
const fetchWithin = leaseMargin / 2

// inMemory is how many bytes of payloads that come from the store a process
// holds at once; a single one that is larger goes alone.
const inMemory = 64 << 20

// loads bounds what is held of large payloads.
type loads struct {
	once sync.Once
	room *semaphore.Weighted
}

func (l *loads) acquire(ctx context.Context, n int64) (int64, error) {
	l.once.Do(func() { l.room = semaphore.NewWeighted(inMemory) })
	n = min(n, inMemory)
	if err := l.room.Acquire(ctx, n); err != nil {
		return 0, fmt.Errorf("wait for room: %w", err)
	}
	return n, nil
}

func (l *loads) release(n int64) {
	if n > 0 {
		l.room.Release(n)
	}
}

// fetch has the parcel hold its payload, or a reference to it where the endpoint
// wants no more than that. What it returns is held until it is released.
func (s *Service) fetch(ctx context.Context, p *parcel) (held int64, err error) {
	e := p.event
	if most := p.endpoint.InlineLimit; most > 0 && e.Size() > int64(most) && e.Secret == nil && s.Payloads != nil {
		p.reference, err = s.Payloads.Refer(p.scope, e)
		return 0, err
	}
	if e.Stored == nil {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	if held, err = s.loads.acquire(ctx, e.Stored.Size); err != nil {
		return 0, event.ErrStore.Because(err)
	}
	e.Body, err = s.Payloads.Body(ctx, p.scope, e)
	return held, err
}
