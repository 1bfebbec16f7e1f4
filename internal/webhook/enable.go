package webhook

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// DisableEndpoint stops an endpoint. Events go on being kept for it.
func (s *Service) DisableEndpoint(ctx context.Context, scope tenant.Scope, endpointID string) (*View, error) {
	now := s.Now()
	var v View
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		e, err := held(tx, endpointID)
		if err != nil {
			return err
		}
		if e.DisabledAt == nil || *e.DisabledReason != ReasonManual {
			e.DisabledAt, e.DisabledReason = &now, new(ReasonManual)
			if err := tx.Model(e).Select("DisabledAt", "DisabledReason").Updates(e).Error; err != nil {
				return fmt.Errorf("disable endpoint: %w", err)
			}
			if err := audit.Record(tx, now, audit.Entry{Action: audit.EndpointDisabled, Subject: e.ID}); err != nil {
				return err
			}
		}
		return s.show(&v, e)
	})
	return &v, err
}

// EnableEndpoint sends to an endpoint again, as if nothing had been heard of its
// receiver. What waited is sent, or else discarded. Killed half-way it has
// discarded a part and enabled nothing.
func (s *Service) EnableEndpoint(ctx context.Context, scope tenant.Scope, endpointID string, drain bool) (*View, error) {
	now := s.Now()
	for !drain { // a million rows are no single transaction
		n, err := s.discard(ctx, scope, endpointID)
		if err != nil {
			return nil, err
		}
		if n < discardAtOnce {
			break
		}
	}
	var v View
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		e, err := held(tx, endpointID)
		if err != nil {
			return err
		}
		if err := tx.Model(&Endpoint{}).Where("id = ?", endpointID).Updates(renewed(e.URL, now)).Error; err != nil {
			return fmt.Errorf("enable endpoint: %w", err)
		}
		if err := audit.Record(tx, now, audit.Entry{Action: audit.EndpointEnabled, Subject: e.ID, Details: map[string]any{"drained": drain}}); err != nil {
			return err
		}
		if e, err = held(tx, endpointID); err != nil {
			return err
		}
		return s.show(&v, e)
	})
	if err != nil {
		return nil, err
	}
	s.Nudge(ctx, scope, []string{endpointID})
	return &v, nil
}

// discardAtOnce is how many deliveries one transaction discards.
const discardAtOnce = 5000

// discard gives up deliveries that wait at an endpoint, and returns how many.
func (s *Service) discard(ctx context.Context, scope tenant.Scope, endpointID string) (n int64, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := db.One[Endpoint](own(tx).Where("id = ?", endpointID), ErrNoEndpoint); err != nil {
			return err
		}
		res := tx.Exec(`UPDATE deliveries SET state = 'discarded', finished_at = ? WHERE id IN (
			SELECT id FROM deliveries WHERE endpoint_id = ? AND state = 'pending' ORDER BY next_attempt_at, id LIMIT ? FOR UPDATE SKIP LOCKED)`,
			s.Now(), endpointID, discardAtOnce)
		if n = res.RowsAffected; res.Error != nil {
			return fmt.Errorf("discard deliveries: %w", res.Error)
		}
		return nil
	})
	return n, err
}
