package keys_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// believed is short: most tests have no process that seals with a key of before.
const believed = 100 * time.Millisecond

// rig is an installation with nothing but keys.
type rig struct {
	*keys.Store
	t       *testing.T
	url     string
	setting string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, url: testkit.DatabaseURL(t), setting: "file://" + filepath.Join(t.TempDir(), "keys", "master.key")}
	r.Store = storeAt(t, r.url)
	return r
}

// storeAt is what another process of the installation has.
func storeAt(t testing.TB, url string) *keys.Store {
	t.Helper()
	s, err := openStore(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = s.DB.Close(), s.Own.Close() })
	return s
}

func openStore(url string) (*keys.Store, error) {
	d, err := db.Open(url, 4)
	if err != nil {
		return nil, err
	}
	own, err := db.Open(url, 1)
	return &keys.Store{DB: d, Own: own, Believed: believed, WorkFactor: 10, Now: time.Now}, err
}

// process returns what a process has that starts now.
func (r *rig) process() *keys.Keys {
	r.t.Helper()
	k, err := r.Open(r.t.Context(), r.setting)
	if err != nil {
		r.t.Fatal(err)
	}
	return k
}

func (r *rig) exec(sql string) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Exec(sql).Error }); err != nil {
		r.t.Fatal(err)
	}
}

// fill puts secrets into signing_keys, whose rows need no others.
func (r *rig) fill(k *keys.Keys, n int) {
	r.t.Helper()
	err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error {
		for i := range n {
			id := fmt.Sprintf("key_%05d", i)
			sealed, err := k.Box.Seal([]byte("secret of "+id), "signing_key|"+id)
			if err != nil {
				return err
			}
			if err := tx.Exec("INSERT INTO signing_keys (id, public_key, private_key, created_at) VALUES (?, '', ?, now())", id, sealed).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// readable fails the test unless every secret that fill made opens, in a
// process that has just started, and holds what it held or what comes after it.
func (r *rig) readable(n int) {
	r.t.Helper()
	k := r.process()
	var rows []struct {
		ID         string
		PrivateKey []byte
	}
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Raw("SELECT id, private_key FROM signing_keys").Scan(&rows).Error }); err != nil {
		r.t.Fatal(err)
	}
	if len(rows) != n {
		r.t.Fatalf("%d secrets, want %d", len(rows), n)
	}
	for _, row := range rows {
		plain, err := k.Box.Open(row.PrivateKey, "signing_key|"+row.ID)
		if err != nil || !strings.HasPrefix(string(plain), "secret of "+row.ID) {
			r.t.Fatalf("%s: %q, %v", row.ID, plain, err)
		}
	}
}

func (r *rig) status() *keys.Status {
	r.t.Helper()
	s, err := r.Status(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// rotate rotates to the end and returns the outcome.
func (r *rig) rotate(k *keys.Keys) *keys.Rotated {
	r.t.Helper()
	out, err := k.Rotate(r.t.Context(), func(keys.Progress) {})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// rotateUntil begins a rotation and cuts it off once it has done n or more.
func (r *rig) rotateUntil(k *keys.Keys, n int) {
	r.t.Helper()
	ctx, stop := context.WithCancel(r.t.Context())
	defer stop()
	_, err := k.Rotate(ctx, func(p keys.Progress) {
		if p.Done >= n {
			stop()
		}
	})
	if err == nil {
		r.t.Fatal("the rotation was not cut off")
	}
}
