// Package schedule works out when something comes that comes at an interval, or
// at the times of a cron expression in a time zone. It knows what happens when
// clocks are changed: a time of day that is skipped comes once, at the first
// moment after the gap; one that is there twice comes once, the first time. An
// expression for every hour goes by the hours that there really are.
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // time zones are known on machines that have none

	"github.com/robfig/cron/v3"
)

// Schedule says when something comes. It is made by Every or Parse.
type Schedule struct {
	every time.Duration // 0 = by spec
	spec  *cron.SpecSchedule
	zone  *time.Location
}

// horizon is how many due times are looked over to find the shortest time between two.
const horizon = 60

// Every returns the schedule of an interval.
func Every(d time.Duration) (*Schedule, error) {
	if d <= 0 {
		return nil, errors.New("an interval is longer than nothing")
	}
	return &Schedule{every: d, zone: time.UTC}, nil
}

// Parse reads a cron expression of five fields, or a word such as @daily, in a
// zone of the IANA database ("" = UTC). The error says what is wrong.
func Parse(expression, zone string) (*Schedule, error) {
	if zone == "" {
		zone = "UTC"
	}
	at, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return nil, fmt.Errorf("%q is no time zone of the IANA database, such as Europe/Berlin", zone)
	}
	expression = strings.TrimSpace(expression)
	if strings.Contains(expression, "TZ=") || strings.HasPrefix(expression, "@every") {
		return nil, errors.New("the zone, and an interval, are said beside the expression")
	}
	parsed, err := cron.ParseStandard(expression)
	spec, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok {
		return nil, fmt.Errorf("%q is no cron expression of five fields, such as 0 9 * * 1-5", expression)
	}
	s := &Schedule{spec: spec, zone: at}
	if _, ok := s.Next(time.Unix(0, 0)); !ok {
		return nil, fmt.Errorf("%q never comes", expression)
	}
	return s, nil
}

// Next returns the first time after a moment; false = never. An interval counts
// from that moment.
func (s *Schedule) Next(after time.Time) (time.Time, bool) {
	if s.every > 0 {
		return after.Add(s.every), true
	}
	spec := *s.spec
	if hourly(&spec) {
		return s.steadily(&spec, after)
	}
	// The expression is worked out on a clock that is never changed and that shows
	// what the zone's clock shows; each time is then looked up in the zone.
	spec.Location = time.UTC
	wall := clock(after.In(s.zone))
	for {
		if wall = spec.Next(wall); wall.IsZero() {
			return wall, false
		}
		if at := moment(wall, s.zone); at.After(after) {
			return at.UTC(), true
		}
	}
}

// steadily is Next by the hours that there really are. Between two changes of the
// zone's clocks they go on without a gap, so that no date of a calendar is met
// there that never was.
func (s *Schedule) steadily(spec *cron.SpecSchedule, after time.Time) (time.Time, bool) {
	for zoned := after.In(s.zone); ; {
		_, change := zoned.ZoneBounds()
		spec.Location = time.FixedZone(zoned.Zone())
		at := spec.Next(after)
		if at.IsZero() || change.IsZero() || at.Before(change) {
			return at.UTC(), !at.IsZero()
		}
		zoned, after = change.In(s.zone), change.Add(-time.Nanosecond)
	}
}

// Ahead returns the next n times after a moment.
func (s *Schedule) Ahead(after time.Time, n int) []time.Time {
	out := make([]time.Time, 0, n)
	for len(out) < n {
		at, ok := s.Next(after)
		if !ok {
			break
		}
		out, after = append(out, at), at
	}
	return out
}

// Due returns the times that have come: after a moment, up to now, the oldest
// first, at most so many of the newest; and whether there were more.
func (s *Schedule) Due(after, now time.Time, most int) (due []time.Time, more bool) {
	if s.every > 0 { // a long outage is no reason to count through it
		if n := int64(now.Sub(after) / s.every); n > int64(most) {
			after, more = after.Add(time.Duration(n-int64(most))*s.every), true
		}
	}
	for at, ok := s.Next(after); ok && !at.After(now); at, ok = s.Next(at) {
		if len(due) == most {
			due, more = append(due[:0], due[1:]...), true
		}
		due = append(due, at)
	}
	return due, more
}

// Least returns the shortest time between two of those that come next.
func (s *Schedule) Least(now time.Time) time.Duration {
	if s.every > 0 {
		return s.every
	}
	least := time.Duration(1<<63 - 1)
	ahead := s.Ahead(now, horizon)
	for i := 1; i < len(ahead); i++ {
		least = min(least, ahead[i].Sub(ahead[i-1]))
	}
	return least
}

// Spread returns the length of an interval, and 0 for a cron expression.
func (s *Schedule) Spread() time.Duration { return s.every }

// hourly reports whether an expression is for every hour.
func hourly(spec *cron.SpecSchedule) bool {
	const hours = 1<<24 - 1
	return spec.Hour&hours == hours
}

// clock is what a clock shows at a moment, as if it were UTC's.
func clock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// around is further than any zone has ever put its clocks.
const around = 25 * time.Hour

// moment is when a zone's clocks show what wall shows: the first time, if they do
// so twice, and the end of the gap, if they never do.
func moment(wall time.Time, zone *time.Location) (at time.Time) {
	var last time.Time
	for _, near := range []time.Duration{-around, 0, around} {
		_, offset := wall.Add(near).In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if clock(t).Equal(wall) && (at.IsZero() || t.Before(at)) {
			at = t
		}
		if t.After(last) {
			last = t
		}
	}
	if at.IsZero() {
		at, _ = last.ZoneBounds()
	}
	return at
}
