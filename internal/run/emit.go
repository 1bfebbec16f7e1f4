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
	switch {
	case err != nil:
		return failed(fault.New(fault.Invalid, "event_data", "What is to be told is no JSON.").Because(err))
	case len(text) > maxEmitted:
		return failed(fault.New(fault.TooLarge, "event_too_large", "An event tells at most %d bytes.", maxEmitted))
	}
	in := map[string]any{"kind": def.Kind, "data": data}
	return result{input: in, do: func(ctx context.Context, scope tenant.Scope, r *Run, s *Step) result {
		e := &event.Event{Type: event.WorkflowEmitted, SubjectID: r.WorkflowID, Hops: hops(r), CreatedAt: x.Now()}
		if r.ExternalUserID != nil {
			e.ExternalUserID = *r.ExternalUserID
		}
		err := e.Fill(scope.EnvironmentName(), map[string]any{
			"kind": def.Kind, "data": json.RawMessage(text),
			"workflow": map[string]any{"id": r.WorkflowID, "name": r.WorkflowName, "version": r.Version}, "run": map[string]any{"id": r.ID, "step": s.Path},
		})
		if err != nil {
			return failed(err)
		}
		return x.once(ctx, scope, r, s, func(tx *gorm.DB) (result, []string, error) {
			hear, err := webhook.Emit(tx, e, webhook.To{Project: true})
			return result{status: Succeeded, output: map[string]any{"event_id": e.ID}}, hear, err //nolint:wrapcheck // of ours
		})
	}}
}
