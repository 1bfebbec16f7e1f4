package backup_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/backup"
	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/spool"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

const passphrase = "four words of nothing"

// rig is an installation with keys, a spool and a folder of blobs.
type rig struct {
	*backup.Service

	t       *testing.T
	setting string // of the master key
	dir     string // of blobs
	heard   func(line string)
}

// newRig opens an installation whose database is at url, and everything else new.
func newRig(t *testing.T, url string) *rig {
	t.Helper()
	d, err := db.Open(url, 6)
	if err != nil {
		t.Fatal(err)
	}
	own, err := db.Open(url, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = d.Close(), own.Close() })
	r := &rig{t: t, setting: "file://" + filepath.Join(t.TempDir(), "master.key"), dir: t.TempDir()}
	blobs, err := blob.Open(t.Context(), "file://"+r.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	answers, err := spool.NewDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r.Service = &backup.Service{
		DB: d, URL: url, Blobs: blobs, Spool: answers, Keys: &keys.Store{DB: d, Own: own, WorkFactor: 10, Now: time.Now}, Version: "v1.2.3", Now: time.Now,
		Say: func(format string, _ ...any) {
			if r.heard != nil {
				r.heard(format)
			}
		},
	}
	return r
}

// empty is an installation in which there is nothing at all.
func empty(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, testkit.DatabaseURL(t))
	r.exec("DROP SCHEMA public CASCADE")
	r.exec("CREATE SCHEMA public")
	return r
}

func (r *rig) exec(sql string) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Exec(sql).Error }); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) count(sql string) (n int) {
	r.t.Helper()
	if err := r.DB.Look(r.t.Context(), func(q *gorm.DB) error { return q.Raw(sql).Scan(&n).Error }); err != nil {
		r.t.Fatal(err)
	}
	return n
}

// ring opens the keys, and makes them if there are none.
func (r *rig) ring() *keys.Keys {
	r.t.Helper()
	k, err := r.Keys.Open(r.t.Context(), r.setting)
	if err != nil {
		r.t.Fatal(err)
	}
	return k
}

func (r *rig) payloads() *event.Payloads {
	return &event.Payloads{DB: r.DB, Blobs: r.Blobs, Most: 1000, Now: time.Now}
}

var body = `{"x":"` + strings.Repeat("ü", 4000) + `"}`

// full is an installation that has something of each kind.
func full(t *testing.T) (*rig, tenant.Scope, *event.Event) {
	t.Helper()
	r := newRig(t, testkit.DatabaseURL(t))
	scope := testkit.Scope(t, r.DB)
	sealed, err := r.ring().Box.Seal([]byte("a secret"), "signing_key|key_1")
	if err != nil {
		t.Fatal(err)
	}
	err = r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO plans (name, title, terms, updated_at) VALUES ('kept', 'Kept', '{}', now())").Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Spool.Put(t.Context(), "crd_1.1", sealed); err != nil {
		t.Fatal(err)
	}
	stored, err := r.payloads().Keep(t.Context(), scope, body)
	if err != nil {
		t.Fatal(err)
	}
	e := &event.Event{Type: event.TriggerEmitted, SubjectID: "hi_1", Body: body, Stored: stored, CreatedAt: time.Now().UTC()}
	if err := r.DB.In(t.Context(), scope, func(tx *gorm.DB) error { return event.Emit(tx, e) }); err != nil {
		t.Fatal(err)
	}
	return r, scope, e
}

// write makes a backup, and returns its name.
func (r *rig) write(withKey bool) (string, *backup.Manifest) {
	r.t.Helper()
	name := filepath.Join(r.t.TempDir(), "backup.zip")
	w := backup.Wish{}
	if withKey {
		w = backup.Wish{Ring: r.ring(), Passphrase: passphrase}
	}
	m, err := r.Write(r.t.Context(), name, w)
	if err != nil {
		r.t.Fatal(err)
	}
	return name, m
}

// with is a restore whose passphrase is words.
func (r *rig) with(words string) backup.Return {
	return backup.Return{Setting: r.setting, Passphrase: func() (secret.Text, error) { return secret.Text(words), nil }}
}

// A backup that is made while blobs are let go has each that its rows name; what is put
// into the spool meanwhile is in it, too; and all of it comes back on an empty machine,
// whose key is made of the passphrase.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	r, scope, e := full(t)
	swept := false
	r.heard = func(line string) {
		if !strings.HasPrefix(line, "database") || swept {
			return
		}
		swept = true
		r.exec("DELETE FROM events")
		if err := errors.Join(r.payloads().Sweep(t.Context()), r.Spool.Remove(t.Context(), "crd_1.1"), r.Spool.Put(t.Context(), "crd_2.1", []byte("later"))); err != nil {
			t.Error(err)
		}
	}
	name, m := r.write(true)
	if !swept || m.Blobs.Count != 1 || m.Blobs.LostCount != 0 || m.Spooled != 2 || m.Rows["events"] != 1 || m.Rows["workspaces"] != 1 || !m.WithKey {
		t.Fatalf("%+v", m)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	if left, _ := filepath.Glob(name + "?*"); len(left) != 0 {
		t.Error(left)
	}
	if r.count("SELECT count(*) FROM backups WHERE finished_at IS NOT NULL AND with_key") != 1 {
		t.Error("that it was made is not noted")
	}
	if err := r.payloads().Sweep(t.Context()); err != nil || len(testkit.Blobs(t, r.dir)) != 0 {
		t.Error("what may go does not go afterwards", err)
	}

	to := empty(t)
	if _, err := to.Restore(t.Context(), name, to.with(passphrase)); err != nil {
		t.Fatal(err)
	}
	if to.ring().Master.Fingerprint != m.Key.Fingerprint { // the file was not there
		t.Error("another master key")
	}
	if got, err := to.payloads().Body(t.Context(), scope, e); err != nil || got != body {
		t.Error(len(got), err)
	}
	for name, want := range map[string]string{"crd_1.1": "a secret", "crd_2.1": ""} {
		entry, err := to.Spool.Get(t.Context(), name)
		if err != nil {
			t.Fatal(name, err)
		}
		if plain, err := to.ring().Box.Open(entry.Sealed, "signing_key|key_1"); want != "" && (err != nil || string(plain) != want) {
			t.Error(name, err)
		}
	}
	if to.count("SELECT count(*) FROM plans WHERE name = 'kept'") != 1 || to.count("SELECT count(*) FROM backups WHERE restored_at IS NOT NULL") != 1 {
		t.Error("rows are missing")
	}
	if rights, err := to.DB.Rights(t.Context()); err != nil || rights.SeesAll || rights.Foreign != 0 {
		t.Error(rights, err)
	}
	stranger := tenant.NewScope("proj_x", "env_x", tenant.Development)
	if page, err := (&event.Service{DB: to.DB}).List(t.Context(), stranger, event.Filter{}, db.Cursor{}); err != nil || page.Total != 0 {
		t.Error("tenants see each other", err)
	}
}

// changed writes a backup anew with other content of a part.
func changed(t *testing.T, name, part string, change func([]byte) []byte) string {
	t.Helper()
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	var out bytes.Buffer
	to := zip.NewWriter(&out)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == part {
			content = change(content)
		}
		w, err := to.Create(f.Name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	other := filepath.Join(t.TempDir(), "changed.zip")
	if err := errors.Join(to.Close(), os.WriteFile(other, out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return other
}

// What cannot be restored is refused with a sentence before anything is written.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	r, _, _ := full(t)
	name, m := r.write(true)
	bare, _ := r.write(false)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	cut := func(n int) string {
		path := filepath.Join(t.TempDir(), "cut.zip")
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	newer := changed(t, name, "manifest.json", func(b []byte) []byte {
		var m map[string]any
		_ = json.Unmarshal(b, &m)
		m["schema"] = 9999
		b, _ = json.Marshal(m)
		return b
	})
	to := empty(t)
	for what, tt := range map[string]struct {
		file, words, says string
		is                error
	}{
		"nothing":            {cut(0), passphrase, "cut off", backup.ErrNotWhole},
		"the half":           {cut(len(whole) / 2), passphrase, "cut off", backup.ErrNotWhole},
		"all but the end":    {cut(len(whole) - 1), passphrase, "cut off", backup.ErrNotWhole},
		"a changed dump":     {changed(t, name, "database.dump", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }), passphrase, "database.dump", backup.ErrNotWhole},
		"no file":            {filepath.Join(t.TempDir(), "none"), passphrase, "no such file", nil},
		"a newer version":    {newer, passphrase, "schema 9999", backup.ErrNewer},
		"a wrong passphrase": {name, "some other words", "the passphrase is another", nil},
		"no key":             {bare, passphrase, m.Key.Fingerprint, backup.ErrNoKey},
	} {
		_, err := to.Restore(t.Context(), tt.file, to.with(tt.words))
		if err == nil || !strings.Contains(err.Error(), tt.says) || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %v", what, err)
		}
		if n := to.count("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"); n != 0 || len(testkit.Blobs(t, to.dir)) != 0 {
			t.Errorf("%s: something was written: %d", what, n)
		}
	}
	if _, err := r.Restore(t.Context(), name, r.with(passphrase)); !errors.Is(err, backup.ErrNotEmpty) {
		t.Error("over what is there:", err)
	}
	// One without the key is good with the key itself, wherever it lies.
	to.setting = r.setting
	if _, err := to.Restore(t.Context(), bare, to.with("")); err != nil {
		t.Error(err)
	}
}

// A restore that is killed goes on when it is called again, wherever it was.
func TestRestoreGoesOn(t *testing.T) {
	t.Parallel()
	r, _, _ := full(t)
	name, _ := r.write(true)
	to := empty(t)
	for _, at := range []string{"database …", "trying the key …", "migrating …"} {
		ctx, kill := context.WithCancel(t.Context())
		reached := false
		to.heard = func(line string) {
			if line == at {
				reached = true
				kill()
			}
		}
		if _, err := to.Restore(ctx, name, to.with(passphrase)); err == nil || !reached {
			t.Errorf("%s: reached %v, %v", at, reached, err)
		}
		kill()
	}
	to.heard = nil
	if _, err := to.Restore(t.Context(), name, to.with(passphrase)); err != nil {
		t.Fatal(err)
	}
	if to.count("SELECT count(*) FROM plans") != 1 {
		t.Error("it was restored twice, or not at all")
	}
	if _, err := to.Restore(t.Context(), name, to.with(passphrase)); !errors.Is(err, backup.ErrNotEmpty) {
		t.Error("once more:", err)
	}
}

// A backup that is killed leaves nothing that looks whole, and another is made in its
// place; no file is written over.
func TestBackupThatIsCutOff(t *testing.T) {
	t.Parallel()
	r, _, _ := full(t)
	name := filepath.Join(t.TempDir(), "backup.zip")
	ctx, kill := context.WithCancel(t.Context())
	var beside error
	r.heard = func(line string) {
		if strings.HasPrefix(line, "database") {
			_, beside = r.Write(t.Context(), name, backup.Wish{})
			kill()
		}
	}
	if _, err := r.Write(ctx, name, backup.Wish{}); err == nil {
		t.Fatal("it was not cut off")
	}
	if beside == nil || !strings.Contains(beside.Error(), "another backup writes") {
		t.Error("two at once:", beside)
	}
	if left, _ := filepath.Glob(name + "*"); len(left) != 0 {
		t.Error("left behind:", left)
	}
	r.heard = nil
	if err := os.WriteFile(name+".part", []byte(strings.Repeat("what a power cut left ", 100_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Write(t.Context(), name, backup.Wish{Ring: r.ring(), Passphrase: "short"}); err == nil || !strings.Contains(err.Error(), "12 characters") {
		t.Error(err)
	}
	if _, err := r.Write(t.Context(), name, backup.Wish{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Look(name); err != nil {
		t.Error(err)
	}
	if _, err := r.Write(t.Context(), name, backup.Wish{}); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Error(err)
	}
	// A payload that is gone is told of, and stops nothing.
	for _, path := range testkit.Blobs(t, r.dir) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, m := r.write(false); m.Blobs.LostCount != 1 || len(m.Blobs.Lost) != 1 || m.Blobs.Count != 0 {
		t.Errorf("%+v", m.Blobs)
	}
}

// Every column that says where a blob lies is one whose blobs are copied.
func TestEveryBlobIsCopied(t *testing.T) {
	t.Parallel()
	var tables []string
	err := testkit.DB(t).System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'stored' ORDER BY 1").Scan(&tables).Error
	})
	if err != nil || strings.Join(tables, " ") != "events run_steps stash_files" {
		t.Fatalf("internal/backup copies the blobs of other tables than %v, %v", tables, err)
	}
}
