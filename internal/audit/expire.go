package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

const (
	lookEvery = time.Hour // at what is too old
	atATime   = 100       // workspaces that are looked at in one transaction
)

// SweepOld lets go of what is too old, of every workspace: by its own setting, or
// after Keep. Every worker process calls it on a ticker; those that do so at once
// wait for each other at a workspace.
func (s *Service) SweepOld(ctx context.Context) error {
	now := s.Now()
	if last := s.looked.Load(); last != nil && now.Sub(*last) < lookEvery {
		return nil
	}
	var failed []error
	for after := ""; ; {
		var all []struct {
			ID   string
			Days int
		}
		err := s.DB.System(ctx, func(tx *gorm.DB) error {
			return tx.Raw(`SELECT * FROM (SELECT id, audit_keep_days AS days FROM workspaces
				UNION ALL SELECT h.workspace_id, 0 FROM audit_heads h WHERE NOT EXISTS (SELECT FROM workspaces w WHERE w.id = h.workspace_id)) w
				WHERE id > ? ORDER BY id LIMIT ?`, after, atATime).Scan(&all).Error
		})
		if err != nil {
			return fmt.Errorf("find workspaces: %w", err)
		}
		for _, w := range all {
			after = w.ID
			keep := s.Keep
			if w.Days > 0 {
				keep = time.Duration(w.Days) * 24 * time.Hour
			}
			if keep > 0 {
				failed = append(failed, s.expire(ctx, w.ID, now.Add(-keep)))
			}
		}
		if len(all) < atATime {
			break
		}
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	s.looked.Store(&now)
	return nil
}

// expire lets all go that a workspace wrote before a time, batch by batch.
func (s *Service) expire(ctx context.Context, workspaceID string, before time.Time) error {
	for {
		if n, err := s.Expire(ctx, workspaceID, before); err != nil || n < expireMost {
			return err
		}
	}
}
