// Package replay sends again: deliveries where they went, or events to one
// endpoint, whether or not they ever went there. A replay is a row that is
// worked off in order and at a rate; each step is one transaction, so that a
// worker that dies leaves nothing half done and nothing is queued twice.
package replay

import (
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/paced"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// The limits of a replay.
const (
	DefaultRate = 50 // a second
	MaxRate     = paced.MaxRate
	MaxIDs      = 1000
)

// Faults of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "replay_not_found", "There is no such replay.")
	ErrOver     = fault.New(fault.Conflict, "replay_over", "The replay is over: start another one.")
	ErrMany     = fault.New(fault.Conflict, "replays_running", "%d replays are under way. Cancel one, or wait until one is over.", paced.MaxRunning)
	ErrFilter   = fault.New(fault.Invalid, "replay_filter", "Events that are sent to an endpoint are chosen by event_type, external_user_id, since and until only.")
	ErrState    = fault.New(fault.Invalid, "replay_state", "A delivery that is being sent cannot be replayed.")
	ErrRange    = fault.New(fault.Invalid, "replay_range", "since is not before until.")
	ErrRate     = fault.New(fault.Invalid, "replay_rate", "A rate is 1 to %d deliveries a second.", MaxRate).At("rate")
)

// Where a replay stands.
const (
	Running   = paced.Running
	Paused    = paced.Paused
	Finished  = paced.Finished
	Cancelled = paced.Cancelled
)

// Choice says what is sent again.
type Choice struct {
	Filter     webhook.Filter `gorm:"serializer:json"`
	EndpointID *string        // events go to this endpoint; nil: deliveries go where they went
	Again      bool           // also what has arrived at EndpointID
	NewIDs     bool           // each is sent under a webhook-id that its receiver has not seen
}

// Replay is a choice on its way.
type Replay struct {
	paced.Job
	Choice
	Queued int // of what was looked at, to be sent: what is being sent, or waits already, is passed over
}

func (c *Choice) check() error {
	f := &c.Filter
	switch {
	case f.Since != nil && f.Until != nil && !f.Since.Before(*f.Until):
		return ErrRange
	case f.State == webhook.Sending:
		return ErrState
	case c.EndpointID != nil && (f.IDs != nil || f.EndpointID != "" || f.State != "" || f.Error != "" || f.Status != ""):
		return ErrFilter
	}
	return nil
}

// of returns the query of what the choice holds, of what was there at a time.
func (c *Choice) of(tx *gorm.DB, at time.Time) (*gorm.DB, *webhook.Endpoint, error) {
	if c.EndpointID == nil {
		return c.Filter.Where(tx.Model(&webhook.Delivery{})).Where("state <> ? AND created_at <= ?", webhook.Sending, at), nil, nil
	}
	to, err := webhook.Target(tx, *c.EndpointID)
	if err != nil {
		return nil, nil, err
	}
	q := c.Filter.Events(tx, to).Where("created_at <= ?", at)
	// Not counted is what would be passed over in any case.
	ended := []webhook.State{webhook.Pending, webhook.Sending}
	if !c.Again {
		ended = append(ended, webhook.Delivered)
	}
	return q.Where("NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = events.id AND d.endpoint_id = ? AND d.state IN ?)", to.ID, ended), to, nil
}
