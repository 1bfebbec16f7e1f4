package rest

import (
	"context"
	"errors"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/brand"
)

// toBrandState is the whole of what the public sees of a brand.
func toBrandState(st *brand.State) gen.BrandState {
	out := gen.BrandState{Settings: st.Settings, Brand: *st.Brand, Files: each(st.Files, toBrandFile), UpdatedAt: utc(st.UpdatedAt)}
	out.Warnings = each(st.Warnings, func(w *brand.Warning) gen.BrandWarning {
		return gen.BrandWarning{
			Mode: gen.BrandWarningMode(w.Mode), Colour: gen.BrandWarningColour(w.Colour), On: gen.BrandWarningOn(w.On),
			Ratio: w.Ratio, Minimum: w.Minimum, Message: w.Message,
		}
	})
	return out
}

func toBrandFile(f *brand.File) gen.BrandFile {
	return gen.BrandFile{Kind: gen.BrandFileKind(f.Kind), URL: f.Path(), Type: f.Type, CreatedAt: f.CreatedAt.UTC()}
}

func (s *Server) toDomain(d *brand.Domain) gen.ConnectDomain {
	return gen.ConnectDomain{Host: d.Host, URL: s.Brands.URL(d.Host), CreatedAt: d.CreatedAt.UTC()}
}

// GetBrand returns how the environment's pages look.
func (s *Server) GetBrand(ctx context.Context, _ gen.GetBrandRequestObject) (gen.GetBrandResponseObject, error) {
	st, err := s.Brands.Get(ctx, principal(ctx).Scope)
	if err != nil {
		return nil, err
	}
	return gen.GetBrand200JSONResponse(toBrandState(st)), nil
}

// ReplaceBrand replaces the settings.
func (s *Server) ReplaceBrand(ctx context.Context, req gen.ReplaceBrandRequestObject) (gen.ReplaceBrandResponseObject, error) {
	put := func() (*brand.State, error) {
		return s.Brands.Put(ctx, principal(ctx).Scope, *req.Body, given(req.Params.UnchangedSince)...)
	}
	if yes(req.Params.DryRun) {
		put = func() (*brand.State, error) { return s.Brands.Try(ctx, principal(ctx).Scope, *req.Body) }
	}
	st, err := put()
	if err != nil {
		return nil, err
	}
	return gen.ReplaceBrand200JSONResponse(toBrandState(st)), nil
}

// UpdateBrand changes some of the settings.
func (s *Server) UpdateBrand(ctx context.Context, req gen.UpdateBrandRequestObject) (gen.UpdateBrandResponseObject, error) {
	st, err := s.Brands.Patch(ctx, principal(ctx).Scope, *req.Body, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.UpdateBrand200JSONResponse(toBrandState(st)), nil
}

// CopyBrand takes over the brand of the other environment.
func (s *Server) CopyBrand(ctx context.Context, req gen.CopyBrandRequestObject) (gen.CopyBrandResponseObject, error) {
	p := principal(ctx)
	if err := p.Everywhere(); err != nil {
		return nil, err
	}
	from, err := s.Projects.Scope(ctx, p.Workspace, p.Scope.Project(), string(req.Body.From))
	if err != nil {
		return nil, err
	}
	st, err := s.Brands.Copy(ctx, from, p.Scope)
	if err != nil {
		return nil, err
	}
	return gen.CopyBrand200JSONResponse(toBrandState(st)), nil
}

// SaveBrandFile takes a logo or a font.
func (s *Server) SaveBrandFile(ctx context.Context, req gen.SaveBrandFileRequestObject) (gen.SaveBrandFileResponseObject, error) {
	content, err := body(req.Body)
	if err != nil {
		return nil, err
	}
	f, err := s.Brands.SetFile(ctx, principal(ctx).Scope, req.Kind, content)
	if err != nil {
		return nil, err
	}
	return gen.SaveBrandFile200JSONResponse(toBrandFile(f)), nil
}

// DeleteBrandFile takes a file away.
func (s *Server) DeleteBrandFile(ctx context.Context, req gen.DeleteBrandFileRequestObject) (gen.DeleteBrandFileResponseObject, error) {
	return gen.DeleteBrandFile204Response{}, s.Brands.RemoveFile(ctx, principal(ctx).Scope, req.Kind)
}

// GetConnectDomain returns the host of the environment's pages.
func (s *Server) GetConnectDomain(ctx context.Context, _ gen.GetConnectDomainRequestObject) (gen.GetConnectDomainResponseObject, error) {
	d, err := s.Brands.Domain(ctx, principal(ctx).Scope)
	if errors.Is(err, brand.ErrNoDomain) {
		return gen.GetConnectDomain200JSONResponse{}, nil
	}
	if err != nil {
		return nil, err
	}
	out := s.toDomain(d)
	return gen.GetConnectDomain200JSONResponse{Data: &out}, nil
}

// SetConnectDomain gives the environment's pages a host.
func (s *Server) SetConnectDomain(ctx context.Context, req gen.SetConnectDomainRequestObject) (gen.SetConnectDomainResponseObject, error) {
	d, err := s.Brands.SetDomain(ctx, principal(ctx).Scope, req.Body.Host, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.SetConnectDomain200JSONResponse{Data: s.toDomain(d)}, nil
}

// DeleteConnectDomain takes the host away.
func (s *Server) DeleteConnectDomain(ctx context.Context, _ gen.DeleteConnectDomainRequestObject) (gen.DeleteConnectDomainResponseObject, error) {
	return gen.DeleteConnectDomain204Response{}, s.Brands.RemoveDomain(ctx, principal(ctx).Scope)
}
