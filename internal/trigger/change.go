package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrKind is the fault of a change to a version that is another kind of trigger.
var ErrKind = fault.New(fault.Invalid, "version", "That version of the component is another kind of trigger: of another app, or called by the app where this one looks for itself. Deploy it anew.")

// Change is what may be changed of a trigger; what is nil stays.
type Change struct {
	Active       *bool
	EmitOnDeploy *bool
	Name         *string
	Configured   map[string]any    // all of it, anew
	Version      string            // of the component; "" = the one that it has
	Dynamic      *[]component.Prop // that were given out for the component
	Seen         []time.Time       // when what the caller saw had been changed; empty = whatever is there
}

// shapes reports whether what the trigger does is to be changed.
func (in *Change) shapes() bool { return in.Configured != nil || in.Version != "" || in.Dynamic != nil }

// Update changes a trigger. A source that is switched on or off, or is to do
// something else, ends at the app what it began, and begins what it is to be from
// now on, in another version of its component if that is asked for; if the app
// refuses that, it is again as it was. What it emitted stays known, and what it
// remembers stays, unless other props have it look at something else.
func (s *Service) Update(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, in Change) (*Trigger, error) {
	t, err := s.Get(ctx, scope, triggerID, externalUserID)
	if err == nil && t.LiveID != nil {
		err = ErrOwned
	}
	if err != nil {
		return nil, err
	}
	return s.update(ctx, scope, t, externalUserID, in)
}

func (s *Service) update(ctx context.Context, scope tenant.Scope, t *Trigger, externalUserID string, in Change) (*Trigger, error) {
	was := t.logged()
	if !in.shapes() && (t.Source == nil || in.Active == nil || *in.Active == t.Active) {
		return t, s.rename(ctx, scope, was, t, in)
	}
	next := *t
	to, err := s.refit(ctx, scope, &next, t, externalUserID, in)
	if err != nil {
		return nil, err
	}
	if t.Source == nil {
		return t, s.rename(ctx, scope, was, t, in)
	}
	if in.Active != nil {
		next.Active = *in.Active
	}
	next.ChangedAt = s.Now()
	if err := s.change(context.WithoutCancel(ctx), scope, t, &next, to, externalUserID, in.Seen); err != nil {
		return nil, err
	}
	in.Seen = nil // it was compared as the trigger was taken for the change
	return &next, s.rename(ctx, scope, was, &next, in)
}

// rename changes what a source need not know of.
func (s *Service) rename(ctx context.Context, scope tenant.Scope, was audit.View, t *Trigger, in Change) error {
	now := s.Now()
	set := map[string]any{"updated_at": now, "changed_at": now}
	if in.Active != nil {
		t.Active, set["active"] = *in.Active, *in.Active
	}
	if in.EmitOnDeploy != nil {
		t.EmitOnDeploy, set["emit_on_deploy"] = *in.EmitOnDeploy, *in.EmitOnDeploy
	}
	if in.Name != nil {
		t.Name, set["name"] = *in.Name, *in.Name
	}
	t.UpdatedAt, t.ChangedAt = now, now
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := unchanged(tx, t.ID, in.Seen); err != nil {
			return err
		}
		if err := db.Affected(tx.Model(&Trigger{}).Where("id = ?", t.ID).Updates(set), ErrNotFound); err != nil {
			return err
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.TriggerChanged, Subject: t.ID, ExternalUserID: t.ExternalUserID, Details: audit.Changes(was, t.logged())})
	})
}

// unchanged holds a trigger for tx, and refuses who has not seen what somebody made of it.
func unchanged(tx *gorm.DB, triggerID string, seen []time.Time) error {
	if len(seen) == 0 {
		return nil
	}
	now, err := db.One[Trigger](tx.Clauses(locked).Select("changed_at").Where("id = ?", triggerID), ErrNotFound)
	if err != nil {
		return err
	}
	return fault.Unchanged(now.ChangedAt, seen...) //nolint:wrapcheck // a fault
}

// changed holds a user's trigger for tx, and says of it that somebody changed what hangs on it.
func changed(tx *gorm.DB, triggerID, externalUserID string, at time.Time, seen []time.Time) (*Trigger, error) {
	t, err := ofUser(tx.Clauses(locked), triggerID, externalUserID)
	if err != nil {
		return nil, err
	}
	if err := fault.Unchanged(t.ChangedAt, seen...); err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	t.ChangedAt = at
	return t, db.Affected(tx.Model(&Trigger{}).Where("id = ?", t.ID).UpdateColumn("changed_at", at), ErrNotFound)
}

// logged is what the audit log shows of a trigger: its props may be secret.
func (t *Trigger) logged() audit.View {
	return audit.View{"component": t.ComponentKey, "version": t.Version, "name": t.Name, "active": t.Active, "emit_on_deploy": t.EmitOnDeploy, "configured_props": audit.Hidden{Of: t.ConfiguredProps}}
}

// refit checks what a trigger is to do instead of what it does, and makes next that.
func (s *Service) refit(ctx context.Context, scope tenant.Scope, next, t *Trigger, user string, in Change) (*shape, error) {
	c, err := s.Components.Kept(ctx, scope.Project(), component.Trigger, t.ComponentKey, t.Version)
	if err == nil && in.Version != "" && in.Version != c.Version {
		c, err = s.Components.Component(ctx, scope.Project(), component.Trigger, t.ComponentKey, in.Version)
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	to := &shape{c: c, props: t.ConfiguredProps}
	if in.Configured != nil {
		to.props = in.Configured
	}
	if t.Source == nil {
		return to, s.fit(ctx, scope, &Trigger{}, c, &Deploy{ExternalUserID: user, ConfiguredProps: in.Configured})
	}
	if to.dynamic = t.Source.Props; in.Dynamic != nil {
		to.dynamic = append([]component.Prop{}, *in.Dynamic...)
	}
	src := *t.Source
	next.Source = &src
	if !in.shapes() {
		return to, nil
	}
	fitted := &Trigger{}
	if err := s.fit(ctx, scope, fitted, c, &Deploy{ExternalUserID: user, ConfiguredProps: to.props, Dynamic: to.dynamic}); err != nil {
		return nil, err
	}
	if c.Version != t.Version {
		was, err := s.Components.Kept(ctx, scope.Project(), component.Trigger, t.ComponentKey, t.Version)
		if err != nil {
			return nil, err //nolint:wrapcheck // a fault
		}
		if fitted.Source.Hooked != src.Hooked || fitted.Source.App != src.App || (c.Code == nil) != (was.Code == nil) || appGives(c) != appGives(was) {
			return nil, ErrKind
		}
	}
	src.Timer = fitted.Source.Timer
	next.ConfiguredProps = to.props
	return to, nil
}

// change makes of a source what next is, which does what to says.
func (s *Service) change(ctx context.Context, scope tenant.Scope, t, next *Trigger, to *shape, user string, seen []time.Time) error {
	c, err := s.Components.Kept(ctx, scope.Project(), component.Trigger, t.ComponentKey, t.Version)
	if err != nil {
		return err //nolint:wrapcheck // a fault
	}
	u, err := s.seize(ctx, scope, t, c, to, user, seen...)
	if err != nil {
		return err
	}
	if err := u.leave(ctx); err != nil {
		return err
	}
	timer := next.Source.Timer
	src := *u.src
	next.Source = &src
	if elsewhere := !sameJSON(untimed(c, t.ConfiguredProps), untimed(to.c, to.props)); elsewhere && to.c.Operation != nil {
		u.state = map[string]any{} // where it was in what it looked at
		if to.c.Operation.Poll != nil {
			src.LookedAt = nil
		}
	}
	if !next.Active {
		return u.write(ctx, next, *to, func(of *Source) { of.Timer, of.Phase, of.DueAt, of.LookedAt = timer, Off, nil, src.LookedAt })
	}
	out, failed := u.activate(ctx, *to)
	if failed == nil {
		return u.settle(ctx, next, *to, out, timer)
	}
	return u.back(ctx, *to, failed)
}

// untimed are props without the one that says when a source looks.
func untimed(c *component.Component, props map[string]any) map[string]any {
	p := propOf(c, timerProp)
	if p == nil || props[p.Name] == nil {
		return props
	}
	out := maps.Clone(props)
	delete(out, p.Name)
	return out
}

// Delete removes a trigger, after its component has ended what it began at the
// app. ignore has it removed although that fails: what is left at the app is then
// known as an orphan, and ended when it can be. The database removes the address
// and the webhooks of the trigger with it.
func (s *Service) Delete(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, ignore bool) error {
	t, err := s.Get(ctx, scope, triggerID, externalUserID)
	if err == nil && t.LiveID != nil {
		err = ErrOwned
	}
	if err != nil {
		return err
	}
	return s.delete(ctx, scope, t, externalUserID, ignore)
}

// TakeDown removes a trigger of a user, or of a project, that goes, also one that
// is a workflow's.
func (s *Service) TakeDown(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string) error {
	t, err := s.Get(ctx, scope, triggerID, externalUserID)
	if err != nil {
		return err
	}
	return s.delete(ctx, scope, t, externalUserID, true)
}

func (s *Service) delete(ctx context.Context, scope tenant.Scope, t *Trigger, externalUserID string, ignore bool) error {
	if t.Source == nil {
		return s.DB.In(ctx, scope, func(tx *gorm.DB) error { return s.remove(tx, t) })
	}
	ctx = context.WithoutCancel(ctx)
	c, err := s.Components.Kept(ctx, scope.Project(), component.Trigger, t.ComponentKey, t.Version)
	if err != nil {
		if !ignore {
			return err //nolint:wrapcheck // a fault
		}
		return s.DB.In(ctx, scope, func(tx *gorm.DB) error { return s.remove(tx, t) })
	}
	u, err := s.seize(ctx, scope, t, c, nil, externalUserID)
	if err != nil {
		return err
	}
	failed := u.deactivate(ctx)
	if failed != nil && !ignore {
		return u.release(ctx, failed)
	}
	return u.remove(ctx, failed)
}

func (s *Service) remove(tx *gorm.DB, t *Trigger) error {
	if err := db.Affected(tx.Where("id = ?", t.ID).Delete(&Trigger{}), ErrNotFound); err != nil {
		return err
	}
	return audit.Record(tx, s.Now(), audit.Entry{Action: audit.TriggerDeleted, Subject: t.ID, ExternalUserID: t.ExternalUserID, Details: audit.Changes(t.logged(), nil)})
}

func sameJSON(a, b map[string]any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(x) == string(y)
}

func propsJSON(props map[string]any) (string, error) {
	raw, err := json.Marshal(props)
	if err != nil {
		return "", fmt.Errorf("encode props: %w", err)
	}
	return string(raw), nil
}
