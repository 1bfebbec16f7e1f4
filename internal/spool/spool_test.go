package spool_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/spool"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

func TestStores(t *testing.T) {
	t.Parallel()
	began := time.Now()
	dir, err := spool.NewDir(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	at, err := queue.Parse(testkit.RedisURL(t))
	if err != nil {
		t.Fatal(err)
	}
	client, err := redis.New(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	for name, s := range map[string]spool.Store{"a folder": dir, "Redis": &spool.Redis{Client: client, Now: time.Now}} {
		for _, n := range []string{"crd_1.1", "crd_2.7"} {
			if err := s.Put(t.Context(), n, []byte(n)); err != nil {
				t.Fatal(name, err)
			}
		}
		if err := s.Put(t.Context(), "crd_1.1", []byte("again")); err != nil {
			t.Fatal(name, err)
		}
		for range 2 {
			if err := s.Remove(t.Context(), "crd_2.7"); err != nil {
				t.Fatal(name, err)
			}
		}
		names, err := s.Names(t.Context())
		if err != nil || !slices.Equal(names, []string{"crd_1.1"}) {
			t.Fatal(name, names, err)
		}
		e, err := s.Get(t.Context(), "crd_1.1")
		if err != nil || string(e.Sealed) != "again" || e.Since.Before(began.Add(-time.Second)) || e.Since.After(time.Now().Add(time.Second)) {
			t.Fatal(name, e, err)
		}
		if _, err := s.Get(t.Context(), "crd_2.7"); !errors.Is(err, spool.ErrMissing) {
			t.Error(name, "of what was removed:", err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Error(name, err)
		}
		if names, err := s.Names(t.Context()); err != nil || len(names) != 1 {
			t.Error(name, "after a check", names, err)
		}
	}
}

// What a crash left half-written is not taken for an answer, and no name leads
// out of the folder.
func TestDirIsCareful(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "spool")
	s, err := spool.NewDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "crd_1.1.123.part"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if names, err := s.Names(t.Context()); err != nil || len(names) != 0 {
		t.Fatal(names, err)
	}
	for _, name := range []string{"", "../x", "a/b"} {
		if err := s.Put(t.Context(), name, nil); err == nil {
			t.Errorf("Put(%q) = nil", name)
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(path); err != nil || len(files) != 1 {
		t.Error("a check left something", files, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatal(info, err)
	}
}

// A spool that takes nothing says so.
func TestCheckFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "spool")
	dir, err := spool.NewDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := dir.Check(t.Context()); err == nil {
		t.Error("a folder that is gone is sound")
	}
	at, err := queue.Parse("redis://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	client, err := redis.New(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	away := &spool.Redis{Client: client, Now: time.Now}
	if err := away.Check(t.Context()); err == nil {
		t.Error("a Redis that is away is sound")
	}
	if _, err := away.Get(t.Context(), "crd_1.1"); err == nil || errors.Is(err, spool.ErrMissing) {
		t.Errorf("a Redis that is away says what is in it: %v", err)
	}
}
