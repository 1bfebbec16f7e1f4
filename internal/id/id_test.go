package id_test

import (
	"sort"
	"testing"

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
