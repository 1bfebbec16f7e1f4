package signin

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
)

// ErrNobody is returned for an e-mail that no person has.
var ErrNobody = fault.New(fault.NotFound, "person_not_found", "Nobody has this e-mail here.")

// ResetFactors takes the second factors off somebody who has lost them, for whoever runs
// the installation, who knows by other means who asks for it. All of their sessions
// end, so that whoever found the factors is out, too; their password stays.
func (s *Service) ResetFactors(ctx context.Context, email string) (factorCount, sessions int64, err error) {
	var p *member.Person
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if p, err = db.One[member.Person](tx.Where("lower(email) = lower(?)", email), ErrNobody); err != nil {
			return err
		}
		for _, table := range []string{"authenticators", "passkeys", "recovery_codes"} {
			res := tx.Exec("DELETE FROM "+table+" WHERE person_id = ?", p.ID)
			if res.Error != nil {
				return fmt.Errorf("delete %s: %w", table, res.Error)
			}
			if table != "recovery_codes" {
				factorCount += res.RowsAffected
			}
		}
		if sessions, err = end(tx, p.ID, nil); err != nil {
			return err
		}
		var all []member.Member
		if err := tx.Where("person_id = ?", p.ID).Order("workspace_id").Find(&all).Error; err != nil {
			return fmt.Errorf("find memberships: %w", err)
		}
		for _, m := range all {
			err := audit.RecordOf(tx, s.Now(), m.WorkspaceID, audit.Entry{Action: audit.FactorRemoved, Subject: m.ID, Details: map[string]any{
				"email": p.Email, "factor": "all", "reset": true, "factors": factorCount, "sessions": sessions,
			}})
			if err != nil {
				return err //nolint:wrapcheck // it says what it is
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	s.tellOfFactor(p, "The second factors of your Patchbay account were reset by who runs the installation")
	return factorCount, sessions, nil
}
