// Package webhook tells customers' servers what happened.
//
// A delivery is a row: one event for one endpoint. It is written in the
// transaction of its event, claimed under a lease, sent, and written back. A
// queued task only says "look at this endpoint"; what was missed is swept up.
// Delivery is at least once: a receiver may see a webhook-id twice, never none.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// TaskDeliver nudges a worker to look at an endpoint.
const TaskDeliver = "webhook:deliver"

// Faults of this package.
var (
	ErrNoWebhook        = fault.New(fault.NotFound, "webhook_not_found", "There is no such webhook.")
	ErrDeliveryNotFound = fault.New(fault.NotFound, "delivery_not_found", "There is no such delivery.")
	ErrNoEndpoint       = fault.New(fault.NotFound, "endpoint_not_found", "There is no such endpoint.")
	ErrURLTaken         = fault.New(fault.Conflict, "endpoint_exists", "There is an endpoint with this URL already.").At("url")
	ErrTooMany          = fault.New(fault.Conflict, "too_many_endpoints", "An environment has at most %d endpoints.", MaxEndpoints)
	ErrDeliveryBusy     = fault.New(fault.Conflict, "delivery_in_progress", "The delivery is being sent at this moment.")
)

// Level says where an endpoint was set. A trigger's own endpoints come before
// the project's; a token's hear only of the connection that it makes.
type Level string

// The levels.
const (
	LevelToken   Level = "token"
	LevelTrigger Level = "trigger"
	LevelProject Level = "project"
)

// Endpoint is a URL that hears of events.
type Endpoint struct {
	ID        string
	Level     Level
	SubjectID string // the trigger, for LevelTrigger
	Main      bool   // the environment's webhook, which PUT /webhook sets
	URL       string
	CreatedAt time.Time
	UpdatedAt time.Time

	Settings // see settings.go

	// How the receiver is: see breaker.go.
	Breaker        Breaker
	OpenUntil      *time.Time // nothing is sent until then; nil = the breaker is closed
	OpenLevel      int
	Recent         int
	RecentCount    int
	Room           int
	FailingSince   *time.Time // nil = the last send succeeded
	Failures       int        // since then
	LastSuccessAt  *time.Time
	Warned         int // how often it was told that it fails; see told.go
	Told           bool
	DisabledAt     *time.Time // its deliveries wait until it is enabled
	DisabledReason *string    // gone | failing | manual
	Tokens         float64    // of the rate; see rate.go
	TokensAt       *time.Time

	Held bool `gorm:"-"` // nothing is sent in its environment; known of one that is locked
}

// TableName maps the noun to its table.
func (Endpoint) TableName() string { return "webhook_endpoints" }

// key is a signing key. Without an endpoint it is the environment's, which
// signs for the environment's webhook and for those of tokens. A retired key still signs until
// RetireAt, so that a receiver can change over without losing a delivery.
type key struct {
	ID         string
	EndpointID *string
	Key        []byte // sealed
	CreatedAt  time.Time
	RetireAt   *time.Time
}

func (key) TableName() string { return "webhook_keys" }

func associated(keyID string) string { return "webhook_key|" + keyID }

// Overlap is how long an old key still signs after a new one was made.
const Overlap = 24 * time.Hour

// State is where a delivery stands: pending -> sending -> delivered, or back to
// pending until the ladder ends in exhausted, and a person discards it. Only a
// person leads out of the last three.
type State string

// The states.
const (
	Pending   State = "pending"
	Sending   State = "sending"
	Delivered State = "delivered"
	Exhausted State = "exhausted"
	Discarded State = "discarded"
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID             string
	EventID        string
	EndpointID     string
	EventType      string
	ExternalUserID string
	OrderingKey    *string // nil = in no order
	Seq            *int64
	State          State
	Attempts       int
	Forgiven       int // of these: they were made before it was replayed, and the ladder begins behind them
	NextAttemptAt  time.Time
	LeaseID        string
	LeaseUntil     *time.Time
	LastStatus     *int
	LastError      *string
	CreatedAt      time.Time
	FinishedAt     *time.Time
	SentAs         *string // its webhook-id since it was replayed under a new one; nil = the event's
}

// WebhookID is the id under which a receiver sees the delivery.
func (d *Delivery) WebhookID() string {
	if d.SentAs != nil {
		return *d.SentAs
	}
	return d.EventID
}

// Attempt is one try, whatever came of it.
type Attempt struct {
	ID              string
	DeliveryID      string
	Number          int
	StartedAt       time.Time
	DurationMs      int
	Status          *int    // nil = no answer
	Error           *string // class of the failure; nil = delivered
	ResponseExcerpt string
	RequestHeaders  map[string]string `gorm:"serializer:json"` // what is secret is masked
	ResponseHeaders map[string]string `gorm:"serializer:json"`
	RemoteAddress   string            // ip:port; "" = none was reached
}

// Ladder is how long to wait after each failed attempt; about 22 hours in all.
var Ladder = []time.Duration{
	10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// backoff returns the wait after the attempt with the given number (from 1),
// spread by a fifth to either side, and false when there are no more. A
// receiver's Retry-After may lengthen it to a day, and never shortens it.
func backoff(ladder []time.Duration, attempt int, retryAfter time.Duration) (time.Duration, bool) {
	if attempt > len(ladder) {
		return 0, false
	}
	base := ladder[attempt-1]
	wait := time.Duration(float64(base) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // jitter, not a secret
	return max(wait, min(retryAfter, longestWish)), true
}

// longestWish is how far a receiver may put the next attempt off.
const longestWish = 24 * time.Hour

// A delivery is signed twice with the same keys: as existing Connect clients
// check it, and as the libraries of Standard Webhooks do. A key is used as the
// text it is shown as.

// Signature returns the value of the header x-pd-signature: the time in epoch
// seconds and, for each key, an HMAC-SHA256 in hex over "{t}.{body}".
func Signature(keys []secret.Text, at time.Time, body string) string {
	t := strconv.FormatInt(at.Unix(), 10)
	var b strings.Builder
	b.WriteString("t=" + t)
	for _, k := range keys {
		b.WriteString(",v1=" + hex.EncodeToString(mac(k, t+"."+body)))
	}
	return b.String()
}

// StandardSignature returns the value of the header webhook-signature
// (standardwebhooks.com, 1.0.0): for each key, "v1," and an HMAC-SHA256 in
// base64 over "{id}.{t}.{body}".
func StandardSignature(keys []secret.Text, eventID string, at time.Time, body string) string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = "v1," + base64.StdEncoding.EncodeToString(mac(k, eventID+"."+strconv.FormatInt(at.Unix(), 10)+"."+body))
	}
	return strings.Join(out, " ")
}

// StandardSecret is a key as the libraries of Standard Webhooks take it.
func StandardSecret(k secret.Text) secret.Text {
	return secret.Text("whsec_" + base64.StdEncoding.EncodeToString([]byte(k.Reveal())))
}

func mac(k secret.Text, text string) []byte {
	h := hmac.New(sha256.New, []byte(k.Reveal()))
	h.Write([]byte(text))
	return h.Sum(nil)
}
