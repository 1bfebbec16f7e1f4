// Package spool keeps what must outlive a crash and is not yet in the database:
// the answers of providers that have handed out a token which cannot be had
// again. It takes sealed bytes only, and its names tell no secret.
package spool

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/redis"
)

// Store keeps named bytes until they are removed. What Put returned without an
// error is there after a crash.
type Store interface {
	Put(ctx context.Context, name string, sealed []byte) error
	Get(ctx context.Context, name string) (*Entry, error) // or ErrMissing
	Remove(ctx context.Context, name string) error        // of a name that is not there: no error
	Names(ctx context.Context) ([]string, error)
	Check(ctx context.Context) error // writes and removes, so that nothing stays
}

// Entry is what Put kept.
type Entry struct {
	Sealed []byte
	Since  time.Time
}

// ErrMissing is returned for a name that is not there, or not any more.
var ErrMissing = errors.New("spool: no such name")

// ending marks whole files; what a crash left half-written has another one.
const ending = ".sealed"

// Dir is a Store in a folder of a disk that outlives the process.
type Dir struct{ path string }

// NewDir returns the store in a folder, which it makes.
func NewDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	return &Dir{path}, nil
}

// Put writes a file that is there whole or not at all.
func (d *Dir) Put(_ context.Context, name string, sealed []byte) error {
	if name == "" || strings.ContainsAny(name, "/\\") {
		return fmt.Errorf("spool: %q is not a name", name)
	}
	part, err := d.write(name, sealed)
	if err == nil {
		err = os.Rename(part, filepath.Join(d.path, name+ending))
	}
	if err == nil {
		err = d.sync()
	}
	if err != nil {
		_ = os.Remove(part)
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}

// write makes a file that no name leads to yet, and returns its path.
func (d *Dir) write(name string, sealed []byte) (string, error) {
	f, err := os.CreateTemp(d.path, name+".*.part")
	if err != nil {
		return "", err //nolint:wrapcheck // its callers say it
	}
	_, err = f.Write(sealed)
	if err == nil {
		err = f.Sync()
	}
	return f.Name(), errors.Join(err, f.Close())
}

// Check writes a file that no name leads to.
func (d *Dir) Check(context.Context) error {
	part, err := d.write("check", []byte("check"))
	if part != "" {
		err = errors.Join(err, os.Remove(part))
	}
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}

// sync makes a rename last.
func (d *Dir) sync() error {
	f, err := os.Open(d.path)
	if err != nil {
		return err //nolint:wrapcheck // Put says it
	}
	defer func() { _ = f.Close() }()
	return f.Sync() //nolint:wrapcheck // Put says it
}

// Get reads what Put wrote.
func (d *Dir) Get(_ context.Context, name string) (*Entry, error) {
	path := filepath.Join(d.path, filepath.Base(name)+ending)
	info, err := os.Stat(path)
	var b []byte
	if err == nil {
		b, err = os.ReadFile(path) //nolint:gosec // one of our own names, in our folder
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return &Entry{b, info.ModTime()}, nil
}

// Remove forgets a name.
func (d *Dir) Remove(_ context.Context, name string) error {
	err := os.Remove(filepath.Join(d.path, filepath.Base(name)+ending))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}

// Names returns what is kept.
func (d *Dir) Names(context.Context) ([]string, error) {
	files, err := os.ReadDir(d.path)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	var names []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ending); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// Redis is a Store for machines whose disk does not outlive the process. It is
// as durable as its Redis.
type Redis struct {
	Client *redis.Client
	Now    func() time.Time
}

const prefix = "spool:"

// stamp is the size of the time that stands before a value in Redis, which does
// not tell the age of its keys: microseconds, as eight bytes.
const stamp = 8

// Put keeps a value.
func (r *Redis) Put(ctx context.Context, name string, sealed []byte) error {
	value := binary.BigEndian.AppendUint64(nil, uint64(r.Now().UnixMicro()))
	return r.Client.Set(ctx, prefix+name, append(value, sealed...), 0)
}

// Get reads what Put kept.
func (r *Redis) Get(ctx context.Context, name string) (*Entry, error) {
	value, err := r.Client.Get(ctx, prefix+name)
	switch {
	case errors.Is(err, redis.ErrMissing):
		return nil, ErrMissing
	case err != nil:
		return nil, err
	case len(value) < stamp:
		return nil, fmt.Errorf("spool: %s was not written by the spool", name)
	}
	return &Entry{value[stamp:], time.UnixMicro(int64(binary.BigEndian.Uint64(value)))}, nil //nolint:gosec // see Put
}

// Check writes a value that no name leads to.
func (r *Redis) Check(ctx context.Context) error {
	const key = "spool-check"
	return errors.Join(r.Client.Set(ctx, key, []byte("check"), time.Minute), r.Client.Remove(ctx, key))
}

// Remove forgets a name.
func (r *Redis) Remove(ctx context.Context, name string) error {
	return r.Client.Remove(ctx, prefix+name)
}

// Names returns what is kept.
func (r *Redis) Names(ctx context.Context) ([]string, error) {
	keys, err := r.Client.Keys(ctx, prefix)
	for i := range keys {
		keys[i] = strings.TrimPrefix(keys[i], prefix)
	}
	return keys, err
}
