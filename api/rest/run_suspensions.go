package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/run"
)

// ListRunSuspensions lists the steps that wait for somebody.
func (s *Server) ListRunSuspensions(ctx context.Context, req gen.ListRunSuspensionsRequestObject) (gen.ListRunSuspensionsResponseObject, error) {
	all, err := s.Runs.Suspensions(ctx, principal(ctx).Scope, value(req.Params.WorkflowID))
	if err != nil {
		return nil, err
	}
	out := make([]gen.RunSuspension, 0, len(all))
	for _, one := range all {
		if principal(ctx).Hides() { // who has a link may answer by it
			one.ResumeURL, one.CancelURL = "", ""
		}
		form, err := recode[*gen.SuspendForm](one.Form)
		if err != nil {
			return nil, err
		}
		out = append(out, gen.RunSuspension{
			RunID: one.RunID, WorkflowID: one.WorkflowID, WorkflowName: one.WorkflowName, ExternalUserID: one.ExternalUserID, Path: one.Path, Name: one.Name,
			Since: one.StartedAt.UTC(), Until: utc(one.WakeAt), OnTimeout: one.OnTimeout, ResumeURL: one.ResumeURL, CancelURL: one.CancelURL, Form: form,
		})
	}
	return gen.ListRunSuspensions200JSONResponse{Data: out}, nil
}

// AnswerRun answers a step that waits for somebody.
func (s *Server) AnswerRun(ctx context.Context, req gen.AnswerRunRequestObject) (gen.AnswerRunResponseObject, error) {
	b := req.Body
	said := run.Answered{Data: b.Data, Rejected: b.Approved != nil && !*b.Approved}
	err := s.Runs.Decide(ctx, principal(ctx).Scope, req.RunID, b.Path, value(b.Choice) == gen.AnswerRunJSONBodyChoiceCancel, said)
	if err != nil {
		return nil, err
	}
	return gen.AnswerRun204Response{}, nil
}
