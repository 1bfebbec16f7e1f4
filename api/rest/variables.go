package rest

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/variable"
)

func toVariable(v *variable.View) gen.Variable {
	out := gen.Variable{
		ID: v.ID, Name: v.Name, Scope: gen.VariableScope(v.Level()), Secret: v.Secret, Description: v.Description, Overridden: v.Overridden,
		CreatedAt: v.CreatedAt.UTC(), UpdatedAt: v.UpdatedAt.UTC(),
		UsedBy: each(v.Uses, func(u *variable.Use) gen.VariableUse {
			return gen.VariableUse{ProjectID: u.ProjectID, WorkflowID: u.Workflow, Name: u.Name, Running: u.Running}
		}),
	}
	if v.Plain != nil {
		out.Value = reveal(*v.Plain)
	}
	return out
}

func toChange(in *gen.VariableSet, seen *time.Time) variable.Change {
	return variable.Change{Value: (*secret.Text)(in.Value), Secret: in.Secret, Description: in.Description, Seen: given(seen)}
}

// ListWorkspaceVariables lists the workspace's variables.
func (s *Server) ListWorkspaceVariables(ctx context.Context, _ gen.ListWorkspaceVariablesRequestObject) (gen.ListWorkspaceVariablesResponseObject, error) {
	all, err := s.Variables.List(ctx, variable.Place{Level: variable.Workspace, Workspace: principal(ctx).Workspace})
	if err != nil {
		return nil, err
	}
	return gen.ListWorkspaceVariables200JSONResponse{Data: each(all, toVariable)}, nil
}

// SetWorkspaceVariable makes or changes a variable of the workspace.
func (s *Server) SetWorkspaceVariable(ctx context.Context, req gen.SetWorkspaceVariableRequestObject) (gen.SetWorkspaceVariableResponseObject, error) {
	v, err := s.Variables.Set(ctx, variable.Place{Level: variable.Workspace, Workspace: principal(ctx).Workspace}, req.VariableName, toChange(req.Body, req.Params.UnchangedSince))
	if err != nil {
		return nil, err
	}
	return gen.SetWorkspaceVariable200JSONResponse(toVariable(v)), nil
}

// DeleteWorkspaceVariable removes a variable of the workspace.
func (s *Server) DeleteWorkspaceVariable(ctx context.Context, req gen.DeleteWorkspaceVariableRequestObject) (gen.DeleteWorkspaceVariableResponseObject, error) {
	at := variable.Place{Level: variable.Workspace, Workspace: principal(ctx).Workspace}
	return gen.DeleteWorkspaceVariable204Response{}, s.Variables.Delete(ctx, at, req.VariableName)
}

// ListVariables lists what workflows find in an environment.
func (s *Server) ListVariables(ctx context.Context, _ gen.ListVariablesRequestObject) (gen.ListVariablesResponseObject, error) {
	all, err := s.Variables.List(ctx, variable.Place{Level: variable.Environment, Scope: principal(ctx).Scope})
	if err != nil {
		return nil, err
	}
	return gen.ListVariables200JSONResponse{Data: each(all, toVariable)}, nil
}

// SetVariable makes or changes a variable of the environment or the project.
func (s *Server) SetVariable(ctx context.Context, req gen.SetVariableRequestObject) (gen.SetVariableResponseObject, error) {
	at := variable.Place{Level: variable.Level(req.Params.Scope), Scope: principal(ctx).Scope}
	v, err := s.Variables.Set(ctx, at, req.VariableName, toChange(req.Body, req.Params.UnchangedSince))
	if err != nil {
		return nil, err
	}
	return gen.SetVariable200JSONResponse(toVariable(v)), nil
}

// DeleteVariable removes a variable of the environment or the project.
func (s *Server) DeleteVariable(ctx context.Context, req gen.DeleteVariableRequestObject) (gen.DeleteVariableResponseObject, error) {
	at := variable.Place{Level: variable.Level(req.Params.Scope), Scope: principal(ctx).Scope}
	return gen.DeleteVariable204Response{}, s.Variables.Delete(ctx, at, req.VariableName)
}
