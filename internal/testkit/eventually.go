package testkit

import (
	"testing"
	"time"
)

// Eventually waits until ok, for what another goroutine or process is to bring
// about. It says nothing of how long that may take: its patience only ends a
// test that has failed.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("it never came about: %s", what)
		}
	}
}
