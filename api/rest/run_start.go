package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/run"
)

// StartRun starts a run of a workflow.
func (s *Server) StartRun(ctx context.Context, req gen.StartRunRequestObject) (gen.StartRunResponseObject, error) {
	input, err := run.Body(req.Body.Body)
	if err != nil {
		return nil, err
	}
	in := run.Invocation{ExternalUserID: value(req.Body.ExternalUserID), Accounts: value(req.Body.AccountMap), Input: input, IdempotencyKey: value(req.Params.IdempotencyKey)}
	r, err := s.Runs.Invoke(ctx, principal(ctx).Scope, req.WorkflowID, in)
	if err != nil {
		return nil, err
	}
	return gen.StartRun202JSONResponse(toRun(r)), nil
}
