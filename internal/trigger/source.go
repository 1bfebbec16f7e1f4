package trigger

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of sources.
var (
	ErrNoRequests = fault.New(fault.Invalid, "intake", "This trigger has no address, so that there are no requests to be taken.")
	ErrHook       = fault.New(fault.Invalid, "hook", "This trigger has the app call us, which cannot be deployed yet.")
	ErrEvery      = fault.New(fault.Invalid, "configured_props", "configured_props.timer: The interval is between %d and %d seconds.", MinEvery, maxEvery)
	ErrCron       = fault.New(fault.Invalid, "configured_props", "configured_props.timer: This trigger looks at an interval, in seconds: {\"intervalSeconds\": 900}.")
)

// How often a source may look, in seconds.
const (
	MinEvery = 10
	maxEvery = 86_400
)

// Source is what a trigger that looks for what is new remembers.
type Source struct {
	ID           string           // the trigger's
	Every        int              // seconds
	Props        []component.Prop `gorm:"serializer:json"` // the dynamic ones
	DueAt        time.Time
	LeaseID      string
	LeaseUntil   time.Time
	State        map[string]any `gorm:"serializer:json"`
	Seen         component.Seen `gorm:"serializer:json"`
	LookedAt     *time.Time
	Failures     int
	FailingSince *time.Time
	Error        *string
}

// TableName maps the noun to its table.
func (Source) TableName() string { return "trigger_sources" }

// interval reads how often a source is to look.
func interval(c *component.Component, configured map[string]any) (int, error) {
	every := component.DefaultEvery
	if c.Operation.Poll.Every > 0 {
		every = c.Operation.Poll.Every
	}
	if timer, ok := configured["timer"].(map[string]any); ok {
		if timer["cron"] != nil {
			return 0, ErrCron
		}
		n, ok := timer["intervalSeconds"].(float64)
		if !ok || n < MinEvery || n > maxEvery {
			return 0, ErrEvery
		}
		every = int(n)
	}
	return every, nil
}

// after returns when a source looks again: spread out, so that those that were
// deployed together do not look together; and later each time that it fails.
func (src *Source) after(now time.Time) time.Time {
	wait := time.Duration(src.Every) * time.Second
	for range min(src.Failures, 12) {
		wait = min(2*wait, max(longestWait, time.Duration(src.Every)*time.Second))
	}
	spread := 0.95 + 0.1*rand.Float64() //nolint:gosec // no secret
	return now.Add(time.Duration(float64(wait) * spread))
}

// longestWait is how long a source that fails waits at most, unless its interval
// is longer.
const longestWait = time.Hour

// sourceOf returns what a trigger remembers, or nil if it looks for nothing.
func sourceOf(tx *gorm.DB, triggerID string) (*Source, error) {
	src, err := db.One[Source](tx.Where("id = ?", triggerID), errNoSource)
	if errors.Is(err, errNoSource) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load source: %w", err)
	}
	return src, nil
}

var errNoSource = fault.New(fault.NotFound, "source_not_found", "The trigger looks for nothing.")

// withSources reads what triggers remember.
func withSources(tx *gorm.DB, ts []Trigger) error {
	ids := make([]string, len(ts))
	for i := range ts {
		ids[i] = ts[i].ID
	}
	var all []Source
	if err := tx.Where("id IN ?", ids).Find(&all).Error; err != nil {
		return fmt.Errorf("load sources: %w", err)
	}
	for i := range ts {
		for j := range all {
			if all[j].ID == ts[i].ID {
				ts[i].Source = &all[j]
			}
		}
	}
	return nil
}
