// Package archive writes all that a project has and that is no secret into one
// file: a zip of lines of JSON, of workflows as they are applied again, and of a
// manifest, which comes last, so that a file that was cut off has none.
package archive

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/manifest"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/variable"
)

// Format names the form of an archive. It changes when a reader of the old one
// would be misled.
const Format = "patchbay.project/v1"

// Service writes archives.
type Service struct {
	DB        *db.DB
	Manifests *manifest.Service
	Variables *variable.Service
	Payloads  *event.Payloads
	Now       func() time.Time
}

// Wish is what is to be written.
type Wish struct {
	Workspace string
	Scopes    []tenant.Scope // the project's environments
	History   bool           // what happened, too
}

// Manifest says what an archive holds.
type Manifest struct {
	Format     string     `json:"format"`
	Schema     int64      `json:"schema"` // the database's version, by which columns are named
	ProjectID  string     `json:"project_id"`
	History    bool       `json:"history"`
	BeganAt    time.Time  `json:"began_at"`
	FinishedAt time.Time  `json:"finished_at"`
	Files      []File     `json:"files"`
	Payloads   []Payloads `json:"payloads"` // of each environment, if what happened is in it
	LeftOut    []LeftOut  `json:"left_out"`
}

// File is one of an archive's.
type File struct {
	Name    string `json:"name"`
	Records int    `json:"records"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
}

// LeftOut is what an archive does not hold, and why.
type LeftOut struct {
	Tables []string `json:"tables"`
	Reason string   `json:"reason"`
}

// Begin notes that somebody takes a project away.
func (s *Service) Begin(ctx context.Context, w Wish) error {
	project := w.Scopes[0].Project()
	err := s.DB.Project(ctx, project, func(tx *gorm.DB) error {
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.ProjectExported, Subject: project, Details: map[string]any{"history": w.History}})
	})
	if err != nil {
		return fmt.Errorf("note the export: %w", err)
	}
	return nil
}

// Write writes a project's archive. Pages of each table are read in transactions
// of their own: none is open while a slow reader takes what was written. What is
// changed meanwhile is in it as it was or as it is.
func (s *Service) Write(ctx context.Context, w Wish, to io.Writer) error {
	a := &archive{zip: zip.NewWriter(to), m: Manifest{Format: Format, ProjectID: w.Scopes[0].Project(), History: w.History, BeganAt: s.Now().UTC(), Files: []File{}, Payloads: []Payloads{}}}
	if err := s.write(ctx, w, a); err != nil {
		return fmt.Errorf("export the project: %w", err)
	}
	return nil
}

func (s *Service) write(ctx context.Context, w Wish, a *archive) error {
	project := w.Scopes[0].Project()
	err := s.DB.Look(ctx, func(q *gorm.DB) error {
		return q.Raw("SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&a.m.Schema).Error
	})
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	for i := range ofProject {
		if err := a.table(&ofProject[i], "", w.History, func(fn func(tx *gorm.DB) error) error { return s.DB.Project(ctx, project, fn) }); err != nil {
			return err
		}
	}
	for _, scope := range w.Scopes {
		for i := range ofEnvironment {
			if err := a.table(&ofEnvironment[i], scope.EnvironmentName()+"/", w.History, func(fn func(tx *gorm.DB) error) error { return s.DB.In(ctx, scope, fn) }); err != nil {
				return err
			}
		}
		if err := s.files(ctx, scope, a); err != nil {
			return err
		}
		if w.History {
			if err := s.payloads(ctx, scope, a); err != nil {
				return err
			}
		}
	}
	for _, of := range []func(context.Context, Wish, *archive) error{s.documents, s.variables, s.components, eventTypes} {
		if err := of(ctx, w, a); err != nil {
			return err
		}
	}
	return a.end(s.Now().UTC())
}

// documents are the workflows as `patchbay workflows apply` takes them.
func (s *Service) documents(ctx context.Context, w Wish, a *archive) error {
	all, err := s.Manifests.Export(ctx, w.Scopes[0].Project(), false)
	if err != nil {
		return err //nolint:wrapcheck // of our own
	}
	for i := range all {
		f, err := a.begin("workflows/" + all[i].File)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, all[i].Source); err != nil {
			return fmt.Errorf("write workflow: %w", err)
		}
		if err := f.end(1); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) variables(ctx context.Context, w Wish, a *archive) error {
	for i, scope := range w.Scopes {
		all, err := s.Variables.List(ctx, variable.Place{Level: variable.Environment, Scope: scope})
		if err != nil {
			return err //nolint:wrapcheck // of our own
		}
		levels := map[variable.Level]string{variable.Environment: scope.EnvironmentName() + "/variables.jsonl"}
		if i == 0 {
			levels[variable.Project] = "variables.jsonl"
		}
		for _, level := range slices.Sorted(maps.Keys(levels)) {
			var out []any
			for _, v := range all {
				if v.Level() == level {
					var value any // of a secret there is none
					if v.Plain != nil {
						value = v.Plain.Reveal()
					}
					out = append(out, map[string]any{
						"name": v.Name, "secret": v.Secret, "value": value, "description": v.Description, "created_at": v.CreatedAt.UTC(), "updated_at": v.UpdatedAt.UTC(),
					})
				}
			}
			if err := a.lines(levels[level], out); err != nil {
				return err
			}
		}
	}
	return nil
}

// components are the workspace's own, which the project can use.
func (s *Service) components(ctx context.Context, w Wish, a *archive) error {
	var rows []struct {
		Key, Version, Type, App string
		CreatedAt               time.Time
	}
	err := s.DB.Workspace(ctx, w.Workspace, func(tx *gorm.DB) error {
		return tx.Raw("SELECT DISTINCT ON (key) key, version, type, app, created_at FROM components ORDER BY key, created_at DESC").Scan(&rows).Error
	})
	if err != nil {
		return fmt.Errorf("list components: %w", err)
	}
	out := make([]any, len(rows))
	for i, r := range rows {
		out[i] = map[string]any{"key": r.Key, "version": r.Version, "type": r.Type, "app": r.App, "created_at": r.CreatedAt.UTC()}
	}
	return a.lines("components.jsonl", out)
}

func eventTypes(_ context.Context, _ Wish, a *archive) error {
	out := make([]any, len(event.Kinds))
	for i, k := range event.Kinds {
		out[i] = map[string]any{"type": k.Type, "title": k.Title, "severity": k.Severity, "platform": k.Platform}
	}
	return a.lines("event_types.jsonl", out)
}

// archive is one that is being written.
type archive struct {
	zip *zip.Writer
	m   Manifest
}

// file is one of an archive that is being written.
type file struct {
	*bufio.Writer

	of   *archive
	name string
	sum  hash.Hash
	n    *counted
}

type counted struct{ bytes int64 }

func (c *counted) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}

func (a *archive) begin(name string) (*file, error) {
	in, err := a.create(name)
	if err != nil {
		return nil, err
	}
	f := &file{of: a, name: name, sum: sha256.New(), n: &counted{}}
	f.Writer = bufio.NewWriterSize(io.MultiWriter(in, f.sum, f.n), 32<<10)
	return f, nil
}

func (a *archive) create(name string) (io.Writer, error) {
	in, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.m.BeganAt})
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", name, err)
	}
	return in, nil
}

func (f *file) end(records int) error {
	if err := f.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	f.of.m.Files = append(f.of.m.Files, File{Name: f.name, Records: records, Bytes: f.n.bytes, SHA256: hex.EncodeToString(f.sum.Sum(nil))})
	return nil
}

func (a *archive) lines(name string, all []any) error {
	f, err := a.begin(name)
	if err != nil {
		return err
	}
	put := json.NewEncoder(f)
	put.SetEscapeHTML(false)
	for _, v := range all {
		if err := put.Encode(v); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return f.end(len(all))
}

// end writes the manifest and closes the archive.
func (a *archive) end(now time.Time) error {
	a.m.FinishedAt = now
	for _, reason := range slices.Sorted(maps.Keys(leftOut)) {
		a.m.LeftOut = append(a.m.LeftOut, LeftOut{Tables: leftOut[reason], Reason: reason})
	}
	in, err := a.create("manifest.json")
	if err != nil {
		return err
	}
	put := json.NewEncoder(in)
	put.SetEscapeHTML(false)
	put.SetIndent("", "  ")
	if err := put.Encode(a.m); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	if err := a.zip.Close(); err != nil {
		return fmt.Errorf("end the archive: %w", err)
	}
	return nil
}
