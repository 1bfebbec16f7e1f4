package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// found is a row of any tenant's, with its tenant.
type found struct {
	Row                        row `gorm:"embedded"`
	ProjectID, EnvironmentName string
	Tenant                     string
}

func (f *found) scope() tenant.Scope {
	return tenant.NewScope(f.ProjectID, f.Tenant, f.EnvironmentName)
}

// Run refreshes what nears its end before anybody needs it, until ctx ends, and
// then lets what is under way finish. Each worker process runs one; PostgreSQL
// deals the work out between them, so that nothing needs Redis.
func (s *Service) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "sweep failed", "of", "accounts", "error", err)
		}
		select {
		case <-ctx.Done():
			s.Drain()
			return
		case <-tick.C:
		}
	}
}

// Attend hears what other processes change, and replays the spool, until ctx
// ends. Each process runs one, those that only answer HTTP too.
func (s *Service) Attend(ctx context.Context, every time.Duration) {
	if s.Redis != nil {
		go s.engine().cache.listen(ctx, s)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := s.Replay(ctx); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "a spooled answer waits", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Drain waits for the refreshes that nobody waits for.
func (s *Service) Drain() {
	e := s.engine()
	for range cap(e.slots) {
		e.slots <- struct{}{}
	}
	for range cap(e.slots) {
		<-e.slots
	}
}

// Sweep does one round of what time brings: it takes back the
// leases of the dead, begins the refreshes that are due, tries accounts that
// are in doubt, and tells of those that end soon. It returns while refreshes
// that it began are under way; Drain waits for them.
func (s *Service) Sweep(ctx context.Context) error {
	for what, do := range map[string]func(context.Context) error{"leases": s.takeBack, "probes": s.probeDue, "warnings": s.warn, "history": s.forget} {
		if err := do(ctx); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	for {
		n, err := s.refreshDue(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}

// refreshDue claims as many due tokens as this process has hands for, and begins
// to refresh them. Hosts that are out or busy are left for later.
func (s *Service) refreshDue(ctx context.Context) (int, error) {
	e := s.engine()
	free := 0
	for free < batch {
		select {
		case e.slots <- struct{}{}:
			free++
			continue
		default:
		}
		break
	}
	due, err := s.claimDue(ctx, free)
	for range free - len(due) {
		<-e.slots
	}
	for i := range due {
		go func() {
			defer func() { <-e.slots }()
			s.refreshClaimed(ctx, &due[i])
		}()
	}
	return len(due), err
}

func (s *Service) refreshClaimed(ctx context.Context, f *found) {
	defer s.engine().hosts.enter(ctx, f.Row.TokenHost)()
	ctx = context.WithoutCancel(ctx)
	c := &claim{scope: f.scope(), attempt: f.Row.LeaseOwner, began: time.Now()} //nolint:forbidigo // see share
	err := s.DB.In(ctx, c.scope, func(tx *gorm.DB) error {
		held, err := s.suspended(tx, &f.Row, s.Now())
		if err != nil || held {
			return errors.Join(err, s.putBack(tx, c, f, held))
		}
		return s.equip(tx, c, f.Row.ID)
	})
	if c.held == nil && err == nil {
		return
	}
	if err == nil && !s.Now().Before(f.Row.LeaseUntil.Add(deadline-lease)) {
		return // it waited for its turn for so long that its request could outlive its lease
	}
	if err == nil {
		err = s.attempt(ctx, c)
	}
	if err != nil && !errors.Is(err, errGone) && !errors.Is(err, ErrNotFound) {
		slog.ErrorContext(ctx, "refresh could not be made", "account", f.Row.AccountID, "error", err)
	}
}

// putBack leaves a token whose client is not accepted for later.
func (s *Service) putBack(tx *gorm.DB, c *claim, f *found, held bool) error {
	if !held {
		return nil
	}
	err := tx.Model(&row{}).Where("id = ? AND lease_owner = ?", f.Row.ID, c.attempt).
		Updates(map[string]any{"lease_owner": "", "lease_until": nil, "next_refresh_at": s.Now().Add(spread(clientRetry))}).Error
	if err != nil {
		return fmt.Errorf("put back: %w", err)
	}
	return tx.Where("id = ?", c.attempt).Delete(&Attempt{}).Error //nolint:wrapcheck // nothing was attempted
}

// batch is how many tokens are claimed at once.
const batch = 32

// claimDue leases up to n due tokens, of whichever tenant.
func (s *Service) claimDue(ctx context.Context, n int) (due []found, err error) {
	if n == 0 {
		return nil, nil
	}
	now := s.Now()
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		err := tx.Raw(`SELECT c.*, c.environment_id AS tenant, e.project_id, e.name AS environment_name FROM credentials c JOIN environments e ON e.id = c.environment_id
			WHERE c.next_refresh_at <= @now AND NOT c.dead AND c.lease_until IS NULL AND c.token_host NOT IN @full
			AND NOT EXISTS (SELECT FROM oauth_apps o WHERE o.id = c.oauth_app_id AND o.suspended_at IS NOT NULL AND o.retry_at > @now)
			ORDER BY c.next_refresh_at LIMIT @n FOR UPDATE OF c SKIP LOCKED`,
			map[string]any{"now": now, "n": n, "full": append(s.engine().hosts.full(now), "none")}).Scan(&due).Error
		if err != nil || len(due) == 0 {
			return err
		}
		return s.leaseAll(tx, due, now)
	})
	if err != nil {
		return nil, fmt.Errorf("claim due tokens: %w", err)
	}
	return due, nil
}

func (s *Service) leaseAll(tx *gorm.DB, due []found, now time.Time) error {
	until := now.Add(lease)
	attempts, ids := make([]map[string]any, len(due)), make([]string, len(due))
	for i := range due {
		f := &due[i]
		ids[i] = id.New("rfa")
		f.Row.LeaseOwner, f.Row.LeaseUntil = ids[i], &until
		attempts[i] = map[string]any{
			"id": ids[i], "environment_id": f.Tenant, "account_id": f.Row.AccountID, "credential_id": f.Row.ID, "base_version": f.Row.Version,
			"owner": s.engine().owner, "started_at": now,
		}
	}
	if err := tx.Table("refresh_attempts").Create(attempts).Error; err != nil {
		return fmt.Errorf("insert attempts: %w", err)
	}
	return tx.Exec(`UPDATE credentials c SET lease_owner = a.id, lease_until = ? FROM refresh_attempts a WHERE a.id IN ? AND a.credential_id = c.id`, until, ids).Error //nolint:wrapcheck // claimDue says it
}

// takeBack ends the leases of workers that died. What they were given may lie in
// a spool, so the token rests for as long as a replay takes.
func (s *Service) takeBack(ctx context.Context) error {
	now := s.Now()
	return s.DB.System(ctx, func(tx *gorm.DB) error { //nolint:wrapcheck // Sweep says it
		return tx.Exec(`WITH gone AS (
				SELECT id, lease_owner FROM credentials WHERE lease_until < @now FOR UPDATE SKIP LOCKED),
			over AS (
				UPDATE refresh_attempts a SET finished_at = @now, outcome = 'abandoned' FROM gone WHERE a.id = gone.lease_owner AND a.finished_at IS NULL)
			UPDATE credentials c SET lease_owner = '', lease_until = NULL, failures = c.failures + 1, next_refresh_at = @rested
			FROM gone WHERE c.id = gone.id`, map[string]any{"now": now, "rested": now.Add(recovery)}).Error
	})
}

// warn tells of the accounts that only their users can renew, and which end soon.
func (s *Service) warn(ctx context.Context) error {
	now := s.Now()
	var ending []found
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT c.*, c.environment_id AS tenant, e.project_id, e.name AS environment_name FROM credentials c JOIN environments e ON e.id = c.environment_id
			WHERE c.warn_at <= ? AND NOT c.dead ORDER BY c.warn_at LIMIT 200`, now).Scan(&ending).Error
	})
	if err != nil {
		return err //nolint:wrapcheck // Sweep says it
	}
	for i := range ending {
		f := &ending[i]
		apps, err := s.Catalog.For(ctx, f.ProjectID)
		if err != nil {
			return err
		}
		var endpoints []string
		err = s.DB.In(ctx, f.scope(), func(tx *gorm.DB) error {
			told := tx.Model(&row{}).Where("id = ? AND warn_at = ?", f.Row.ID, f.Row.WarnAt).Update("warn_at", nil)
			if told.Error != nil || told.RowsAffected == 0 {
				return told.Error //nolint:wrapcheck // another worker tells it
			}
			a, err := ByID(tx, f.Row.AccountID)
			if err != nil {
				return err
			}
			end := f.Row.RefreshExpiresAt
			if end == nil {
				end = f.Row.ExpiresAt
			}
			endpoints, err = s.tellOf(tx, f.scope(), apps, a, Expiring, end)
			return err
		})
		if err != nil {
			return err
		}
		s.Webhooks.Nudge(ctx, f.scope(), endpoints)
	}
	return nil
}

// kept is how long the history of refreshes is.
const kept = 90 * 24 * time.Hour

// forget removes attempts that are past remembering, a few at a time.
func (s *Service) forget(ctx context.Context) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error { //nolint:wrapcheck // Sweep says it
		return tx.Exec(`DELETE FROM refresh_attempts WHERE id IN (SELECT id FROM refresh_attempts WHERE started_at < ? LIMIT 1000)`, s.Now().Add(-kept)).Error
	})
}
