package trigger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
)

// release leaves a source as it was, and returns why.
func (h *held) release(ctx context.Context, failed error) error {
	err := h.finish(ctx, func(_ *gorm.DB, src *Source) ([]*event.Event, error) {
		src.Phase, src.DueAt = h.src.Phase, h.src.DueAt
		return nil, nil
	})
	if err != nil {
		return err
	}
	return h.came(failed)
}

// write makes a source what next is, of which nothing is at the app.
func (h *held) write(ctx context.Context, next *Trigger, sh shape, set func(*Source)) error {
	return h.finish(ctx, func(tx *gorm.DB, src *Source) ([]*event.Event, error) {
		set(src)
		src.calm()
		if err := h.remember(src); err != nil {
			return nil, err
		}
		return nil, h.become(tx, next, sh, src)
	})
}

// settle makes a source what next is, which the app knows by now.
func (h *held) settle(ctx context.Context, next *Trigger, sh shape, out *Outcome, timer Timer) error {
	return h.finish(ctx, func(tx *gorm.DB, src *Source) ([]*event.Event, error) {
		now := h.s.Now()
		src.Timer, src.Phase = timer, On
		src.calm()
		src.soon(sh.c, now, out.NextAt)
		if err := h.keys(tx, sh.c, out); err != nil {
			return nil, err
		}
		if err := h.remember(src); err != nil {
			return nil, err
		}
		how, memory := dedupe(sh.c)
		es, look, err := src.fresh(h.t, h.user, how, memory, out.Events, now)
		if err != nil {
			return nil, err
		}
		look.Kind = ByChange
		if h.failed == nil { // else it is as it was, and why is noted
			h.note(*look)
		}
		switch {
		case sh.c.Operation == nil || sh.c.Operation.Poll == nil:
			src.LookedAt = &now // a poll's first look is still to come
		case next.Source.LookedAt == nil:
			src.LookedAt = nil // and another first one
		}
		return es, h.become(tx, next, sh, src)
	})
}

// back puts a source back to what it was before a change that failed, and returns
// why it did. If that fails, too, a worker goes on trying.
func (h *held) back(ctx context.Context, to shape, failed error) error {
	if h.unsure {
		if h.c.Code == nil {
			h.state = map[string]any{}
		}
		if err := h.end(ctx, to); err == nil {
			h.unsure = false
		}
	}
	h.state, h.failed = nil, failed
	var again error
	if h.t.Active && h.src.Phase == On {
		var out *Outcome
		if out, again = h.activate(ctx, h.shape()); again == nil {
			old := *h.t
			if err := h.settle(ctx, &old, h.shape(), out, h.src.Timer); err != nil {
				return err
			}
			return h.came(failed)
		}
	}
	err := h.finish(ctx, func(_ *gorm.DB, src *Source) ([]*event.Event, error) {
		src.Phase, src.DueAt = Off, nil
		if h.unsure {
			src.Phase = Changing
		}
		if again != nil || h.unsure {
			src.fail(errors.Join(again, failed), h.s.Now())
			src.due(h.s.Now(), time.Time{})
		}
		return nil, nil
	})
	if err != nil {
		return err
	}
	return h.came(failed)
}

// came notes a change that came to nothing, and returns why it did.
func (h *held) came(failed error) error {
	out := h.refused(failed)
	h.note(Look{At: h.s.Now(), Kind: ByChange, Error: fault.Of(out).Message})
	return out
}

// remove deletes the trigger. failed is why something may be left of it at the
// app; nil = nothing is.
func (h *held) remove(ctx context.Context, failed error) error {
	return h.finish(ctx, func(tx *gorm.DB, src *Source) ([]*event.Event, error) {
		if failed == nil {
			if err := tx.Model(src).Update("phase", Off).Error; err != nil {
				return nil, fmt.Errorf("end source: %w", err)
			}
		} else if h.src.Phase == On && !h.unsure {
			if err := tx.Model(src).Update("phase", On).Error; err != nil {
				return nil, fmt.Errorf("end source: %w", err)
			}
		}
		src.ID = "" // there is nothing to be written any more
		if err := h.s.remove(tx, h.t); err != nil || failed == nil {
			return nil, err
		}
		return nil, blame(tx, h.t.ID, failed, h.s.Now())
	})
}

// finish writes down what came of it, and gives the source back. It returns
// ErrBusy when the lease was lost.
func (h *held) finish(ctx context.Context, write func(*gorm.DB, *Source) ([]*event.Event, error)) error {
	now := h.s.Now()
	err := h.s.DB.In(ctx, h.scope, func(tx *gorm.DB) error {
		src, err := db.One[Source](tx.Clauses(locked).Where("id = ? AND lease_id = ?", h.t.ID, h.lease), ErrBusy)
		if err != nil {
			return err
		}
		src.NextProps, src.NextVersion, src.NextDynamic, src.LeaseID, src.LeaseUntil = nil, nil, nil, "", now
		es, err := write(tx, src)
		if err != nil || src.ID == "" {
			return err
		}
		if err := save(tx, src); err != nil || len(es) == 0 {
			return err
		}
		more, err := h.s.emit(tx, h.scope, h.t, false, es...)
		h.told.add(more)
		return err
	})
	if err == nil {
		h.s.pass(ctx, h.scope, h.told)
	}
	return err
}

// remember seals what the program wants to know again.
func (h *held) remember(src *Source) (err error) {
	if h.state != nil {
		src.State, err = h.s.sealState(src.ID, h.state)
	}
	return err
}

// keys keeps the secret that an app gave with its answer; the one before it stays
// good, for what is on its way.
func (h *held) keys(tx *gorm.DB, c *component.Component, out *Outcome) error {
	given, ok := out.State["secret"].(string)
	if !ok || given == "" || c.Operation == nil {
		return nil
	}
	k, err := h.s.openKeys(h.t)
	if err != nil {
		return err
	}
	before := k.Secrets
	if k = (inbound.Keys{Secrets: []string{given}}); len(before) > 0 && before[0] != given {
		k.Secrets = append(k.Secrets, before[0])
	}
	if h.t.IntakeKeys, err = intake.Seal(h.s.Box, associatedKeys(h.t.ID), k); err != nil {
		return err //nolint:wrapcheck // says it all
	}
	if err := tx.Exec("UPDATE triggers SET intake_keys = ? WHERE id = ?", h.t.IntakeKeys, h.t.ID).Error; err != nil {
		return fmt.Errorf("update keys: %w", err)
	}
	return nil
}

// become writes down what the trigger is from now on.
func (h *held) become(tx *gorm.DB, next *Trigger, sh shape, src *Source) error {
	src.Props = sh.dynamic
	if err := tx.Model(src).Select("Props").Updates(src).Error; err != nil {
		return fmt.Errorf("update source: %w", err)
	}
	kept := *src // next may share its source with what there was
	next.Source, next.Version = &kept, sh.c.Version
	text, err := propsJSON(next.ConfiguredProps)
	if err != nil {
		return err
	}
	set := map[string]any{"configured_props": text, "version": next.Version, "active": next.Active, "updated_at": h.s.Now()}
	if !next.ChangedAt.Equal(h.t.ChangedAt) { // it is somebody's change, and no renewal
		set["changed_at"] = next.ChangedAt
	}
	return db.Affected(tx.Model(&Trigger{}).Where("id = ?", h.t.ID).Updates(set), ErrNotFound)
}
