package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Advance goes on with a replay until what is due soon is queued. Called by two
// workers at once, one does it.
func (s *Service) Advance(ctx context.Context, scope tenant.Scope, replayID string) error {
	return s.jobs().Advance(ctx, scope, replayID, func(tx *gorm.DB, r *Replay, now time.Time) (n int, last string, after func(), err error) {
		ids, endpoints, err := r.queue(tx, now, r.From(now), r.Gap())
		if errors.Is(err, webhook.ErrNoWebhook) {
			err = nil // the endpoint goes, and the replay with it
		}
		if err != nil {
			return 0, "", nil, err
		}
		if n = len(ids); n > 0 {
			last = ids[n-1]
		}
		r.Queued += len(endpoints)
		slices.Sort(endpoints)
		return n, last, func() { s.Webhooks.Nudge(ctx, scope, slices.Compact(endpoints)) }, nil
	})
}

// queue makes the next ones due. It returns what it looked at, in order, and the
// endpoint of each that is due.
func (r *Replay) queue(tx *gorm.DB, now, from time.Time, gap time.Duration) (ids, endpoints []string, err error) {
	q, to, err := r.of(tx, r.CreatedAt)
	if err != nil {
		return nil, nil, err
	}
	q = q.Where("id > ?", r.Cursor).Order("id").Limit(r.Rate)
	if to == nil {
		if err := q.Pluck("id", &ids).Error; err != nil {
			return nil, nil, fmt.Errorf("choose deliveries: %w", err)
		}
		endpoints, err = webhook.Requeue(tx, &r.Filter, ids, r.NewIDs, from, gap)
		return ids, endpoints, err
	}
	var es []event.Event
	shown := []string{"id", "type", "subject_id", "external_user_id"}
	if to.Ordering == webhook.ByField {
		shown = append(shown, "body")
	}
	if err := q.Select(shown).Find(&es).Error; err != nil {
		return nil, nil, fmt.Errorf("choose events: %w", err)
	}
	for _, e := range es {
		ids = append(ids, e.ID)
	}
	n, err := webhook.SendTo(tx, to, es, r.Again, r.NewIDs, now, from, gap)
	for range n {
		endpoints = append(endpoints, to.ID)
	}
	return ids, endpoints, err
}
