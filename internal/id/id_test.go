package id_test

import (
	"sort"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/id"
)

func TestNewSortsByTime(t *testing.T) {
	t.Parallel()
	ids := make([]string, 10_000)
	for i := range ids {
		ids[i] = id.New("run")
	}
	if !sort.StringsAreSorted(ids) {
		t.Fatal("ids do not sort in the order of their making")
	}
	if !id.Is("run", ids[0]) || id.Is("wf", ids[0]) {
		t.Fatalf("prefix lost: %s", ids[0])
	}
}

// At parts the ids that were made before a moment from those made since.
func TestAt(t *testing.T) {
	t.Parallel()
	before, made, after := time.Now().Add(-2*time.Millisecond), id.New("run"), time.Now().Add(2*time.Millisecond)
	if low, high := id.At("run", before), id.At("run", after); low >= made || made >= high || !id.Is("run", low) {
		t.Fatalf("%s < %s < %s does not hold", low, made, high)
	}
	if first := id.At("run", time.Time{}); first >= id.At("run", before) {
		t.Fatalf("%s is not the first", first)
	}
}

// An id and its digits are one and the same; what is neither is nothing.
func TestHex(t *testing.T) {
	t.Parallel()
	made := id.New("run")
	if digits := id.Hex(made); len(digits) != 32 || id.OfHex("run", digits) != made {
		t.Errorf("%s became %s and %s", made, digits, id.OfHex("run", digits))
	}
	for _, wrong := range []string{"", "run_", "run_!", "run_06bnq"} {
		if got := id.Hex(wrong); got != "" {
			t.Errorf("%q became %q", wrong, got)
		}
	}
	for _, wrong := range []string{"", "xyz", "00ff"} {
		if got := id.OfHex("run", wrong); got != "" {
			t.Errorf("%q became %q", wrong, got)
		}
	}
}

// Nothing stands between an id and the one before it.
func TestBefore(t *testing.T) {
	t.Parallel()
	for of, want := range map[string]string{
		"ffffffffffffffff0000000000000000": "fffffffffffffffeffffffffffffffff", "00000000000000000000000000000001": "00000000000000000000000000000000",
	} {
		if got := id.Hex(id.Before(id.OfHex("run", of))); got != want {
			t.Errorf("before %s stands %s", of, got)
		}
	}
}
