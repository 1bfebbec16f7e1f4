package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
)

func (s *Server) toolProfile(ctx context.Context, p *toolprofile.Profile) gen.ToolProfile {
	scope := principal(ctx).Scope
	return gen.ToolProfile{
		ID: p.ID, Name: p.Name, Description: p.Description, URL: s.Agents.Resource(scope.Project(), scope.EnvironmentName(), p.Name),
		MetaTools: p.MetaTools,
		Tools: each(p.Tools, func(t *toolprofile.Tool) gen.ProfileTool {
			out := gen.ProfileTool{ComponentID: t.Key}
			if len(t.Preset) > 0 {
				out.Preset = &t.Preset
			}
			if len(t.Hidden) > 0 {
				out.Hidden = &t.Hidden
			}
			return out
		}),
		CreatedAt: p.CreatedAt.UTC(), UpdatedAt: p.UpdatedAt.UTC(),
	}
}

func toProfileChange(description *string, metaTools *gen.MetaTools, tools []gen.ProfileTool) toolprofile.Change {
	return toolprofile.Change{
		Description: value(description),
		MetaTools:   value(metaTools),
		Tools: each(tools, func(t *gen.ProfileTool) toolprofile.Tool {
			return toolprofile.Tool{Key: t.ComponentID, Preset: value(t.Preset), Hidden: value(t.Hidden)}
		}),
	}
}

// ListToolProfiles lists what agents are given over MCP, by name.
func (s *Server) ListToolProfiles(ctx context.Context, req gen.ListToolProfilesRequestObject) (gen.ListToolProfilesResponseObject, error) {
	q := req.Params
	page, err := s.Profiles.List(ctx, principal(ctx).Scope, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	show := func(p *toolprofile.Profile) gen.ToolProfile { return s.toolProfile(ctx, p) }
	return gen.ListToolProfiles200JSONResponse{Data: each(page.Items, show), PageInfo: pageInfo(page)}, nil
}

// CreateToolProfile makes a tool profile.
func (s *Server) CreateToolProfile(ctx context.Context, req gen.CreateToolProfileRequestObject) (gen.CreateToolProfileResponseObject, error) {
	b := req.Body
	p, err := s.Profiles.Create(ctx, principal(ctx).Scope, b.Name, toProfileChange(b.Description, b.MetaTools, b.Tools))
	if err != nil {
		return nil, err
	}
	return gen.CreateToolProfile201JSONResponse(s.toolProfile(ctx, p)), nil
}

// GetToolProfile returns a tool profile.
func (s *Server) GetToolProfile(ctx context.Context, req gen.GetToolProfileRequestObject) (gen.GetToolProfileResponseObject, error) {
	p, err := s.Profiles.Get(ctx, principal(ctx).Scope, req.ProfileName)
	if err != nil {
		return nil, err
	}
	return gen.GetToolProfile200JSONResponse(s.toolProfile(ctx, p)), nil
}

// UpdateToolProfile replaces what a tool profile holds.
func (s *Server) UpdateToolProfile(ctx context.Context, req gen.UpdateToolProfileRequestObject) (gen.UpdateToolProfileResponseObject, error) {
	b := req.Body
	p, err := s.Profiles.Update(ctx, principal(ctx).Scope, req.ProfileName, toProfileChange(b.Description, b.MetaTools, b.Tools), given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.UpdateToolProfile200JSONResponse(s.toolProfile(ctx, p)), nil
}

// DeleteToolProfile removes a tool profile.
func (s *Server) DeleteToolProfile(ctx context.Context, req gen.DeleteToolProfileRequestObject) (gen.DeleteToolProfileResponseObject, error) {
	return gen.DeleteToolProfile204Response{}, s.Profiles.Delete(ctx, principal(ctx).Scope, req.ProfileName)
}
