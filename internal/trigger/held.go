package trigger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of changes to sources.
var (
	ErrBusy = fault.New(fault.Conflict, "trigger_busy", "The trigger is being changed. Try again in a moment.")
	errHook = fault.New(fault.Invalid, "hook_failed", "The app did not do what the trigger needs of it.")
)

const (
	callFor     = 30 * time.Second           // of one call of a program
	changeLease = 4*callFor + 30*time.Second // a change makes no more calls than that
)

// held is a source of which this process has the lease: nobody else calls its
// program meanwhile.
type held struct {
	s     *Service
	scope tenant.Scope
	lease string
	t     *Trigger
	src   *Source // as it was
	c     *component.Component
	user  string

	told   effects        // that is to be told
	said   *Said          // what was logged since the last look was noted; nil = nothing
	failed error          // why a change is none; nil = it is one
	state  map[string]any // that the last call gave back; nil = as the source has it
	unsure bool           // a call was cut off

	request map[string]any        // that Run is called with; nil = its time has come
	respond func(runner.Response) // that the component may call for it
}

// shape is what a source does: its component in a version, and what was filled in.
type shape struct {
	c       *component.Component
	dynamic []component.Prop
	props   map[string]any
}

// shape is what the source does now.
func (h *held) shape() shape { return shape{h.c, h.src.Props, h.t.ConfiguredProps} }

// seize takes a source for a change to what it is to do next, nil for an end. A look that
// is under way comes to nothing; what began something at the app is waited for. seen is
// when what the caller saw had been changed.
func (s *Service) seize(ctx context.Context, scope tenant.Scope, t *Trigger, c *component.Component, to *shape, user string, seen ...time.Time) (*held, error) {
	now := s.Now()
	h := &held{s: s, scope: scope, lease: id.New("lease"), t: t, c: c, user: user}
	return h, s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		if h.src, err = sourceOf(tx.Clauses(locked), t.ID); err != nil {
			return err
		}
		if h.src == nil {
			return ErrNotFound
		}
		under := h.src.Phase == Deploying || h.src.Phase == Changing
		if h.src.LeaseUntil.After(now) && (under || h.src.Hooked) {
			return ErrBusy
		}
		if err := unchanged(tx, t.ID, seen); err != nil {
			return err
		}
		h.unsure = under
		next, until := *h.src, now.Add(changeLease)
		next.Phase, next.DueAt, next.LeaseID, next.LeaseUntil = Changing, &until, h.lease, until
		next.NextProps, next.NextVersion, next.NextDynamic = nil, nil, nil
		if to != nil {
			next.NextProps, next.NextVersion, next.NextDynamic = to.props, &to.c.Version, to.dynamic
		}
		if h.src.Hooked {
			if err := s.newSecret(t, c); err != nil {
				return err
			}
			if err := tx.Exec("UPDATE triggers SET intake_keys = ? WHERE id = ?", t.IntakeKeys, t.ID).Error; err != nil {
				return fmt.Errorf("update keys: %w", err)
			}
		}
		return save(tx, &next)
	})
}

func save(tx *gorm.DB, src *Source) error {
	if err := tx.Select("*").Omit("ID", "App", "Props", "Hooked").Updates(src).Error; err != nil {
		return fmt.Errorf("update source: %w", err)
	}
	return nil
}

// acts reports whether a component begins anything, so that there is something to
// be ended.
func acts(c *component.Component) bool { return c.Operation == nil || c.Operation.Hook != nil }

type method func(p Program) func(context.Context, *Turn) (*Outcome, error)

// call makes one call of the program of what the source does, or is to do.
func (h *held) call(ctx context.Context, sh shape, of method) (*Outcome, error) {
	src := *h.src
	src.Props = sh.dynamic
	turn, err := h.s.turn(ctx, h.scope, h.t, &src, sh.c, sh.props, h.user)
	if err != nil {
		return nil, err
	}
	if h.said == nil {
		h.said = &Said{}
	}
	turn.Said, turn.Unsure, turn.Request, turn.Respond = h.said, h.unsure, h.request, h.respond
	if h.state != nil {
		turn.State = h.state
	}
	ctx, cancel := context.WithTimeout(ctx, callFor)
	defer cancel()
	p := h.s.program(sh.c)
	if p == nil {
		return nil, runner.ErrMissing
	}
	out, err := of(p)(ctx, turn)
	if err != nil {
		return nil, err
	}
	if out.State != nil {
		h.state = out.State
	}
	return out, nil
}

// activate begins at the app what has to be begun.
func (h *held) activate(ctx context.Context, sh shape) (*Outcome, error) {
	if !acts(sh.c) {
		return &Outcome{}, nil
	}
	out, err := h.call(ctx, sh, func(p Program) func(context.Context, *Turn) (*Outcome, error) { return p.Activate })
	h.unsure = err != nil && !nothing(err)
	return out, err
}

// deactivate ends what was begun.
func (h *held) deactivate(ctx context.Context) error { return h.end(ctx, h.shape()) }

func (h *held) end(ctx context.Context, sh shape) error {
	if !acts(sh.c) || h.src.Phase == Off && !h.unsure {
		return nil
	}
	_, err := h.call(ctx, sh, func(p Program) func(context.Context, *Turn) (*Outcome, error) { return p.Deactivate })
	return err
}

// leave ends what the source is, for a change; if the app refuses, all stays as
// it was.
func (h *held) leave(ctx context.Context) error {
	if err := h.deactivate(ctx); err != nil {
		return h.release(ctx, err)
	}
	h.unsure = false
	return nil
}

// nothing reports whether a call failed before it can have begun anything.
func nothing(err error) bool {
	if _, ours := errors.AsType[*fault.Error](err); ours {
		return true
	}
	e, ok := errors.AsType[*operation.Error](err)
	refused := ok && e.Origin == "app" && e.Status >= http.StatusBadRequest && e.Status < http.StatusInternalServerError
	return ok && e.Origin == "input" || refused && e.Status != http.StatusRequestTimeout && e.Status != http.StatusConflict
}

// note has a look noted, with what was logged in it.
func (h *held) note(l Look) {
	l.Said, h.said = h.said, nil
	h.s.Journal.Add(h.scope, h.t.ID, l)
}

// refused is refused, with what the component logged.
func (h *held) refused(err error) error {
	out := refused(err)
	f, ok := errors.AsType[*fault.Error](out)
	if !ok || f.Code != errHook.Code || h.said.nothing() {
		return out
	}
	details := maps.Clone(f.Details)
	details["os"] = h.said.shown()
	return f.With(details)
}

// refused words for a caller why a change is none.
func refused(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	why := action.FailureOf(err)
	f := *errHook
	f.Message = "The app did not do what the trigger needs of it: " + why.Message
	if why.Origin == "transport" || why.Origin == "timeout" {
		f.Kind = fault.Unavailable
	}
	return f.With(map[string]any{"origin": why.Origin, "status": why.Status}).Because(err)
}

// start has the program of a source that was just written down begin. If it
// cannot, there is no such trigger.
func (s *Service) start(ctx context.Context, scope tenant.Scope, t *Trigger, c *component.Component, user string) error {
	src := *t.Source
	h := &held{s: s, scope: scope, lease: src.LeaseID, t: t, src: &src, c: c, user: user}
	told, err := &Outcome{}, error(nil)
	if acts(c) {
		told, err = h.call(ctx, h.shape(), func(p Program) func(context.Context, *Turn) (*Outcome, error) { return p.Deploy })
	}
	if err != nil {
		return h.undo(ctx, err)
	}
	out, err := h.activate(ctx, h.shape())
	if err != nil {
		return h.undo(ctx, err)
	}
	out.Events = append(told.Events, out.Events...)
	return h.settle(ctx, t, h.shape(), out, src.Timer)
}

// undo removes a trigger whose deployment came to nothing, and returns why.
func (h *held) undo(ctx context.Context, failed error) error {
	var left error
	if h.unsure {
		left = h.deactivate(ctx)
	}
	if err := h.remove(ctx, left); err != nil {
		return err
	}
	return h.refused(failed)
}
