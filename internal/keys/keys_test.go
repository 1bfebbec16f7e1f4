package keys_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/masterkey"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

func (r *rig) path() string { return strings.TrimPrefix(r.setting, "file://") }

// The first start makes the file and the keys, and processes that start at
// once make one of each; the next start finds them.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	testkit.Warm(t, r.DB)
	all := make([]*keys.Keys, 4)
	var g errgroup.Group
	for i := range all {
		g.Go(func() (err error) {
			all[i], err = r.Open(t.Context(), r.setting)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(r.path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file is open to others: %v, %v", info, err)
	}
	if s := r.status(); len(s.Keys) != 1 || s.Total != 1 || s.Place != r.setting || s.Fingerprint != all[0].Master.Fingerprint || s.Rotating {
		t.Fatalf("%+v", s)
	}
	sealed, err := all[0].Box.Seal([]byte("x"), "a")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range append(all, r.process()) {
		if got, err := k.Box.Open(sealed, "a"); err != nil || string(got) != "x" {
			t.Errorf("%q, %v", got, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(r.path()), ".master-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// What does not fit together does not start, and says what to do.
func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	another, err := masterkey.New()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := another.Bytes()
	tests := map[string]struct {
		spoil func(r *rig)
		want  error
		says  string
	}{
		"file gone":               {func(r *rig) { must(t, os.Remove(r.path())) }, keys.ErrLost, "keys restore"},
		"another file":            {func(r *rig) { must(t, os.WriteFile(r.path(), []byte(text), 0o600)) }, keys.ErrMismatch, another.Fingerprint},
		"another key inline":      {func(r *rig) { r.setting = text }, keys.ErrMismatch, "Set the key that belongs"},
		"half a file":             {func(r *rig) { must(t, os.WriteFile(r.path(), []byte(text[:20]), 0o600)) }, nil, "holds no master key"},
		"data keys swapped":       {func(r *rig) { r.exec("UPDATE data_keys SET wrapped = wrapped || 'x'") }, nil, "does not open"},
		"canary of another row":   {func(r *rig) { r.exec("UPDATE master_key SET canary = (SELECT private_key FROM signing_keys LIMIT 1)") }, secret.ErrOpen, "does not open"},
		"keys gone, secrets left": {func(r *rig) { r.exec("DELETE FROM data_keys"); r.exec("DELETE FROM master_key") }, keys.ErrNoKeys, "backup of the database"},
		"not migrated":            {func(r *rig) { r.exec("DROP TABLE master_key") }, keys.ErrSchema, "patchbay migrate"},
		"no such kind of place":   {func(r *rig) { r.setting = "azure-kv://x" }, masterkey.ErrSetting, "aws-kms://"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.fill(r.process(), 1)
			tt.spoil(r)
			_, err := r.Open(t.Context(), r.setting)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("error %v, want %v with %q", err, tt.want, tt.says)
			}
			if strings.Contains(err.Error(), text) || strings.Contains(err.Error(), text[:20]) {
				t.Fatalf("the error tells the key: %v", err)
			}
			if name == "file gone" {
				if _, err := os.Stat(r.path()); !errors.Is(err, os.ErrNotExist) {
					t.Fatal("a new file was made for a database that has another key")
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A value that was changed, or that stands in another row, does not open.
func TestMovedAndChanged(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	k := r.process()
	r.fill(k, 2)
	r.exec("UPDATE signing_keys SET private_key = (SELECT private_key FROM signing_keys WHERE id = 'key_00000') WHERE id = 'key_00001'")
	r.exec("UPDATE signing_keys SET private_key = set_byte(private_key, 40, get_byte(private_key, 40) # 1) WHERE id = 'key_00000'")
	var rows []struct {
		ID         string
		PrivateKey []byte
	}
	must(t, r.DB.System(t.Context(), func(tx *gorm.DB) error { return tx.Raw("SELECT id, private_key FROM signing_keys").Scan(&rows).Error }))
	for _, row := range rows {
		if plain, err := k.Box.Open(row.PrivateKey, "signing_key|"+row.ID); !errors.Is(err, secret.ErrOpen) {
			t.Errorf("%s: %q, %v", row.ID, plain, err)
		}
	}
}

// Another master key takes over without a touch to the secrets; processes that
// run go on, and one that starts with the old setting is refused.
func TestSetMaster(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	running := r.process()
	r.fill(running, 3)
	old := r.setting
	r.setting = "file://" + filepath.Join(t.TempDir(), "new.key")
	to, err := running.SetMaster(t.Context(), r.setting)
	must(t, err)
	if s := r.status(); s.Fingerprint != to.Fingerprint || s.Place != r.setting || to.Fingerprint == running.Master.Fingerprint {
		t.Fatalf("%+v", s)
	}
	r.readable(3)
	if _, err := running.Box.Seal([]byte("x"), "a"); err != nil {
		t.Errorf("a running process: %v", err)
	}
	if _, err := r.Open(t.Context(), old); !errors.Is(err, keys.ErrMismatch) {
		t.Errorf("with the old key: %v", err)
	}
	if _, err := running.Rotate(t.Context(), func(keys.Progress) {}); !errors.Is(err, keys.ErrMismatch) {
		t.Errorf("a process with the old key made a data key: %v", err)
	}
	now := r.process()
	out := r.rotate(now)
	sealed, err := now.Box.Seal([]byte("x"), "a")
	must(t, err)
	if id, _ := secret.KeyOf(sealed); id != out.Key {
		t.Fatalf("sealed with %s, want %s", id, out.Key)
	}
	if _, err := running.Box.Open(sealed, "a"); !errors.Is(err, keys.ErrMismatch) || errors.Is(err, secret.ErrOpen) {
		t.Errorf("a process with the old key and a new data key: %v", err)
	}
}
