package backup

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// file is a backup that is being written. It has its name when it is whole.
type file struct {
	*zip.Writer

	name  string
	draft *os.File
	parts []Part
}

// create begins a file beside its place. What a backup that was killed has left there
// is written over.
func create(name string) (*file, error) {
	if _, err := os.Lstat(name); err == nil {
		return nil, fmt.Errorf("%s is there already. Name a file that is not", name)
	}
	draft, err := os.OpenFile(name+".part", os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	if err := syscall.Flock(int(draft.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = draft.Close()
		return nil, fmt.Errorf("another backup writes %s.part at this moment. Wait until it is over, or name another file", name)
	}
	if err := errors.Join(draft.Chmod(0o600), draft.Truncate(0)); err != nil {
		_ = draft.Close()
		return nil, fmt.Errorf("write backup: %w", err)
	}
	return &file{Writer: zip.NewWriter(draft), name: name, draft: draft}, nil
}

// part writes a part as do says.
func (f *file) part(name string, method uint16, at time.Time, do func(io.Writer) error) error {
	w, err := f.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: at})
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	m := &measured{to: w, hash: sha256.New()}
	if err := do(m); err != nil {
		return err
	}
	f.parts = append(f.parts, Part{name, m.bytes, hex.EncodeToString(m.hash.Sum(nil))})
	return nil
}

// finish writes the manifest, and gives the file its name once all of it is on the disk.
func (f *file) finish(m *Manifest) error {
	m.Parts = f.parts
	w, err := f.CreateHeader(&zip.FileHeader{Name: partManifest, Method: zip.Deflate, Modified: m.FinishedAt})
	if err == nil {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		err = e.Encode(m)
	}
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = f.draft.Sync()
	}
	if _, there := os.Lstat(f.name); err == nil && there == nil {
		err = fmt.Errorf("%s has come into being meanwhile", f.name)
	}
	if err == nil {
		err = os.Rename(f.draft.Name(), f.name)
	}
	if err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	if dir, err := os.Open(filepath.Dir(f.name)); err == nil {
		_ = dir.Sync() // the name, too, must outlive a power cut; not every file system can
		_ = dir.Close()
	}
	return nil
}

// discard removes what was written, unless it has its name.
func (f *file) discard() {
	if _, err := os.Lstat(f.name); err != nil {
		_ = os.Remove(f.draft.Name())
	}
	_ = f.draft.Close()
}

// measured counts and hashes what is written.
type measured struct {
	to    io.Writer
	hash  hash.Hash
	bytes int64
}

func (m *measured) Write(p []byte) (int, error) {
	n, err := m.to.Write(p)
	m.hash.Write(p[:n])
	m.bytes += int64(n)
	return n, err //nolint:wrapcheck // a writer's
}

// opened is a whole file.
type opened struct {
	*zip.ReadCloser

	Manifest *Manifest
}

// open opens a file and reads its manifest. What the parts are it does not look at.
func open(name string) (*opened, error) {
	if _, err := os.Stat(name); err != nil {
		return nil, fmt.Errorf("read backup: %w", err)
	}
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (%w)", name, ErrNotWhole, err)
	}
	o := &opened{z, &Manifest{}}
	err = o.read(partManifest, func(r io.Reader) error { return json.NewDecoder(r).Decode(o.Manifest) })
	if err != nil || o.Manifest.Format != Format {
		_ = z.Close()
		return nil, fmt.Errorf("%s: %w", name, ErrNotWhole)
	}
	return o, nil
}

// read opens a part for the time of do.
func (o *opened) read(part string, do func(io.Reader) error) error {
	r, err := o.Open(part)
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrNotWhole, err)
	}
	defer func() { _ = r.Close() }()
	return do(r)
}

// has reports whether there is such a part.
func (o *opened) has(part string) bool {
	for _, p := range o.Manifest.Parts {
		if p.Name == part {
			return true
		}
	}
	return false
}

// whole reads every part to its end and refuses one that is not what was written.
func (o *opened) whole() error {
	for _, p := range o.Manifest.Parts {
		m := &measured{to: io.Discard, hash: sha256.New()}
		err := o.read(p.Name, func(r io.Reader) error {
			_, err := io.Copy(m, r)
			return err
		})
		if err != nil || m.bytes != p.Bytes || hex.EncodeToString(m.hash.Sum(nil)) != p.SHA256 {
			return fmt.Errorf("%w (%s is not what was written)", ErrNotWhole, p.Name)
		}
	}
	if !o.has(partDatabase) {
		return ErrNotWhole
	}
	return nil
}
