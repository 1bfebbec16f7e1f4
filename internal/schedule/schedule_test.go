package schedule_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/schedule"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Clocks that are changed neither swallow a time nor have it come twice, in zones
// with changes of all sorts.
func TestChangesOfClocks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cron, zone, after string
		want              []string
	}{
		"a skipped time comes once, after the gap": {"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", []string{
			"2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00",
		}},
		"several skipped times come once": {"0,20,40 2 * * *", "America/New_York", "2026-03-08T06:30:00Z", []string{
			"2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00",
		}},
		"a skipped time and the one after the gap are one": {"0 2,3 * * *", "America/New_York", "2026-03-08T06:30:00Z", []string{
			"2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00",
		}},
		"a doubled time comes once": {"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", []string{
			"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00",
		}},
		"also for one who asks between the two": {"30 1 * * *", "America/New_York", "2026-11-01T05:45:00Z", []string{
			"2026-11-02T01:30:00-05:00",
		}},
		"after the doubled hour": {"0 2 * * *", "America/New_York", "2026-11-01T05:45:00Z", []string{
			"2026-11-01T02:00:00-05:00",
		}},
		"every hour is every hour that there is": {"0 * * * *", "America/New_York", "2026-11-01T04:30:00Z", []string{
			"2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00",
		}},
		"half an hour": {"15 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00:00Z", []string{
			"2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00",
		}},
		"a midnight that is skipped": {"0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", []string{
			"2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00",
		}},
		"a day that never was": {"0 9,17 * * *", "Pacific/Apia", "2011-12-29T20:00:00Z", []string{
			"2011-12-29T17:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T09:00:00+14:00",
		}},
		"every hour of a day that never was": {"0/30 * 30,31 12 *", "Pacific/Apia", "2011-12-30T09:00:00Z", []string{
			"2011-12-31T00:00:00+14:00", "2011-12-31T00:30:00+14:00",
		}},
		"every hour from a change of clocks on": {"0 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", []string{
			"2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00",
		}},
		"no changes": {"0 9 * * 1-5", "Asia/Kolkata", "2026-11-20T12:00:00Z", []string{
			"2026-11-23T09:00:00+05:30", "2026-11-24T09:00:00+05:30",
		}},
		"a leap day": {"0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", []string{"2028-02-29T00:00:00Z"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := schedule.Parse(tt.cron, tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			got := s.Ahead(at(t, tt.after), len(tt.want))
			for i, want := range tt.want {
				if !got[i].Equal(at(t, want)) {
					t.Errorf("time %d: %s, want %s", i, got[i], want)
				}
			}
		})
	}
}

// In a whole year, in any zone, a daily time comes once on every day that is.
func TestOnceADay(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/London", "America/Santiago", "Asia/Gaza", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Chatham", "America/St_Johns", "UTC"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, cron := range []string{"30 0 * * *", "15 1 * * *", "30 2 * * *", "0 3 * * *"} {
			s, err := schedule.Parse(cron, zone)
			if err != nil {
				t.Fatal(err)
			}
			days := map[string]int{}
			from := time.Date(2026, 1, 1, 0, 0, 0, 0, loc)
			for _, one := range s.Ahead(from, 365) {
				days[one.In(loc).Format(time.DateOnly)]++
			}
			if len(days) != 365 {
				t.Errorf("%s in %s came on %d days of 365", cron, zone, len(days))
			}
		}
	}
}

// What cannot be meant is refused with a sentence.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ cron, zone string }{
		"too few fields": {"0 9 * *", ""}, "six fields": {"0 0 9 * * *", ""}, "no expression": {"", ""}, "a zone inside": {"TZ=UTC 0 9 * * *", ""},
		"an interval": {"@every 5m", ""}, "never": {"0 0 30 2 *", ""}, "no zone": {"0 9 * * *", "Berlin"}, "this machine's": {"0 9 * * *", "Local"}, "too large": {"99 9 * * *", ""},
	} {
		if s, err := schedule.Parse(tt.cron, tt.zone); err == nil {
			t.Errorf("%s: %v", name, s)
		}
	}
	if _, err := schedule.Every(0); err == nil {
		t.Error("an interval of nothing was taken")
	}
}

// Of what has come meanwhile the newest are told, however long it was.
func TestDue(t *testing.T) {
	t.Parallel()
	hourly, err := schedule.Every(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	from := at(t, "2026-01-01T00:00:00Z")
	for name, tt := range map[string]struct {
		now  string
		want []string
		more bool
	}{
		"nothing":    {"2026-01-01T00:59:59Z", nil, false},
		"one":        {"2026-01-01T01:00:00Z", []string{"2026-01-01T01:00:00Z"}, false},
		"as many":    {"2026-01-01T02:10:00Z", []string{"2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"}, false},
		"far behind": {"2030-01-01T00:30:00Z", []string{"2029-12-31T23:00:00Z", "2030-01-01T00:00:00Z"}, true},
	} {
		due, more := hourly.Due(from, at(t, tt.now), 2)
		var got []string
		for _, one := range due {
			got = append(got, one.UTC().Format(time.RFC3339))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || more != tt.more {
			t.Errorf("%s: more %v, %s", name, more, diff)
		}
	}
	daily, err := schedule.Parse("0 9 * * *", "Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	due, more := daily.Due(from, from.AddDate(0, 0, 10), 3)
	if len(due) != 3 || !more || !due[2].Equal(at(t, "2026-01-10T08:00:00Z")) {
		t.Errorf("%v, %v", due, more)
	}
	if daily.Least(from) != 24*time.Hour || hourly.Least(from) != time.Hour {
		t.Errorf("%s, %s", daily.Least(from), hourly.Least(from))
	}
}
