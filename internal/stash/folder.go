package stash

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"os"
	"path"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Folder is a stash as a run has it: a folder of the disk.
type Folder struct {
	StashID string
	root    *os.Root
	sums    map[string]string // SHA-256 in hex, by path, of what was brought
	stash   *Service
	scope   tenant.Scope
	user    string
}

// Folder brings a stash of a user into an empty folder, whose program may be
// anybody's: nothing outside of it is read or written, whatever the program makes
// of it. The caller closes it.
func (s *Service) Folder(ctx context.Context, scope tenant.Scope, externalUserID, stashID, dir string) (_ *Folder, err error) {
	if stashID, err = Named(stashID); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	out := &Folder{StashID: stashID, root: root, sums: map[string]string{}, stash: s, scope: scope, user: externalUserID}
	defer func() {
		if err != nil {
			_ = root.Close()
		}
	}()
	page, err := s.List(ctx, scope, externalUserID, stashID, db.Cursor{Limit: MaxFiles})
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		if err := out.bring(ctx, &page.Items[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *Folder) bring(ctx context.Context, f *File) error {
	from, err := d.stash.Open(ctx, d.scope, f)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	if err := d.root.MkdirAll(path.Dir(f.Path), 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	to, err := d.root.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make file: %w", err)
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Close()); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	d.sums[f.Path] = f.Stored.SHA256
	return nil
}

// Keep puts what is new in the folder, or was changed, into the stash, and
// returns it. Links, pipes and the like are no files, and names that are no
// stash's are left out. The program has to have ended.
func (d *Folder) Keep(ctx context.Context) (kept []File, err error) {
	seen := 0
	err = fs.WalkDir(d.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !isFile(e, name):
			return nil
		}
		if seen++; seen > MaxFiles {
			return ErrFull
		}
		f, err := d.keep(ctx, name)
		if f != nil {
			kept = append(kept, *f)
		}
		return err
	})
	if err != nil {
		return kept, fmt.Errorf("keep files: %w", err)
	}
	return kept, nil
}

func isFile(e fs.DirEntry, name string) bool { return e.Type().IsRegular() && checkPath(name) == nil }

func (d *Folder) keep(ctx context.Context, name string) (*File, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	if !info.Mode().IsRegular() { // it was another a moment ago
		return nil, nil
	}
	if was := d.sums[name]; was != "" {
		hash := sha256.New()
		if _, err := io.Copy(hash, io.LimitReader(f, MaxFile+1)); err != nil {
			return nil, fmt.Errorf("read file: %w", err)
		}
		if hex.EncodeToString(hash.Sum(nil)) == was {
			return nil, nil
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("read file: %w", err)
		}
	}
	return d.stash.Put(ctx, d.scope, d.user, d.StashID, name, mime.TypeByExtension(path.Ext(name)), f)
}

// Close lets the folder go. Who made it removes it.
func (d *Folder) Close() error { return d.root.Close() }
