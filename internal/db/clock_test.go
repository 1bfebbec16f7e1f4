package db_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

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

// One slow answer among quick ones does not set the clock wrong.
func TestASlowAnswerIsAskedAgain(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	real, late, calls := time.Now(), 800*time.Millisecond, 0
	c := &db.Clock{Machine: func() time.Time { // the first answer takes long, by this clock, and the others no time
		calls++
		if calls == 1 {
			return real
		}
		return real.Add(late)
	}}
	if err := c.Sync(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	var there time.Time
	if err := d.Look(t.Context(), func(q *gorm.DB) error { return q.Raw("SELECT clock_timestamp()").Scan(&there).Error }); err != nil {
		t.Fatal(err)
	}
	if off := there.Sub(c.Now()); off < 0 || calls < 5 {
		t.Fatalf("it is ahead by %s after %d looks at the machine's clock", -off, calls)
	}
}
