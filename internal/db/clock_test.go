package db_test

import (
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// Machines whose clocks are minutes apart agree on the time once they have asked.
func TestClocksAgree(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	now := func(skew time.Duration) time.Time {
		c := &db.Clock{Machine: func() time.Time { return time.Now().Add(skew) }}
		if got := time.Until(c.Now()); got < skew-time.Minute || got > skew+time.Minute {
			t.Errorf("before it asked, the clock is off by %s, want %s", got, skew)
		}
		if err := c.Sync(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		return c.Now()
	}
	late, early := now(-5*time.Minute), now(5*time.Minute)
	if apart := early.Sub(late); apart < -30*time.Second || apart > 30*time.Second {
		t.Fatalf("they are %s apart", apart)
	}
}
