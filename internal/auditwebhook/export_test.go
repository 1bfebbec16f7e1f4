package auditwebhook

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/internal/webhook"
)

const (
	BatchMost = batchMost
	LeaseFor  = leaseFor
)

// Killed sends the next batch as a worker does that is killed before it can write down
// what came of it. late writes it down all the same.
func (s *Service) Killed(ctx context.Context, webhookID string) (late func() error, err error) {
	b, err := s.claim(ctx, webhookID)
	if err != nil || b == nil {
		return nil, err
	}
	a, wish, _ := webhook.Post(ctx, s.Client, b.w.URL, &b.message, timeout, s.Now)
	return func() error { return s.finish(ctx, b.w, &a, wish, false) }, nil
}

// Waits are how long it waits after so many failures, without their spread.
func Waits() []time.Duration { return waits }
