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
