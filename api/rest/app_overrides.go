package rest

import (
	"context"
	"encoding/json"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/connect"
)

// appOverride is the whole of what the public sees of an app override.
func (s *Server) appOverride(ctx context.Context, o *connect.Override) (gen.AppOverride, error) {
	apps, err := s.apps(ctx)
	if err != nil {
		return gen.AppOverride{}, err
	}
	return gen.AppOverride{
		ID: o.ID, Name: o.Name, App: s.app(apps.Shown(o.App)), OauthAppID: o.OauthAppID, Cfmap: o.Cfmap, OwnerID: principal(ctx).Scope.Project(),
		CreatedAt: o.CreatedAt.UTC(), UpdatedAt: o.UpdatedAt.UTC(),
	}, nil
}

// ListAppOverrides lists the project's app overrides.
func (s *Server) ListAppOverrides(ctx context.Context, req gen.ListAppOverridesRequestObject) (gen.ListAppOverridesResponseObject, error) {
	p, q := principal(ctx), req.Params
	page, err := s.Connect.Overrides(ctx, p.Scope.Project(), s.slug(ctx, value(q.App)), cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	data := make([]gen.AppOverride, len(page.Items))
	for i := range page.Items {
		if data[i], err = s.appOverride(ctx, &page.Items[i]); err != nil {
			return nil, err
		}
	}
	return gen.ListAppOverrides200JSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}

// CreateAppOverride keeps an app override.
func (s *Server) CreateAppOverride(ctx context.Context, req gen.CreateAppOverrideRequestObject) (gen.CreateAppOverrideResponseObject, error) {
	p, b := principal(ctx), req.Body
	o, err := s.Connect.CreateOverride(ctx, p.Scope.Project(), b.App, b.Name, set(b.OauthAppID), value(b.Cfmap))
	if err != nil {
		return nil, err
	}
	out, err := s.appOverride(ctx, o)
	return gen.CreateAppOverride201JSONResponse(out), err
}

// GetAppOverride returns an app override.
func (s *Server) GetAppOverride(ctx context.Context, req gen.GetAppOverrideRequestObject) (gen.GetAppOverrideResponseObject, error) {
	o, err := s.Connect.Override(ctx, principal(ctx).Scope.Project(), req.AppOverrideID)
	if err != nil {
		return nil, err
	}
	out, err := s.appOverride(ctx, o)
	return gen.GetAppOverride200JSONResponse(out), err
}

// UpdateAppOverride changes an app override.
func (s *Server) UpdateAppOverride(ctx context.Context, req gen.UpdateAppOverrideRequestObject) (gen.UpdateAppOverrideResponseObject, error) {
	p, b := principal(ctx), req.Body
	change := connect.OverrideChange{Name: set(b.Name), Fields: value(b.Cfmap)}
	if b.OauthAppID != nil { // null takes the client away, which is not the same as saying nothing
		var oauthAppID string
		if err := json.Unmarshal(b.OauthAppID, &oauthAppID); err != nil {
			return nil, errMalformed.Because(err)
		}
		change.OAuthAppID = &oauthAppID
	}
	o, err := s.Connect.ChangeOverride(ctx, p.Scope.Project(), req.AppOverrideID, change, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	out, err := s.appOverride(ctx, o)
	return gen.UpdateAppOverride200JSONResponse(out), err
}

// DeleteAppOverride removes an app override.
func (s *Server) DeleteAppOverride(ctx context.Context, req gen.DeleteAppOverrideRequestObject) (gen.DeleteAppOverrideResponseObject, error) {
	return gen.DeleteAppOverride204Response{}, s.Connect.DeleteOverride(ctx, principal(ctx).Scope.Project(), req.AppOverrideID)
}
