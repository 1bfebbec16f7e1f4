package workflow

import (
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// Due is the event that a schedule gives its run: when it was due, and when it fired.
func (t *Trigger) Due(due, now time.Time, manual bool) map[string]any {
	out := map[string]any{
		"type": Schedule, "trigger": t.Name, "timestamp": due.Unix(), "due_at": due.UTC().Format(time.RFC3339), "fired_at": now.UTC().Format(time.RFC3339), "manual": manual,
		"timezone_utc": map[string]any{"date": due.UTC().Format(time.DateOnly), "time": due.UTC().Format(time.TimeOnly)},
	}
	zone := time.UTC
	if t.Every != "" {
		out["every"] = t.Every
		if d, err := Duration(t.Every); err == nil {
			out["interval_seconds"] = d.Seconds()
		}
	} else {
		out["cron"] = t.Cron
		if at, err := time.LoadLocation(t.TimeZone); err == nil {
			zone = at
		}
	}
	local := due.In(zone)
	out["timezone_configured"] = map[string]any{"name": zone.String(), "date": local.Format(time.DateOnly), "time": local.Format(time.TimeOnly), "iso8601": local.Format(time.RFC3339)}
	return out
}

// checkDue refuses keys of the queue that no due time of a schedule has: each of its
// runs would fail before it began.
func (d *Definition) checkDue() error {
	q := d.Limits()
	if q == nil {
		return nil
	}
	keys := map[string]string{}
	if q.Concurrency != nil {
		keys["concurrency.key"] = q.Concurrency.Key
	}
	if q.Order != nil {
		keys["order.key"] = q.Order.Key
	}
	for i := range d.Triggers {
		t := &d.Triggers[i]
		if t.Type != Schedule || t.Disabled {
			continue
		}
		values := Values{"trigger": t.Due(time.Unix(0, 0), time.Unix(0, 0), false)}
		for field, text := range keys {
			if !ofTrigger(text) {
				continue
			}
			if _, err := values.Text(text); err != nil {
				return invalid("settings.queue."+field, "it cannot be worked out for triggers[%d], a schedule, whose events are no requests: %s. Where a part may be missing, write trigger.body?.id ?? \"none\"", i, err)
			}
		}
	}
	return nil
}

// ofTrigger reports whether all that a text reads is the event.
func ofTrigger(text string) bool {
	return !slices.ContainsFunc(expression.Holes(text), func(hole string) bool {
		refs, err := language.Refs(hole)
		return err != nil || slices.ContainsFunc(refs, func(r expression.Ref) bool { return r.Root != "trigger" })
	})
}
