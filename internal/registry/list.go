package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// Entry is a component of a workspace's own.
type Entry struct {
	Release

	Title    string   // its name; the key, when it is not used
	Versions []string // newest first
	Triggers int      // that are deployed with it, in all projects of the workspace
	Problems []component.Problem
}

// List returns a workspace's own components in their newest versions, by key,
// without their sources.
func (s *Service) List(ctx context.Context, workspaceID string) ([]Entry, error) {
	apps, err := s.Apps.Of(ctx, workspaceID)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it did
	}
	var rows []Release
	var used map[string]map[string]int
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		if err := tx.Find(&rows).Error; err != nil {
			return fmt.Errorf("load components: %w", err)
		}
		used, err = usage(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b Release) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), component.Older(a.Version, b.Version))
	})
	out := []Entry{}
	for _, r := range rows {
		if n := len(out); n > 0 && out[n-1].Key == r.Key {
			out[n-1].Versions = append(out[n-1].Versions, r.Version)
			continue
		}
		e := Entry{Release: r, Title: r.Key, Versions: []string{r.Version}}
		for _, n := range used[r.Key] {
			e.Triggers += n
		}
		c, problems := read(apps, &r)
		if e.Problems = problems; len(problems) == 0 {
			e.Title = c.Name
		}
		e.Source = nil
		out = append(out, e)
	}
	return out, nil
}

// Get returns a version of a component of a workspace with its source, what is
// wrong with it, and which versions there are, newest first. version "" is the
// newest.
func (s *Service) Get(ctx context.Context, workspaceID, called, version string) (r *Release, all []Release, problems []component.Problem, err error) {
	key, err := keyOf(called)
	if err != nil {
		return nil, nil, nil, err
	}
	apps, err := s.Apps.Of(ctx, workspaceID)
	if err != nil {
		return nil, nil, nil, err //nolint:wrapcheck // says what it did
	}
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		if all, err = releases(tx, key); err != nil {
			return err
		}
		if len(all) == 0 {
			return ErrNotFound
		}
		r, err = one(tx, key, cmp.Or(version, all[0].Version))
		return err
	})
	if err != nil {
		return nil, nil, nil, err
	}
	_, problems = read(apps, r)
	return r, all, problems, nil
}
