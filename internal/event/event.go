// Package event records what happened, in the transaction in which it happened.
// Webhooks and the console's feed read from here, so no domain package calls them.
package event

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
)

// SecretMark stands in a body for a text that may not lie in the database in
// the clear. It is replaced by the event's secret when the body is sent, and by
// stars when the body is shown.
const SecretMark = "{{patchbay:secret}}" //nolint:gosec // a mark, not a secret

// Event is one fact. It is never changed.
type Event struct {
	ID             string
	Type           string   // CONNECTION_SUCCESS, trigger.emitted …
	SubjectID      string   // the account or trigger that it is about
	ExternalUserID string   // the customer's own id of the user; "" = nobody
	Body           string   // JSON, byte for byte as it is sent; "" when it was read and is Stored
	Stored         *Stored  `gorm:"serializer:json"` // where the body lies that is too large for the row; nil = in it
	Secret         []byte   // sealed with Associated(ID); nil = no SecretMark in Body
	Emitted        *Emitted `gorm:"serializer:json"` // what its component says of it beside the body; nil = nothing
	Hops           int      // how many of our own webhooks led to it
	CreatedAt      time.Time
}

// Emitted is what a component says of an event that it emits.
type Emitted struct {
	Summary string `json:"summary,omitempty"`
	Channel string `json:"channel,omitempty"` // "" = the usual one
}

// HopsHeader counts, on every call that we make, how many of our own calls led
// to it, so that a webhook that leads back to itself ends after MaxHops.
const (
	HopsHeader = "X-Patchbay-Hops"
	MaxHops    = 5
)

// Millis is how bodies write a time.
const Millis = "2006-01-02T15:04:05.000Z07:00"

// Fill gives e its id and its body: what, with that which every body says.
func (e *Event) Fill(environment string, what map[string]any) error {
	e.ID = id.New("evt")
	what["event"], what["event_id"], what["environment"], what["created_at"] = e.Type, e.ID, environment, e.CreatedAt.UTC().Format(Millis)
	if e.ExternalUserID != "" {
		what["external_user_id"] = e.ExternalUserID
	}
	body, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	e.Body = string(body)
	return nil
}

// Associated binds a sealed secret to its event.
func Associated(eventID string) string { return "event|" + eventID }

// batch is how many events one statement writes.
const batch = 500

// Emit records events. The caller's transaction decides whether they happened.
// Of one that is Stored, the body stays with the caller and out of the row.
func Emit(tx *gorm.DB, es ...*Event) error {
	for _, e := range es {
		if e.ID == "" {
			e.ID = id.New("evt")
		}
	}
	if err := hold(tx, es); err != nil {
		return err
	}
	rows := es
	for i, e := range es {
		if e.Stored == nil {
			continue
		}
		if &rows[0] == &es[0] {
			rows = slices.Clone(es)
		}
		row := *e
		row.Body = ""
		rows[i] = &row
	}
	if err := tx.CreateInBatches(rows, batch).Error; err != nil {
		return fmt.Errorf("emit events: %w", err)
	}
	return nil
}
