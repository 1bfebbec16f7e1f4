package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/authorization"
	"github.com/patchbay-dev/patchbay/internal/project"
)

// GetMCP returns how users sign in from MCP clients.
func (s *Server) GetMCP(ctx context.Context, _ gen.GetMCPRequestObject) (gen.GetMCPResponseObject, error) {
	out, err := s.mcp(ctx)
	if err != nil {
		return nil, err
	}
	return gen.GetMCP200JSONResponse(out), nil
}

// UpdateMCP sets how users sign in from MCP clients.
func (s *Server) UpdateMCP(ctx context.Context, req gen.UpdateMCPRequestObject) (gen.UpdateMCPResponseObject, error) {
	if err := s.Projects.SetSignIn(ctx, principal(ctx).Scope, set(req.Body.SignInURL), project.Approval(value(req.Body.Approval)), given(req.Params.UnchangedSince)...); err != nil {
		return nil, err
	}
	out, err := s.mcp(ctx)
	if err != nil {
		return nil, err
	}
	return gen.UpdateMCP200JSONResponse(out), nil
}

func (s *Server) mcp(ctx context.Context) (gen.MCP, error) {
	scope := principal(ctx).Scope
	in, err := s.Projects.SignIn(ctx, scope)
	if err != nil {
		return gen.MCP{}, err
	}
	return gen.MCP{URL: s.Agents.Resource(scope.Project(), scope.EnvironmentName(), ""), SignInURL: in.URL, ProgramsURL: s.Agents.ProgramsURL(scope.Project(), scope.EnvironmentName()), Approval: gen.ToolApproval(in.Approval), UpdatedAt: utc(in.UpdatedAt)}, nil
}

// CompleteAuthorizationRequest takes the word of the customer's server for who is
// signed in.
func (s *Server) CompleteAuthorizationRequest(ctx context.Context, req gen.CompleteAuthorizationRequestRequestObject) (gen.CompleteAuthorizationRequestResponseObject, error) {
	to, err := s.Agents.Complete(ctx, principal(ctx).Scope, req.Body.AuthorizationRequest, req.Body.ExternalUserID)
	if err != nil {
		return nil, err
	}
	return gen.CompleteAuthorizationRequest200JSONResponse{RedirectURI: to}, nil
}

func toMCPAuthorization(a *authorization.Authorization) gen.MCPAuthorization {
	out := gen.MCPAuthorization{
		ID: a.ID, ExternalUserID: a.ExternalUserID, Scopes: a.Scopes, ToolProfile: a.Profile, CreatedAt: a.CreatedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC(), LastUsedAt: utc(a.UsedAt),
	}
	out.Client.ID, out.Client.Name, out.Client.RedirectURI = a.ClientID, a.ClientName, a.RedirectURI
	if a.ClientHost != "" {
		out.Client.Host = &a.ClientHost
	}
	return out
}

// ListMCPAuthorizations lists the clients that users allowed to act for them.
func (s *Server) ListMCPAuthorizations(ctx context.Context, req gen.ListMCPAuthorizationsRequestObject) (gen.ListMCPAuthorizationsResponseObject, error) {
	q := req.Params
	page, err := s.Agents.List(ctx, principal(ctx).Scope, value(q.ExternalUserID), cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListMCPAuthorizations200JSONResponse{Data: each(page.Items, toMCPAuthorization), PageInfo: pageInfo(page)}, nil
}

// RevokeMCPAuthorization takes back what a user allowed a client.
func (s *Server) RevokeMCPAuthorization(ctx context.Context, req gen.RevokeMCPAuthorizationRequestObject) (gen.RevokeMCPAuthorizationResponseObject, error) {
	if err := s.Agents.Revoke(ctx, principal(ctx).Scope, req.AuthorizationID); err != nil {
		return nil, err
	}
	return gen.RevokeMCPAuthorization204Response{}, nil
}
