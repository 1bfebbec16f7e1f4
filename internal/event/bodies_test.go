package event_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
)

// What the catalogue says of a type is true of its own sample, and is said of
// every type that there is and of no other.
func TestBodies(t *testing.T) {
	t.Parallel()
	types := make([]string, len(event.Kinds))
	for i, k := range event.Kinds {
		types[i] = k.Type
		_, body, ok := event.Sample(k.Type, "evt_1", "production", time.Unix(1_800_000_000, 0))
		if !ok || k.Text() == "" || strings.Contains(body, `"=`) {
			t.Fatalf("%s: %s", k.Type, body)
		}
		if err := event.Fits(k.Type, body); err != nil {
			t.Errorf("the sample of %s: %v", k.Type, err)
		}
		if err := event.Fits(k.Type, `{"event":"X"}`); k.Type != event.TriggerEmitted && err == nil {
			t.Errorf("the schema of %s takes anything", k.Type)
		}
	}
	slices.Sort(types)
	if got := event.Described(); !slices.Equal(got, types) {
		t.Errorf("described are %v, and there are %v", got, types)
	}
	if _, _, ok := event.Sample("X", "evt_1", "production", time.Time{}); ok {
		t.Error("there is a sample of a type that there is not")
	}
	if err := event.Fits("X", "{}"); err == nil {
		t.Error("a body fits a type that there is not")
	}
}
