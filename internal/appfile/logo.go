package appfile

import (
	"context"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrNoLogo is returned for a logo that is not there, or not any more.
var ErrNoLogo = fault.New(fault.NotFound, "logo_not_found", "There is no such logo.")

// LogoPath is where logos are served, by id.
const LogoPath = "/_static/logos/"

// path is the address of the logo. It is another one for each upload, so that
// what stands there never changes.
func (l Logo) path() string { return LogoPath + l.ID }

// Logo returns a logo to whoever shows it: a user's browser names no tenant.
func (s *Service) Logo(ctx context.Context, logoID string) (l *Logo, err error) {
	err = s.DB.Look(ctx, func(q *gorm.DB) error {
		l, err = db.One[Logo](q.Where("id = ?", logoID), ErrNoLogo)
		return err
	})
	return l, err
}
