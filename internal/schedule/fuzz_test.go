package schedule_test

import (
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/schedule"
)

// What is taken as a time table comes again and again, each time later than the
// last, and says the same to whoever asks in between.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0 9 * * 1-5", "*/5 * * * *", "0 0 29 2 *", "0 0 31 2 *", "@daily", "@yearly", "30 2 * * *", "59 23 31 12 *", "1-0 * * * *", "* * * * * *", "0-59/7 */3 1,15 JAN-MAR MON#1", "\x00 * * * *", "9999999999999999999 * * * *", "*/0 * * * *"} {
		f.Add(s, "Europe/Berlin", int64(1_795_250_000))
		f.Add(s, "America/New_York", int64(1_793_512_800)) // an hour that comes twice
		f.Add(s, "Pacific/Apia", int64(1_325_203_200))     // a day that there never was
	}
	f.Fuzz(func(t *testing.T, expression, zone string, from int64) {
		s, err := schedule.Parse(expression, zone)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("refused without a word")
			}
			return
		}
		after := time.Unix(from%(1<<33), 0)
		times := s.Ahead(after, 3)
		for i, at := range times {
			if !at.After(after) {
				t.Fatalf("%q in %q: %s does not come after %s", expression, zone, at, after)
			}
			if between, ok := s.Next(after.Add(at.Sub(after) / 2).Truncate(time.Second)); !ok || between.After(at) {
				t.Fatalf("%q in %q: after %s comes %s, and asked half-way %s", expression, zone, after, at, between)
			}
			if i > 0 {
				if due, _ := s.Due(after.Add(-time.Second), at, 10); len(due) == 0 {
					t.Fatalf("%q in %q: %s comes and is never due", expression, zone, at)
				}
			}
			after = at
		}
	})
}
