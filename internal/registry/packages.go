package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"

	gosemver "golang.org/x/mod/semver"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/bundle"
	"github.com/patchbay-dev/patchbay/internal/db"
)

// semver reports whether a version is one, without a v.
func semver(version string) bool {
	return len(version) <= 50 && gosemver.IsValid("v"+version) && gosemver.Canonical("v"+version) == "v"+version
}

// enter writes a package down with its components. A package's components take
// the place of those that it had in the same versions; those of others stay theirs.
func (s *Service) enter(ctx context.Context, workspaceID string, p *Package, working bool) error {
	return s.change(ctx, workspaceID, func(tx *gorm.DB) error {
		old, err := db.One[Package](tx.Where("name = ?", p.Name), ErrNoSuch)
		switch {
		case errors.Is(err, ErrNoSuch):
		case err != nil:
			return err
		case old.Version == p.Version && old.Bundle != p.Bundle && !working:
			return ErrReplaced
		}
		if n, err := count(tx); err != nil || int(n)+len(p.Components) > maxVersions {
			return orFull(err)
		}
		for i := range p.Components {
			if err := p.replace(tx, &p.Components[i]); err != nil {
				return err
			}
		}
		if working {
			p.Version += dev
		}
		if working && old != nil && !strings.HasSuffix(old.Version, dev) {
			// What is worked on does not take the place of what is installed.
		} else if err := tx.Clauses(clause.OnConflict{UpdateAll: true, Columns: []clause.Column{{Name: "workspace_id"}, {Name: "name"}}}).Create(p.in(workspaceID)).Error; err != nil {
			return fmt.Errorf("insert package: %w", err)
		}
		entry := audit.Entry{Action: audit.PackageInstalled, Subject: p.Name, Details: map[string]any{"version": p.Version, "bundle": p.Bundle, "license": p.License, "license_accepted": p.AcceptedAt != nil}}
		return audit.RecordOf(tx, p.CreatedAt, workspaceID, entry)
	})
}

func (p *Package) in(workspaceID string) *Package {
	p.WorkspaceID = workspaceID
	return p
}

// replace puts a component of the package in the place of what the package had.
func (p *Package) replace(tx *gorm.DB, r *Release) error {
	there, err := releases(tx, r.Key)
	if err != nil {
		return err
	}
	for _, o := range there {
		switch {
		case o.Package == nil:
			f := *ErrKind
			f.Message = fmt.Sprintf("%s is an operation file of the workspace. Give the module another key, or remove the file.", r.Key)
			return &f
		case *o.Package != p.Name:
			f := *ErrKind
			f.Message = fmt.Sprintf("%s is of the package %s. Give the module another key, or remove that package.", r.Key, *o.Package)
			return &f
		case o.Version != r.Version && (o.App != r.App || o.Type != r.Type):
			return ErrKind
		case o.Version == r.Version:
			if err := tx.Where("key = ? AND version = ?", r.Key, r.Version).Delete(&Release{}).Error; err != nil {
				return fmt.Errorf("delete component: %w", err)
			}
		}
	}
	if err := tx.Omit("workspace_id").Create(r).Error; err != nil {
		return fmt.Errorf("insert component: %w", err)
	}
	return nil
}

// Packages returns what is installed in a workspace, by name, with the components.
func (s *Service) Packages(ctx context.Context, workspaceID string) (all []Package, err error) {
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		if err := tx.Order("name").Find(&all).Error; err != nil {
			return fmt.Errorf("load packages: %w", err)
		}
		var rows []Release
		if err := tx.Where("package IS NOT NULL").Order("key, version").Find(&rows).Error; err != nil {
			return fmt.Errorf("load components: %w", err)
		}
		for i := range all {
			for _, r := range rows {
				if *r.Package == all[i].Name {
					all[i].Components = append(all[i].Components, r)
				}
			}
		}
		return nil
	})
	return all, err
}

// Intact reports whether a package's content is what it was when it was installed.
func (s *Service) Intact(ctx context.Context, workspaceID string, p *Package) (bool, error) {
	err := s.Bundles.Verify(ctx, workspaceID, p.Bundle)
	if errors.Is(err, bundle.ErrMissing) {
		return false, nil
	}
	return err == nil, err //nolint:wrapcheck // says what it did
}

// Uninstall removes a package with its components. It is refused while triggers are
// deployed with one, unless it is forced.
func (s *Service) Uninstall(ctx context.Context, workspaceID, called string, force bool) error {
	return s.change(ctx, workspaceID, func(tx *gorm.DB) error {
		if _, err := db.One[Package](tx.Where("name = ?", called), ErrNoSuch); err != nil {
			return err
		}
		var keys []string
		if err := tx.Model(&Release{}).Distinct("key").Where("package = ?", called).Pluck("key", &keys).Error; err != nil {
			return fmt.Errorf("load components: %w", err)
		}
		used, err := usage(tx)
		if err != nil {
			return err
		}
		for _, key := range keys {
			n := 0
			for _, triggers := range used[key] {
				n += triggers
			}
			if n > 0 && !force {
				return inUse(key, n)
			}
		}
		if err := tx.Where("package = ?", called).Delete(&Release{}).Error; err != nil {
			return fmt.Errorf("delete components: %w", err)
		}
		if err := tx.Where("name = ?", called).Delete(&Package{}).Error; err != nil {
			return fmt.Errorf("delete package: %w", err)
		}
		return audit.RecordOf(tx, s.Now(), workspaceID, audit.Entry{Action: audit.PackageRemoved, Subject: called})
	})
}
