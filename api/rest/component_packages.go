package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/registry"
)

// ListComponentPackages lists what is installed.
func (s *Server) ListComponentPackages(ctx context.Context, req gen.ListComponentPackagesRequestObject) (gen.ListComponentPackagesResponseObject, error) {
	w := principal(ctx).Workspace
	all, err := s.Components.Packages(ctx, w)
	if err != nil {
		return nil, err
	}
	data := each(all, toPackage)
	if yes(req.Params.Verify) {
		for i := range data {
			intact, err := s.Components.Intact(ctx, w, &all[i])
			if err != nil {
				return nil, err
			}
			data[i].Intact = &intact
		}
	}
	return gen.ListComponentPackages200JSONResponse{Data: data}, nil
}

func toPackage(p *registry.Package) gen.ComponentPackage {
	return gen.ComponentPackage{
		Name: p.Name, Version: p.Version, Bundle: p.Bundle, License: p.License, AcceptedAt: utc(p.AcceptedAt), Author: p.Author, CreatedAt: p.CreatedAt.UTC(),
		Components: each(p.Components, toRelease), Refused: each(p.Refused, func(r *registry.Refused) gen.RefusedModule { return gen.RefusedModule(*r) }),
	}
}

// InstallComponentPackage installs a package.
func (s *Server) InstallComponentPackage(ctx context.Context, req gen.InstallComponentPackageRequestObject) (gen.InstallComponentPackageResponseObject, error) {
	p, q := principal(ctx), req.Params
	if req.Body == nil {
		return nil, errMalformed
	}
	out, err := s.Components.Install(ctx, p.Workspace, registry.Install{Archive: req.Body, Accept: yes(q.AcceptLicense), Dev: yes(q.Dev), Author: author(p)})
	if err != nil {
		return nil, err
	}
	return gen.InstallComponentPackage200JSONResponse(toPackage(out)), nil
}

// DeleteComponentPackage removes a package.
func (s *Server) DeleteComponentPackage(ctx context.Context, req gen.DeleteComponentPackageRequestObject) (gen.DeleteComponentPackageResponseObject, error) {
	return gen.DeleteComponentPackage204Response{}, s.Components.Uninstall(ctx, principal(ctx).Workspace, req.PackageName, yes(req.Params.Force))
}
