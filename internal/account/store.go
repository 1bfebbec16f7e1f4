package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// EnsureUser returns the user with the external id and makes them if need be.
// Two callers at once get the same user.
func EnsureUser(tx *gorm.DB, externalID string, now time.Time) (*User, error) {
	u, err := UserByExternalID(tx, externalID)
	if !errors.Is(err, ErrUserNotFound) {
		return u, err
	}
	u = &User{ID: id.New("exu"), ExternalID: externalID, CreatedAt: now, UpdatedAt: now}
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(u).Error; err != nil {
		return nil, fmt.Errorf("insert user: %w", err)
	}
	return UserByExternalID(tx, externalID)
}

// UserByExternalID returns the user with the customer's own id.
func UserByExternalID(tx *gorm.DB, externalID string) (*User, error) {
	return db.One[User](tx.Where("external_id = ?", externalID), ErrUserNotFound)
}

// UserByID returns a user.
func UserByID(tx *gorm.DB, userID string) (*User, error) {
	return db.One[User](tx.Where("id = ?", userID), ErrUserNotFound)
}

// Newest returns the account that a user connected last for an app, or ErrNotFound.
func Newest(tx *gorm.DB, userID, app string) (*Account, error) {
	return db.One[Account](selectAccounts(tx).Where("user_id = ? AND app = ?", userID, app).Order("id DESC"), ErrNotFound)
}

// ByID returns an account.
func ByID(tx *gorm.DB, accountID string) (*Account, error) {
	return db.One[Account](selectAccounts(tx).Where("id = ?", accountID), ErrNotFound)
}

// selectAccounts reads accounts with the external ids of their users.
func selectAccounts(tx *gorm.DB) *gorm.DB {
	return tx.Select("accounts.*, (SELECT external_id FROM external_users u WHERE u.id = accounts.user_id) AS external_id")
}

// insert adds an account with its credential sealed.
func (s *Service) insert(tx *gorm.DB, environmentID string, a *Account, c Credential) error {
	sealed, err := s.seal(environmentID, a.ID, c)
	if err != nil {
		return err
	}
	a.Credential = sealed
	if err := tx.Omit("ExternalID").Create(a).Error; err != nil {
		return fmt.Errorf("insert account: %w", err)
	}
	return nil
}

func (s *Service) seal(environmentID, accountID string, c Credential) ([]byte, error) {
	plain, err := json.Marshal(c) //nolint:gosec // sealed in the next line
	if err != nil {
		return nil, fmt.Errorf("encode credential: %w", err)
	}
	return s.Box.Seal(plain, associated(environmentID, accountID))
}

func (s *Service) open(environmentID string, a *Account) (Credential, error) {
	var c Credential
	plain, err := s.Box.Open(a.Credential, associated(environmentID, a.ID))
	if err != nil {
		return c, fmt.Errorf("open credential of %s: %w", a.ID, err)
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return c, fmt.Errorf("decode credential of %s: %w", a.ID, err)
	}
	return c, nil
}
