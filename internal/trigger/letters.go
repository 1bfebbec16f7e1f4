package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of letters.
var (
	ErrNoLetter    = fault.New(fault.NotFound, "inbound_letter_not_found", "There is no such letter that waits.")
	ErrStillNobody = fault.New(fault.Conflict, "still_unrouted", "There is still nobody whom the request is for.")
)

// The states of a letter.
const (
	LetterWaiting   = "waiting"
	LetterRequeued  = "requeued"
	LetterDiscarded = "discarded"
)

// Letter is a request that nobody was found for.
type Letter struct {
	ID         string // inl_…
	AddressID  string
	Reason     string
	Said       string // what the field of the route said
	Request    string // as an event would hold it, JSON
	Hops       int
	State      string
	CreatedAt  time.Time
	ResolvedAt *time.Time
}

// TableName maps the noun to its table.
func (Letter) TableName() string { return "inbound_letters" }

// Letters returns letters in a state, of an address or of all, newest first.
func (s *Service) Letters(ctx context.Context, scope tenant.Scope, addressID, state string, c db.Cursor) (page *db.Page[Letter], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx.Where("state = ?", state)
		if addressID != "" {
			q = q.Where("address_id = ?", addressID)
		}
		page, err = db.List(q, c, func(l *Letter) string { return l.ID })
		return err
	})
	return page, err
}

// Requeue routes a letter again, as if its request came now. It returns
// ErrStillNobody when there is still nobody, and the letter goes on waiting.
func (s *Service) Requeue(ctx context.Context, scope tenant.Scope, letterID string) (l *Letter, err error) {
	apps, err := s.Apps.For(ctx, scope.Project())
	if err != nil {
		return nil, err
	}
	r := receipt{s: s, scope: scope, apps: apps, stow: &stow{payloads: s.Payloads}}
	err = r.stow.around(ctx, scope, func() error {
		r.told = effects{}
		l, err = r.requeue(ctx, letterID)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.pass(ctx, scope, r.told)
	return l, nil
}

func (r *receipt) requeue(ctx context.Context, letterID string) (l *Letter, err error) {
	err = r.s.DB.In(ctx, r.scope, func(tx *gorm.DB) error {
		if l, err = waiting(tx, letterID); err != nil {
			return err
		}
		if r.address, err = addressOf(tx, l.AddressID); err != nil {
			return err
		}
		app, err := r.apps.Get(r.address.App)
		if err != nil {
			return err
		}
		var call inbound.Call
		if err := json.Unmarshal([]byte(l.Request), &call); err != nil {
			return fmt.Errorf("read letter: %w", err)
		}
		request, err := requestOf(&call)
		if err != nil {
			return err
		}
		_, reason, _, err := r.route(tx, app, request, &call, l.Hops)
		if err != nil {
			return err
		}
		if reason != "" {
			return ErrStillNobody.With(map[string]any{"reason": reason})
		}
		return r.s.resolve(tx, l, LetterRequeued)
	})
	return l, err
}

// Discard puts a letter away.
func (s *Service) Discard(ctx context.Context, scope tenant.Scope, letterID string) (l *Letter, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if l, err = waiting(tx, letterID); err != nil {
			return err
		}
		return s.resolve(tx, l, LetterDiscarded)
	})
	return l, err
}

func waiting(tx *gorm.DB, letterID string) (*Letter, error) {
	return db.One[Letter](tx.Clauses(locked).Where("id = ? AND state = ?", letterID, LetterWaiting), ErrNoLetter)
}

func (s *Service) resolve(tx *gorm.DB, l *Letter, state string) error {
	now := s.Now()
	l.State, l.ResolvedAt = state, &now
	res := tx.Model(&Letter{}).Where("id = ?", l.ID).Updates(map[string]any{"state": state, "resolved_at": now})
	if err := db.Affected(res, ErrNoLetter); err != nil {
		return err
	}
	return audit.Record(tx, now, audit.Entry{Action: audit.LetterResolved, Subject: l.ID, Details: map[string]any{"state": state}})
}

// requestOf makes a request again of how it was shown.
func requestOf(call *inbound.Call) (*inbound.Request, error) {
	out := &inbound.Request{Method: call.Method, URL: call.URL, Header: http.Header{}}
	for k, v := range call.Headers {
		out.Header.Set(k, v)
	}
	body := call.Body
	if form, ok := body.(map[string]any); ok && form["payload"] != nil && out.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		payload, _ := form["payload"].(string)
		out.Body = []byte(payload)
		out.Header.Set("Content-Type", "application/json")
		return out, nil
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	out.Body = raw
	return out, nil
}
