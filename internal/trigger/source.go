package trigger

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/operation"
)

// ErrNoRequests is the fault of settings for requests where there are none.
var ErrNoRequests = fault.New(fault.Invalid, "intake", "This trigger has no address, so that there are no requests to be taken.")

// Phase is how far a source is with what it begins at the app.
type Phase string

// The phases. In those that are under way a process is at work under the source's
// lease; if that is over, it was cut off.
const (
	Deploying Phase = "deploying" // nobody was told yet that there is such a trigger
	Changing  Phase = "changing"  // it is changed, switched on or off, or deleted
	On        Phase = "on"
	Off       Phase = "off" // nothing of it is at the app
)

// Source is what a trigger remembers that looks for what is new, or has the app
// tell it.
type Source struct {
	ID           string // the trigger's
	App          string // slug; "" = none
	Timer        `gorm:"embedded"`
	Props        []component.Prop `gorm:"serializer:json"` // the dynamic ones
	Phase        Phase
	Hooked       bool             // the app calls an address of its own
	NextProps    map[string]any   `gorm:"serializer:json"` // those of a change that is under way
	NextVersion  *string          // of the component, of that
	NextDynamic  []component.Prop `gorm:"serializer:json"`
	DueAt        *time.Time       // nil = never
	LeaseID      string
	LeaseUntil   time.Time
	State        []byte         // sealed; nil = nothing
	Seen         component.Seen `gorm:"serializer:json"`
	LookedAt     *time.Time
	Failures     int
	FailingSince *time.Time
	Error        *string
	PausedAt     *time.Time // it was switched off for failing
}

// TableName maps the noun to its table.
func (Source) TableName() string { return "trigger_sources" }

// due says when a source is to be looked after next: after a failure later each
// time; else when its timer says or its program asked for, whatever comes first.
func (src *Source) due(now, asked time.Time) {
	src.DueAt = nil
	next, ok := src.next(now)
	if src.Failures > 0 {
		next, ok = src.retry(now, next, ok), true
	} else if !asked.IsZero() && (!ok || asked.Before(next)) {
		next, ok = asked, true
	}
	if ok {
		src.DueAt = &next
	}
}

// fail remembers that a call of the source's program came to nothing.
func (src *Source) fail(err error, now time.Time) {
	src.Failures++
	src.Error = &action.FailureOf(err).Message
	if src.FailingSince == nil {
		src.FailingSince = &now
	}
}

// calm forgets failures.
func (src *Source) calm() {
	src.Failures, src.FailingSince, src.Error, src.PausedAt = 0, nil, nil, nil
}

// soon says when a source that was just begun is looked after: one that looks
// for what is new, at once.
func (src *Source) soon(c *component.Component, now, asked time.Time) {
	if c.Operation != nil && c.Operation.Poll != nil {
		src.DueAt = &now
		return
	}
	src.due(now, asked)
}

const (
	firstRetry  = time.Minute
	longestWait = time.Hour // unless the interval is longer
)

// retry is when a source that failed is tried again: not before its time.
func (src *Source) retry(now, next time.Time, timed bool) time.Time {
	wait := firstRetry
	if src.Every > 0 {
		wait = 2 * time.Duration(src.Every) * time.Second
	}
	most := max(longestWait, wait)
	for range min(src.Failures-1, 12) {
		wait = min(2*wait, most)
	}
	if at := now.Add(spread(min(wait, most))); !timed || at.After(next) {
		return at
	}
	return next
}

// sourceOf returns what a trigger remembers, or nil if it is no source.
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

func associatedState(triggerID string) string { return "trigger_source|" + triggerID }

// sealState seals what a program wants to know again; nil for nothing.
func (s *Service) sealState(triggerID string, state map[string]any) ([]byte, error) {
	if len(state) == 0 {
		return nil, nil
	}
	raw, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	if len(raw) > maxState {
		return nil, &operation.Error{Origin: "operation", Message: fmt.Sprintf("What the trigger wants to remember is larger than %d bytes.", maxState)}
	}
	return s.Box.Seal(raw, associatedState(triggerID)) //nolint:wrapcheck // says it all
}

// maxState is how much a source remembers, in bytes of its JSON.
const maxState = 256 << 10

func (s *Service) openState(triggerID string, sealed []byte) (map[string]any, error) {
	if sealed == nil {
		return map[string]any{}, nil
	}
	raw, err := s.Box.Open(sealed, associatedState(triggerID))
	if err != nil {
		return nil, fmt.Errorf("state of %s: %w", triggerID, err)
	}
	state, ok := operation.Read(raw).(map[string]any)
	if !ok {
		return nil, fmt.Errorf("state of %s is no object", triggerID)
	}
	return state, nil
}
