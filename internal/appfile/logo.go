package appfile

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/picture"
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

// SetLogo gives an app of the workspace a logo instead of its monogram, or of
// the logo that it has: an SVG or a PNG.
func (s *Service) SetLogo(ctx context.Context, workspaceID, slugOrID string, content []byte) (*Logo, error) {
	apps, err := s.Of(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	app, err := apps.Get(slugOrID)
	if err != nil {
		return nil, err
	}
	l := &Logo{ID: id.New("logo"), WorkspaceID: workspaceID, Slug: app.Slug, Content: content, CreatedAt: s.Now()}
	if l.Type, err = picture.TypeOf(content); err != nil {
		return nil, err
	}
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		if err := Advance(tx); err != nil {
			return err
		}
		if err := tx.Where("slug = ?", l.Slug).Delete(&Logo{}).Error; err != nil {
			return fmt.Errorf("delete logo: %w", err)
		}
		if err := tx.Create(l).Error; err != nil {
			return fmt.Errorf("insert logo: %w", err)
		}
		return audit.RecordOf(tx, l.CreatedAt, workspaceID, audit.Entry{Action: audit.AppLogoChanged, Subject: l.Slug, Details: map[string]any{"logo": l.ID}})
	})
	if err != nil {
		return nil, err
	}
	return l, s.Seen(ctx, workspaceID)
}

// RemoveLogo lets an app show its monogram again.
func (s *Service) RemoveLogo(ctx context.Context, workspaceID, slug string) error {
	err := s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		if err := Advance(tx); err != nil {
			return err
		}
		if err := db.Affected(tx.Where("slug = ?", slug).Delete(&Logo{}), ErrNoLogo); err != nil {
			return err
		}
		return audit.RecordOf(tx, s.Now(), workspaceID, audit.Entry{Action: audit.AppLogoRemoved, Subject: slug})
	})
	if err != nil {
		return err
	}
	return s.Seen(ctx, workspaceID)
}
