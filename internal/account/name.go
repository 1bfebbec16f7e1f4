package account

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrName is returned for a name that an account cannot have.
var ErrName = fault.New(fault.Invalid, "account_name", "A name has 1 to 120 characters in one line.").At("name")

// Rename gives an account a name, which it keeps when it is connected again. A
// user named by onlyUser (their external id) renames their own alone.
func (s *Service) Rename(ctx context.Context, scope tenant.Scope, accountID, onlyUser, name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 120 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return ErrName
	}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		a, err := owned(tx, accountID, onlyUser)
		if err != nil {
			return err
		}
		return db.Affected(tx.Model(&Account{}).Where("id = ?", a.ID).Updates(map[string]any{"name": name, "updated_at": s.Now()}), ErrNotFound)
	})
	if err != nil {
		return err
	}
	s.Changed(ctx, accountID)
	return nil
}

// CountByApp returns how many accounts a user has of each app, by its slug.
func CountByApp(tx *gorm.DB, userID string) (map[string]int, error) {
	var rows []struct {
		App string
		N   int
	}
	if err := tx.Model(&Account{}).Select("app, count(*) AS n").Where("user_id = ?", userID).Group("app").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("count accounts: %w", err)
	}
	out := map[string]int{}
	for _, r := range rows {
		out[r.App] = r.N
	}
	return out, nil
}
