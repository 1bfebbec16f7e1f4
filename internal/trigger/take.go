package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	lru "github.com/hashicorp/golang-lru/v2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Faults of requests at a trigger's address.
var (
	ErrBusy     = fault.New(fault.RateLimited, "too_much_waits", "Too much of this trigger waits to be delivered. Send it again later.")
	ErrTooLarge = fault.New(fault.TooLarge, "body_too_large", "The body is larger than this trigger takes.")
	ErrTooMany  = fault.New(fault.TooLarge, "too_many_items", "A request may hold at most %d events.", mostItems)
)

// RetryAfter is how many seconds a caller is told to wait when too much waits.
const RetryAfter = 30

// Arrival is a request at a trigger's address.
type Arrival struct {
	Request        *inbound.Request
	Path           string // below the address
	ClientIP       string
	Hops           int    // of our own webhooks that led to it
	IdempotencyKey string // "" = none
	NoStore        bool   // the event is not kept once it was delivered
	NoTrigger      bool   // the event is kept and told to nobody
}

func (a *Arrival) call() *inbound.Call { return a.Request.Call(a.Path, a.ClientIP, false) }

// Answer is what the caller of a trigger's address is told.
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

func say(what any) (*Answer, error) {
	raw, err := json.Marshal(what)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return &Answer{Status: http.StatusOK, Headers: map[string]string{"Content-Type": "application/json; charset=utf-8"}, Body: string(raw)}, nil
}

// remembered is how many triggers with settings a process keeps in mind.
const remembered = 10_000

// Take takes a request at a trigger's address, as the trigger's settings say.
// When its answer is a 2xx, what became of the request is durable. A trigger
// without settings costs Accept and nothing more.
func (s *Service) Take(ctx context.Context, scope tenant.Scope, triggerID string, a *Arrival) (*Answer, error) {
	s.knowing.Do(func() { s.withIntake, _ = lru.New[string, struct{}](remembered) }) // fails for a size below one
	if a.IdempotencyKey == "" && !a.NoStore && !a.NoTrigger && !s.withIntake.Contains(triggerID) {
		err := s.Accept(ctx, scope, triggerID, a.call(), a.Hops)
		if err == nil {
			return say(map[string]string{"status": Accepted})
		}
		if !errors.Is(err, errIntake) {
			return nil, err
		}
		s.withIntake.Add(triggerID, struct{}{})
	}
	var v visit
	err := s.Verifier.Fetching(ctx, triggerID, func() error {
		v = visit{s: s, arrival: a}
		return s.DB.In(ctx, scope, func(tx *gorm.DB) error { return v.take(tx, triggerID) })
	})
	s.count(scope, triggerID, &v, err)
	if err != nil {
		return nil, err
	}
	s.Webhooks.Nudge(ctx, scope, v.endpoints)
	return v.answer, nil
}

func (s *Service) count(scope tenant.Scope, triggerID string, v *visit, err error) {
	switch {
	case v.trigger == nil || v.trigger.Intake == nil: // nobody asked
	case err == nil:
		s.Tally.Add(scope, triggerID, v.counts)
	case errors.Is(err, inbound.ErrSignature) || errors.Is(err, inbound.ErrLate) || errors.Is(err, inbound.ErrNoSecret):
		now := s.Now()
		s.Metrics.Unsigned.Inc()
		s.Tally.Add(scope, triggerID, inbound.Counts{Received: 1, Rejected: 1, LastRejectedAt: &now})
	case errors.Is(err, ErrBusy):
		s.Tally.Add(scope, triggerID, inbound.Counts{Received: 1, Refused: 1})
	}
}

// visit is one request on its way through a trigger's settings.
type visit struct {
	s       *Service
	arrival *Arrival
	trigger *Trigger
	user    string // the customer's own id

	counts    inbound.Counts
	endpoints []string
	answer    *Answer
}

func (v *visit) take(tx *gorm.DB, triggerID string) (err error) {
	if v.trigger, err = db.One[Trigger](tx.Where("id = ? AND active", triggerID), ErrInactive); err != nil {
		return err
	}
	u, err := account.UserByID(tx, v.trigger.UserID)
	if err != nil {
		return err
	}
	v.user = u.ExternalID
	in := v.trigger.Intake
	if in == nil {
		in = &Intake{}
	}
	if in.MaxBody > 0 && len(v.arrival.Request.Body) > in.MaxBody {
		return ErrTooLarge
	}
	how, err := v.verify(tx, in)
	if err != nil || v.answer != nil {
		return err
	}
	key := v.arrival.IdempotencyKey
	if key != "" {
		earlier, err := inbound.Begin(tx, triggerID, key, v.arrival.Request, v.s.Now())
		if err != nil {
			return err
		}
		if earlier != "" {
			v.counts.Received, v.counts.Duplicate = 1, 1
			if err := json.Unmarshal([]byte(earlier), &v.answer); err != nil {
				return fmt.Errorf("read answer: %w", err)
			}
			v.answer.Replayed = true
			return nil
		}
	}
	if in.MaxWaiting > 0 {
		n, err := webhook.Waiting(tx, triggerID, in.MaxWaiting)
		if err != nil {
			return err
		}
		if n >= in.MaxWaiting {
			return ErrBusy
		}
	}
	call := v.arrival.call()
	if how != nil {
		call.Hide(how)
	}
	if err := v.accept(tx, in, call); err != nil || key == "" {
		return err
	}
	raw, err := json.Marshal(v.answer)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return inbound.End(tx, triggerID, key, string(raw))
}

// verify checks who the request is from, and answers one that only tries the
// address. It returns how requests are signed, nil if they are not.
func (v *visit) verify(tx *gorm.DB, in *Intake) (*catalog.EventVerify, error) {
	how, shakes, err := in.scheme(v.s.Schemes)
	if err != nil || how == nil {
		return nil, err
	}
	k, err := v.s.openKeys(v.trigger)
	if err != nil {
		return nil, err
	}
	for _, verified := range []bool{false, true} {
		if verified {
			if err := v.s.Verifier.Verify(how, v.arrival.Request, k.Secrets); err != nil {
				return nil, err
			}
		}
		reply, err := inbound.Shake(shakes, v.arrival.Request, verified, &k)
		if err != nil {
			return nil, err
		}
		if reply == nil {
			continue
		}
		v.answer = &Answer{Status: reply.Status, Headers: reply.Headers, Body: reply.Body}
		if reply.Keep == "" {
			return how, nil
		}
		return how, v.keep(tx, k, reply.Keep)
	}
	return how, nil
}

// keep writes down a secret that came by a handshake, unless there is one by now.
func (v *visit) keep(tx *gorm.DB, k inbound.Keys, secret string) error {
	k.Secrets, k.Kept = []string{secret}, true
	sealed, err := v.s.sealKeys(v.trigger.ID, k)
	if err != nil {
		return err
	}
	res := tx.Exec("UPDATE triggers SET intake_keys = ? WHERE id = ? AND intake_keys IS NOT DISTINCT FROM ?", sealed, v.trigger.ID, v.trigger.IntakeKeys)
	return db.Affected(res, inbound.ErrSignature)
}
