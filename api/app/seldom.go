package app

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// seldomEvery is how long the outcome of a check that costs is remembered.
const seldomEvery = 30 * time.Second

// seldom remembers what came of a check that costs something, so that whoever
// asks often whether we are ready does not cause it each time.
type seldom struct {
	mu   sync.Mutex
	at   time.Time
	last error
}

func (s *seldom) check(ctx context.Context, do func(context.Context) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.at.IsZero() || now.Sub(s.at) >= seldomEvery {
		if s.last = do(ctx); s.last != nil {
			slog.ErrorContext(ctx, "large payloads cannot be kept", "error", s.last)
		}
		s.at = now
	}
	return s.last
}
