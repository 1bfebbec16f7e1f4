package rest

import (
	"context"
	"encoding/json"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/upstream"
)

// ListMCPServers lists the servers whose tools are actions.
func (s *Server) ListMCPServers(ctx context.Context, _ gen.ListMCPServersRequestObject) (gen.ListMCPServersResponseObject, error) {
	all, err := s.Tools.List(ctx, principal(ctx).Workspace)
	if err != nil {
		return nil, err
	}
	return gen.ListMCPServers200JSONResponse{Data: each(all, toMCPServer)}, nil
}

// GetMCPServer returns a server.
func (s *Server) GetMCPServer(ctx context.Context, req gen.GetMCPServerRequestObject) (gen.GetMCPServerResponseObject, error) {
	out, err := s.Tools.Get(ctx, principal(ctx).Workspace, s.slug(ctx, req.AppID))
	if err != nil {
		return nil, err
	}
	return gen.GetMCPServer200JSONResponse(toMCPServer(out)), nil
}

// SaveMCPServer registers a server.
func (s *Server) SaveMCPServer(ctx context.Context, req gen.SaveMCPServerRequestObject) (gen.SaveMCPServerResponseObject, error) {
	p, in := principal(ctx), upstream.Registration{URL: req.Body.URL, Name: said(req.Body.Name), Token: said(req.Body.Token)}
	if in.Author = author(p); req.Body.Auth != nil {
		in.Auth = string(*req.Body.Auth)
	}
	out, problems, err := s.Tools.Save(ctx, p.Workspace, req.AppID, in)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, fault.New(fault.Invalid, "app_file_invalid", "No file can be made for the app: %s", problems[0].String())
	}
	return gen.SaveMCPServer200JSONResponse(toMCPServer(out)), nil
}

// LookAtMCPServer asks a server what it has now.
func (s *Server) LookAtMCPServer(ctx context.Context, req gen.LookAtMCPServerRequestObject) (gen.LookAtMCPServerResponseObject, error) {
	out, err := s.Tools.Look(ctx, principal(ctx).Workspace, s.slug(ctx, req.AppID), said(req.Body.Token))
	if err != nil {
		return nil, err
	}
	return gen.LookAtMCPServer200JSONResponse(toMCPServer(out)), nil
}

// AcceptMCPServer takes over what has changed.
func (s *Server) AcceptMCPServer(ctx context.Context, req gen.AcceptMCPServerRequestObject) (gen.AcceptMCPServerResponseObject, error) {
	p := principal(ctx)
	out, err := s.Tools.Accept(ctx, p.Workspace, s.slug(ctx, req.AppID), req.Body.Digest, author(p))
	if err != nil {
		return nil, err
	}
	return gen.AcceptMCPServer200JSONResponse(toMCPServer(out)), nil
}

// DeclineMCPServer leaves what has changed as it was.
func (s *Server) DeclineMCPServer(ctx context.Context, req gen.DeclineMCPServerRequestObject) (gen.DeclineMCPServerResponseObject, error) {
	out, err := s.Tools.Decline(ctx, principal(ctx).Workspace, s.slug(ctx, req.AppID), req.Body.Digest)
	if err != nil {
		return nil, err
	}
	return gen.DeclineMCPServer200JSONResponse(toMCPServer(out)), nil
}

// DeleteMCPServer takes a server away.
func (s *Server) DeleteMCPServer(ctx context.Context, req gen.DeleteMCPServerRequestObject) (gen.DeleteMCPServerResponseObject, error) {
	return gen.DeleteMCPServer204Response{}, s.Tools.Remove(ctx, principal(ctx).Workspace, s.slug(ctx, req.AppID))
}

func toMCPServer(r *upstream.Server) gen.MCPServer {
	tool := func(d *upstream.Definition) gen.MCPTool {
		schema := map[string]any{}
		_ = json.Unmarshal(d.InputSchema, &schema) // it was one when it was written down
		return gen.MCPTool{
			Name: d.Name, Key: component.Own + d.Key(r.App), Title: d.Title, Description: d.Description, InputSchema: schema,
			ReadOnly: d.ReadOnly, Destructive: d.Destructive, Idempotent: d.Idempotent, OpenWorld: d.OpenWorld,
		}
	}
	some := func(d *upstream.Definition) *gen.MCPTool {
		if d == nil {
			return nil
		}
		out := tool(d)
		return &out
	}
	changes := r.Changes()
	seen := r.Digest()
	return gen.MCPServer{
		App: r.App, URL: r.URL, Open: r.Open, Name: r.Name, Version: r.Version, Tools: each(r.Tools, tool),
		Refused: each(r.Refused, func(x *upstream.Refused) gen.MCPToolRefused { return gen.MCPToolRefused(*x) }),
		Changes: each(changes, func(c *upstream.Change) gen.MCPToolChange {
			return gen.MCPToolChange{Name: c.Name, Before: some(c.Before), After: some(c.After)}
		}),
		Digest: set(&seen), Declined: seen != "" && !r.Waits(), Failure: r.Failure, Author: r.Author, CreatedAt: r.CreatedAt.UTC(), AcceptedAt: r.AcceptedAt.UTC(), LookedAt: r.LookedAt.UTC(),
	}
}

// said is a text that may be absent.
func said(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
