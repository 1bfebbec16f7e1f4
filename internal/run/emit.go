package run

import (
	"context"
	"encoding/json"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// maxEmitted is how much an emit step tells at most, in bytes.
const maxEmitted = 256 << 10

// emit records an event of the customer's own kind, which webhooks tell of.
func (x *Executor) emit(def *workflow.Step, values workflow.Values) result {
	data, err := values.JSON(def.Data)
	if err != nil {
		return failed(unworked(err))
	}
	text, err := json.Marshal(data)
	if err != nil {
		return failed(fault.New(fault.Invalid, "event_data", "What is to be told is no JSON.").Because(err))
	}
	if len(text) > maxEmitted {
		return failed(errEventLarge)
	}
	in := map[string]any{"kind": def.Kind, "data": data}
	return result{input: in, do: func(ctx context.Context, scope tenant.Scope, r *Run, s *Step) result {
		e, err := x.emitted(scope, r, s.Path, def.Kind, text)
		if err != nil {
			return failed(err)
		}
		return x.once(ctx, scope, r, s, func(tx *gorm.DB) (result, []string, error) {
			hear, err := webhook.Emit(tx, e, webhook.To{Project: true})
			return result{status: Succeeded, output: map[string]any{"event_id": e.ID}}, hear, err //nolint:wrapcheck // of ours
		})
	}}
}

var (
	errEventLarge = fault.New(fault.TooLarge, "event_too_large", "An event tells at most %d bytes.", maxEmitted)
	errEventKind  = fault.New(fault.Invalid, "event_kind", "The kind of an event is such as order.paid.")
)

// emitted is the event that a step tells.
func (x *Executor) emitted(scope tenant.Scope, r *Run, step, kind string, data json.RawMessage) (*event.Event, error) {
	e := &event.Event{Type: event.WorkflowEmitted, SubjectID: r.WorkflowID, Hops: hops(r), CreatedAt: x.Now()}
	if r.ExternalUserID != nil {
		e.ExternalUserID = *r.ExternalUserID
	}
	return e, e.Fill(scope.EnvironmentName(), map[string]any{
		"kind": kind, "data": data,
		"workflow": map[string]any{"id": r.WorkflowID, "name": r.WorkflowName, "version": r.Version}, "run": map[string]any{"id": r.ID, "step": step},
	}) //nolint:wrapcheck // of ours
}

// emitter tells of what the code of a step emits, when it has run: at once, whatever
// becomes of the step then.
func (x *Executor) emitter(scope tenant.Scope, r *Run, step string) func(context.Context, string, json.RawMessage) error {
	return func(ctx context.Context, kind string, data json.RawMessage) error {
		switch {
		case !workflow.EventKind(kind):
			return errEventKind
		case len(data) > maxEmitted:
			return errEventLarge
		}
		e, err := x.emitted(scope, r, step, kind, data)
		if err != nil {
			return err
		}
		var hear []string
		err = x.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
			hear, err = webhook.Emit(tx, e, webhook.To{Project: true})
			return err //nolint:wrapcheck // of ours
		})
		if err == nil {
			x.Webhooks.Nudge(ctx, scope, hear)
		}
		return err
	}
}
