package account

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrCheckedNow is returned for a check that comes too soon after another.
var ErrCheckedNow = fault.New(fault.RateLimited, "checked_too_soon", "This account was checked a moment ago. Wait %d seconds between two checks.", int(checkEvery.Seconds()))

const checkEvery = 5 * time.Second

// Check tries an account now, for one who does not want to wait: a refresh that
// failed some time ago is tried again, and then the app is asked by Probe. It
// returns the account as it is then, whatever was found; ErrDead for one that
// only its user can mend, and ErrSuspended for one whose client must be mended
// first. A user named by onlyUser may check their own accounts alone.
func (s *Service) Check(ctx context.Context, scope tenant.Scope, accountID, onlyUser string) (*Account, error) {
	now := s.Now()
	var r *row
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		a, err := owned(tx, accountID, onlyUser)
		if err != nil {
			return err
		}
		if a.Dead {
			return ErrDead
		}
		turn := tx.Model(&Account{}).Where("id = ? AND (checked_at IS NULL OR checked_at <= ?)", a.ID, now.Add(-checkEvery)).UpdateColumn("checked_at", now)
		if err := db.Affected(turn, ErrCheckedNow); err != nil {
			return err
		}
		r, err = s.hurry(tx, a, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	if r != nil {
		s.engine().cache.drop(accountID)
		if err := s.share(ctx, scope, r); err != nil && !errors.Is(err, errBusy) && !errors.Is(err, ErrUpstream) {
			return nil, err
		}
	}
	a, err := s.Probe(ctx, scope, accountID)
	if errors.Is(err, ErrDead) || errors.Is(err, ErrUpstream) {
		return s.Get(ctx, scope, accountID, onlyUser) // it says why
	}
	return a, err
}

// hurry makes the main token's next refresh due, if the last one failed. One that
// failed a moment ago keeps its time, because the provider may still be at work
// on it; and so does one that the provider asked to come later.
func (s *Service) hurry(tx *gorm.DB, a *Account, now time.Time) (*row, error) {
	if a.Cause != nil && *a.Cause == CauseThrottled {
		return nil, nil
	}
	r, err := db.One[row](tx.Where("account_id = ? AND main AND failures > 0 AND NOT dead AND lease_until IS NULL AND next_refresh_at > ? AND updated_at <= ?",
		a.ID, now, now.Add(-lease)), errGone)
	if err != nil {
		return nil, ignore(err, errGone)
	}
	err = db.Affected(tx.Model(&row{}).Where("id = ? AND version = ? AND lease_until IS NULL", r.ID, r.Version).Update("next_refresh_at", now), errBusy)
	if err != nil {
		return nil, ignore(err, errBusy)
	}
	r.NextRefreshAt = &now
	return r, nil
}
