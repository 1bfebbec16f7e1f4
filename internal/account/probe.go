package account

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// doubt has an account tried by its app's probe at once: the app refused a
// credential that should be good.
func (s *Service) doubt(tx *gorm.DB, a *Account, now time.Time) error {
	if a.ProbeAt != nil && now.Before(*a.ProbeAt) {
		return nil // it was tried a moment ago, and is tried again soon
	}
	if err := tx.Model(&Account{}).Where("id = ? AND NOT dead", a.ID).Update("probe_at", now).Error; err != nil {
		return fmt.Errorf("doubt account: %w", err)
	}
	return nil
}

// probeLease is how long one worker has to try an account.
const probeLease = time.Minute

// probeDue tries the accounts that are in doubt, of every tenant.
func (s *Service) probeDue(ctx context.Context) error {
	now := s.Now()
	var due []struct{ ID, Tenant, ProjectID, EnvironmentName string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`WITH due AS (SELECT id FROM accounts WHERE probe_at <= @now AND NOT dead ORDER BY probe_at LIMIT 16 FOR UPDATE SKIP LOCKED),
			taken AS (UPDATE accounts a SET probe_at = @until FROM due WHERE a.id = due.id RETURNING a.id, a.environment_id)
			SELECT t.id, t.environment_id AS tenant, e.project_id, e.name AS environment_name FROM taken t JOIN environments e ON e.id = t.environment_id`,
			map[string]any{"now": now, "until": now.Add(probeLease)}).Scan(&due).Error
	})
	if err != nil {
		return err //nolint:wrapcheck // Sweep says it
	}
	for _, d := range due {
		s.engine().slots <- struct{}{}
		go func() {
			defer func() { <-s.engine().slots }()
			scope := tenant.NewScope(d.ProjectID, d.Tenant, d.EnvironmentName)
			_, _ = s.Probe(context.WithoutCancel(ctx), scope, d.ID) // it is tried again
		}()
	}
	return nil
}

// Probe tries an account with the request that its app's file names for it, and
// returns the account as it is then. One that the app refuses three times is
// dead; one that works is healthy again.
func (s *Service) Probe(ctx context.Context, scope tenant.Scope, accountID string) (*Account, error) {
	a, c, err := s.Fresh(ctx, scope, accountID)
	if err != nil {
		return nil, err
	}
	conn, err := s.at(ctx, scope, a, c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	found := s.Provider.Probe(ctx, conn)
	apps, err := s.Catalog.For(ctx, scope.Project())
	if err != nil {
		return nil, err
	}
	var endpoints []string
	ctx = context.WithoutCancel(ctx)
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if a, err = ByID(tx, accountID); err != nil {
			return err
		}
		endpoints, err = s.probed(tx, scope, apps, a, found)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.Changed(ctx, accountID)
	s.Webhooks.Nudge(ctx, scope, endpoints)
	return a, nil
}

// probed writes down what a probe found. What another cause holds against the
// account, such as a refresh that fails, a probe does not clear.
func (s *Service) probed(tx *gorm.DB, scope tenant.Scope, apps *catalog.Catalog, a *Account, found provider.ProbeResult) ([]string, error) {
	now := s.Now()
	if found == provider.Works || a.Dead {
		a.ProbeAt, a.ProbeFailures = nil, 0
		if err := tx.Model(a).Select("ProbeAt", "ProbeFailures").Updates(a).Error; err != nil {
			return nil, fmt.Errorf("update account: %w", err)
		}
		if a.Cause == nil || *a.Cause != CauseRejected {
			return nil, nil
		}
		return s.judge(tx, scope, apps, a, health{Healthy: true}, now)
	}
	next := now.Add(again(a.ProbeFailures + 1))
	a.ProbeAt = &next
	if found == provider.Refuses {
		a.ProbeFailures++
	} else if a.Healthy {
		a.ProbeAt = nil // one refused call is no proof
	}
	if err := tx.Model(a).Select("ProbeAt", "ProbeFailures").Updates(a).Error; err != nil {
		return nil, fmt.Errorf("update account: %w", err)
	}
	switch {
	case found != provider.Refuses:
		return nil, nil
	case a.ProbeFailures >= strikes:
		return s.judge(tx, scope, apps, a, *dead(CauseRejected), now)
	case a.Healthy:
		return s.judge(tx, scope, apps, a, *degraded(CauseRejected), now)
	}
	return nil, nil
}

// History returns how an account's health changed and how its last refreshes
// went, newest first.
func (s *Service) History(ctx context.Context, scope tenant.Scope, accountID, onlyUser string) (a *Account, changes []Change, attempts []Attempt, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if a, err = owned(tx, accountID, onlyUser); err != nil {
			return err
		}
		if err := tx.Where("account_id = ?", accountID).Order("id DESC").Limit(100).Find(&changes).Error; err != nil {
			return fmt.Errorf("list health: %w", err)
		}
		if err := tx.Where("account_id = ?", accountID).Order("id DESC").Limit(100).Find(&attempts).Error; err != nil {
			return fmt.Errorf("list attempts: %w", err)
		}
		return nil
	})
	return a, changes, attempts, err
}
