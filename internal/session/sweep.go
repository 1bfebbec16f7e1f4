package session

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// sweepEvery is how often a process looks for what is too old, and sweepMost is
// how many it deletes at once, so that no lock is held for long.
const (
	sweepEvery = time.Minute
	sweepMost  = 1000
)

// Sweep deletes sessions that are too old to be kept, with their steps. Every
// worker process calls it on a ticker; that two do so at once does no harm.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	if last := s.swept.Load(); s.Keep <= 0 || now.UnixNano()-last < int64(sweepEvery) {
		return nil
	}
	n := int64(sweepMost)
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		res := tx.Exec(`DELETE FROM connect_sessions WHERE id IN (SELECT id FROM connect_sessions WHERE created_at < ? LIMIT ? FOR UPDATE SKIP LOCKED)`, now.Add(-s.Keep), sweepMost)
		n = res.RowsAffected
		return res.Error
	})
	if err != nil {
		return fmt.Errorf("delete old connect sessions: %w", err)
	}
	if n < sweepMost {
		s.swept.Store(now.UnixNano()) // else there are more: the next tick goes on
	}
	return nil
}
