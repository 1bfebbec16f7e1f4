package trigger

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/schedule"
)

const (
	timerProp = "$.interface.timer"
	httpProp  = "$.interface.http"

	// MinEvery is the shortest interval that there can be, in seconds.
	MinEvery = 10
	maxEvery = 31 * 86_400
)

// Timer is when a source looks for what is new: at an interval, at the times of
// a cron expression, or never.
type Timer struct {
	Every int // seconds; 0 = by Cron
	Cron  string
	Zone  string // of Cron
}

func badTimer(format string, args ...any) error {
	return fault.New(fault.Invalid, "configured_props", "configured_props.timer: "+format, args...).At("configured_props.timer")
}

// timerOf reads when a source is to look: {"intervalSeconds": 900}, or
// {"cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"}. least is the shortest interval
// in seconds.
func timerOf(c *component.Component, configured map[string]any, least int) (t Timer, err error) {
	p := propOf(c, timerProp)
	if p == nil {
		return Timer{Zone: "UTC"}, nil
	}
	said, ok := configured[p.Name].(map[string]any)
	if !ok {
		if configured[p.Name] != nil {
			return t, badTimer(`It is {"intervalSeconds": 900} or {"cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"}.`)
		}
		said, _ = p.Default.(map[string]any)
	}
	t = Timer{Every: component.DefaultEvery, Zone: "UTC"}
	if zone, ok := said["timezone"].(string); ok && zone != "" {
		t.Zone = zone
	}
	least = max(least, MinEvery)
	if expression, ok := said["cron"].(string); ok && expression != "" {
		t.Every, t.Cron = 0, strings.TrimSpace(expression)
		return t, t.check(least)
	}
	switch n := said["intervalSeconds"].(type) {
	case nil:
		if len(said) > 0 {
			return t, badTimer("It has neither intervalSeconds nor cron.")
		}
	case int:
		t.Every = n
	case float64:
		t.Every = int(n)
	default:
		return t, badTimer("intervalSeconds has to be a whole number.")
	}
	if configured[p.Name] == nil {
		t.Every = max(t.Every, least)
	}
	if t.Every < least || t.Every > maxEvery {
		return t, badTimer("The interval is between %d and %d seconds.", least, maxEvery)
	}
	return t, nil
}

// check refuses a cron expression that cannot be read, never comes, or comes too
// often.
func (t Timer) check(least int) error {
	s, err := schedule.Parse(t.Cron, t.Zone)
	switch {
	case err != nil:
		return badTimer("%s.", err)
	case s.Least(time.Unix(0, 0)) < time.Duration(least)*time.Second:
		return badTimer("The interval is between %d and %d seconds.", least, maxEvery)
	}
	return nil
}

// next returns when the timer comes next; false = never. An interval is spread
// out, so that sources that were deployed together do not look together.
func (t Timer) next(now time.Time) (time.Time, bool) {
	if t.Cron == "" {
		return now.Add(spread(time.Duration(t.Every) * time.Second)), t.Every > 0
	}
	s, err := schedule.Parse(t.Cron, t.Zone)
	if err != nil {
		return now, false
	}
	return s.Next(now)
}

func spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.95 + 0.1*rand.Float64())) //nolint:gosec // no secret
}

// propOf returns the first prop of a type, nil for none.
func propOf(c *component.Component, of string) *component.Prop {
	for i := range c.Props {
		if c.Props[i].Type == of {
			return &c.Props[i]
		}
	}
	return nil
}
