package trigger

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Change is what may be changed of a trigger; what is nil stays.
type Change struct {
	Active       *bool
	EmitOnDeploy *bool
	Name         *string
	Configured   map[string]any // all of it, anew
}

// Update changes a trigger. A source that is switched on or off, or is to do
// something else, ends at the app what it began, and begins what it is to be from
// now on; if the app refuses that, it is again as it was. What it emitted stays
// known.
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
	if t.Source == nil {
		if in.Configured != nil {
			if err := s.refit(ctx, scope, &Trigger{}, t, externalUserID, in.Configured); err != nil {
				return nil, err
			}
		}
		in.Configured = nil
		return t, s.rename(ctx, scope, t, in)
	}
	if in.Configured == nil && (in.Active == nil || *in.Active == t.Active) {
		return t, s.rename(ctx, scope, t, in)
	}
	next := *t
	if in.Configured != nil {
		if err := s.refit(ctx, scope, &next, t, externalUserID, in.Configured); err != nil {
			return nil, err
		}
	}
	if in.Active != nil {
		next.Active = *in.Active
	}
	if err := s.change(context.WithoutCancel(ctx), scope, t, &next, externalUserID); err != nil {
		return nil, err
	}
	return &next, s.rename(ctx, scope, &next, in)
}

// rename changes what a source need not know of.
func (s *Service) rename(ctx context.Context, scope tenant.Scope, t *Trigger, in Change) error {
	now := s.Now()
	set := map[string]any{"updated_at": now}
	if in.Active != nil {
		t.Active, set["active"] = *in.Active, *in.Active
	}
	if in.EmitOnDeploy != nil {
		t.EmitOnDeploy, set["emit_on_deploy"] = *in.EmitOnDeploy, *in.EmitOnDeploy
	}
	if in.Name != nil {
		t.Name, set["name"] = *in.Name, *in.Name
	}
	t.UpdatedAt = now
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		return db.Affected(tx.Model(&Trigger{}).Where("id = ?", t.ID).Updates(set), ErrNotFound)
	})
}

// refit checks props that a trigger is to have instead of its own, and gives them
// to next.
func (s *Service) refit(ctx context.Context, scope tenant.Scope, next, t *Trigger, user string, configured map[string]any) error {
	c, err := s.Components.Kept(ctx, scope.Project(), component.Trigger, t.ComponentKey, t.Version)
	if err != nil {
		return err //nolint:wrapcheck // a fault
	}
	in := &Deploy{ExternalUserID: user, ConfiguredProps: configured}
	if t.Source != nil {
		in.Dynamic = t.Source.Props
	}
	fitted := &Trigger{}
	if err := s.fit(ctx, scope, fitted, c, in); err != nil || t.Source == nil {
		return err
	}
	src := *t.Source
	src.Timer = fitted.Source.Timer
	next.ConfiguredProps, next.Source = fitted.ConfiguredProps, &src
	return nil
}

// change makes of a source what next is.
func (s *Service) change(ctx context.Context, scope tenant.Scope, t, next *Trigger, user string) error {
	c, err := s.Components.Kept(ctx, scope.Project(), component.Trigger, t.ComponentKey, t.Version)
	if err != nil {
		return err //nolint:wrapcheck // a fault
	}
	u, err := s.seize(ctx, scope, t, c, next.ConfiguredProps, user)
	if err != nil {
		return err
	}
	if err := u.leave(ctx); err != nil {
		return err
	}
	src, timer := *u.src, next.Source.Timer
	changed := !sameJSON(t.ConfiguredProps, next.ConfiguredProps)
	if changed && c.Operation != nil {
		u.state = map[string]any{} // where it was in what it looked at
	}
	next.Source = &src
	if !next.Active {
		return u.write(ctx, next, func(of *Source) { of.Timer, of.Phase, of.DueAt = timer, Off, nil })
	}
	out, failed := u.activate(ctx, next.ConfiguredProps)
	if failed == nil {
		return u.settle(ctx, next, out, timer)
	}
	return u.back(ctx, next.ConfiguredProps, failed)
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

func (s *Service) delete(ctx context.Context, scope tenant.Scope, t *Trigger, externalUserID string, ignore bool) error {
	if t.Source == nil {
		return s.DB.In(ctx, scope, func(tx *gorm.DB) error { return remove(tx, t.ID) })
	}
	ctx = context.WithoutCancel(ctx)
	c, err := s.Components.Kept(ctx, scope.Project(), component.Trigger, t.ComponentKey, t.Version)
	if err != nil {
		if !ignore {
			return err //nolint:wrapcheck // a fault
		}
		return s.DB.In(ctx, scope, func(tx *gorm.DB) error { return remove(tx, t.ID) })
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

func remove(tx *gorm.DB, triggerID string) error {
	return db.Affected(tx.Where("id = ?", triggerID).Delete(&Trigger{}), ErrNotFound)
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
