package connect

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// room returns ErrUserLimit when another user may not have an account in the
// environment. Who has one may have more. Those who save wait for each other
// here, so that the last place is taken once.
func (s *Service) room(tx *gorm.DB, b *Bearer, saving bool) error {
	if b.Scope.EnvironmentName() != tenant.Development {
		return nil
	}
	p, err := project.Current(tx)
	if err != nil {
		return err //nolint:wrapcheck // a fault
	}
	most := p.DevelopmentUsers
	if most < 0 {
		most = s.DevelopmentUsers
	}
	if most <= 0 {
		return nil
	}
	if saving {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('connect_room|' || ?, 0))", b.Scope.Environment()).Error; err != nil {
			return fmt.Errorf("wait for room: %w", err)
		}
	}
	var others int64
	var has bool
	err = tx.Model(&account.Account{}).Select("count(DISTINCT user_id), coalesce(bool_or(user_id = ?), false)", b.UserID).Row().Scan(&others, &has)
	if err != nil {
		return fmt.Errorf("count users: %w", err)
	}
	if !has && others >= int64(most) {
		return ErrUserLimit
	}
	return nil
}
