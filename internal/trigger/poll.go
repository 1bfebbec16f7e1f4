package trigger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

const (
	looksAtOnce = 128              // in a process
	lookFor     = 60 * time.Second // a look takes no longer
	lookLease   = lookFor + 30*time.Second
	gather      = 10 * time.Millisecond // so that what is due is not claimed one by one
	firstMost   = 50                    // events that a first look emits
)

// look is a source that was claimed, and whose it is.
type look struct{ ID, EnvironmentID, ProjectID, Name, LeaseID string }

func (l look) scope() tenant.Scope { return tenant.NewScope(l.ProjectID, l.EnvironmentID, l.Name) }

// Poll lets the sources whose time has come look for what is new, until ctx ends;
// it returns when the last of them is done. Every worker process calls it: each
// source is one's that claimed it, and everybody's again when its lease is over.
func (s *Service) Poll(ctx context.Context, every time.Duration) {
	var under sync.WaitGroup
	defer under.Wait()
	room := newSlots(looksAtOnce)
	tick := time.NewTicker(every)
	defer tick.Stop()
	more := false // than there was room for
	for {
		freed := room.freed
		if !more {
			freed = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-freed:
			time.Sleep(gather)
		}
		var err error
		more, err = s.round(ctx, room, &under)
		if err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "sources cannot be claimed", "error", err)
		}
	}
}

// round claims as many sources as there is room for, and lets them look. It
// reports whether there were more.
func (s *Service) round(ctx context.Context, room *slots, under *sync.WaitGroup) (more bool, err error) {
	environments, apps, some := room.full()
	if !some {
		return true, nil
	}
	all, err := s.candidates(ctx, environments, apps)
	if err != nil || len(all) == 0 {
		return len(environments)+len(apps) > 0, err
	}
	chosen := room.choose(all)
	if len(chosen) == 0 {
		return true, nil
	}
	looks, err := s.claim(ctx, chosen)
	for _, c := range chosen {
		l, ok := looks[c.ID]
		if !ok { // another process was first
			room.release(c)
			continue
		}
		under.Go(func() {
			defer room.release(c)
			if err := s.look(context.WithoutCancel(ctx), l); err != nil {
				slog.ErrorContext(ctx, "a source is left to the end of its lease", "trigger", l.ID, "error", err)
			}
		})
	}
	return true, err
}

// look does what a source's time has come for, and writes down what came of it:
// its events, and what it remembers, in one transaction.
func (s *Service) look(ctx context.Context, l look) error {
	h, err := s.begin(ctx, l)
	if err != nil || h == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	if h.c, err = s.Components.Kept(ctx, l.ProjectID, component.Trigger, h.t.ComponentKey, h.t.Version); err == nil && s.program(h.c) == nil {
		err = runner.ErrMissing
	}
	if err != nil {
		err = h.miss(ctx, err)
	} else {
		err = h.look(ctx)
	}
	if errors.Is(err, ErrBusy) {
		return nil // it took too long, or was changed: somebody else looks by now
	}
	return err
}

// begin loads what a look takes; nil when the source is somebody else's by now.
func (s *Service) begin(ctx context.Context, l look) (*held, error) {
	h := &held{s: s, scope: l.scope(), lease: l.LeaseID}
	err := s.DB.In(ctx, l.scope(), func(tx *gorm.DB) error {
		src, err := sourceOf(tx, l.ID)
		if err != nil || src == nil || src.LeaseID != l.LeaseID {
			return err
		}
		if h.t, err = db.One[Trigger](tx.Where("id = ?", l.ID), ErrNotFound); err != nil {
			return err
		}
		u, err := account.UserByID(tx, h.t.UserID)
		if err == nil {
			h.src, h.user = src, u.ExternalID
		}
		return err
	})
	if err != nil || h.src == nil {
		return nil, err
	}
	return h, nil
}

// errCut is why there is no trigger whose deployment nobody finished.
var errCut = fault.New(fault.Unavailable, "deploy_cut_off", "The deployment was cut off.")

func (h *held) look(ctx context.Context) error {
	t := *h.t
	t.Source = h.src
	switch {
	case h.src.Phase == Deploying:
		h.unsure = true
		if err := h.undo(ctx, errCut); errors.Is(err, ErrBusy) {
			return err
		}
		return nil // who deployed it heard nothing, and deploys it again
	case h.src.Phase == Changing:
		return h.mend(ctx, &t)
	case !t.Active:
		return h.finish(ctx, func(_ *gorm.DB, src *Source) ([]*event.Event, error) {
			src.DueAt = nil
			return nil, nil
		})
	case h.src.Phase == Off:
		out, err := h.activate(ctx, h.shape())
		if err != nil {
			return h.miss(ctx, err)
		}
		return h.settle(ctx, &t, h.shape(), out, h.src.Timer)
	}
	out, err := h.call(ctx, h.shape(), func(p Program) func(context.Context, *Turn) (*Outcome, error) { return p.Run })
	if err != nil {
		return h.miss(ctx, err)
	}
	err = h.ran(ctx, out)
	if e, ok := errors.AsType[*operation.Error](err); ok {
		return h.miss(ctx, e) // what it brought makes no sense
	}
	return err
}

// mend makes of a change that was cut off one that never was.
func (h *held) mend(ctx context.Context, t *Trigger) error {
	h.unsure = true
	if err := h.deactivate(ctx); err != nil {
		return h.miss(ctx, err)
	}
	if h.src.NextProps != nil {
		next, err := h.next(ctx)
		if err != nil {
			return h.miss(ctx, err)
		}
		h.state = map[string]any{}
		err = h.end(ctx, next)
		if _, ours := errors.AsType[*fault.Error](err); err != nil && !ours { // with props of no account nothing was begun
			return h.miss(ctx, err)
		}
	}
	h.unsure = false
	if !t.Active {
		return h.write(ctx, t, h.shape(), func(src *Source) { src.Phase, src.DueAt = Off, nil })
	}
	if !acts(h.c) || h.c.Code != nil {
		h.state = nil
	}
	out, err := h.activate(ctx, h.shape())
	if err != nil {
		return h.miss(ctx, err)
	}
	return h.settle(ctx, t, h.shape(), out, h.src.Timer)
}

// next is what a change that was cut off went to.
func (h *held) next(ctx context.Context) (shape, error) {
	sh := shape{h.c, h.src.NextDynamic, h.src.NextProps}
	if h.src.NextVersion == nil {
		sh.dynamic = h.src.Props // as a server wrote it that knew no versions
		return sh, nil
	}
	c, err := h.s.Components.Kept(ctx, h.scope.Project(), component.Trigger, h.t.ComponentKey, *h.src.NextVersion)
	if err == nil {
		sh.c = c
	}
	return sh, err //nolint:wrapcheck // a fault
}

// ran writes down what a look found.
func (h *held) ran(ctx context.Context, out *Outcome) error {
	return h.finish(ctx, func(tx *gorm.DB, src *Source) ([]*event.Event, error) {
		now := h.s.Now()
		how, memory := dedupe(h.c)
		es, look, err := src.fresh(h.t, h.user, how, memory, out.Events, now)
		if err != nil {
			return nil, err
		}
		look.Kind, look.Unchanged = h.looks(), out.Unchanged
		if out.Beyond > 0 {
			look.Dropped = append(look.Dropped, Drop{Reason: BeyondReach, Count: out.Beyond})
		}
		src.LookedAt = &now
		src.calm()
		if out.Failed != nil {
			src.fail(fmt.Errorf("run of %s: %w", src.ID, out.Failed), now)
			look.Error = *src.Error
		}
		h.note(*look)
		src.due(now, out.NextAt)
		if err := h.keys(tx, h.c, out); err != nil {
			return nil, err
		}
		return es, h.remember(src)
	})
}

// miss writes down that a look came to nothing. What was known stays known.
func (h *held) miss(ctx context.Context, failed error) error {
	return h.finish(ctx, func(tx *gorm.DB, src *Source) ([]*event.Event, error) {
		now := h.s.Now()
		src.NextProps, src.NextVersion, src.NextDynamic = h.src.NextProps, h.src.NextVersion, h.src.NextDynamic
		if h.unsure {
			src.Phase = Changing
		}
		src.fail(fmt.Errorf("look of %s: %w", src.ID, failed), now)
		src.due(now, time.Time{})
		h.note(Look{At: now, Kind: h.looks(), Error: *src.Error})
		if err := h.unrenewed(tx, src, now); err != nil {
			return nil, err
		}
		return nil, h.pause(tx, src, now)
	})
}

// fresh makes events of those that were not emitted before. The first ones of a
// source are the newest alone, or none where that was asked for: they are known
// from then on. Where some are known although it is a first look, since it looked
// at the same with other props, what came after those is new.
func (src *Source) fresh(t *Trigger, user string, how component.Dedupe, memory int, found []operation.Event, now time.Time) ([]*event.Event, *Look, error) {
	ids := make([]string, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	seen := src.Seen
	known := -1 // the last that was emitted before
	if src.LookedAt == nil {
		for i, has := 0, seen.Has(how); i < len(ids); i++ {
			if has(ids[i]) {
				known = i
			}
		}
	}
	fresh, err := seen.Fresh(how, ids, memory)
	if err != nil {
		return nil, nil, &operation.Error{Origin: "operation", Message: err.Error()}
	}
	look := &Look{At: now, Kind: ByTime, Found: len(found)}
	for i, next := 0, fresh; i < len(ids); i++ {
		if len(next) > 0 && next[0] == i {
			next = next[1:]
			continue
		}
		look.drop(SeenBefore, ids[i])
	}
	if src.LookedAt == nil {
		old := fresh[:max(0, len(fresh)-firstMost)]
		switch {
		case known >= 0:
			n, _ := slices.BinarySearch(fresh, known)
			old = fresh[:n]
		case !t.EmitOnDeploy:
			old = fresh
		}
		for _, i := range old {
			look.drop(FirstLook, ids[i])
		}
		fresh = fresh[len(old):]
	}
	look.New = len(fresh)
	es := make([]*event.Event, 0, len(fresh))
	for _, i := range fresh {
		e, err := emission(t, user, &found[i], now)
		if err != nil {
			return nil, nil, err
		}
		es = append(es, e)
	}
	src.Seen = seen
	return es, look, nil
}
