package rerun

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Advance starts what is due of a replay. Called by two workers at once, one does
// it.
func (s *Service) Advance(ctx context.Context, scope tenant.Scope, replayID string) error {
	return s.jobs().Advance(ctx, scope, replayID, func(tx *gorm.DB, r *Replay, now time.Time) (n int, last string, after func(), err error) {
		var some []run.Run
		if err := r.of(tx, r.CreatedAt).Where("id > ?", r.Cursor).Order("id").Limit(r.Rate).Find(&some).Error; err != nil {
			return 0, "", nil, fmt.Errorf("choose runs: %w", err)
		}
		var begun []*run.Run
		var told []string
		for i := range some {
			again, hear, refusal, err := s.Runs.ReplayIn(tx, scope, &some[i], r.manner(), now)
			switch {
			case err != nil && fault.Of(err).Kind == fault.Internal:
				return 0, "", nil, err
			case err != nil || refusal != nil:
				r.Refused++
			default:
				r.Started++
				begun = append(begun, again)
			}
			told, last = append(told, hear...), some[i].ID
		}
		return len(some), last, func() { s.Runs.Begun(ctx, scope, told, begun...) }, nil
	})
}
