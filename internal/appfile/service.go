package appfile

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Upload is an app file as an operator sends it.
type Upload struct {
	Source   string            // YAML
	Fixtures map[string]string // recorded answers, by file name; nil = as they are
	Base     *int              // the version that was edited, which has to be the newest still; nil = whichever is
	Force    bool              // although accounts use what it takes away
	Author   string
}

// The most that a workspace keeps of each.
const (
	maxSource   = 128 << 10 // bytes
	maxFixture  = 64 << 10  // bytes
	maxFixtures = 50        // of one file
	maxFiles    = 500
)

var fixtureName = regexp.MustCompile(`^[a-z0-9_\-]{1,60}\.json$`)

// Save makes in the app's file of a workspace. A file with problems is not
// taken: they are returned, and what served goes on serving. Sent twice, the
// same file is one version.
func (s *Service) Save(ctx context.Context, workspaceID, slug string, in Upload) (*File, []catalog.Problem, error) {
	app, problems, err := s.read(slug, in)
	if err != nil || len(problems) > 0 {
		return nil, problems, err
	}
	f, err := s.add(ctx, workspaceID, slug, in.Base, func(tx *gorm.DB, last *File) (*File, error) {
		next := &File{Slug: slug, Source: &in.Source, Fixtures: in.Fixtures, Author: in.Author}
		if last.Source != nil {
			if in.Fixtures == nil {
				next.Fixtures = last.Fixtures
			}
			if *last.Source == in.Source && maps.Equal(last.Fixtures, next.Fixtures) {
				return last, nil
			}
		} else if n, err := files(tx); err != nil || n >= maxFiles {
			return nil, orFull(err)
		}
		return next, s.keeps(tx, slug, last, app, in.Force)
	})
	return f, nil, err
}

// read checks an upload before anything is asked of the database.
func (s *Service) read(slug string, in Upload) (*catalog.App, []catalog.Problem, error) {
	if len(in.Source) > maxSource {
		return nil, nil, ErrTooLarge
	}
	if len(in.Fixtures) > maxFixtures {
		return nil, nil, ErrFixtures
	}
	for name, text := range in.Fixtures {
		if !fixtureName.MatchString(name) || len(text) > maxFixture {
			return nil, nil, ErrFixtures
		}
	}
	app, problems := s.Shipped.Read([]byte(in.Source))
	if app != nil && app.Slug != slug {
		problems = []catalog.Problem{{Line: lineOf(in.Source, "slug:"), Path: "slug", Text: fmt.Sprintf("it is %q, and the file is for %q", app.Slug, slug)}}
	}
	return app, problems, nil
}

// lineOf returns the line that begins with the text, from 1.
func lineOf(source, begin string) int {
	for i, line := range strings.Split(source, "\n") {
		if strings.HasPrefix(line, begin) {
			return i + 1
		}
	}
	return 1
}

func orFull(err error) error {
	if err != nil {
		return err
	}
	return ErrFull
}

// Remove takes a workspace's file of an app away, so that the shipped app of
// the slug serves again, if there is one. base is the version that the caller saw;
// nil = whichever is the newest.
func (s *Service) Remove(ctx context.Context, workspaceID, slug, author string, base *int, force bool) error {
	_, err := s.add(ctx, workspaceID, slug, base, func(tx *gorm.DB, last *File) (*File, error) {
		if last.Source == nil {
			return nil, ErrNotFound
		}
		shipped, err := s.Shipped.Get(slug)
		if err != nil {
			shipped = nil
		}
		return &File{Slug: slug, Fixtures: map[string]string{}, Author: author}, s.keeps(tx, slug, last, shipped, force)
	})
	return err
}

// Restore makes an earlier version the newest again, after the one that the caller saw
// (base; nil = whichever is the newest).
func (s *Service) Restore(ctx context.Context, workspaceID, slug string, version int, author string, base *int, force bool) (*File, []catalog.Problem, error) {
	old, err := s.Version(ctx, workspaceID, slug, version)
	if err != nil {
		return nil, nil, err
	}
	if old.Source == nil {
		return nil, nil, ErrRemoved
	}
	return s.Save(ctx, workspaceID, slug, Upload{Source: *old.Source, Fixtures: old.Fixtures, Base: base, Force: force, Author: author})
}

// add writes the version that next makes of the last one, under the workspace's
// lock, and lets this process know of it at once.
func (s *Service) add(ctx context.Context, workspaceID, slug string, base *int, next func(tx *gorm.DB, last *File) (*File, error)) (f *File, err error) {
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		if err := Advance(tx); err != nil {
			return err
		}
		last, err := newest(tx, slug)
		if err != nil {
			return err
		}
		if base != nil && *base != last.Version {
			return ErrChanged
		}
		if f, err = next(tx, last); err != nil || f == last {
			return err
		}
		if f.Fixtures == nil {
			f.Fixtures = map[string]string{}
		}
		f.WorkspaceID, f.Version, f.CreatedAt = workspaceID, last.Version+1, s.Now()
		if err := tx.Create(f).Error; err != nil {
			return fmt.Errorf("insert app file: %w", err)
		}
		entry := audit.Entry{Action: audit.AppFileChanged, Subject: slug, Details: map[string]any{"version": f.Version}}
		if f.Source == nil {
			entry.Action = audit.AppFileRemoved
		}
		return audit.RecordOf(tx, f.CreatedAt, workspaceID, entry)
	})
	if err != nil {
		return nil, err
	}
	return f, s.Seen(ctx, workspaceID)
}

// Seen brings this process's view up to what was just committed.
func (s *Service) Seen(ctx context.Context, workspaceID string) error {
	last, _ := s.cache().byID.Get(workspaceID)
	_, err := s.look(context.WithoutCancel(ctx), workspaceID, last)
	return err
}

// keeps refuses a change that takes away what accounts use: a method that the
// app has had until now, or the app itself (next is nil). Nothing else may break them.
func (s *Service) keeps(tx *gorm.DB, slug string, last *File, next *catalog.App, force bool) error {
	if force {
		return nil
	}
	var present *catalog.App
	if last.Source != nil {
		present, _ = s.Shipped.Read([]byte(*last.Source))
	} else if a, err := s.Shipped.Get(slug); err == nil {
		present = a
	}
	used, err := usage(tx, slug)
	if err != nil || present == nil {
		return err
	}
	lost, n := []string{}, 0
	for auth, accounts := range used {
		_, had := present.Method(auth)
		has := false
		if next != nil {
			_, has = next.Method(auth)
		}
		if had && !has {
			lost, n = append(lost, auth), n+accounts
		}
	}
	if len(lost) == 0 {
		return nil
	}
	slices.Sort(lost)
	return inUse(slug, lost, n, next == nil)
}
