package keys_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/spool"
)

const aDayLater = "UPDATE data_keys SET ended_at = ended_at - interval '25 hours' WHERE NOT active"

// retire deletes what can go while the spool is empty.
func (r *rig) retire() keys.Retired {
	r.t.Helper()
	out, err := r.Retire(r.t.Context(), r.spool(r.t.TempDir()))
	must(r.t, err)
	return out
}

func (r *rig) spool(path string) *spool.Dir {
	r.t.Helper()
	d, err := spool.NewDir(path)
	must(r.t, err)
	return d
}

// A key that still seals something is never deleted.
func TestRetireKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	k := r.process()
	r.fill(k, 300)
	r.rotateUntil(k, 100)
	r.exec(aDayLater)
	if out := r.retire(); len(out.Gone)+len(out.Held) > 0 {
		t.Fatalf("%v", out)
	}
	r.readable(300)
}

// What waits in the spool keeps the key that sealed it, and no other; of a
// spool that cannot be read nobody knows what it needs.
func TestRetireKeepsWhatWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	k := r.process()
	path := t.TempDir()
	answers := r.spool(path)
	for _, name := range []string{"crd_1.1", "crd_2.7"} {
		sealed, err := k.Box.Seal([]byte("token"), "spool|"+name)
		must(t, err)
		must(t, answers.Put(t.Context(), name, sealed))
	}
	must(t, answers.Put(t.Context(), "crd_3.1", nil)) // nobody's: it keeps no key
	r.rotate(k)
	r.rotate(k)
	r.exec(aDayLater)
	all := r.status().Keys
	first, second := all[0].ID, all[1].ID

	must(t, os.Rename(path, path+".away"))
	if out, err := r.Retire(t.Context(), answers); err == nil || len(out.Gone) > 0 || !strings.Contains(err.Error(), "spool") || len(r.status().Keys) != 3 {
		t.Fatalf("without the spool: %v, %v", out, err)
	}
	must(t, os.Rename(path+".away", path))
	for _, want := range []keys.Retired{
		{Gone: []string{second}, Held: []keys.Held{{ID: first, Answers: 2}}},
		{Held: []keys.Held{{ID: first, Answers: 2}}},
	} {
		out, err := r.Retire(t.Context(), answers)
		must(t, err)
		if !slices.Equal(out.Gone, want.Gone) || !slices.Equal(out.Held, want.Held) {
			t.Fatalf("%+v, want %+v", out, want)
		}
	}
	for _, name := range []string{"crd_1.1", "crd_2.7"} {
		e, err := answers.Get(t.Context(), name)
		must(t, err)
		if plain, err := r.process().Box.Open(e.Sealed, "spool|"+name); err != nil || string(plain) != "token" {
			t.Fatalf("%q, %v", plain, err)
		}
		must(t, answers.Remove(t.Context(), name))
	}
	out, err := r.Retire(t.Context(), answers)
	must(t, err)
	if !slices.Equal(out.Gone, []string{first}) || len(out.Held) > 0 || len(r.status().Keys) != 1 {
		t.Fatalf("%+v", out)
	}
}
