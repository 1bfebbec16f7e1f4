package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/chaos"
	"github.com/patchbay-dev/patchbay/internal/torture"
)

// The short form of make soak: nothing is lost, and what a process holds is looked at.
// A minute is too short to tell what grows from what has just begun: that is for the long form.
func TestChaosSoak(t *testing.T) {
	tryChaos(t, "chaos-soak.txt", func(ctx context.Context, o chaos.Options, told func(torture.Result)) (bool, error) {
		good, looked := true, 0
		_, err := chaos.Soak(ctx, o, func(r torture.Result) {
			if strings.HasPrefix(r.ID, "S") {
				looked++
				if strings.Contains(r.Note, "?") {
					t.Errorf("%s: nothing was seen: %s", r.ID, r.Note)
				}
			} else {
				good = good && r.Err == nil
			}
			told(r)
		})
		if looked != 5 {
			t.Errorf("%d of 5 were looked at", looked)
		}
		return good, err
	}, chaos.Options{For: 24 * time.Second, Cycle: 2 * time.Second, Rate: 20, KillEvery: 900 * time.Millisecond})
}
