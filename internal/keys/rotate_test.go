package keys_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// A rotation leaves nothing under the key before, and boxes that were made
// earlier open and seal with the new one.
func TestRotate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	k := r.process()
	r.fill(k, 250)
	before := r.status().Keys[0].ID
	var last keys.Progress
	out, err := k.Rotate(t.Context(), func(p keys.Progress) { last = p })
	must(t, err)
	s := r.status()
	if out.Done != 251 || out.Resumed || len(out.Broken) > 0 || last.Total != 251 || s.Stale != 0 || s.Rotating || len(s.Keys) != 2 {
		t.Fatalf("%+v %+v %+v", out, last, s)
	}
	if s.Keys[0].ID != before || s.Keys[0].Active || !s.Keys[1].Active || s.Keys[1].Secrets != 251 || s.Keys[1].ID != out.Key.String() {
		t.Fatalf("%+v", s.Keys)
	}
	r.readable(250)
	sealed, err := k.Box.Seal([]byte("x"), "a")
	must(t, err)
	if id, _ := secret.KeyOf(sealed); id != out.Key {
		t.Errorf("still sealed with %s", id)
	}
	if out := r.retire(); len(out.Gone) > 0 {
		t.Errorf("a key that has just ended was deleted: %v", out)
	}
	r.exec(aDayLater)
	if out := r.retire(); len(out.Gone) != 1 || out.Gone[0] != before {
		t.Errorf("deleted: %v", out)
	}
	r.readable(250)
}

// A rotation in another process, for tests that kill it.
func TestMain(m *testing.M) {
	if url := os.Getenv("KEYS_TEST_ROTATE"); url != "" {
		os.Exit(rotateAlone(url, os.Getenv("KEYS_TEST_MASTER")))
	}
	os.Exit(m.Run())
}

func rotateAlone(url, setting string) int {
	s, err := openStore(url)
	if err == nil {
		var k *keys.Keys
		if k, err = s.Open(context.Background(), setting); err == nil {
			batches := 0
			_, err = k.Rotate(context.Background(), func(keys.Progress) {
				if time.Sleep(20 * time.Millisecond); batches == 4 {
					select {} // whoever is slow to kill it finds it in its middle
				}
				batches++
			})
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// A rotation that is killed in its middle loses nothing, and goes on where it was.
func TestRotateKilled(t *testing.T) {
	t.Parallel()
	const n = 1500
	r := newRig(t)
	k := r.process()
	r.fill(k, n)
	for range 2 {
		before := r.status().Stale
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "KEYS_TEST_ROTATE="+r.url, "KEYS_TEST_MASTER="+r.setting)
		var said strings.Builder
		cmd.Stderr = &said
		must(t, cmd.Start())
		testkit.Eventually(t, "some are sealed anew", func() bool {
			s := r.status()
			return s.Rotating && s.Stale > 0 && (before == 0 || s.Stale < before)
		})
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		s := r.status()
		if s.Stale == 0 || !s.Rotating || len(s.Keys) != 2 {
			t.Fatalf("not killed in the middle: %+v\n%s", s, said.String())
		}
		r.readable(n)
	}
	left := r.status().Stale
	out := r.rotate(k)
	if s := r.status(); !out.Resumed || out.Done != left || s.Stale != 0 || s.Rotating || len(s.Keys) != 2 {
		t.Fatalf("%d were left: %+v %+v", left, out, s)
	}
	r.readable(n)
}

// Two rotations at once share the work, with one new key.
func TestRotateTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	k := r.process()
	r.fill(k, 400)
	other := storeAt(t, r.url)
	second, err := other.Open(t.Context(), r.setting)
	must(t, err)
	var done [2]int
	var g errgroup.Group
	for i, k := range []*keys.Keys{k, second} {
		g.Go(func() error {
			out, err := k.Rotate(t.Context(), func(keys.Progress) {})
			if out != nil {
				done[i] = out.Done
			}
			return err
		})
	}
	must(t, g.Wait())
	if s := r.status(); done[0]+done[1] != 401 || s.Stale != 0 || len(s.Keys) != 2 {
		t.Fatalf("%v %+v", done, s)
	}
	r.readable(400)
}

// A process that has not heard of the new key writes what the key before seals
// after everything was sealed anew. The rotation waits for that, and takes it along.
func TestRotateWaitsForOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Believed = 500 * time.Millisecond
	k := r.process()
	r.fill(k, 1)
	late, err := k.Box.Seal([]byte("secret of key_00001"), "signing_key|key_00001")
	must(t, err)
	var once sync.Once
	_, err = k.Rotate(t.Context(), func(p keys.Progress) {
		if !p.Waiting {
			return
		}
		once.Do(func() {
			must(t, r.DB.System(t.Context(), func(tx *gorm.DB) error {
				return tx.Exec("INSERT INTO signing_keys (id, public_key, private_key, created_at) VALUES ('key_00001', '', ?, now())", late).Error
			}))
		})
	})
	must(t, err)
	if s := r.status(); s.Stale != 0 || s.Keys[1].Secrets != 3 {
		t.Fatalf("%+v", s)
	}
	r.readable(2)
}

// Values that others write meanwhile, with the key before or the new one, are
// never overwritten with what they were.
func TestRotateWhileWriting(t *testing.T) {
	t.Parallel()
	const n, writers = 200, 3
	r := newRig(t)
	k := r.process()
	r.fill(k, n)
	others := storeAt(t, r.url)
	ctx, stop := context.WithCancel(t.Context())
	versions := make([]int, n) // each row has one writer
	var g errgroup.Group
	for w := range writers {
		k, err := others.Open(t.Context(), r.setting) // a process of its own: it hears of keys by itself
		must(t, err)
		g.Go(func() error {
			for i := w; ctx.Err() == nil; i += writers {
				if i >= n {
					i = w
				}
				if err := others.DB.System(t.Context(), func(tx *gorm.DB) error { return next(tx, k.Box, i, versions[i]) }); err != nil {
					return err
				}
				versions[i]++
			}
			return nil
		})
	}
	out := r.rotate(k)
	stop()
	must(t, g.Wait())
	s := r.status()
	if s.Stale != 0 || s.Rotating || s.Keys[1].Secrets != n+1 || len(out.Broken) > 0 {
		t.Fatalf("%+v %+v", out, s)
	}
	fresh, written := r.process(), 0
	for i, v := range versions {
		id := fmt.Sprintf("key_%05d", i)
		must(t, r.DB.System(t.Context(), func(tx *gorm.DB) error { return holds(tx, fresh.Box, id, v) }))
		written += v
	}
	if written == 0 {
		t.Fatal("nobody wrote meanwhile")
	}
}

// next writes the next version of a row, which must hold the one before.
func next(tx *gorm.DB, box *secret.Box, i, version int) error {
	id := fmt.Sprintf("key_%05d", i)
	sealed, err := box.Seal([]byte(text(id, version+1)), "signing_key|"+id)
	if err != nil {
		return err
	}
	if err := holds(tx, box, id, version); err != nil {
		return err
	}
	return tx.Exec("UPDATE signing_keys SET private_key = ? WHERE id = ?", sealed, id).Error
}

func text(id string, version int) string {
	if version == 0 {
		return "secret of " + id
	}
	return fmt.Sprintf("secret of %s version %d", id, version)
}

// holds refuses a row that holds another version. It keeps the row for itself.
func holds(tx *gorm.DB, box *secret.Box, id string, version int) error {
	var sealed []byte
	if err := tx.Raw("SELECT private_key FROM signing_keys WHERE id = ? FOR UPDATE", id).Row().Scan(&sealed); err != nil {
		return err
	}
	plain, err := box.Open(sealed, "signing_key|"+id)
	if err == nil && string(plain) != text(id, version) {
		err = fmt.Errorf("%s holds %q, want version %d", id, plain, version)
	}
	return err
}

// A value that does not open is told of and left, and holds up nothing else.
func TestRotateTellsOfBroken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	k := r.process()
	r.fill(k, 3)
	r.exec("UPDATE signing_keys SET private_key = (SELECT private_key FROM signing_keys WHERE id = 'key_00000') WHERE id = 'key_00001'")
	out := r.rotate(k)
	if len(out.Broken) != 1 || out.Broken[0] != "signing_keys.private_key key_00001" || out.Done != 3 {
		t.Fatalf("%+v", out)
	}
	if s := r.status(); s.Rotating || s.Stale != 1 {
		t.Fatalf("%+v", s)
	}
	r.exec("DELETE FROM signing_keys WHERE id = 'key_00001'")
	r.readable(2)
}

// Cut off by its caller, a rotation ends at once with the caller's reason.
func TestRotateCancelled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	k := r.process()
	ctx, stop := context.WithCancel(t.Context())
	_, err := k.Rotate(ctx, func(p keys.Progress) {
		if p.Waiting {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) || !r.status().Rotating {
		t.Fatal(err, r.status())
	}
}
