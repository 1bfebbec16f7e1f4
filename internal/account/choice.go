package account

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of choices between the accounts of a user.
var (
	// ErrAmbiguous is of several accounts of an app of whom none was chosen: which of
	// them is meant is nobody's to guess.
	ErrAmbiguous = fault.New(fault.Conflict, "account_ambiguous", "")
	// ErrMap is of a map that names what the user does not have.
	ErrMap = fault.New(fault.Invalid, "account_map", "account_map is a list of apps, each with the id of one of the user's accounts, such as slack=apn_….").At("account_map")
)

const (
	mostNamed  = 20 // accounts that an error names
	mostMapped = 50 // apps that a map names
)

// Chosen returns which account of a user is used for an app: the one with the id
// that was chosen; "" = the only one. An account that is dead does not stand beside
// one that is not. The errors are ErrNotFound, also for an id of another user's or
// another app's account, and ErrAmbiguous, which names them.
func Chosen(tx *gorm.DB, userID, app, accountID string) (*Account, error) {
	q := selectAccounts(tx).Where("accounts.user_id = ? AND accounts.app = ?", userID, app)
	if accountID != "" {
		return db.One[Account](q.Where("accounts.id = ?", accountID), ErrNotFound)
	}
	var all []Account
	if err := q.Order("accounts.dead, accounts.id").Limit(mostNamed).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("find accounts: %w", err)
	}
	if len(all) == 0 {
		return nil, ErrNotFound
	}
	ids := []string{}
	for i := range all {
		if all[i].Dead == all[0].Dead {
			ids = append(ids, all[i].ID)
		}
	}
	if len(ids) > 1 {
		return nil, fault.New(ErrAmbiguous.Kind, ErrAmbiguous.Code, "The user %s has several accounts for %s, and none of them was chosen: %s. Name one in account_map.",
			all[0].ExternalID, app, strings.Join(ids, ", ")).With(map[string]any{"app": app, "account_ids": ids})
	}
	return &all[0], nil
}

// Choose is Chosen for the user with an id of the customer's own. A user who is not
// there has no account.
func (s *Service) Choose(ctx context.Context, scope tenant.Scope, externalUserID, app, accountID string) (a *Account, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		u, err := UserByExternalID(tx, externalUserID)
		if errors.Is(err, ErrUserNotFound) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		a, err = Chosen(tx, u.ID, app, accountID)
		return err
	})
	return a, err
}

var accountID = regexp.MustCompile(`^apn_[0-9A-Za-z]{1,60}$`)

// CheckMap checks that each account that a map names is the user's, and of its app.
func CheckMap(tx *gorm.DB, userID string, accounts map[string]string) error {
	if len(accounts) > mostMapped {
		return fault.New(ErrMap.Kind, ErrMap.Code, "account_map names at most %d apps.", mostMapped)
	}
	for app, id := range accounts {
		if !accountID.MatchString(id) {
			return fault.New(ErrMap.Kind, ErrMap.Code, "account_map: what is named for %q is no id of an account, such as apn_….", app)
		}
		_, err := Chosen(tx, userID, app, id)
		if errors.Is(err, ErrNotFound) {
			return fault.New(ErrMap.Kind, ErrMap.Code, "account_map: %s is no account of this user for %q.", id, app)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
