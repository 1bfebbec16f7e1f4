// Package spool keeps what must outlive a crash and is not yet in the database:
// the answers of providers that have handed out a token which cannot be had
// again. It takes sealed bytes only, and its names tell no secret.
package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/redis"
)

// Store keeps named bytes until they are removed. What Put returned without an
// error is there after a crash.
type Store interface {
	Put(ctx context.Context, name string, sealed []byte) error
	Get(ctx context.Context, name string) ([]byte, error)
	Remove(ctx context.Context, name string) error // of a name that is not there: no error
	Names(ctx context.Context) ([]string, error)
}

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
	f, err := os.CreateTemp(d.path, name+".*.part")
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	_, err = f.Write(sealed)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(d.path, name+ending))
	}
	if err == nil {
		err = d.sync()
	}
	if err != nil {
		_ = os.Remove(f.Name())
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
func (d *Dir) Get(_ context.Context, name string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(d.path, filepath.Base(name)+ending))
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return b, nil
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
type Redis struct{ Client *redis.Client }

const prefix = "spool:"

// Put keeps a value.
func (r *Redis) Put(ctx context.Context, name string, sealed []byte) error {
	return r.Client.Set(ctx, prefix+name, sealed, 0)
}

// Get reads what Put kept.
func (r *Redis) Get(ctx context.Context, name string) ([]byte, error) {
	return r.Client.Get(ctx, prefix+name)
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
