// Package bundle keeps packages of components as they were installed: each under
// the SHA-256 of its content, in the database or in the store of blobs, and
// unpacked in a folder of each process that needs it.
package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/sync/singleflight"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrMissing means that a bundle is nowhere.
var ErrMissing = fault.New(fault.Unavailable, "bundle_missing", "The component's package is not there any more. Install it again.")

// Store keeps bundles. What lies in its folder may be lost at any time.
type Store struct {
	DB    *db.DB
	Dir   string
	Blobs *blob.Store // nil = content lies in its row
	Now   func() time.Time

	unpacking singleflight.Group
}

// Bundle is the content of a package, as one workspace has it.
type Bundle struct {
	WorkspaceID string
	SHA256      string `gorm:"column:sha256"` // of the archive that Pack makes, in hex
	Size        int64  // bytes of that archive
	Content     []byte // nil = it lies in the store of blobs
	CreatedAt   time.Time
}

// TableName maps the noun to its table.
func (Bundle) TableName() string { return "component_bundles" }

// Draft returns a new folder beside those of the bundles, in which a package is made
// ready. The caller removes what is left of it.
func (s *Store) Draft() (string, error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil { //nolint:gosec // the host of modules is another user
		return "", fmt.Errorf("make folder of bundles: %w", err)
	}
	s.tidy()
	dir, err := os.MkdirTemp(s.Dir, "draft-")
	if err == nil {
		err = os.Chmod(dir, 0o755) //nolint:gosec // likewise
	}
	if err != nil {
		return "", fmt.Errorf("make folder of bundles: %w", err)
	}
	return dir, nil
}

// tidy removes what processes that died have left.
func (s *Store) tidy() {
	drafts, _ := filepath.Glob(filepath.Join(s.Dir, "draft-*")) // fails on a bad pattern alone
	for _, at := range drafts {
		if info, err := os.Stat(at); err == nil && s.Now().Sub(info.ModTime()) > time.Hour {
			_ = os.RemoveAll(at)
		}
	}
}

// Keep makes a bundle of a draft, which is then the bundle's folder, or nothing if
// that is there already. The same content is one bundle, however often it is kept.
func (s *Store) Keep(ctx context.Context, workspaceID, draft string) (sum string, err error) {
	var packed bytes.Buffer
	if err := Pack(draft, &packed); err != nil {
		return "", err
	}
	if packed.Len() > MaxPacked {
		return "", ErrLarge
	}
	hash := sha256.Sum256(packed.Bytes())
	b := &Bundle{WorkspaceID: workspaceID, SHA256: hex.EncodeToString(hash[:]), Size: int64(packed.Len()), CreatedAt: s.Now()}
	if s.Blobs == nil {
		b.Content = packed.Bytes()
	} else if err := s.put(ctx, b, &packed); err != nil {
		return "", err
	}
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "workspace_id"}, {Name: "sha256"}}, DoUpdates: clause.AssignmentColumns([]string{"created_at"})}).Create(b).Error
	})
	if err != nil {
		return "", fmt.Errorf("insert bundle: %w", err)
	}
	return b.SHA256, s.place(draft, b.SHA256)
}

// put puts a bundle into the store of blobs, before its row is written: a crash
// between the two leaves what the same package finds when it is sent again. A row that
// is there already is made new first, so that no sweep takes it.
func (s *Store) put(ctx context.Context, b *Bundle, r io.Reader) error {
	err := s.DB.Workspace(ctx, b.WorkspaceID, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE component_bundles SET created_at = ? WHERE workspace_id = ? AND sha256 = ?", b.CreatedAt, b.WorkspaceID, b.SHA256).Error
	})
	if err != nil {
		return fmt.Errorf("touch bundle: %w", err)
	}
	k, err := blob.WorkspaceKey(b.WorkspaceID, "bundles", b.SHA256+".tgz")
	if err != nil {
		return err //nolint:wrapcheck // says what it did
	}
	_, _, err = s.Blobs.Put(ctx, k, "application/gzip", r, b.Size)
	return err //nolint:wrapcheck // says what it did
}

// place gives a folder the name of its content, at once and as a whole.
func (s *Store) place(draft, sum string) error {
	at := filepath.Join(s.Dir, sum)
	err := os.Rename(draft, at)
	if _, there := os.Stat(at); err != nil && there == nil {
		return os.RemoveAll(draft) //nolint:wrapcheck // names the folder
	}
	if err != nil {
		return fmt.Errorf("place bundle: %w", err)
	}
	return nil
}

var hexSum = regexp.MustCompile(`^[0-9a-f]{64}$`)

// fetchFor is how long it may take until a bundle is in its folder.
const fetchFor = time.Minute

// Folder returns the folder of a bundle, which is unpacked there if it is not. The
// caller writes nothing into it.
func (s *Store) Folder(sum string) (string, error) {
	if !hexSum.MatchString(sum) {
		return "", ErrMissing
	}
	at := filepath.Join(s.Dir, sum)
	if _, err := os.Stat(at); err == nil {
		return at, nil
	}
	_, err, _ := s.unpacking.Do(sum, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), fetchFor)
		defer cancel()
		return nil, s.fetch(ctx, sum)
	})
	return at, err
}

func (s *Store) fetch(ctx context.Context, sum string) error {
	var b Bundle
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT * FROM component_bundles WHERE sha256 = ? LIMIT 1", sum).Scan(&b).Error
	})
	if err != nil {
		return fmt.Errorf("load bundle: %w", err)
	}
	packed, err := s.packed(ctx, &b, sum)
	if err != nil {
		return err
	}
	draft, err := s.Draft()
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(draft) }()
	if err := Unpack(bytes.NewReader(packed), draft); err != nil {
		return err
	}
	return s.place(draft, sum)
}

// errChanged is why a bundle is not used that is there.
var errChanged = errors.New("the bundle is not what it was when it was kept")

// packed returns what a bundle holds, from its row or from the store of blobs, if
// its SHA-256 still is what it is known by.
func (s *Store) packed(ctx context.Context, b *Bundle, sum string) (packed []byte, err error) {
	if b.SHA256 == "" {
		return nil, ErrMissing
	}
	if packed = b.Content; packed == nil {
		if packed, err = s.read(ctx, b); err != nil {
			return nil, err
		}
	}
	if got := sha256.Sum256(packed); hex.EncodeToString(got[:]) != sum {
		return nil, fmt.Errorf("%s: %w", sum, errChanged)
	}
	return packed, nil
}

func (s *Store) read(ctx context.Context, b *Bundle) ([]byte, error) {
	if s.Blobs == nil {
		return nil, ErrMissing
	}
	k, err := blob.WorkspaceKey(b.WorkspaceID, "bundles", b.SHA256+".tgz")
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it did
	}
	r, _, err := s.Blobs.Get(ctx, k)
	if errors.Is(err, blob.ErrMissing) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it did
	}
	packed, err := io.ReadAll(io.LimitReader(r, MaxPacked+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("read bundle: %w", err)
	}
	return packed, nil
}

// Verify reports why a bundle of a workspace is not what it was when it was kept,
// or nil.
func (s *Store) Verify(ctx context.Context, workspaceID, sum string) error {
	var b Bundle
	err := s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		return tx.Raw("SELECT * FROM component_bundles WHERE sha256 = ?", sum).Scan(&b).Error
	})
	if err != nil {
		return fmt.Errorf("load bundle: %w", err)
	}
	if _, err = s.packed(ctx, &b, sum); errors.Is(err, errChanged) {
		return ErrMissing
	}
	return err
}
