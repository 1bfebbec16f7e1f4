package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
)

// ListTriggerWorkflows lists the workflows that a trigger starts.
func (s *Server) ListTriggerWorkflows(ctx context.Context, req gen.ListTriggerWorkflowsRequestObject) (gen.ListTriggerWorkflowsResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	ids, at, err := s.Triggers.Workflows(ctx, p.Scope, req.TriggerID, user)
	if err != nil {
		return nil, err
	}
	return gen.ListTriggerWorkflows200JSONResponse{TriggerWorkflowsJSONResponse: gen.TriggerWorkflowsJSONResponse{WorkflowIds: append([]string{}, ids...), ChangedAt: at.UTC()}}, nil
}

// UpdateTriggerWorkflows sets the workflows that a trigger starts.
func (s *Server) UpdateTriggerWorkflows(ctx context.Context, req gen.UpdateTriggerWorkflowsRequestObject) (gen.UpdateTriggerWorkflowsResponseObject, error) {
	p := principal(ctx)
	ids, at, err := s.Triggers.SetWorkflows(ctx, p.Scope, req.TriggerID, req.Params.ExternalUserID, req.Body.WorkflowIds, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.UpdateTriggerWorkflows200JSONResponse{TriggerWorkflowsJSONResponse: gen.TriggerWorkflowsJSONResponse{WorkflowIds: append([]string{}, ids...), ChangedAt: at.UTC()}}, nil
}
