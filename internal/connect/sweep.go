package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// sweepAtOnce is how many flows one sweep ends.
const sweepAtOnce = 200

// Sweep ends the flows whose user did not answer in time, and those whose
// process died. What they hold is revoked.
func (s *Service) Sweep(ctx context.Context) error {
	var due []struct{ ID, TokenID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT f.id, f.token_id, f.environment_id, e.project_id, e.name FROM connect_flows f JOIN environments e ON e.id = f.environment_id
			WHERE f.status IN ('asking', 'exchanging') AND f.expires_at <= ? ORDER BY f.expires_at LIMIT ?`, s.Now(), sweepAtOnce).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("sweep flows: %w", err)
	}
	for _, row := range due {
		if err := s.expire(ctx, tenant.NewScope(row.ProjectID, row.EnvironmentID, row.Name), row.TokenID, row.ID); err != nil {
			slog.ErrorContext(ctx, "a flow is not ended", "flow", row.ID, "error", err)
		}
	}
	return nil
}

// expire ends a flow that is due. Called twice it does so once.
func (s *Service) expire(ctx context.Context, scope tenant.Scope, tokenID, flowID string) error {
	apps, err := s.Catalog.For(ctx, scope.Project())
	if err != nil {
		return err
	}
	b := &Bearer{Scope: scope}
	var after aftermath
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := load(tx, b, tokenID); err != nil {
			return err
		}
		f, err := flowOf(tx, b, flowID)
		if err != nil || s.Now().Before(f.ExpiresAt) || f.Status != asking && f.Status != exchanging {
			return ignore(err, ErrFlow)
		}
		after, err = s.late(tx, apps, b, f)
		return err
	})
	if err == nil {
		s.nudge(ctx, b, after)
	}
	return ignore(err, ErrToken)
}

// late ends a flow for want of an answer, or of a process.
func (s *Service) late(tx *gorm.DB, apps *catalog.Catalog, b *Bearer, f *flow) (aftermath, error) {
	return s.unanswered(tx, apps, b, f, func(q *Question) *fault.Error {
		if f.Status == exchanging {
			return ErrFailed
		}
		return q.reason(ErrSession)
	}, "")
}

// ignore returns an error that is none of what is expected.
func ignore(err error, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}
