package keys_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

const passphrase = secret.Text("four words of nothing")

func (r *rig) backup(k *keys.Keys) []byte {
	r.t.Helper()
	var b bytes.Buffer
	must(r.t, k.Backup(r.t.Context(), &b, passphrase))
	return b.Bytes()
}

// A lost file comes back as it was, with what was sealed after the backup too.
func TestRestoreFile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	k := r.process()
	r.fill(k, 5)
	text := r.backup(k)
	if s := r.status(); s.BackedUpAt == nil {
		t.Error("nobody knows of the backup")
	}
	if !bytes.HasPrefix(text, []byte("-----BEGIN AGE ENCRYPTED FILE-----")) || strings.Contains(string(text), k.Master.Fingerprint) {
		t.Fatalf("%s", text)
	}
	r.rotate(k)
	was, err := os.ReadFile(r.path())
	must(t, err)
	must(t, os.Remove(r.path()))
	for name, tt := range map[string]struct {
		text       []byte
		passphrase secret.Text
	}{
		"wrong passphrase": {text, "four words of another"},
		"no passphrase":    {text, ""},
		"half a file":      {text[:len(text)/2], passphrase},
		"another file":     {[]byte("hello"), passphrase},
	} {
		if _, err := r.Restore(t.Context(), r.setting, bytes.NewReader(tt.text), tt.passphrase); err == nil || !strings.Contains(err.Error(), "no backup of keys") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(r.path()); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("a refused backup left a file")
	}
	for range 2 { // a second time changes nothing
		_, err = r.Restore(t.Context(), r.setting, bytes.NewReader(text), passphrase)
		must(t, err)
		if now, err := os.ReadFile(r.path()); err != nil || !bytes.Equal(now, was) {
			t.Errorf("another key came back: %v", err)
		}
	}
	r.readable(5)
}

// A database whose key service is gone opens with a backup and a file; without
// the service, what was made after the backup is lost, and that is said.
func TestRestoreWithoutService(t *testing.T) {
	s := &service{}
	stop := kinds["vault"].start(t, s)
	r := newRig(t)
	file := r.setting
	r.setting = kinds["vault"].setting("k")
	k := r.process()
	r.fill(k, 5)
	old := r.backup(k)
	r.rotate(k)
	text := r.backup(k)
	stop()
	if _, err := r.Restore(t.Context(), file, bytes.NewReader(old), passphrase); err == nil || !strings.Contains(err.Error(), "before that key was made") {
		t.Errorf("from a backup that is too old: %v", err)
	}
	if _, err := os.Stat(strings.TrimPrefix(file, "file://")); !errors.Is(err, os.ErrNotExist) {
		t.Error("a refused backup left a file")
	}
	_, err := r.Restore(t.Context(), file, bytes.NewReader(text), passphrase)
	must(t, err)
	r.setting = file
	r.readable(5)
}

// A backup of another installation, a short passphrase, an empty database.
func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	r, other := newRig(t), newRig(t)
	k := r.process()
	text := other.backup(other.process())
	if _, err := r.Restore(t.Context(), r.setting, bytes.NewReader(text), passphrase); err == nil || !strings.Contains(err.Error(), "another database") {
		t.Errorf("of another database: %v", err)
	}
	r.readable(0)
	if err := k.Backup(t.Context(), &bytes.Buffer{}, "too short"); err == nil || !strings.Contains(err.Error(), "12 characters") {
		t.Errorf("a short passphrase: %v", err)
	}
	empty := newRig(t)
	if _, err := empty.Restore(t.Context(), empty.setting, bytes.NewReader(text), passphrase); err == nil || !strings.Contains(err.Error(), "Restore the database first") {
		t.Errorf("into an empty database: %v", err)
	}
	if _, err := os.Stat(filepath.Dir(empty.path())); !errors.Is(err, os.ErrNotExist) {
		t.Error("a file was made")
	}
}
