//go:build !race

package webhook_test

// floodBound is what a flood may cost an attempt, in KiB.
const floodBound = 64
