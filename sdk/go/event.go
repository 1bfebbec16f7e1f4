package patchbay

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"
)

// The types of events. There may be more: a receiver answers 2xx to what it does not know.
const (
	ConnectionSuccess = "CONNECTION_SUCCESS"
	ConnectionError   = "CONNECTION_ERROR"
	AccountUnhealthy  = "ACCOUNT_UNHEALTHY" // something is wrong; it is tried again
	AccountDead       = "ACCOUNT_DEAD"      // only the user can mend it
	AccountRecovered  = "ACCOUNT_RECOVERED"
	AccountExpiring   = "ACCOUNT_EXPIRING" // soon only the user can renew it
	AccountDeleted    = "ACCOUNT_DELETED"
	OAuthAppSuspended = "OAUTH_APP_SUSPENDED"
	OAuthAppRecovered = "OAUTH_APP_RECOVERED"
	TriggerEmitted    = "trigger.emitted" // the body is what the trigger emitted, as it is
)

// Event is a webhook that was verified.
type Event struct {
	ID     string    // the same in every attempt: do what it asks once. "" = the sender named none
	Type   string    // one of the types above, or a newer one
	SentAt time.Time // when this attempt was signed, to the second

	// Of every event but a TriggerEmitted without an envelope.
	CreatedAt      time.Time
	Environment    string // development or production
	ExternalUserID string // your own id of the user; "" = nobody's

	Body json.RawMessage // byte for byte as it was sent; of an endpoint whose payloads are enveloped, what is in the envelope
}

// EventAccount is what the body of a connection's or an account's event says of the account, below "account".
type EventAccount struct {
	ID         string  `json:"id"`
	Name       *string `json:"name"`
	ExternalID string  `json:"external_id"` // your own id of the user
	Healthy    bool    `json:"healthy"`
	Dead       bool    `json:"dead"`
	Error      *string `json:"error"`
	ExpiresAt  *string `json:"expires_at"` // of AccountExpiring
	App        struct {
		ID       string `json:"id"`
		NameSlug string `json:"name_slug"`
		Name     string `json:"name"`
	} `json:"app"`
}

// Connection is the body of ConnectionSuccess and ConnectionError.
type Connection struct {
	ConnectToken     string        `json:"connect_token"`
	ConnectSessionID string        `json:"connect_session_id"`
	Reconnected      bool          `json:"reconnected"`
	Account          *EventAccount `json:"account"`    // nil after an error
	Error            string        `json:"error"`      // a sentence; "" after a success
	ErrorCode        string        `json:"error_code"` // "" after a success
}

// Decode reads the body into v, as json.Unmarshal does.
func (e *Event) Decode(v any) error {
	if err := json.Unmarshal(e.Body, v); err != nil {
		return fmt.Errorf("patchbay: the body of %s is not a %T: %w", e.Type, v, err)
	}
	return nil
}

// parse returns the event of a body whose signature fits. What a trigger emitted comes from others and may look like
// any event of ours; but it cannot know the id that it is sent under.
func parse(id string, sentAt time.Time, body []byte) (*Event, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, refuse(MalformedBody, "The body is signed, and is not JSON.")
	}
	e := &Event{ID: id, Type: TriggerEmitted, SentAt: sentAt, Body: body}
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(body, &fields) // what is no object has no fields
	text := func(name string) (s string) {
		_ = json.Unmarshal(fields[name], &s)
		return s
	}
	told := func(name, created string) {
		e.Type, e.Environment, e.ExternalUserID = name, text("environment"), text("external_user_id")
		e.CreatedAt, _ = time.Parse(time.RFC3339, text(created))
	}
	switch data, enveloped := fields["data"]; {
	case id == "":
	case enveloped && text("id") == id && text("type") != "":
		told(text("type"), "timestamp")
		e.Body = data
	case text("event_id") == id && text("event") != "":
		told(text("event"), "created_at")
	}
	return e, nil
}
