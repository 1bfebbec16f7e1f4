//go:build race

package webhook_test

// The race detector's allocations are larger by a sixth.
const floodBound = 80
