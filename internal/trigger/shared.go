package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// The reasons for which nobody was found.
const (
	NoField   = "no_field"   // the request does not say whom it is for
	NoAccount = "no_account" // nobody has connected what it is about
	NoTrigger = "no_trigger" // who has, has no trigger that hears the app
)

// Unrouted is what a caller is told whose request waits for a person.
const Unrouted = "unrouted"

// Receive takes a request at an app's address: verified as the app's file says,
// once, and given to the triggers of whom it is for. What nobody is found for is
// kept as a letter. When the answer is a 2xx, either is durable.
func (s *Service) Receive(ctx context.Context, scope tenant.Scope, addressID string, a *intake.Arrival) (*intake.Answer, error) {
	apps, err := s.Apps.For(ctx, scope.Project())
	if err != nil {
		return nil, err
	}
	var r receipt
	away := &stow{payloads: s.Payloads}
	err = s.around(ctx, scope, addressID, away, func() error {
		r = receipt{s: s, scope: scope, apps: apps, arrival: a, stow: away}
		return s.DB.In(ctx, scope, func(tx *gorm.DB) error { return r.take(tx, addressID) })
	})
	s.count(scope, addressID, r.counts, err)
	if err != nil {
		return nil, err
	}
	s.pass(ctx, scope, r.told)
	return r.answer, nil
}

// receipt is one request on its way from an app's address to its users.
type receipt struct {
	s       *Service
	scope   tenant.Scope
	apps    *catalog.Catalog
	arrival *intake.Arrival
	address *Address
	stow    *stow

	counts inbound.Counts
	told   effects
	answer *intake.Answer
}

func (r *receipt) take(tx *gorm.DB, addressID string) (err error) {
	if r.address, err = addressOf(tx, addressID); err != nil {
		return err
	}
	app, err := r.apps.Get(r.address.App)
	if err != nil {
		return err
	}
	if err := r.verify(tx, app); err != nil || r.answer != nil {
		return err
	}
	status, now := intake.Accepted, r.s.Now()
	r.counts.Received = 1
	if said, ok := r.arrival.Request.At(app.Events.Dedupe); ok && said != "" {
		fresh, err := inbound.Unseen(tx, addressID, []string{said}, now, intake.DefaultWindow)
		if err != nil {
			return err
		}
		if !fresh[said] {
			r.counts.Duplicate = 1
			r.answer, err = intake.Say(map[string]string{"status": intake.Duplicate})
			return err
		}
	}
	call := r.arrival.Call()
	call.Hide(app.Events.Verify)
	n, reason, said, err := r.route(tx, app, r.arrival.Request, call, r.arrival.Hops)
	if err != nil {
		return err
	}
	if reason != "" {
		status, r.counts.Unrouted = Unrouted, 1
		if err := r.letter(tx, call, reason, said); err != nil {
			return err
		}
	}
	r.counts.Accepted = int64(n)
	r.answer, err = intake.Say(map[string]any{"status": status, "accepted": n})
	return err
}

// verify checks that the app sent the request, and answers one that only tries
// the address.
func (r *receipt) verify(tx *gorm.DB, app *catalog.App) error {
	how := app.Events.Verify
	if how == nil {
		return ErrUnsigned
	}
	k, err := r.s.addressKeys(r.address)
	if err != nil {
		return err
	}
	if how.Key == "client.secret" && r.address.OAuthAppID != nil {
		more, err := account.SigningSecrets(tx, r.s.Box, *r.address.OAuthAppID)
		if err != nil {
			return err
		}
		k.Secrets = append(k.Secrets, more...)
	}
	shakes := app.Events.Handshake
	for _, row := range r.s.Schemes.Rows {
		if row.App == app.Slug {
			shakes = row.Handshake
		}
	}
	for _, verified := range []bool{false, true} {
		if verified {
			if err := r.s.Verifier.Verify(how, r.arrival.Request, k.Secrets); err != nil {
				return err
			}
		}
		reply, err := inbound.Shake(shakes, r.arrival.Request, verified, &k)
		if err != nil {
			return err
		}
		if reply == nil {
			continue
		}
		r.answer = &intake.Answer{Status: reply.Status, Headers: reply.Headers, Body: reply.Body}
		if reply.Keep == "" {
			return nil
		}
		before := r.address.Keys
		if err := r.s.fillAddress(tx, r.address, &SetAddress{OAuthAppID: text(r.address.OAuthAppID), Route: r.address.Route, Secrets: &intake.Secrets{Secrets: []string{reply.Keep}}}); err != nil {
			return err
		}
		res := tx.Exec("UPDATE app_addresses SET keys = ? WHERE id = ? AND keys IS NOT DISTINCT FROM ?", r.address.Keys, r.address.ID, before)
		if res.Error != nil || res.RowsAffected == 0 {
			return inbound.ErrSignature.Because(res.Error)
		}
		return nil
	}
	return nil
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// route gives a request to the triggers of those whose account it is about. It
// returns how many took it, or why there are none.
func (r *receipt) route(tx *gorm.DB, app *catalog.App, request *inbound.Request, call *inbound.Call, hops int) (n int, reason, said string, err error) {
	routes := r.address.Route
	if len(routes) == 0 {
		for _, m := range app.Events.Route {
			routes = append(routes, Route{m.Place, fmt.Sprint(m.Equals)})
		}
	}
	reason = NoField
	var users []string
	for _, one := range routes {
		at, ok := request.At(one.Place)
		if !ok || at == "" {
			continue
		}
		reason, said = NoAccount, at
		if users, err = usersOf(tx, app.Slug, one, at); err != nil {
			return 0, "", "", err
		}
		if len(users) > 0 {
			break
		}
	}
	if len(users) == 0 {
		return 0, reason, said, nil
	}
	var hearers []hearer
	err = tx.Raw(`SELECT t.id, t.user_id, u.external_id, COALESCE(t.intake->>'filter', '') AS filter, t.live_id FROM triggers t JOIN external_users u ON u.id = t.user_id
		WHERE t.hears_app = ? AND t.active AND t.user_id IN ? ORDER BY t.id`, app.Slug, users).Scan(&hearers).Error
	if err != nil {
		return 0, "", "", fmt.Errorf("find triggers: %w", err)
	}
	if len(hearers) == 0 {
		return 0, NoTrigger, said, nil
	}
	body, err := json.Marshal(call)
	if err != nil {
		return 0, "", "", fmt.Errorf("encode event: %w", err)
	}
	var es []*event.Event
	asked := map[string]*string{}
	for _, h := range hearers {
		asked[h.ID] = h.LiveID
		if ok, err := holds(h, call); err != nil || !ok {
			r.counts.Filtered++
			continue
		}
		es = append(es, &event.Event{Type: event.TriggerEmitted, SubjectID: h.ID, ExternalUserID: h.ExternalID, Body: string(body), Hops: hops, CreatedAt: r.s.Now()})
	}
	if err := r.stow.away(es...); err != nil {
		return 0, "", "", err
	}
	for _, e := range es {
		more, err := r.s.emit(tx, r.scope, &Trigger{ID: e.SubjectID, LiveID: asked[e.SubjectID]}, false, e)
		if err != nil {
			return 0, "", "", err
		}
		r.told.add(more)
	}
	return len(es), "", said, nil
}

// letter keeps a request that nobody was found for, and tells of it once in a while.
func (r *receipt) letter(tx *gorm.DB, call *inbound.Call, reason, said string) error {
	raw, err := json.Marshal(call)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	now := r.s.Now()
	if len(said) > longestSaid {
		said = said[:longestSaid]
	}
	l := &Letter{ID: id.New("inl"), AddressID: r.address.ID, Reason: reason, Said: said, Request: string(raw), Hops: r.arrival.Hops, State: LetterWaiting, CreatedAt: now}
	if err := tx.Create(l).Error; err != nil {
		return fmt.Errorf("insert letter: %w", err)
	}
	res := tx.Exec(`INSERT INTO inbound_counts AS c (id, unrouted_told_at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET unrouted_told_at = EXCLUDED.unrouted_told_at
		WHERE c.unrouted_told_at IS NULL OR c.unrouted_told_at <= ?`, r.address.ID, now, now.Add(-time.Hour))
	if res.Error != nil {
		return fmt.Errorf("tell of letter: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return nil
	}
	e := &event.Event{Type: event.RequestUnrouted, SubjectID: r.address.ID, CreatedAt: now}
	if err := e.Fill(r.scope.EnvironmentName(), map[string]any{"address": r.address.ID, "app": r.address.App, "letter": l.ID, "reason": reason}); err != nil {
		return err
	}
	endpoints, err := webhook.Emit(tx, e, webhook.To{Project: true})
	r.told.endpoints = append(r.told.endpoints, endpoints...)
	return err
}

const longestSaid = 500
