package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

func TestMain(m *testing.M) {
	// Where S3's own tools take a key.
	_ = os.Setenv("AWS_ACCESS_KEY_ID", "key")
	_ = os.Setenv("AWS_SECRET_ACCESS_KEY", "hush")
	stop := startGoogle()
	code := m.Run()
	stop()
	os.Exit(code)
}

var scope = tenant.NewScope("proj_a", "env_a", tenant.Production)

func key(t *testing.T, s tenant.Scope) blob.Key {
	t.Helper()
	k, err := blob.NewKey(s, "events", "blb_1")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func open(t *testing.T, setting string) *blob.Store {
	t.Helper()
	s, err := blob.Open(t.Context(), setting)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// s3 is a server that speaks like S3, over HTTP.
func s3(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("blobs"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	return "s3://blobs?region=eu-central-1&prefix=patchbay/&endpoint=" + url.QueryEscape(server.URL)
}

// Every kind of store keeps what it is given, byte for byte and from any place
// on, forgets it when told to, and knows nothing of what it never had.
func TestStore(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]string{"a folder": "file://" + t.TempDir() + "/not/there/yet", "S3": s3(t), "Google": google("whole")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, k := open(t, setting), key(t, scope)
			if err := s.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Get(t.Context(), k); !errors.Is(err, blob.ErrMissing) {
				t.Fatal(err)
			}
			body := bytes.Repeat([]byte("0123456789\x00\xff"), 1<<19) // so large that S3 is given it in parts
			size, sum, err := s.Put(t.Context(), k, "application/json", bytes.NewReader(body), int64(len(body)))
			if want := sha256.Sum256(body); err != nil || size != int64(len(body)) || sum != hex.EncodeToString(want[:]) {
				t.Fatal(size, sum, err)
			}
			r, n, err := s.Get(t.Context(), k)
			if err != nil || n != size {
				t.Fatal(n, err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) {
				t.Fatalf("%d bytes came back, %v", len(got), err)
			}
			if _, err := r.Seek(-12, io.SeekEnd); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || string(got) != "0123456789\x00\xff" {
				t.Fatalf("%q, %v", got, err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Get(t.Context(), key(t, tenant.NewScope("proj_a", "env_b", tenant.Production))); !errors.Is(err, blob.ErrMissing) {
				t.Error("another environment's:", err)
			}
			for range 2 { // the second time there is nothing
				if err := s.Delete(t.Context(), k); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := s.Get(t.Context(), k); !errors.Is(err, blob.ErrMissing) {
				t.Error(err)
			}
		})
	}
}

// What is too large, or breaks off, leaves nothing behind.
func TestHalfABlob(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, setting := range map[string]string{"a folder": "file://" + dir, "S3": s3(t), "Google": google("whole")} {
		s, k := open(t, setting), key(t, scope)
		if _, _, err := s.Put(t.Context(), k, "text/plain", strings.NewReader("12345"), 4); !errors.Is(err, blob.ErrTooLarge) {
			t.Error(name, err)
		}
		broken := io.MultiReader(strings.NewReader("12"), iotest.ErrReader(errors.New("broken off")))
		if _, _, err := s.Put(t.Context(), k, "text/plain", broken, 4); err == nil {
			t.Error(name, "half of it was taken")
		}
		dying, kill := context.WithCancel(t.Context())
		kill()
		if _, _, err := s.Put(dying, k, "text/plain", strings.NewReader("1234"), 4); err == nil {
			t.Error(name, "it was taken after the end")
		}
		if _, _, err := s.Get(t.Context(), k); !errors.Is(err, blob.ErrMissing) {
			t.Error(name, err)
		}
	}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			t.Errorf("%s was left behind", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// No part of a key leads out of its place, and a key that was written down opens
// for its own environment alone.
func TestKeys(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", ".", "..", "../x", "a/b", ".hidden", "a\x00b", "ü", strings.Repeat("x", 129), "a\\b"} {
		if k, err := blob.NewKey(scope, "events", name); err == nil {
			t.Errorf("%q made %s", name, k)
		}
		if k, err := blob.NewKey(scope, name, "blb_1"); err == nil {
			t.Errorf("%q made %s", name, k)
		}
	}
	if k, err := blob.NewKey(tenant.Scope{}, "events", "blb_1"); err == nil {
		t.Errorf("of nobody: %s", k)
	}
	written := key(t, scope).String()
	if k, err := blob.ParseKey(scope, written); err != nil || k.String() != written {
		t.Error(k, err)
	}
	for _, other := range []tenant.Scope{tenant.NewScope("proj_a", "env_b", tenant.Production), tenant.NewScope("proj_b", "env_a", tenant.Production), {}} {
		if k, err := blob.ParseKey(other, written); err == nil {
			t.Errorf("opened for another as %s", k)
		}
	}
	for _, text := range []string{"", "proj_a/env_a/events", "proj_a/env_a/events/..", "proj_a/env_a/../events/blb_1", "/proj_a/env_a/events/blb_1"} {
		if k, err := blob.ParseKey(scope, text); err == nil {
			t.Errorf("%q is %s", text, k)
		}
	}
}

// A setting that names no store is refused in a sentence that tells no password.
func TestCheck(t *testing.T) {
	t.Parallel()
	for setting, ok := range map[string]bool{
		"file:///var/lib/patchbay/blobs": true, "s3://bucket?region=eu-central-1": true, "azblob://container?storage_account=acme": true, "gs://bucket": true,
		"": false, "/var/lib": false, "file://relative/path": false, "file:///": false, "file:///..": false, "mem://": false, "ftp://host/x": false, "s3://": false,
		"s3://key:hush@bucket": false, "https://bucket.s3.amazonaws.com": false, "s3://key:hush@buck et": false,
	} {
		err := blob.Check(setting)
		if (err == nil) != ok {
			t.Errorf("%q: %v", setting, err)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", setting, err)
		}
	}
	if _, err := blob.Open(t.Context(), "s3://bucket?colour=red"); err == nil {
		t.Error("an unknown parameter was passed over")
	}
	if _, err := blob.Open(t.Context(), "azblob://container?storage_account=acme&protocol=https"); err != nil && !strings.Contains(err.Error(), "redential") {
		t.Error(err)
	}
}

// A store that does not work says so when it is asked.
func TestNotReady(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.Open(t.Context(), "file://"+file+"/below"); err == nil {
		t.Error("a folder below a file was opened")
	}
	gone := t.TempDir() + "/gone"
	s := open(t, "file://"+gone)
	if err := os.RemoveAll(gone); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(gone, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err == nil {
		t.Error("a folder that is gone is ready")
	}
	nobody := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	defer nobody.Close()
	if err := open(t, "s3://none?region=x&endpoint="+url.QueryEscape(nobody.URL)).Ready(t.Context()); err == nil {
		t.Error("a bucket that there is not is ready")
	}
}
