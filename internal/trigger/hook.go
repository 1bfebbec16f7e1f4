package trigger

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/runner"
)

// Faults of hooks.
var (
	ErrOwnIntake  = fault.New(fault.Invalid, "intake", "How the requests of this trigger are verified, known again, taken apart and answered its component says. What can be set is filter, max_body, max_waiting and expect_every.")
	ErrUnprovable = fault.New(fault.Invalid, "hook_unverifiable", "The app signs its requests with the secret of an OAuth client of yours, and this account was not connected through one.")
	ErrNotReady   = fault.New(fault.Unavailable, "trigger_not_ready", "This address is being set up. Send it again in a moment.")
)

// seenFor is how long the id of an event is remembered that an app told of.
const seenFor = intake.LongestWindow

// fitIntake refuses settings for requests that a source cannot have.
func fitIntake(src *Source, c *component.Component, in *intake.Settings) error {
	if in == nil {
		return nil
	}
	free := intake.Settings{ExpectEvery: in.ExpectEvery}
	if src.Hooked && c.Code == nil {
		free.Filter, free.MaxBody, free.MaxWaiting = in.Filter, in.MaxBody, in.MaxWaiting
	}
	switch {
	case *in == free:
		return nil
	case src.Hooked:
		return ErrOwnIntake
	default:
		return ErrNoRequests
	}
}

// provable refuses a hook whose requests nobody could verify.
func (s *Service) provable(ctx context.Context, t *Turn) error {
	if t.Component.Operation == nil || t.Component.Operation.Hook == nil || t.Component.Operation.Hook.Verify.Kind != "app" {
		return nil
	}
	apps, err := s.Apps.For(ctx, t.Scope.Project())
	if err != nil {
		return err
	}
	app, err := apps.Get(t.Component.App)
	if err != nil {
		return err
	}
	if app.Events.Verify == nil || app.Events.Verify.Key != "client.secret" || t.Account.OauthAppID == nil {
		return ErrUnprovable
	}
	return nil
}

// hooked makes the settings of a request those of the source's component. It
// returns nil for a trigger that is no source.
func (v *taking) hooked(tx *gorm.DB) error {
	src, err := sourceOf(tx, v.trigger.ID)
	if err != nil || src == nil {
		return err
	}
	c, err := v.components.Kept(component.Trigger, v.trigger.ComponentKey, v.trigger.Version)
	if err != nil {
		return err //nolint:wrapcheck // a fault
	}
	reader, ok := v.s.program(c).(Reader)
	if !ok {
		return runner.ErrMissing
	}
	v.src = src
	read, err := c.WithProps(src.Props).Read(v.trigger.ConfiguredProps, false)
	if err != nil {
		return err //nolint:wrapcheck // a fault
	}
	turn := &Turn{TriggerID: v.trigger.ID, User: v.visit.User, Component: c, Props: read.Values, Now: v.s.Now()}
	if err := v.s.known(turn, v.trigger, src); err != nil {
		return err
	}
	if read.AccountID != "" {
		if turn.Account, err = account.ByID(tx, read.AccountID); err != nil && !errors.Is(err, account.ErrNotFound) {
			return err
		}
	}
	if err := v.verified(tx, c, turn); err != nil {
		return err
	}
	v.visit.Accept = func(tx *gorm.DB, calls []*inbound.Call) (map[string]any, error) {
		return nil, v.read(tx, reader, turn, calls)
	}
	return nil
}

// verified says how the app signs its requests, and tries the address.
func (v *taking) verified(tx *gorm.DB, c *component.Component, turn *Turn) error {
	h := c.Operation.Hook
	settings := *v.visit.Settings
	v.visit.Settings = &settings
	switch h.Verify.Kind {
	case "none":
		settings.Verification = &intake.Verification{Scheme: intake.SchemeNone, Handshake: h.Handshake}
		return nil
	case "app":
	default:
		settings.Verification = &intake.Verification{Scheme: intake.SchemeCustom, Custom: &h.Verify.EventVerify, Handshake: h.Handshake}
		return nil
	}
	app, err := v.apps.Get(c.App)
	if err != nil {
		return err
	}
	if app.Events.Verify == nil || turn.Account == nil || turn.Account.OauthAppID == nil {
		return inbound.ErrNoSecret
	}
	shakes := append([]catalog.Handshake{}, h.Handshake...)
	settings.Verification = &intake.Verification{Scheme: intake.SchemeCustom, Custom: app.Events.Verify, Handshake: append(shakes, app.Events.Handshake...)}
	v.visit.Keys = func() (k inbound.Keys, err error) {
		k.Secrets, err = account.SigningSecrets(tx, v.s.Box, *turn.Account.OauthAppID)
		return k, err
	}
	return nil
}

// read makes events of a request, of which those are emitted that were not before.
func (v *taking) read(tx *gorm.DB, reader Reader, turn *Turn, calls []*inbound.Call) error {
	v.got = &reading{}
	for _, call := range calls {
		turn.Request = shownTo(call, v.visit.Arrival.Request)
		found, err := reader.Read(turn)
		if err != nil {
			v.got.unread = action.FailureOf(err).Message
			v.got.look.drop(NotReadable)
			continue
		}
		if len(found) == 0 {
			v.got.look.drop(NotMeant)
		}
		v.got.found += len(found)
		fresh, err := v.fresh(tx, turn.Component, found)
		if err != nil {
			return err
		}
		for _, i := range fresh {
			e, err := emission(v.trigger, v.visit.User, &found[i], turn.Now)
			if err != nil {
				return err
			}
			e.Hops = v.visit.Arrival.Hops
			v.got.events = append(v.got.events, e)
		}
	}
	if err := v.stow.away(v.got.events...); err != nil {
		return err
	}
	return v.emit(tx, v.got.events)
}

// reading is what was made of a request.
type reading struct {
	found  int
	events []*event.Event
	unread string // why nothing could be made of it
	look   Look   // what of it is no event
}

// fresh returns which events were not emitted before. Requests do not wait for
// each other, but for those with the same id.
func (v *taking) fresh(tx *gorm.DB, c *component.Component, found []operation.Event) (fresh []int, err error) {
	how, memory := dedupe(c)
	ids := make([]string, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	if how == component.Greatest || how == component.Last {
		src, err := db.One[Source](tx.Clauses(locked).Where("id = ?", v.trigger.ID), ErrNotFound)
		if err != nil {
			return nil, err
		}
		if fresh, err = src.Seen.Fresh(how, ids, memory); err != nil {
			v.got.unread = err.Error()
			v.got.look.drop(NotReadable, ids...)
			return nil, nil //nolint:nilerr // the app sent something else than its file says
		}
		return fresh, tx.Model(src).Select("seen").Updates(src).Error
	}
	var keys []string
	for _, id := range ids {
		if id != "" {
			keys = append(keys, "event "+id)
		}
	}
	unseen := map[string]bool{}
	if len(keys) > 0 {
		if unseen, err = inbound.Unseen(tx, v.trigger.ID, keys, v.s.Now(), seenFor); err != nil {
			return nil, fmt.Errorf("know events again: %w", err)
		}
	}
	for i, id := range ids {
		if id == "" || unseen["event "+id] {
			fresh = append(fresh, i)
			delete(unseen, "event "+id)
			continue
		}
		v.got.look.drop(SeenBefore, id)
	}
	return fresh, nil
}

// judge says what became of a request that was read.
func (v *taking) judge() (err error) {
	if v.got == nil {
		return nil // it only tried the address, or its settings dropped it
	}
	status, n := intake.Accepted, int64(len(v.got.events))
	c := inbound.Counts{Received: 1, Accepted: n, Duplicate: int64(v.got.found) - n}
	switch {
	case v.got.unread != "":
		status, c.Invalid = Unreadable, 1
	case v.got.found == 0:
		status, c.Filtered = intake.Filtered, 1
	case n == 0:
		status = intake.Duplicate
	}
	v.visit.Counts = c
	v.visit.Answer, err = intake.Say(map[string]any{"status": status, "accepted": n})
	return err
}

// Unreadable is what a caller is told whose request makes no sense to the
// trigger. It is a success: to send it again would mend nothing.
const Unreadable = "unreadable"

// shownTo is a request as programs see it. Whole numbers stay whole.
func shownTo(call *inbound.Call, raw *inbound.Request) map[string]any {
	headers := make(map[string]any, len(call.Headers))
	for k, v := range call.Headers {
		headers[k] = v
	}
	body := operation.Read(raw.Body)
	if _, text := body.(string); text {
		body = call.Body
	}
	return map[string]any{"method": call.Method, "path": call.Path, "query": call.Query, "headers": headers, "body": body}
}
