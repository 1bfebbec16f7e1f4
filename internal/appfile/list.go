package appfile

import (
	"context"
	"errors"
	"io/fs"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/rehearsal"
)

// Entry is an app of a workspace with the file that it is read from.
type Entry struct {
	File     File         // version 0 = the shipped one
	App      *catalog.App // nil = this version of Patchbay finds something wrong with the file
	Problems []catalog.Problem
	Methods  []catalog.Auth // of the file, with those that this version cannot sign a user in by
	Own      bool           // the workspace's own file serves
	Override bool           // there is a shipped app of the slug, too
	Logo     bool           // the workspace's own
	Accounts int            // in all projects of the workspace
}

// List returns the workspace's own files, by slug, without their sources.
func (s *Service) List(ctx context.Context, workspaceID string) ([]Entry, error) {
	var rows []File
	err := s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) (err error) {
		rows, err = current(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(rows))
	for i, f := range rows {
		app, _ := s.Shipped.Read([]byte(*f.Source))
		_, err := s.Shipped.Get(f.Slug)
		f.Source, f.Fixtures = nil, nil
		out[i] = Entry{File: f, App: app, Own: true, Override: err == nil}
	}
	return out, nil
}

// Get returns an app of the workspace with the file that serves, its own or the
// shipped one.
func (s *Service) Get(ctx context.Context, workspaceID, slugOrID string) (*Entry, error) {
	apps, err := s.Of(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	e, slug := &Entry{}, slugOrID
	if e.App, err = apps.Get(slugOrID); err == nil {
		slug = e.App.Slug
	}
	shipped, serr := s.Shipped.Get(slug)
	e.Override = serr == nil
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		last, err := newest(tx, slug)
		if err != nil {
			return err
		}
		e.File = *last
		used, err := usage(tx, slug)
		if err != nil {
			return err
		}
		for _, n := range used {
			e.Accounts += n
		}
		return tx.Raw("SELECT EXISTS (SELECT FROM app_logos WHERE slug = ?)", slug).Scan(&e.Logo).Error
	})
	switch {
	case err != nil:
		return nil, err
	case e.File.Source != nil:
		e.Own = true
		e.App, e.Problems = s.Shipped.Read([]byte(*e.File.Source))
		e.Methods = methods(*e.File.Source)
		return e, nil
	case !e.Override:
		return nil, catalog.ErrNotFound
	}
	source, err := s.Shipped.Source(slug)
	text := string(source)
	e.App, e.File, e.Methods = shipped, File{Slug: slug, Source: &text, Version: e.File.Version}, methods(text)
	return e, err
}

func methods(source string) []catalog.Auth {
	if a, _ := catalog.Lint([]byte(source)); a != nil {
		return a.Auth
	}
	return nil
}

// History returns the versions of a workspace's file, newest first, without
// their sources.
func (s *Service) History(ctx context.Context, workspaceID, slug string) (rows []File, err error) {
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		return tx.Select("workspace_id, slug, version, CASE WHEN source IS NULL THEN NULL ELSE '' END AS source, author, created_at").
			Where("slug = ?", slug).Order("version DESC").Limit(1000).Find(&rows).Error
	})
	return rows, err
}

// Version returns one version of a workspace's file.
func (s *Service) Version(ctx context.Context, workspaceID, slug string, version int) (f *File, err error) {
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		f, err = db.One[File](tx.Where("slug = ? AND version = ?", slug, version), ErrVersion)
		return err
	})
	return f, err
}

// Check says what is wrong with a file, and plays its recorded answers when
// nothing is. Nothing is written. An upload without a source is the file that
// serves; recorded answers that it does not bring are those of that file.
func (s *Service) Check(ctx context.Context, workspaceID, slug string, in Upload) ([]catalog.Problem, []rehearsal.Check, error) {
	serving, err := s.Get(ctx, workspaceID, slug)
	if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		return nil, nil, err
	}
	if in.Source == "" {
		if serving == nil {
			return nil, nil, catalog.ErrNotFound
		}
		in.Source = *serving.File.Source
	}
	app, problems, err := s.read(slug, in)
	if err != nil || len(problems) > 0 {
		return problems, nil, err
	}
	recorded := in.Fixtures
	if recorded == nil && serving != nil {
		recorded = serving.File.Fixtures
	}
	return nil, rehearsal.Run(ctx, app, func(file string) ([]byte, error) {
		if text, ok := recorded[file]; ok {
			return []byte(text), nil
		}
		if !fs.ValidPath(file) {
			return nil, fs.ErrNotExist
		}
		return s.Shipped.Fixture(slug, file)
	}), nil
}
