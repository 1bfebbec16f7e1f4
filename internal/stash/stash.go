// Package stash keeps files that components read and write, for a day. A stash is
// a folder of one user's: a run that names it finds its files there, and what the
// run leaves behind is in it for the next one, and for whoever asks for it.
package stash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Faults of this package.
var (
	ErrOff         = fault.New(fault.Unavailable, "stash_off", "This server keeps no files: it needs a store for them (PATCHBAY_BLOBS).")
	ErrNoFile      = fault.New(fault.NotFound, "stash_file_not_found", "There is no such file in the stash, or not any more: files are kept for a day.")
	ErrID          = fault.New(fault.Invalid, "stash_id", "A stash_id is one that was given out, or NEW.")
	ErrPath        = fault.New(fault.Invalid, "stash_path", "A path is relative, such as reports/may.pdf, with up to %d bytes and without . and .. in it.", MaxPath)
	ErrTooLarge    = fault.New(fault.TooLarge, "stash_file_too_large", "A file has at most %d MiB.", MaxFile>>20)
	ErrFull        = fault.New(fault.Conflict, "stash_full", "A stash holds at most %d files and %d MiB.", MaxFiles, MaxBytes>>20)
	ErrUser        = fault.New(fault.NotFound, "stash_not_found", "There is no such stash of this user.")
	ErrLink        = fault.New(fault.Forbidden, "link_invalid", "This link was not made here, or was changed.")
	ErrLinkExpired = fault.New(fault.Forbidden, "link_expired", "This link is no longer good. Ask for the file to get another.")
)

// The limits of stashes.
const (
	MaxFile  = 100 << 20 // bytes
	MaxFiles = 500       // in a stash
	MaxBytes = 512 << 20 // in a stash
	MaxPath  = 500       // bytes

	KeepFor = 24 * time.Hour   // how long a file is kept
	LinkFor = 30 * time.Minute // how long a link to one is good

	// FilePath is where links to files lead, below the base URL.
	FilePath = "/files/"

	// New is what asks for a new stash.
	New = "NEW"
)

// File is a file of a stash.
type File struct {
	ID             string
	StashID        string // stsh_…
	ExternalUserID string
	Path           string // below the stash, with slashes
	ContentType    string
	Size           int64        // bytes
	Stored         event.Stored `gorm:"serializer:json"`
	CreatedAt      time.Time
	ExpiresAt      time.Time
}

// TableName maps the noun to its table.
func (File) TableName() string { return "stash_files" }

// Service keeps stashes.
type Service struct {
	DB       *db.DB
	Payloads *event.Payloads // where the files lie
	Keys     *token.Keyring
	BaseURL  string // where links to files lead
	Now      func() time.Time
}

// Key is the name by which clients know a file: 1day/project/environment/stash/u/path.
func (f *File) Key(scope tenant.Scope) string {
	return strings.Join([]string{"1day", scope.Project(), scope.EnvironmentName(), f.StashID, "u", f.Path}, "/")
}

// parseKey reads such a name, for the environment that it belongs to.
func parseKey(scope tenant.Scope, key string) (stashID, name string, err error) {
	parts := strings.SplitN(key, "/", 6)
	if len(parts) != 6 || parts[0] != "1day" || parts[1] != scope.Project() || parts[2] != scope.EnvironmentName() || parts[4] != "u" || !id.Is("stsh", parts[3]) {
		return "", "", ErrNoFile
	}
	return parts[3], parts[5], nil
}

// Named returns the stash that a caller names: an id, or a new one for New.
func Named(stashID string) (string, error) {
	if stashID == New {
		return id.New("stsh"), nil
	}
	if !id.Is("stsh", stashID) {
		return "", ErrID
	}
	return stashID, nil
}

// Name is Named, for what needs the files to be kept.
func (s *Service) Name(stashID string) (string, error) {
	if s == nil || s.Payloads == nil || s.Payloads.Blobs == nil {
		return "", ErrOff
	}
	return Named(stashID)
}

// checkPath refuses what is no path below a folder.
func checkPath(name string) error {
	if name == "" || len(name) > MaxPath || !utf8.ValidString(name) || path.Clean(name) != name || path.IsAbs(name) || name == "." || name == ".." ||
		strings.HasPrefix(name, "../") || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return ErrPath
	}
	return nil
}

// Put keeps a file in a user's stash, in the place of one of the same path.
func (s *Service) Put(ctx context.Context, scope tenant.Scope, externalUserID, stashID, name, contentType string, from io.Reader) (*File, error) {
	stashID, err := Named(stashID)
	if err != nil {
		return nil, err
	}
	if err := checkPath(name); err != nil {
		return nil, err
	}
	if s.Payloads == nil || s.Payloads.Blobs == nil {
		return nil, ErrOff
	}
	if contentType == "" || len(contentType) > 200 || strings.ContainsFunc(contentType, func(r rune) bool { return r < ' ' || r > '~' }) {
		contentType = "application/octet-stream"
	}
	if err := s.room(ctx, scope, externalUserID, stashID, name, 0); err != nil { // before it is sent to the store
		return nil, err
	}
	stored, err := s.Payloads.Put(ctx, scope, "stash", contentType, from, MaxFile)
	if errors.Is(err, blob.ErrTooLarge) {
		return nil, ErrTooLarge
	}
	if err != nil {
		return nil, err
	}
	now := s.Now()
	f := &File{
		ID: id.New("file"), StashID: stashID, ExternalUserID: externalUserID, Path: name, ContentType: contentType, Size: stored.Size, Stored: *stored,
		CreatedAt: now, ExpiresAt: now.Add(KeepFor),
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		// One at a time for each stash, so that its limits hold.
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "stash "+stashID).Error; err != nil {
			return fmt.Errorf("lock stash: %w", err)
		}
		if err := room(tx, externalUserID, stashID, name, stored.Size); err != nil {
			return err
		}
		if err := tx.Where("stash_id = ? AND path = ?", stashID, name).Delete(&File{}).Error; err != nil {
			return fmt.Errorf("replace file: %w", err)
		}
		if err := tx.Create(f).Error; err != nil {
			return fmt.Errorf("insert file: %w", err)
		}
		return event.Hold(tx, stored)
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (s *Service) room(ctx context.Context, scope tenant.Scope, externalUserID, stashID, name string, size int64) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error { return room(tx, externalUserID, stashID, name, size) })
}

// room returns why a file does not go into a stash.
func room(tx *gorm.DB, externalUserID, stashID, name string, size int64) error {
	var held struct{ Files, Bytes, Others, Across int64 }
	err := tx.Raw(`SELECT count(*) FILTER (WHERE path <> @path) AS files, COALESCE(sum(size) FILTER (WHERE path <> @path), 0) AS bytes,
		count(*) FILTER (WHERE external_user_id <> @user) AS others,
		count(*) FILTER (WHERE starts_with(path, @path || '/') OR starts_with(@path, path || '/')) AS across FROM stash_files WHERE stash_id = @stash`,
		map[string]any{"path": name, "user": externalUserID, "stash": stashID}).Scan(&held).Error
	switch {
	case err != nil:
		return fmt.Errorf("count files: %w", err)
	case held.Others > 0:
		return ErrUser
	case held.Across > 0: // a file cannot be a folder, too
		return ErrPath
	case held.Files >= MaxFiles || held.Bytes+size > MaxBytes:
		return ErrFull
	}
	return nil
}

// there are the files of a user ("" = of everybody) that are not over.
func (s *Service) there(tx *gorm.DB, externalUserID string) *gorm.DB {
	q := tx.Where("expires_at > ?", s.Now())
	if externalUserID != "" {
		q = q.Where("external_user_id = ?", externalUserID)
	}
	return q
}

// List returns files, newest first: of a stash, and of a user, where one is named.
func (s *Service) List(ctx context.Context, scope tenant.Scope, externalUserID, stashID string, c db.Cursor) (page *db.Page[File], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := s.there(tx, externalUserID)
		if stashID != "" {
			q = q.Where("stash_id = ?", stashID)
		}
		page, err = db.List(q, c, func(f *File) string { return f.ID })
		return err
	})
	return page, err
}

// Find returns a file by its key; a user's, where one is named.
func (s *Service) Find(ctx context.Context, scope tenant.Scope, externalUserID, key string) (f *File, err error) {
	stashID, name, err := parseKey(scope, key)
	if err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		f, err = db.One[File](s.there(tx, externalUserID).Where("stash_id = ? AND path = ?", stashID, name), ErrNoFile)
		return err
	})
	return f, err
}

// Get returns a file by its id; a user's, where one is named.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, externalUserID, fileID string) (f *File, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		f, err = db.One[File](s.there(tx, externalUserID).Where("id = ?", fileID), ErrNoFile)
		return err
	})
	return f, err
}

// Open returns what is in a file, to be read from any place on. The caller closes it.
func (s *Service) Open(ctx context.Context, scope tenant.Scope, f *File) (io.ReadSeekCloser, error) {
	return s.Payloads.Read(ctx, scope, &f.Stored)
}

// Delete removes a file; a user's, where one is named.
func (s *Service) Delete(ctx context.Context, scope tenant.Scope, externalUserID, fileID string) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		return db.Affected(s.there(tx, externalUserID).Where("id = ?", fileID).Delete(&File{}), ErrNoFile)
	})
}

// Link returns an address at which whoever has it may fetch a file, for LinkFor.
func (s *Service) Link(scope tenant.Scope, f *File) (string, error) {
	until := s.Now().Add(LinkFor)
	if f.ExpiresAt.Before(until) {
		until = f.ExpiresAt
	}
	return s.link(scope, f, until)
}

// LongLink is Link for as long as the file is kept: for an event that tells of it,
// and may wait for its turn.
func (s *Service) LongLink(scope tenant.Scope, f *File) (string, error) {
	return s.link(scope, f, f.ExpiresAt)
}

func (s *Service) link(scope tenant.Scope, f *File, until time.Time) (string, error) {
	raw, err := s.Keys.SignLink(token.Link{
		Subject: f.ID, Project: scope.Project(), Environment: scope.Environment(), EnvironmentName: scope.EnvironmentName(), ExpiresAt: until.UTC().Truncate(time.Second),
	})
	if err != nil {
		return "", err
	}
	return s.BaseURL + FilePath + url.PathEscape(raw), nil
}

// Follow returns what a link leads to, and whose it is.
func (s *Service) Follow(ctx context.Context, raw string) (f *File, scope tenant.Scope, err error) {
	l, err := s.Keys.VerifyLink(raw, s.Now())
	switch {
	case errors.Is(err, token.ErrExpired):
		return nil, scope, ErrLinkExpired.Because(err)
	case err != nil:
		return nil, scope, ErrLink.Because(err)
	}
	scope = tenant.NewScope(l.Project, l.Environment, l.EnvironmentName)
	f, err = s.Get(ctx, scope, "", l.Subject)
	return f, scope, err
}

// Sweep lets files go whose day is over. Every worker process calls it on a
// ticker; that two do so at once does no harm.
func (s *Service) Sweep(ctx context.Context) error {
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM stash_files WHERE id IN (SELECT id FROM stash_files WHERE expires_at <= ? LIMIT 1000 FOR UPDATE SKIP LOCKED)", s.Now()).Error
	})
	if err != nil {
		return fmt.Errorf("sweep stashes: %w", err)
	}
	return nil
}
