package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
)

// Faults of requests at an address.
var (
	ErrBusy     = fault.New(fault.RateLimited, "too_much_waits", "Too much of what was sent to this address waits. Send it again later.")
	ErrTooLarge = fault.New(fault.TooLarge, "body_too_large", "The body is larger than this address takes.")
	ErrTooMany  = fault.New(fault.TooLarge, "too_many_items", "A request may hold at most %d events.", mostItems)
)

// RetryAfter is how many seconds a caller is told to wait when too much waits.
const RetryAfter = 30

// Arrival is a request at an address.
type Arrival struct {
	Request        *inbound.Request
	Path           string // below the address
	ClientIP       string
	Hops           int    // of our own webhooks that led to it
	Ours           bool   // its authorization was for us, and is not shown on
	IdempotencyKey string // "" = none
	NoStore        bool   // the event is not kept once it was delivered
	NoTrigger      bool   // the event is kept and told to nobody

	Accounts map[string]string // of a workflow's: which of its user's accounts are used, by app
}

// Call is the request as it is shown on.
func (a *Arrival) Call() *inbound.Call { return a.Request.Call(a.Path, a.ClientIP, a.Ours) }

// Plain reports whether the caller asks for nothing but that the request is taken.
func (a *Arrival) Plain() bool { return a.IdempotencyKey == "" && !a.NoStore && !a.NoTrigger }

// Answer is what the caller of an address is told.
type Answer struct {
	Status   int
	Headers  map[string]string
	Body     string
	Replayed bool // it is the answer to an earlier request with the same idempotency key
}

// The outcomes of a request that a caller is told.
const (
	Accepted  = "accepted"
	Duplicate = "duplicate"
	Filtered  = "filtered"
)

// Say is the answer that holds a value's JSON.
func Say(what any) (*Answer, error) {
	raw, err := json.Marshal(what)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return &Answer{Status: http.StatusOK, Headers: map[string]string{"Content-Type": "application/json; charset=utf-8"}, Body: string(raw)}, nil
}

// Visit is one request on its way through an address's settings.
type Visit struct {
	Arrival  *Arrival
	Settings *Settings
	Batch    string // the id of a Summary; "" = a new one
	SourceID string // by which ids and idempotency keys are remembered
	User     string // the customer's own id, of whom expressions may speak; "" = nobody
	Schemes  *inbound.Schemes
	Verifier *inbound.Verifier
	Now      func() time.Time

	Keys      func() (inbound.Keys, error)                                              // by which requests are verified
	Keep      func(tx *gorm.DB, k inbound.Keys) error                                   // writes down a secret that came by a handshake
	Waiting   func(tx *gorm.DB, most int) (int, error)                                  // how much waits, counted up to most
	Accept    func(tx *gorm.DB, calls []*inbound.Call) (more map[string]any, err error) // writes down what came in; more is told to the caller
	Summarize func(tx *gorm.DB, sum *Summary) error                                     // keeps what became of several; nil = nobody does

	Counts inbound.Counts // what came of it
	Answer *Answer
}

// Take takes the request within a transaction: verified, once, not too many, in
// parts, those of which the condition holds. Answer and Counts say what came of
// it. The error may be an *inbound.Missing: see Verifier.Fetching.
func (v *Visit) Take(tx *gorm.DB) error {
	in := v.Settings
	if in.MaxBody > 0 && len(v.Arrival.Request.Body) > in.MaxBody {
		return ErrTooLarge
	}
	how, err := v.verify(tx)
	if err != nil || v.Answer != nil {
		return err
	}
	key := v.Arrival.IdempotencyKey
	if key != "" {
		earlier, err := inbound.Begin(tx, v.SourceID, key, v.Arrival.Request, v.Now())
		if err != nil {
			return err
		}
		if earlier != "" {
			v.Counts.Received, v.Counts.Duplicate = 1, 1
			if err := json.Unmarshal([]byte(earlier), &v.Answer); err != nil {
				return fmt.Errorf("read answer: %w", err)
			}
			v.Answer.Replayed = true
			return nil
		}
	}
	if in.MaxWaiting > 0 {
		n, err := v.Waiting(tx, in.MaxWaiting)
		if err != nil {
			return err
		}
		if n >= in.MaxWaiting {
			return ErrBusy
		}
	}
	call := v.Arrival.Call()
	if how != nil {
		call.Hide(how)
	}
	if err := v.accept(tx, call); err != nil || key == "" {
		return err
	}
	raw, err := json.Marshal(v.Answer)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return inbound.End(tx, v.SourceID, key, string(raw))
}

// verify checks who the request is from, and answers one that only tries the
// address. It returns how requests are signed, nil if they are not.
func (v *Visit) verify(tx *gorm.DB) (*catalog.EventVerify, error) {
	how, shakes, err := v.Settings.scheme(v.Schemes)
	if err != nil || how == nil && len(shakes) == 0 {
		return nil, err
	}
	k, err := v.Keys()
	if err != nil {
		return nil, err
	}
	for _, verified := range []bool{false, true} {
		if verified && how != nil {
			if err := v.Verifier.Verify(how, v.Arrival.Request, k.Secrets); err != nil {
				return nil, err
			}
		}
		reply, err := inbound.Shake(shakes, v.Arrival.Request, verified, &k)
		if err != nil {
			return nil, err
		}
		if reply == nil {
			continue
		}
		v.Answer = &Answer{Status: reply.Status, Headers: reply.Headers, Body: reply.Body}
		if reply.Keep == "" {
			return how, nil
		}
		k.Secrets, k.Kept = []string{reply.Keep}, true
		return how, v.Keep(tx, k)
	}
	return how, nil
}

// say makes the answer to a request that was taken: what the settings say, or
// else what became of it.
func (v *Visit) say(status string, more map[string]any, sum *Summary) (err error) {
	if r := v.Settings.Response; r != nil {
		v.Answer = &Answer{Status: r.Status, Headers: map[string]string{}, Body: r.Body}
		if r.Status == 0 {
			v.Answer.Status = http.StatusOK
		}
		if r.Body != "" {
			kind := r.ContentType
			if kind == "" {
				kind = "text/plain"
			}
			v.Answer.Headers["Content-Type"] = kind + "; charset=utf-8"
		}
		return nil
	}
	out := map[string]any{"status": status}
	maps.Copy(out, more)
	if sum != nil {
		for name, value := range map[string]any{
			"batch_id": sum.ID, "received": sum.Received, "accepted": sum.Accepted, "duplicate": sum.Duplicate, "filtered": sum.Filtered, "rejected": sum.Rejected, "errors": sum.Errors,
		} {
			out[name] = value
		}
	}
	v.Answer, err = Say(out)
	return err
}

// Count returns what a request that was refused counts as at its address, and
// whether its signature was why.
func Count(err error, now time.Time) (c inbound.Counts, unsigned bool) {
	switch {
	case errors.Is(err, inbound.ErrSignature) || errors.Is(err, inbound.ErrLate) || errors.Is(err, inbound.ErrNoSecret):
		return inbound.Counts{Received: 1, Rejected: 1, LastRejectedAt: &now}, true
	case errors.Is(err, ErrBusy):
		return inbound.Counts{Received: 1, Refused: 1}, false
	}
	return c, false
}
