package action

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// DynamicProps are what an app said when it was asked which props there are.
type DynamicProps struct {
	ID           string // dyp_…
	ComponentKey string
	Props        []component.Prop `gorm:"serializer:json"`
	CreatedAt    time.Time
}

// TableName maps the noun to its table.
func (DynamicProps) TableName() string { return "dynamic_props" }

// remember keeps props for the calls that are to name them.
func (s *Service) remember(ctx context.Context, scope tenant.Scope, key string, props []component.Prop) (string, error) {
	d := &DynamicProps{ID: id.New("dyp"), ComponentKey: key, Props: append([]component.Prop{}, props...), CreatedAt: s.Now()}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := tx.Create(d).Error; err != nil {
			return fmt.Errorf("insert dynamic props: %w", err)
		}
		return nil
	})
	return d.ID, err
}

// Dynamic returns props that were given out for a component.
func (s *Service) Dynamic(ctx context.Context, scope tenant.Scope, key, dynamicPropsID string) (props []component.Prop, err error) {
	if dynamicPropsID == "" {
		return nil, nil
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		d, err := db.One[DynamicProps](tx.Where("id = ? AND component_key = ?", dynamicPropsID, key), ErrNoDynamic)
		if err == nil {
			props = d.Props
		}
		return err
	})
	return props, err
}

// keepDynamic is how long dynamic props are kept: those of a deployed trigger are
// kept with it.
const keepDynamic = 30 * 24 * time.Hour

// Sweep forgets what nobody will name any more, and what is too old to be kept.
// Every worker process calls it on a ticker.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	if last := s.swept.Load(); last != nil && now.Sub(*last) < time.Minute {
		return nil
	}
	left := false
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		for _, old := range []struct {
			sql  string
			args []any
		}{
			{"DELETE FROM dynamic_props WHERE ctid IN (SELECT ctid FROM dynamic_props WHERE created_at < ? LIMIT ?)", []any{now.Add(-keepDynamic), sweepMost}},
			{"UPDATE action_runs SET idempotency_key = NULL, value = NULL, kept_until = NULL WHERE id IN (SELECT id FROM action_runs WHERE kept_until <= ? AND finished_at IS NOT NULL LIMIT ? FOR UPDATE SKIP LOCKED)", []any{now, sweepMost}},
			{"DELETE FROM action_runs WHERE ? AND id IN (SELECT id FROM action_runs WHERE created_at < ? AND finished_at IS NOT NULL LIMIT ? FOR UPDATE SKIP LOCKED)", []any{s.Keep > 0, now.Add(-s.Keep), sweepMost}},
		} {
			res := tx.Exec(old.sql, old.args...)
			if res.Error != nil {
				return res.Error
			}
			left = left || res.RowsAffected == sweepMost
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget old runs: %w", err)
	}
	if !left { // else the next tick goes on
		s.swept.Store(&now)
	}
	return nil
}

// sweepMost is how many rows a sweep takes at once, so that no lock is held for long.
const sweepMost = 5000
