package app_test

import (
	"context"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/chaos"
	"github.com/patchbay-dev/patchbay/internal/torture"
)

// Processes take over from others on the same database under load, and nothing is lost:
// the short form of make upgrade, which has the version before as the former ones.
func TestChaosUpgrade(t *testing.T) {
	tryChaos(t, "chaos-upgrade.txt", func(ctx context.Context, o chaos.Options, told func(torture.Result)) (bool, error) {
		o.Before = o.Program
		return chaos.Upgrade(ctx, o, told)
	}, chaos.Options{Events: 300, Rate: 30})
}
