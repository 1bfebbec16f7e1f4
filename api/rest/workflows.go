package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// workflow is the whole of what the public sees of a workflow.
func (s *Server) workflow(v *workflow.View) (gen.Workflow, error) {
	draft, err := recode[gen.WorkflowDefinition](v.Draft)
	out := gen.Workflow{
		ID: v.ID, Name: v.Name, Active: v.Active, Version: v.Version, Draft: draft, DraftDiffers: v.DraftDiffers,
		CreatedAt: v.CreatedAt.UTC(), UpdatedAt: v.UpdatedAt.UTC(),
		Endpoint: gen.WorkflowEndpoint{
			EndpointID: v.EndpointID, URL: s.PublicURL + "/e/" + v.EndpointID, HostURL: s.hostURL(v.EndpointID), Auth: gen.WorkflowEndpointAuth(v.Draft.HTTP().Auth),
		},
	}
	out.Key = v.Key
	if v.CanaryVersion != 0 {
		out.Canary = &gen.WorkflowCanary{Version: v.CanaryVersion, Percent: v.CanaryPercent}
	}
	if v.Bearer != "" {
		out.Endpoint.BearerToken = reveal(v.Bearer)
	}
	return out, err
}

// hostURL is an endpoint's address by host name, at the API's scheme and port.
func (s *Server) hostURL(endpointID string) string {
	u, err := url.Parse(s.PublicURL)
	if err != nil {
		return ""
	}
	host := endpointID + "." + s.WorkflowDomain
	if u.Port() != "" {
		host += ":" + u.Port()
	}
	return u.Scheme + "://" + host
}

// definition reads a definition in whichever form it came.
func definition(doc *gen.WorkflowDefinition, raw io.Reader) (*workflow.Definition, error) {
	if doc != nil {
		b, err := json.Marshal(doc)
		if err != nil {
			return nil, fmt.Errorf("encode definition: %w", err)
		}
		return workflow.ParseJSON(b)
	}
	b, err := body(raw)
	if err != nil {
		return nil, err
	}
	return workflow.ParseYAML(b)
}

// ListWorkflows lists workflows.
func (s *Server) ListWorkflows(ctx context.Context, req gen.ListWorkflowsRequestObject) (gen.ListWorkflowsResponseObject, error) {
	q := req.Params
	page, err := s.Workflows.List(ctx, principal(ctx).Scope.Project(), cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	data := make([]gen.Workflow, len(page.Items))
	for i := range page.Items {
		if data[i], err = s.workflow(&page.Items[i]); err != nil {
			return nil, err
		}
	}
	return gen.ListWorkflows200JSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}

// CreateWorkflow makes a workflow.
func (s *Server) CreateWorkflow(ctx context.Context, req gen.CreateWorkflowRequestObject) (gen.CreateWorkflowResponseObject, error) {
	d, err := definition(req.JSONBody, req.Body)
	if err != nil {
		return nil, err
	}
	v, err := s.Workflows.Create(ctx, principal(ctx).Scope.Project(), d)
	if err != nil {
		return nil, err
	}
	out, err := s.workflow(v)
	return gen.CreateWorkflow201JSONResponse(out), err
}

// GetWorkflow returns a workflow.
func (s *Server) GetWorkflow(ctx context.Context, req gen.GetWorkflowRequestObject) (gen.GetWorkflowResponseObject, error) {
	v, err := s.Workflows.Get(ctx, principal(ctx).Scope.Project(), req.WorkflowID)
	if err != nil {
		return nil, err
	}
	if principal(ctx).Hides() {
		v.Bearer = ""
	}
	out, err := s.workflow(v)
	return gen.GetWorkflow200JSONResponse(out), err
}

// UpdateWorkflow replaces the draft.
func (s *Server) UpdateWorkflow(ctx context.Context, req gen.UpdateWorkflowRequestObject) (gen.UpdateWorkflowResponseObject, error) {
	d, err := definition(req.JSONBody, req.Body)
	if err != nil {
		return nil, err
	}
	v, err := s.Workflows.Update(ctx, principal(ctx).Scope.Project(), req.WorkflowID, d, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	out, err := s.workflow(v)
	return gen.UpdateWorkflow200JSONResponse(out), err
}

// DeleteWorkflow removes a workflow.
func (s *Server) DeleteWorkflow(ctx context.Context, req gen.DeleteWorkflowRequestObject) (gen.DeleteWorkflowResponseObject, error) {
	err := s.Workflows.Delete(ctx, principal(ctx).Scope.Project(), req.WorkflowID)
	if err == nil {
		s.settle(ctx, req.WorkflowID)
	}
	return gen.DeleteWorkflow204Response{}, err
}

// DeployWorkflow makes the draft the running version.
func (s *Server) DeployWorkflow(ctx context.Context, req gen.DeployWorkflowRequestObject) (gen.DeployWorkflowResponseObject, error) {
	message := ""
	if req.Body != nil {
		message = value(req.Body.Message)
	}
	v, err := s.Workflows.Release(ctx, principal(ctx).Scope.Project(), req.WorkflowID, message)
	if err != nil {
		return nil, err
	}
	s.settle(ctx, req.WorkflowID)
	out, err := s.workflow(v)
	out.Readiness = readiness(v.Score, v.Checks)
	return gen.DeployWorkflow200JSONResponse(out), err
}

// DisableWorkflow switches a workflow off.
func (s *Server) DisableWorkflow(ctx context.Context, req gen.DisableWorkflowRequestObject) (gen.DisableWorkflowResponseObject, error) {
	v, err := s.Workflows.Disable(ctx, principal(ctx).Scope.Project(), req.WorkflowID)
	if err != nil {
		return nil, err
	}
	s.settle(ctx, req.WorkflowID)
	out, err := s.workflow(v)
	return gen.DisableWorkflow200JSONResponse(out), err
}

// RegenerateWorkflowToken gives a workflow a new bearer token.
func (s *Server) RegenerateWorkflowToken(ctx context.Context, req gen.RegenerateWorkflowTokenRequestObject) (gen.RegenerateWorkflowTokenResponseObject, error) {
	v, err := s.Workflows.NewBearer(ctx, principal(ctx).Scope.Project(), req.WorkflowID)
	if err != nil {
		return nil, err
	}
	out, err := s.workflow(v)
	return gen.RegenerateWorkflowToken200JSONResponse(out), err
}

// ValidateWorkflow checks a definition.
func (s *Server) ValidateWorkflow(_ context.Context, req gen.ValidateWorkflowRequestObject) (gen.ValidateWorkflowResponseObject, error) {
	_, problems, err := workflow.Parse([]byte(req.Body.Source))
	if err != nil {
		return nil, err
	}
	found := each(problems, func(p *workflow.Problem) gen.WorkflowProblem {
		return gen.WorkflowProblem{Line: p.Line, Path: p.Path, Code: p.Code, Text: p.Text}
	})
	return gen.ValidateWorkflow200JSONResponse{Valid: len(found) == 0, Problems: found}, nil
}
