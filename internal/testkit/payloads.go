package testkit

import (
	"crypto/ed25519"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Payloads keeps bodies of more than a thousand bytes in a folder, which it returns.
func Payloads(t testing.TB, d *db.DB, now func() time.Time) (p *event.Payloads, dir string) {
	t.Helper()
	dir = t.TempDir()
	store, err := blob.Open(t.Context(), "file://"+dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	const base = "https://patchbay.test"
	ring := token.NewKeyring(base, token.Key{ID: "k1", Public: public, Private: private})
	return &event.Payloads{DB: d, Blobs: store, Most: 1000, Keys: ring, BaseURL: base, Now: now}, dir
}

// Blobs returns what lies in a folder of blobs, by its whole path.
func Blobs(t testing.TB, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
