package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// strikes is how often in a row a refresh may fail, while its token is still
// good, before the account is called unhealthy: a hiccup is no news.
const strikes = 3

// verdict is what a failed refresh means.
type verdict struct {
	dead   bool
	wait   time.Duration // until the next try
	health *health       // nil = as it is
	client bool          // the OAuth client is at fault
}

// judge says what a failure means. Only a provider that says so makes a token
// dead. lost tells that the answer to an earlier refresh never arrived.
func (r *row) judge(err error, lost bool, leaseUntil, now time.Time) verdict {
	refusal, _ := errors.AsType[*provider.Refusal](err)
	class := provider.ClassOf(err)
	n := r.Failures + 1
	v := verdict{wait: again(n)}
	if errors.Is(err, errEnded) {
		return verdict{dead: true, health: dead(CauseExpired)}
	}
	known := map[provider.Class]HealthCause{
		provider.Transient: CauseUnreachable, provider.Ambiguous: CauseUnreachable, provider.Throttled: CauseThrottled, provider.Malformed: CauseMalformed, "": CauseMalformed,
	}
	switch class {
	case provider.Reauth:
		if lost {
			return verdict{dead: true, health: dead(CauseLostRotation)}
		}
		return verdict{dead: true, health: dead(CauseRevoked)}
	case provider.ClientConfig:
		if r.OauthAppID != nil {
			return verdict{client: true, wait: spread(clientRetry)}
		}
		if n >= strikes { // what the user typed in is no good any more
			return verdict{dead: true, health: dead(CauseRevoked)}
		}
		v.health = degraded(CauseClient)
	case provider.ScopeLost:
		v.health = degraded(CauseScope)
	case provider.BlockedByPolicy:
		v.health = degraded(CausePolicy)
	case provider.Ambiguous:
		if n == 1 { // once more, soon: providers that forgive a token used twice do so for a short time
			v.wait = 2 * time.Second
			if refusal.Open {
				v.wait = leaseUntil.Sub(now) // the provider may still be at work on it
			}
		}
	case provider.Throttled:
		v.wait = max(v.wait, refusal.After)
	default: // Transient and Malformed: known says the cause
	}
	cause, ok := known[class]
	switch left := r.left(now); {
	case !ok:
	case n >= strikes || left <= 0:
		v.health = degraded(cause)
	case class == provider.Transient || class == provider.Malformed: // the others say when
		v.wait = min(v.wait, max(left, soonest)) // or the account would pass for healthy with a token that ended
	}
	return v
}

// soonest is how long a token rests after a failure, however near its end.
const soonest = 5 * time.Second

// left is how long a token is still good; one without an end is for ever.
func (r *row) left(now time.Time) time.Duration {
	if r.ExpiresAt == nil {
		return math.MaxInt64
	}
	return r.ExpiresAt.Sub(now)
}

// again is how long to wait after the nth failure in a row: half a minute and
// then twice as long each time, up to an hour.
func again(n int) time.Duration { return spread(min(30*time.Second<<min(n-1, 10), time.Hour)) }

// spread moves a wait by up to a fifth to either side, so that what failed
// together is not tried together.
func spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // jitter, not a secret
}

// failed writes down why there is no new token. It returns nil when there is
// one after all, brought by another worker.
func (s *Service) failed(ctx context.Context, c *claim, cause error) error {
	refusal, _ := errors.AsType[*provider.Refusal](cause)
	outcome := string(provider.ClassOf(cause))
	if outcome == "" {
		outcome = "error"
		if !errors.Is(cause, errEnded) {
			slog.ErrorContext(ctx, "refresh could not be made", "account", c.row.AccountID, "error", cause)
		}
	}
	apps, err := s.Catalog.For(ctx, c.scope.Project())
	if err != nil {
		return err
	}
	var endpoints []string
	var v verdict
	err = s.DB.In(ctx, c.scope, func(tx *gorm.DB) error {
		a, err := lock(tx, c.row.AccountID)
		if err != nil {
			return errors.Join(s.finish(tx, c.attempt, fenced, refusal), ignore(err, ErrNotFound))
		}
		r, err := db.One[row](tx.Where("id = ?", c.row.ID), errGone)
		if err != nil || r.Version != c.row.Version || r.LeaseOwner != c.attempt {
			return errors.Join(s.finish(tx, c.attempt, fenced, refusal), ignore(err, errGone))
		}
		lost, err := s.lost(tx, c)
		if err != nil {
			return err
		}
		v = r.judge(cause, lost, *r.LeaseUntil, s.Now())
		if err := s.release(tx, c, r, v); err != nil {
			return err
		}
		if err := s.finish(tx, c.attempt, outcome, refusal); err != nil {
			return err
		}
		endpoints, err = s.consequences(tx, c, apps, a, r, v, refusal)
		return err
	})
	if err != nil {
		return fmt.Errorf("write failed refresh: %w", err)
	}
	s.Changed(ctx, c.row.AccountID)
	s.Webhooks.Nudge(ctx, c.scope, endpoints)
	return nil // whoever waits reads in the row what became of it
}

func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// lost reports whether the attempt before this one ended without an answer, so
// that a new token may have been given that nobody has.
func (s *Service) lost(tx *gorm.DB, c *claim) (bool, error) {
	var outcomes []string
	err := tx.Model(&Attempt{}).Where("credential_id = ? AND base_version = ? AND id <> ?", c.row.ID, c.row.Version, c.attempt).
		Order("id DESC").Limit(1).Pluck("outcome", &outcomes).Error
	if err != nil {
		return false, fmt.Errorf("look for attempts: %w", err)
	}
	return len(outcomes) == 1 && (outcomes[0] == abandoned || outcomes[0] == string(provider.Ambiguous)), nil
}

// release ends the lease and says when the token is tried again.
func (s *Service) release(tx *gorm.DB, c *claim, r *row, v verdict) error {
	now := s.Now()
	set := map[string]any{"lease_owner": "", "lease_until": nil, "dead": v.dead, "failures": r.Failures + 1, "updated_at": now, "next_refresh_at": now.Add(v.wait)}
	if v.dead {
		set["next_refresh_at"], set["warn_at"] = nil, nil
	}
	if v.client {
		set["failures"] = r.Failures
	}
	return db.Affected(tx.Model(&row{}).Where("id = ? AND version = ? AND lease_owner = ?", r.ID, r.Version, c.attempt).Updates(set), errBusy)
}

// consequences are those for the account and for the client.
func (s *Service) consequences(tx *gorm.DB, c *claim, apps *catalog.Catalog, a *Account, r *row, v verdict, refusal *provider.Refusal) ([]string, error) {
	if v.client {
		return s.rejected(tx, c, refusal)
	}
	if v.health == nil {
		return nil, nil
	}
	h := *v.health
	if !r.Main {
		if !v.dead || a.Dead {
			return nil, nil // the account works without it, or not at all
		}
		h = *degraded(CauseOptional)
	}
	return s.judge(tx, c.scope, apps, a, h, s.Now())
}

// clientRetry is how often one refresh tries a client that the provider does
// not accept, in the place of all.
const clientRetry = time.Minute

// rejected puts down that a provider does not accept an OAuth client. Its
// accounts are as good as before; one notice tells of the client.
func (s *Service) rejected(tx *gorm.DB, c *claim, refusal *provider.Refusal) ([]string, error) {
	now := s.Now()
	res := tx.Model(&OAuthApp{}).Where("id = ? AND suspended_at IS NULL", *c.row.OauthAppID).
		UpdateColumns(map[string]any{"suspended_at": now, "suspended_code": refusal.Code, "retry_at": now.Add(clientRetry)})
	if res.Error != nil || res.RowsAffected == 0 {
		return nil, res.Error //nolint:wrapcheck // failed says it
	}
	return s.tellClient(tx, c.scope, *c.row.OauthAppID, ClientRejected)
}

// accepted puts down that a client is accepted again. What waited for it goes on.
func (s *Service) accepted(tx *gorm.DB, scope tenant.Scope, r *row) ([]string, error) {
	if r.OauthAppID == nil {
		return nil, nil
	}
	res := tx.Model(&OAuthApp{}).Where("id = ? AND suspended_at IS NOT NULL", *r.OauthAppID).
		UpdateColumns(map[string]any{"suspended_at": nil, "suspended_code": "", "retry_at": nil})
	if res.Error != nil || res.RowsAffected == 0 {
		return nil, res.Error //nolint:wrapcheck // write says it
	}
	now := s.Now()
	err := tx.Model(&row{}).Where("oauth_app_id = ? AND id <> ? AND NOT dead AND lease_until IS NULL AND next_refresh_at > ? AND expires_at <= ?", *r.OauthAppID, r.ID, now, now.Add(clientRetry)).
		Update("next_refresh_at", now).Error
	if err != nil {
		return nil, fmt.Errorf("wake tokens: %w", err)
	}
	return s.tellClient(tx, scope, *r.OauthAppID, ClientAccepted)
}
