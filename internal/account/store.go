package account

import (
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

// ByID returns an account.
func ByID(tx *gorm.DB, accountID string) (*Account, error) {
	return db.One[Account](selectAccounts(tx).Where("accounts.id = ?", accountID), ErrNotFound)
}

// lock is ByID for one who is going to change the account or what it holds.
// Whoever locks both, locks the account first.
func lock(tx *gorm.DB, accountID string) (*Account, error) {
	q := tx.Clauses(clause.Locking{Strength: "UPDATE", Table: clause.Table{Name: "accounts"}})
	return db.One[Account](selectAccounts(q).Where("accounts.id = ?", accountID), ErrNotFound)
}

// selectAccounts reads accounts with the external ids of their users and with
// what is told of their main credential.
func selectAccounts(tx *gorm.DB) *gorm.DB {
	return tx.Select(`accounts.*, u.external_id, c.expires_at, c.last_ok_at AS last_refreshed_at, c.next_refresh_at`).
		Joins("JOIN external_users u ON u.id = accounts.user_id").Joins("LEFT JOIN credentials c ON c.account_id = accounts.id AND c.main")
}

// fill is selectAccounts for accounts that were read without.
func fill(tx *gorm.DB, rows []Account) error {
	ids, at := make([]string, len(rows)), map[string]*Account{}
	for i := range rows {
		ids[i] = rows[i].ID
		at[ids[i]] = &rows[i]
	}
	var more []struct {
		ID, ExternalID                            string
		ExpiresAt, LastRefreshedAt, NextRefreshAt *time.Time
	}
	if err := selectAccounts(tx.Model(&Account{})).Where("accounts.id IN ?", ids).Find(&more).Error; err != nil {
		return fmt.Errorf("load users of accounts: %w", err)
	}
	for _, m := range more {
		a := at[m.ID]
		a.ExternalID, a.ExpiresAt, a.LastRefreshedAt, a.NextRefreshAt = m.ExternalID, m.ExpiresAt, m.LastRefreshedAt, m.NextRefreshAt
	}
	return nil
}
