package webhook

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Payload is what a delivery's body is.
type Payload string

// The payloads.
const (
	Raw       Payload = "raw"      // the event's body, byte for byte
	Enveloped Payload = "envelope" // what every event has, and the body as its data
)

// Scheme is a way of signing.
type Scheme string

// The schemes.
const (
	Connect  Scheme = "x-pd-signature"
	Standard Scheme = "standard-webhooks"
)

// Ordering says which deliveries of an endpoint arrive in the order of their events.
type Ordering string

// The orderings.
const (
	Unordered Ordering = "none"
	ByUser    Ordering = "user"    // those of a user; an event of no user is in no order
	BySubject Ordering = "subject" // those about an account, a trigger …
	ByField   Ordering = "field"   // those with the same value at OrderingPath; what has none there is in no order
)

// OnExhausted says what becomes of those behind a delivery that was given up.
type OnExhausted string

// The policies. Each concerns one key: what has another key goes on.
const (
	Block OnExhausted = "block" // they wait until a person sends or discards it
	Skip  OnExhausted = "skip"  // they go on
)

// Settings are an endpoint's wishes. What needs a limit has one: see Check.
type Settings struct {
	Description          string
	EventTypes           []string `gorm:"serializer:json"` // types, and beginnings of types with a star
	HearsTriggers        bool     // what they come to for trigger.emitted; see subscribe
	Payload              Payload
	InlineLimit          int      // bytes; a larger body is sent as a reference; 0 = none is
	Signatures           []Scheme `gorm:"serializer:json"`
	TimeoutMs            int
	RetryWaits           []int   `gorm:"serializer:json"` // seconds after each failure; nil = Service.Ladder, empty = one attempt
	Rate                 float64 // deliveries a second; 0 = no limit
	Burst                int     // at once, after a rest; 0 without a rate
	Concurrency          int
	Ordering             Ordering
	OrderingPath         string // a JSON pointer into the event's body, for ByField
	OnExhausted          OnExhausted
	Headers              []byte // sealed; see headers.go
	Certificate          []byte // sealed; see certificate.go
	CertificateSubject   string
	CertificateExpiresAt *time.Time
}

// MaxEndpoints is how many endpoints an environment may have, without those of
// its triggers and connect tokens.
const MaxEndpoints = 50

// MaxTimeout is the longest that an endpoint may take to answer.
const MaxTimeout = 30 * time.Second

// Limits of settings.
const (
	maxDescription = 500
	maxTypes       = 50
	maxPath        = 200
	maxInline      = 64 << 20
	maxWaits       = 20
	longestWait    = 3 * 24 * time.Hour
	longestLadder  = 7 * 24 * time.Hour
	minTimeout     = time.Second
	maxRate        = 10_000
	minRate        = 0.01
	maxConcurrency = 64
)

// Everything is the pattern of all types that are no platform events.
const Everything = "*"

// defaults are the settings of an endpoint of which nothing was said.
func defaults() Settings {
	return Settings{
		EventTypes: []string{Everything}, HearsTriggers: true, Payload: Raw, Signatures: []Scheme{Connect, Standard}, TimeoutMs: int(sendTimeout / time.Millisecond),
		Concurrency: inFlight, Ordering: Unordered, OnExhausted: Block,
	}
}

// mainTypes are what the environment's webhook hears of if nothing else is said:
// the outcome of a connection is told to the webhook of its token.
var mainTypes = []string{event.TriggerEmitted, "ACCOUNT_*", "OAUTH_APP_*"}

// invalid is a fault of one setting, which has its name for a code.
func invalid(setting, format string, args ...any) error {
	return fault.New(fault.Invalid, setting, format, args...).At(setting)
}

// Check returns the first rule that the settings break.
func (s *Settings) Check() error {
	if utf8.RuneCountInString(s.Description) > maxDescription {
		return invalid("description", "A description has at most %d characters.", maxDescription)
	}
	if len(s.EventTypes) == 0 || len(s.EventTypes) > maxTypes {
		return invalid("event_types", "An endpoint hears of 1 to %d types of events.", maxTypes)
	}
	for _, p := range s.EventTypes {
		if !slices.ContainsFunc(event.Kinds, func(k event.Kind) bool { return fits(p, k) }) {
			return invalid("event_types", "%q is no type of event, and none begins so. GET /v1/event_types lists them.", p)
		}
	}
	switch {
	case s.Payload != Raw && s.Payload != Enveloped:
		return invalid("payload", "A payload is raw or envelope.")
	case s.InlineLimit < 0 || s.InlineLimit > maxInline:
		return invalid("inline_limit", "A limit of what is sent itself is between 0 (none) and %d bytes.", maxInline)
	case len(s.Signatures) == 0:
		return invalid("signatures", "A delivery is signed in one way at least: %s or %s.", Connect, Standard)
	case slices.ContainsFunc(s.Signatures, func(x Scheme) bool { return x != Connect && x != Standard }):
		return invalid("signatures", "A signature is %s or %s.", Connect, Standard)
	case s.timeout() < minTimeout || s.timeout() > MaxTimeout:
		return invalid("timeout_ms", "A timeout is between %d and %d milliseconds.", minTimeout/time.Millisecond, MaxTimeout/time.Millisecond)
	case s.Concurrency < 1 || s.Concurrency > maxConcurrency:
		return invalid("concurrency", "Between 1 and %d deliveries may be under way at once.", maxConcurrency)
	case s.Ordering != Unordered && s.Ordering != ByUser && s.Ordering != BySubject && s.Ordering != ByField:
		return invalid("ordering", "An ordering is none, user, subject or field.")
	case s.Ordering == ByField && (!strings.HasPrefix(s.OrderingPath, "/") || len(s.OrderingPath) > maxPath):
		return invalid("ordering_path", "An ordering by field needs the place of the field in the body: a JSON pointer of at most %d characters, such as /body/customer/id.", maxPath)
	case s.Ordering != ByField && s.OrderingPath != "":
		return invalid("ordering_path", "A place in the body belongs to an ordering by field.")
	case s.OnExhausted != Block && s.OnExhausted != Skip:
		return invalid("on_exhausted", "What follows a delivery that was given up is block or skip.")
	}
	if err := s.checkRate(); err != nil {
		return err
	}
	return s.checkWaits()
}

func (s *Settings) checkRate() error {
	switch {
	case s.Rate == 0 && s.Burst == 0:
		return nil
	case s.Rate == 0:
		return invalid("burst", "A burst belongs to a rate: say how many deliveries a second.")
	case s.Rate < minRate || s.Rate > maxRate:
		return invalid("rate_per_second", "A rate is between %g and %d deliveries a second.", minRate, maxRate)
	case s.Burst < 1 || s.Burst > maxRate:
		return invalid("burst", "A burst is between 1 and %d deliveries.", maxRate)
	}
	return nil
}

func (s *Settings) checkWaits() error {
	if len(s.RetryWaits) > maxWaits {
		return invalid("retry_waits", "A delivery is tried again at most %d times.", maxWaits)
	}
	var all time.Duration
	for _, w := range s.RetryWaits {
		if w < 1 || w > int(longestWait/time.Second) {
			return invalid("retry_waits", "A wait is between 1 and %d seconds.", longestWait/time.Second)
		}
		all += time.Duration(w) * time.Second
	}
	if all > longestLadder {
		return invalid("retry_waits", "All waits together are %d seconds at most.", longestLadder/time.Second)
	}
	return nil
}

// subscribe sets of what the endpoint hears.
func (s *Settings) subscribe(patterns []string) {
	s.EventTypes = slices.Compact(slices.Sorted(slices.Values(patterns)))
	s.HearsTriggers = hears(patterns, event.TriggerEmitted)
}

// hears reports whether an endpoint with these patterns hears of events of a type.
func hears(patterns []string, eventType string) bool {
	k, known := event.KindOf(eventType)
	if !known {
		k = event.Kind{Type: eventType}
	}
	return slices.ContainsFunc(patterns, func(p string) bool { return fits(p, k) })
}

// fits reports whether a pattern takes in a kind of events. A lone star does
// not mean what is told of the platform itself: who wants that says so.
func fits(pattern string, k event.Kind) bool {
	if pattern == Everything {
		return !k.Platform
	}
	if head, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(k.Type, head)
	}
	return pattern == k.Type
}

// Retried reports whether a delivery that failed is tried again.
func (s *Settings) Retried() bool { return s.RetryWaits == nil || len(s.RetryWaits) > 0 }

func (s *Settings) timeout() time.Duration { return time.Duration(s.TimeoutMs) * time.Millisecond }

// leaseFor is longer than a send, so that only a dead worker loses a lease.
func (s *Settings) leaseFor() time.Duration { return s.timeout() + leaseMargin }

// ladder returns the endpoint's own waits, or else the installation's.
func (s *Settings) ladder(usual []time.Duration) []time.Duration {
	if s.RetryWaits == nil {
		return usual
	}
	out := make([]time.Duration, len(s.RetryWaits))
	for i, w := range s.RetryWaits {
		out[i] = time.Duration(w) * time.Second
	}
	return out
}

// orderingKey is what the order of an event's delivery is kept by; nil = in no order.
func (s *Settings) orderingKey(e *event.Event) *string {
	switch {
	case s.Ordering == ByUser && e.ExternalUserID != "":
		return new("user:" + e.ExternalUserID)
	case s.Ordering == BySubject && e.SubjectID != "":
		return new("subject:" + e.SubjectID)
	case s.Ordering == ByField:
		return fieldKey(e.Body, s.OrderingPath)
	default:
		return nil
	}
}

// fieldKey is the hash of a text, a number or a truth value in a body: what
// stands in payloads may be long, and is nobody's business outside of them.
func fieldKey(body, path string) *string {
	var doc any
	in := json.NewDecoder(strings.NewReader(body))
	in.UseNumber() // digits beyond a float's would make one key of two
	if in.Decode(&doc) != nil {
		return nil
	}
	v, _ := catalog.Pointer(doc, path)
	switch v.(type) {
	case string, json.Number, bool:
		sum := sha256.Sum256([]byte(catalog.Text(v)))
		return new("field:" + base64.RawURLEncoding.EncodeToString(sum[:]))
	default:
		return nil
	}
}
