package project

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of user verification's settings.
var (
	ErrVerifyURL   = fault.New(fault.Invalid, "verify_url", "A verify URL is https and names a page of yours, without a user or a fragment. In development http is allowed.").At("verify_url")
	ErrVerifyNoURL = fault.New(fault.Invalid, "verify_url_missing", "Users are verified at a page of yours: send its verify_url, too.").At("verify_url")
)

// Verification is how an environment makes sure that a connect link is opened
// by the user whom it was made for.
type Verification struct {
	URL     *string `gorm:"column:verify_url"`   // the customer's page that knows who is signed in; nil = none
	Enabled *bool   `gorm:"column:verify_users"` // nil = in production as soon as there is a URL

	UpdatedAt *time.Time `gorm:"column:verification_at"` // nil = it was never changed
}

// TableName maps the settings to their table.
func (Verification) TableName() string { return "environments" }

// On reports whether links of the environment are verified.
func (v *Verification) On(environmentName string) bool {
	switch {
	case v.URL == nil:
		return false
	case v.Enabled != nil:
		return *v.Enabled
	default:
		return environmentName == tenant.Production
	}
}

// VerificationOf returns how tx's environment verifies users.
func VerificationOf(tx *gorm.DB, scope tenant.Scope) (*Verification, error) {
	return db.One[Verification](tx.Select("verify_url", "verify_users", "verification_at").Where("id = ?", scope.Environment()), ErrNotFound)
}

// changing holds an environment's row for a change of its settings, and nothing that
// refers to it.
var changing = clause.Locking{Strength: "NO KEY UPDATE"}

// logged is what the audit log shows of it.
func (v *Verification) logged() audit.View {
	return audit.View{"verify_url": v.URL, "enabled": v.Enabled}
}

// Verification returns how an environment verifies users.
func (s *Service) Verification(ctx context.Context, scope tenant.Scope) (v *Verification, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		v, err = VerificationOf(tx, scope)
		return err
	})
	return v, err
}

// SetVerification changes how an environment verifies users. seen is when what the
// caller saw had been changed last.
func (s *Service) SetVerification(ctx context.Context, scope tenant.Scope, v Verification, seen ...time.Time) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error { return s.ChangeVerification(tx, scope, v, seen...) })
}

// ChangeVerification is SetVerification within a transaction of the scope.
func (s *Service) ChangeVerification(tx *gorm.DB, scope tenant.Scope, v Verification, seen ...time.Time) error {
	if v.URL == nil && v.Enabled != nil && *v.Enabled {
		return ErrVerifyNoURL
	}
	if err := checkPage(v.URL, scope); err != nil {
		return err
	}
	was, err := VerificationOf(tx.Clauses(changing), scope)
	if err != nil {
		return err
	}
	if err := fault.UnchangedAt(was.UpdatedAt, seen...); err != nil {
		return err //nolint:wrapcheck // a fault
	}
	res := tx.Exec("UPDATE environments SET verify_url = ?, verify_users = ?, verification_at = ? WHERE id = ?", v.URL, v.Enabled, s.Now(), scope.Environment())
	if err := db.Affected(res, ErrNotFound); err != nil {
		return err
	}
	return audit.Record(tx, s.Now(), audit.Entry{Action: audit.VerificationChanged, Subject: scope.Environment(), Details: audit.Changes(was.logged(), v.logged())})
}
