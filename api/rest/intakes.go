package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/trigger"
)

// intakeOf reads settings and the secrets beside them.
func intakeOf(b *gen.TriggerIntakeInput) (in *intake.Settings, secrets *intake.Secrets, err error) {
	if b == nil {
		return nil, nil, nil
	}
	v, err := recode[intake.Settings](b)
	if err != nil {
		return nil, nil, err
	}
	secrets = &intake.Secrets{}
	if b.Verification != nil {
		secrets.Token = b.Verification.Token
		if b.Verification.Secrets != nil {
			secrets.Secrets = *b.Verification.Secrets
		}
	}
	return &v, secrets, nil
}

// toIntake shows a kept secret to who may see it: no viewer, and no user's browser.
func toIntake(p *caller.Principal, v *intake.View) (out gen.TriggerIntake, err error) {
	if out, err = recode[gen.TriggerIntake](v.Settings); err != nil {
		return out, err
	}
	if out.Verification != nil {
		out.Verification.SecretsSet, out.Verification.TokenSet = v.Secrets, v.Token
		if v.Kept != "" && p.Trusted() && !p.Hides() {
			out.Verification.KeptSecret = reveal(v.Kept)
		}
	}
	out.SetAt, out.SilentSince, out.Counts = utc(v.SetAt), utc(v.Silent), toCounts(v.Counts)
	return out, nil
}

func toCounts(c inbound.Counts) gen.InboundCounts {
	return gen.InboundCounts{
		Received: c.Received, Accepted: c.Accepted, Duplicate: c.Duplicate, Filtered: c.Filtered, Invalid: c.Invalid, Unrouted: c.Unrouted,
		Refused: c.Refused, Rejected: c.Rejected, LastRejectedAt: utc(c.LastRejectedAt),
	}
}

// GetTriggerIntake returns how a trigger takes its requests.
func (s *Server) GetTriggerIntake(ctx context.Context, req gen.GetTriggerIntakeRequestObject) (gen.GetTriggerIntakeResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	v, err := s.Triggers.Intake(ctx, p.Scope, req.TriggerID, user)
	if err != nil {
		return nil, err
	}
	out, err := toIntake(principal(ctx), v)
	return gen.GetTriggerIntake200JSONResponse{TriggerIntakeBodyJSONResponse: gen.TriggerIntakeBodyJSONResponse{Data: out}}, err
}

// UpdateTriggerIntake sets how a trigger takes its requests.
func (s *Server) UpdateTriggerIntake(ctx context.Context, req gen.UpdateTriggerIntakeRequestObject) (gen.UpdateTriggerIntakeResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	in, secrets, err := intakeOf(req.Body)
	if err != nil {
		return nil, err
	}
	v, err := s.Triggers.SetIntake(ctx, p.Scope, req.TriggerID, user, *in, secrets, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	out, err := toIntake(principal(ctx), v)
	return gen.UpdateTriggerIntake200JSONResponse{TriggerIntakeBodyJSONResponse: gen.TriggerIntakeBodyJSONResponse{Data: out}}, err
}

// GetWorkflowIntake returns how a workflow takes its requests.
func (s *Server) GetWorkflowIntake(ctx context.Context, req gen.GetWorkflowIntakeRequestObject) (gen.GetWorkflowIntakeResponseObject, error) {
	v, err := s.Runs.Intake(ctx, principal(ctx).Scope, req.WorkflowID)
	if err != nil {
		return nil, err
	}
	out, err := toIntake(principal(ctx), v)
	return gen.GetWorkflowIntake200JSONResponse{TriggerIntakeBodyJSONResponse: gen.TriggerIntakeBodyJSONResponse{Data: out}}, err
}

// UpdateWorkflowIntake sets how a workflow takes its requests.
func (s *Server) UpdateWorkflowIntake(ctx context.Context, req gen.UpdateWorkflowIntakeRequestObject) (gen.UpdateWorkflowIntakeResponseObject, error) {
	in, secrets, err := intakeOf(req.Body)
	if err != nil {
		return nil, err
	}
	v, err := s.Runs.SetIntake(ctx, principal(ctx).Scope, req.WorkflowID, *in, secrets, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	out, err := toIntake(principal(ctx), v)
	return gen.UpdateWorkflowIntake200JSONResponse{TriggerIntakeBodyJSONResponse: gen.TriggerIntakeBodyJSONResponse{Data: out}}, err
}

// TryTriggerFilter tries a condition with a trigger's last events.
func (s *Server) TryTriggerFilter(ctx context.Context, req gen.TryTriggerFilterRequestObject) (gen.TryTriggerFilterResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	rows, err := s.Triggers.TryFilter(ctx, p.Scope, req.TriggerID, user, req.Body.Filter)
	if err != nil {
		return nil, err
	}
	return gen.TryTriggerFilter200JSONResponse{Data: each(rows, func(t *trigger.Tried) gen.TriedFilter {
		return gen.TriedFilter{ID: t.Event.ID, TS: t.Event.CreatedAt.UnixMilli(), Holds: t.Holds, Error: set(&t.Error)}
	})}, nil
}

// ListTriggerBatches lists a trigger's last requests that held several events.
func (s *Server) ListTriggerBatches(ctx context.Context, req gen.ListTriggerBatchesRequestObject) (gen.ListTriggerBatchesResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	rows, err := s.Triggers.Batches(ctx, p.Scope, req.TriggerID, user, or(req.Params.N, 20))
	if err != nil {
		return nil, err
	}
	out := make([]gen.TriggerBatch, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = gen.TriggerBatch{
			ID: r.ID, Received: r.Received, Accepted: r.Accepted, Duplicate: r.Duplicate, Filtered: r.Filtered, Rejected: r.Rejected,
			CreatedAt: r.CreatedAt.UTC(),
		}
		if out[i].Errors, err = recode[[]struct {
			Error string `json:"error"`
			Index int    `json:"index"`
		}](r.Errors); err != nil {
			return nil, err
		}
	}
	return gen.ListTriggerBatches200JSONResponse{Data: out}, nil
}

// ListInboundSchemes lists the ways in which providers sign.
func (s *Server) ListInboundSchemes(context.Context, gen.ListInboundSchemesRequestObject) (gen.ListInboundSchemesResponseObject, error) {
	return gen.ListInboundSchemes200JSONResponse{Data: each(s.Triggers.Schemes.Rows, func(r *inbound.Scheme) gen.InboundScheme {
		return gen.InboundScheme{Name: r.Name, Title: r.Title, Ask: r.Ask, Dedupes: r.Dedupes(), KeepsSecret: r.KeepsSecret(), WantsToken: r.WantsToken()}
	})}, nil
}
