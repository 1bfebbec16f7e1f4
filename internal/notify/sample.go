package notify

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// sample is a message of an event that did not happen, with the body that the
// catalogue of events shows. It leads to no subject, for there is none.
func (w *where) sample(r *Route, eventType string, now time.Time) *Message {
	e := &event.Event{Type: eventType, CreatedAt: now}
	_, e.Body, _ = event.Sample(eventType, id.New("evt"), w.environment, now) // its callers know the type
	return w.ofEvent(r, e)
}
