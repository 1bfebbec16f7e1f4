package trigger

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/operation"
)

// longestSummary is how much is kept of what a component says of an event.
const longestSummary = 500

func clip(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
	if r := []rune(text); len(r) > longestSummary {
		return string(r[:longestSummary-1]) + "…"
	}
	return text
}

// emission is the event that tells of what happened at the app.
func emission(t *Trigger, user string, of *operation.Event, now time.Time) (*event.Event, error) {
	body, err := json.Marshal(of.Body)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	e := &event.Event{Type: event.TriggerEmitted, SubjectID: t.ID, ExternalUserID: user, Body: string(body), CreatedAt: now}
	if of.Summary != "" || of.Channel != "" {
		e.Emitted = &event.Emitted{Summary: clip(of.Summary), Channel: clip(of.Channel)}
	}
	return e, nil
}
