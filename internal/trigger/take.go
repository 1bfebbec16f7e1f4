package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// remembered is how many triggers with settings a process keeps in mind.
const remembered = 10_000

// Take takes a request at a trigger's address, as the trigger's settings say.
// When its answer is a 2xx, what became of the request is durable. A trigger
// without settings costs Accept and nothing more.
func (s *Service) Take(ctx context.Context, scope tenant.Scope, triggerID string, a *intake.Arrival) (*intake.Answer, error) {
	s.knowing.Do(func() { s.withIntake, _ = lru.New[string, struct{}](remembered) }) // fails for a size below one
	if a.Plain() && !s.Payloads.Large(len(a.Request.Body)) && !s.withIntake.Contains(triggerID) {
		err := s.Accept(ctx, scope, triggerID, a.Call(), a.Hops)
		if err == nil {
			return intake.Say(map[string]string{"status": intake.Accepted})
		}
		switch {
		case errors.Is(err, errIntake):
			s.withIntake.Add(triggerID, struct{}{})
		case !errors.Is(err, errLarge):
			return nil, err
		}
	}
	var apps *catalog.Catalog
	var components *component.Registry
	if strings.HasPrefix(triggerID, kinds["source"]) {
		var err error
		if apps, err = s.Apps.For(ctx, scope.Project()); err != nil {
			return nil, err
		}
		if components, err = s.Components.For(ctx, scope.Project()); err != nil {
			return nil, err
		}
	}
	if components != nil {
		if t, c, err := s.source(ctx, scope, triggerID); err != nil || c != nil {
			if err != nil {
				return nil, err
			}
			return s.called(ctx, scope, t, c, a)
		}
	}
	var v taking
	away, batch := &stow{payloads: s.Payloads}, id.New("bat")
	err := s.around(ctx, scope, triggerID, away, func() error {
		v = taking{s: s, scope: scope, apps: apps, components: components, stow: away, batch: batch}
		return s.DB.In(ctx, scope, func(tx *gorm.DB) error { return v.take(tx, triggerID, a) })
	})
	if v.trigger != nil && v.trigger.Intake != nil { // else nobody asked
		s.count(scope, triggerID, v.visit.Counts, err)
		if l := v.look(err); l != nil {
			s.Journal.Add(scope, triggerID, *l)
		}
	}
	if err != nil {
		return nil, err
	}
	s.pass(ctx, scope, v.told)
	return v.visit.Answer, nil
}

// count counts what came of a request at an address.
func (s *Service) count(scope tenant.Scope, sourceID string, c inbound.Counts, err error) {
	if err != nil {
		var unsigned bool
		if c, unsigned = intake.Count(err, s.Now()); unsigned {
			s.Metrics.Unsigned.Inc()
		}
	}
	if c.Received > 0 {
		s.Tally.Add(scope, sourceID, c)
	}
}

// look is what is noted of a request; nil = nothing, since it only tried the address.
func (v *taking) look(err error) *Look {
	now := v.s.Now()
	if err != nil {
		return refusal(err, now)
	}
	if v.got != nil {
		l := v.got.look
		l.At, l.Kind, l.Found, l.New, l.Error = now, ByRequest, v.got.found, len(v.got.events), v.got.unread
		return &l
	}
	c := v.visit.Counts
	if c.Received == 0 {
		return nil
	}
	l := &Look{At: now, Kind: ByRequest, Found: int(c.Accepted + c.Duplicate + c.Filtered + c.Invalid), New: int(c.Accepted)}
	for _, d := range []Drop{{Reason: SeenBefore, Count: int(c.Duplicate)}, {Reason: ByFilter, Count: int(c.Filtered)}, {Reason: NotReadable, Count: int(c.Invalid)}} {
		if d.Count > 0 {
			l.Dropped = append(l.Dropped, d)
		}
	}
	return l
}

// taking is one request on its way to become events of a trigger.
type taking struct {
	s          *Service
	trigger    *Trigger
	visit      *intake.Visit
	stow       *stow
	batch      string // the id of its summary, if it holds several events
	apps       *catalog.Catalog
	components *component.Registry
	src        *Source  // nil = the trigger is none
	got        *reading // what its program made of the request
	scope      tenant.Scope
	told       effects
}

func (v *taking) take(tx *gorm.DB, triggerID string, a *intake.Arrival) (err error) {
	if v.trigger, err = db.One[Trigger](tx.Where("id = ? AND active", triggerID), ErrInactive); err != nil {
		return err
	}
	u, err := account.UserByID(tx, v.trigger.UserID)
	if err != nil {
		return err
	}
	v.visit = &intake.Visit{
		Arrival: a, Batch: v.batch, Settings: v.trigger.Intake, SourceID: triggerID, User: u.ExternalID, Schemes: v.s.Schemes, Verifier: v.s.Verifier, Now: v.s.Now,
		Keys: func() (inbound.Keys, error) { return v.s.openKeys(v.trigger) }, Keep: v.keep,
		Waiting:   func(tx *gorm.DB, most int) (int, error) { return webhook.Waiting(tx, triggerID, most) },
		Accept:    v.accept,
		Summarize: v.summarize,
	}
	if v.visit.Settings == nil {
		v.visit.Settings = &intake.Settings{}
	}
	if v.apps != nil {
		if err := v.hooked(tx); err != nil {
			return err
		}
	}
	err = v.visit.Take(tx)
	if err == nil {
		return v.judge()
	}
	unknown := errors.Is(err, inbound.ErrSignature) || errors.Is(err, inbound.ErrNoSecret)
	if unknown && v.src != nil && (v.src.Phase == Deploying || v.src.Phase == Changing) {
		return ErrNotReady // the secret may be in an answer that is on its way
	}
	return err
}

// accept writes the events of a request.
func (v *taking) accept(tx *gorm.DB, calls []*inbound.Call) (map[string]any, error) {
	now, es := v.s.Now(), make([]*event.Event, 0, len(calls))
	for _, call := range calls {
		body, err := json.Marshal(call)
		if err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
		es = append(es, &event.Event{Type: event.TriggerEmitted, SubjectID: v.trigger.ID, ExternalUserID: v.visit.User, Body: string(body), Hops: v.visit.Arrival.Hops, CreatedAt: now})
	}
	if err := v.stow.away(es...); err != nil {
		return nil, err
	}
	return nil, v.emit(tx, es)
}

func (v *taking) emit(tx *gorm.DB, es []*event.Event) (err error) {
	if v.visit.Arrival.NoTrigger {
		if len(es) == 0 {
			return nil
		}
		return event.Emit(tx, es...)
	}
	if v.told, err = v.s.emit(tx, v.scope, v.trigger, v.visit.Arrival.NoStore, es...); err != nil || !v.visit.Arrival.NoStore {
		return err
	}
	for _, e := range es {
		if err := tx.Exec("INSERT INTO events_unkept (id, created_at) VALUES (?, ?)", e.ID, e.CreatedAt).Error; err != nil {
			return fmt.Errorf("mark event: %w", err)
		}
	}
	return nil
}

// keep writes down a secret that came by a handshake, unless there is one by now.
func (v *taking) keep(tx *gorm.DB, k inbound.Keys) error {
	sealed, err := intake.Seal(v.s.Box, associatedKeys(v.trigger.ID), k)
	if err != nil {
		return err
	}
	res := tx.Exec("UPDATE triggers SET intake_keys = ? WHERE id = ? AND intake_keys IS NOT DISTINCT FROM ?", sealed, v.trigger.ID, v.trigger.IntakeKeys)
	return db.Affected(res, inbound.ErrSignature)
}

// Batch is what became of a request that held several events.
type Batch struct {
	ID        string
	TriggerID string
	Received  int
	Accepted  int
	Duplicate int
	Filtered  int
	Rejected  int
	Errors    []intake.ItemError `gorm:"serializer:json"` // the first of them
	CreatedAt time.Time
}

// TableName maps the noun to its table.
func (Batch) TableName() string { return "inbound_batches" }

func (v *taking) summarize(tx *gorm.DB, sum *intake.Summary) error {
	b := &Batch{sum.ID, v.trigger.ID, sum.Received, sum.Accepted, sum.Duplicate, sum.Filtered, sum.Rejected, sum.Errors, v.s.Now()}
	if err := tx.Create(b).Error; err != nil {
		return fmt.Errorf("insert batch: %w", err)
	}
	return nil
}

func associatedKeys(triggerID string) string { return "trigger|" + triggerID }

func (s *Service) openKeys(t *Trigger) (inbound.Keys, error) {
	return intake.Open(s.Box, associatedKeys(t.ID), t.IntakeKeys)
}
