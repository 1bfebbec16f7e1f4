package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

func toWorkflowVersion(w *workflow.Workflow, v *workflow.Version) gen.WorkflowVersion {
	out := gen.WorkflowVersion{Version: v.Version, Running: w.Version == v.Version, Author: v.Author, Message: v.Message, CreatedAt: v.CreatedAt.UTC()}
	if w.CanaryVersion == v.Version {
		out.CanaryPercent = w.CanaryPercent
	}
	return out
}

// ListWorkflowVersions lists versions.
func (s *Server) ListWorkflowVersions(ctx context.Context, req gen.ListWorkflowVersionsRequestObject) (gen.ListWorkflowVersionsResponseObject, error) {
	q := req.Params
	w, page, err := s.Workflows.Versions(ctx, principal(ctx).Scope.Project(), req.WorkflowID, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	data := each(page.Items, func(v *workflow.Version) gen.WorkflowVersion { return toWorkflowVersion(w, v) })
	return gen.ListWorkflowVersions200JSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}

// GetWorkflowVersion returns a version with its definition.
func (s *Server) GetWorkflowVersion(ctx context.Context, req gen.GetWorkflowVersionRequestObject) (gen.GetWorkflowVersionResponseObject, error) {
	w, v, err := s.Workflows.Version(ctx, principal(ctx).Scope.Project(), req.WorkflowID, req.WorkflowVersion)
	if err != nil {
		return nil, err
	}
	d, err := recode[gen.WorkflowDefinition](v.Definition)
	return gen.GetWorkflowVersion200JSONResponse{Version: toWorkflowVersion(w, v), Definition: d}, err
}

// DiffWorkflowVersions says in what two versions differ.
func (s *Server) DiffWorkflowVersions(ctx context.Context, req gen.DiffWorkflowVersionsRequestObject) (gen.DiffWorkflowVersionsResponseObject, error) {
	changes, err := s.Workflows.Diff(ctx, principal(ctx).Scope.Project(), req.WorkflowID, req.WorkflowVersion, value(req.Params.To))
	if err != nil {
		return nil, err
	}
	return gen.DiffWorkflowVersions200JSONResponse{Changes: each(changes, toWorkflowChange)}, nil
}

func toWorkflowChange(c *workflow.Change) gen.WorkflowChange {
	return gen.WorkflowChange{Path: c.Path, Kind: gen.WorkflowChangeKind(c.Kind), Before: c.Before, After: c.After, Text: c.String()}
}

// SetRunningVersion chooses the versions that run.
func (s *Server) SetRunningVersion(ctx context.Context, req gen.SetRunningVersionRequestObject) (gen.SetRunningVersionResponseObject, error) {
	to := workflow.Running{Version: req.Body.Version}
	if c := req.Body.Canary; c != nil {
		to.Canary, to.Percent = c.Version, c.Percent
	}
	v, err := s.Workflows.Run(ctx, principal(ctx).Scope.Project(), req.WorkflowID, to, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	s.settle(ctx, req.WorkflowID)
	out, err := s.workflow(v)
	return gen.SetRunningVersion200JSONResponse(out), err
}

// GetWorkflowReadiness returns the check list of a workflow.
func (s *Server) GetWorkflowReadiness(ctx context.Context, req gen.GetWorkflowReadinessRequestObject) (gen.GetWorkflowReadinessResponseObject, error) {
	score, checks, err := s.Workflows.Readiness(ctx, principal(ctx).Scope.Project(), req.WorkflowID, req.Params.Draft != nil && *req.Params.Draft)
	if err != nil {
		return nil, err
	}
	return gen.GetWorkflowReadiness200JSONResponse(*readiness(score, checks)), nil
}

func readiness(score int, checks []workflow.Check) *gen.WorkflowReadiness {
	return &gen.WorkflowReadiness{Score: score, Checks: each(checks, func(c *workflow.Check) gen.ReadinessCheck {
		return gen.ReadinessCheck{Code: c.Code, Done: c.Done, Concerns: c.Concerns, Text: c.Text}
	})}
}
