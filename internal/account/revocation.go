package account

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Cause is why a credential is revoked.
type Cause string

// The causes.
const (
	AccountDeleted   Cause = "account_deleted"
	AppDeleted       Cause = "app_deleted" // every account of the app was
	UserDeleted      Cause = "user_deleted"
	RefreshedTooLate Cause = "refreshed_too_late" // the account was gone or connected again when the refresh came back
	NotSaved         Cause = "not_saved"          // its user was asked something and did not go on, or it came too late
)

// RevocationStatus is what became of a credential.
type RevocationStatus string

// A revocation is pending until the provider has answered, or it was tried often enough.
const (
	RevocationPending     RevocationStatus = "pending"
	RevocationDone        RevocationStatus = "revoked"
	RevocationUnsupported RevocationStatus = "unsupported" // the app names no way to
	RevocationKept        RevocationStatus = "kept"        // another account uses the same grant
	RevocationFailed      RevocationStatus = "failed"
)

// Revocation is the credential of an account that is gone, on its way to be
// ended at the provider. The credential itself is kept until that is over.
type Revocation struct {
	ID             string
	AccountID      string
	ExternalUserID string
	App            string // slug
	Auth           string
	OauthAppID     *string
	IdentityID     *string
	Vars           map[string]string `gorm:"serializer:json"`
	Cause          Cause
	Status         RevocationStatus
	Credential     []byte // sealed revocable
	Reason         *string
	HTTPStatus     *int `gorm:"column:http_status"`
	Attempts       int
	NextAttemptAt  time.Time
	LeaseID        string
	LeaseUntil     *time.Time
	CreatedAt      time.Time
	FinishedAt     *time.Time
}

// over ends a revocation and forgets its credential.
func (r *Revocation) over(status RevocationStatus, reason string, now time.Time) *Revocation {
	r.Status, r.Credential, r.FinishedAt, r.LeaseID, r.LeaseUntil = status, nil, &now, "", nil
	r.Reason = nil
	if reason != "" {
		r.Reason = &reason
	}
	return r
}

// revocationReason says why a credential was not revoked, and whether another
// try may help.
func revocationReason(refusal *provider.Refusal) (string, bool) {
	switch {
	case refusal == nil:
		return "The revocation failed on our side.", true
	case refusal.Class == provider.ClientConfig:
		return "The provider does not accept the OAuth client.", false
	case refusal.Class == provider.Throttled:
		return "The provider asks for fewer requests.", true
	case refusal.Status == 0:
		return "The provider did not answer.", true
	case refusal.Class == provider.Transient, refusal.Class == provider.Ambiguous:
		return fmt.Sprintf("The provider answered with status %d.", refusal.Status), true
	default:
		return fmt.Sprintf("The provider refused with status %d.", refusal.Status), false
	}
}

// RevocationFilter narrows the report; empty fields do not.
type RevocationFilter struct {
	AccountID, ExternalUserID string
	Status                    RevocationStatus
}

// Revocations returns what became of the credentials of accounts that are gone, newest first.
func (s *Service) Revocations(ctx context.Context, scope tenant.Scope, f RevocationFilter, c db.Cursor) (page *db.Page[Revocation], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx
		for column, v := range map[string]string{"account_id": f.AccountID, "external_user_id": f.ExternalUserID, "status": string(f.Status)} {
			if v != "" {
				q = q.Where(column+" = ?", v)
			}
		}
		page, err = db.List(q, c, func(r *Revocation) string { return r.ID })
		return err
	})
	return page, err
}
