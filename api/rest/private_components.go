package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/registry"
)

// ListPrivateComponents lists the workspace's own components.
func (s *Server) ListPrivateComponents(ctx context.Context, _ gen.ListPrivateComponentsRequestObject) (gen.ListPrivateComponentsResponseObject, error) {
	rows, err := s.Components.List(ctx, principal(ctx).Workspace)
	if err != nil {
		return nil, err
	}
	data := each(rows, func(e *registry.Entry) gen.PrivateComponent {
		return gen.PrivateComponent{
			Key: e.Key, Name: e.Title, Type: gen.PrivateComponentType(e.Type), App: e.App, Version: e.Version, Versions: e.Versions, Triggers: e.Triggers,
			Problems: each(e.Problems, toProblem), Author: e.Author, CreatedAt: e.CreatedAt.UTC(),
		}
	})
	return gen.ListPrivateComponents200JSONResponse{Data: data}, nil
}

// GetPrivateComponent returns one of the workspace's own components.
func (s *Server) GetPrivateComponent(ctx context.Context, req gen.GetPrivateComponentRequestObject) (gen.GetPrivateComponentResponseObject, error) {
	r, all, problems, err := s.Components.Get(ctx, principal(ctx).Workspace, req.ComponentName, value(req.Params.Version))
	if err != nil {
		return nil, err
	}
	return gen.GetPrivateComponent200JSONResponse{
		Key: r.Key, Version: r.Version, Type: gen.PrivateComponentDetailType(r.Type), App: r.App, Source: r.Source, Versions: each(all, toRelease),
		Problems: each(problems, toProblem), Author: r.Author, CreatedAt: r.CreatedAt.UTC(),
	}, nil
}

func toRelease(r *registry.Release) gen.PrivateComponentVersion {
	return gen.PrivateComponentVersion{Key: r.Key, Version: r.Version, Type: gen.PrivateComponentVersionType(r.Type), App: r.App, Author: r.Author, CreatedAt: r.CreatedAt.UTC()}
}

// SavePrivateComponent takes an operation file.
func (s *Server) SavePrivateComponent(ctx context.Context, req gen.SavePrivateComponentRequestObject) (gen.SavePrivateComponentResponseObject, error) {
	p := principal(ctx)
	up := registry.Upload{App: req.Body.App, Source: req.Body.Source, Dev: value(req.Body.Dev), Author: author(p), Base: req.Body.BaseVersion}
	r, problems, err := s.Components.Save(ctx, p.Workspace, req.ComponentName, up)
	switch {
	case err != nil:
		return nil, err
	case len(problems) > 0:
		return gen.SavePrivateComponent400JSONResponse(refused(ctx, "component_file_invalid", "the component's file", problems)), nil
	}
	return gen.SavePrivateComponent200JSONResponse(toRelease(r)), nil
}

// DeletePrivateComponent takes a component away, or one of its versions.
func (s *Server) DeletePrivateComponent(ctx context.Context, req gen.DeletePrivateComponentRequestObject) (gen.DeletePrivateComponentResponseObject, error) {
	q := req.Params
	return gen.DeletePrivateComponent204Response{}, s.Components.Remove(ctx, principal(ctx).Workspace, req.ComponentName, value(q.Version), yes(q.Force))
}

// CheckPrivateComponent says what is wrong with a file and plays its examples.
func (s *Server) CheckPrivateComponent(ctx context.Context, req gen.CheckPrivateComponentRequestObject) (gen.CheckPrivateComponentResponseObject, error) {
	up := registry.Upload{App: req.Body.App, Source: req.Body.Source}
	problems, played, err := s.Components.Check(ctx, principal(ctx).Workspace, req.ComponentName, up)
	if err != nil {
		return nil, err
	}
	out := gen.CheckPrivateComponent200JSONResponse{Sound: len(problems) == 0, Problems: each(problems, toProblem)}
	for _, p := range played {
		out.Sound = out.Sound && len(p.Wrong) == 0
	}
	out.Examples = each(played, func(p *registry.Played) gen.PlayedExample {
		return gen.PlayedExample{Name: p.Name, Line: p.Line, Wrong: append([]string{}, p.Wrong...)}
	})
	return out, nil
}
