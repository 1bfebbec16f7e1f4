package toolprofile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Service keeps tool profiles.
type Service struct {
	DB         *db.DB
	Components *registry.Service
	Now        func() time.Time
}

// Change is what a profile is to be.
type Change struct {
	Description string
	MetaTools   []string
	Tools       []Tool
}

// ByName returns the profile of tx's environment that has a name.
func ByName(tx *gorm.DB, profile string) (*Profile, error) {
	return db.One[Profile](tx.Where("name = ?", profile), ErrNotFound)
}

// ByID returns the profile of an id.
func (s *Service) ByID(ctx context.Context, scope tenant.Scope, profileID string) (p *Profile, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		p, err = db.One[Profile](tx.Where("id = ?", profileID), ErrNotFound)
		return err
	})
	return p, err
}

// List returns the profiles of an environment, newest first.
func (s *Service) List(ctx context.Context, scope tenant.Scope, c db.Cursor) (page *db.Page[Profile], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		page, err = db.List(tx, c, func(p *Profile) string { return p.ID })
		return err
	})
	return page, err
}

// Get returns the profile of a name.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, profile string) (p *Profile, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		p, err = ByName(tx, profile)
		return err
	})
	return p, err
}

// Create makes a profile.
func (s *Service) Create(ctx context.Context, scope tenant.Scope, profile string, c Change) (*Profile, error) {
	if !Named(profile) {
		return nil, ErrName
	}
	now := s.Now()
	p := &Profile{ID: id.New("tpf"), Name: profile, CreatedAt: now, UpdatedAt: now}
	if err := s.apply(ctx, scope, p, c); err != nil {
		return nil, err
	}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('tool_profiles|' || ?, 0))", scope.Environment()).Error; err != nil {
			return fmt.Errorf("lock tool profiles: %w", err)
		}
		var n int64
		if err := tx.Model(&Profile{}).Count(&n).Error; err != nil {
			return fmt.Errorf("count tool profiles: %w", err)
		}
		switch _, err := ByName(tx, profile); {
		case err == nil:
			return ErrTaken
		case !errors.Is(err, ErrNotFound):
			return err
		case n >= mostProfiles:
			return ErrFull
		}
		if err := tx.Create(p).Error; err != nil {
			return fmt.Errorf("insert tool profile: %w", err)
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.ToolProfileCreated, Subject: p.ID, Details: audit.Changes(nil, p.logged())})
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Update replaces what a profile holds, for who has seen what is there. Those who use
// it are given the new tools from their next request on.
func (s *Service) Update(ctx context.Context, scope tenant.Scope, profile string, c Change, seen ...time.Time) (p *Profile, err error) {
	next := &Profile{}
	if err := s.apply(ctx, scope, next, c); err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if p, err = ByName(tx.Clauses(clause.Locking{Strength: "UPDATE"}), profile); err != nil {
			return err
		}
		if err := fault.Unchanged(p.UpdatedAt, seen...); err != nil {
			return err
		}
		was := p.logged()
		p.Description, p.MetaTools, p.Tools, p.UpdatedAt = next.Description, next.MetaTools, next.Tools, s.Now()
		if err := tx.Model(p).Select("description", "meta_tools", "tools", "updated_at").Updates(p).Error; err != nil {
			return fmt.Errorf("update tool profile: %w", err)
		}
		return audit.Record(tx, p.UpdatedAt, audit.Entry{Action: audit.ToolProfileChanged, Subject: p.ID, Details: audit.Changes(was, p.logged())})
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Delete removes a profile, and with it what users allowed programs by it: their
// tokens are good no more at once.
func (s *Service) Delete(ctx context.Context, scope tenant.Scope, profile string) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		p, err := ByName(tx, profile)
		if err != nil {
			return err
		}
		if err := db.Affected(tx.Delete(&Profile{ID: p.ID}), ErrNotFound); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.ToolProfileDeleted, Subject: p.ID, Details: audit.Changes(p.logged(), nil)})
	})
}

// apply changes a profile in memory, by what components there are now.
func (s *Service) apply(ctx context.Context, scope tenant.Scope, p *Profile, c Change) error {
	all, err := s.Components.For(ctx, scope.Project())
	if err != nil {
		return err //nolint:wrapcheck // a fault
	}
	p.Description, p.MetaTools, p.Tools = c.Description, c.MetaTools, c.Tools
	return p.check(all)
}

// logged is what the audit log shows of a profile.
func (p *Profile) logged() audit.View {
	return audit.View{"name": p.Name, "description": p.Description, "meta_tools": p.MetaTools, "tools": p.Tools}
}
