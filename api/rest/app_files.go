package rest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/rehearsal"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// ListAppFiles lists the workspace's own files.
func (s *Server) ListAppFiles(ctx context.Context, _ gen.ListAppFilesRequestObject) (gen.ListAppFilesResponseObject, error) {
	rows, err := s.Catalog.List(ctx, principal(ctx).Workspace)
	if err != nil {
		return nil, err
	}
	data := each(rows, func(e *appfile.Entry) gen.AppFileSummary {
		out := gen.AppFileSummary{
			Slug: e.File.Slug, Name: e.File.Slug, Version: e.File.Version, Override: e.Override, Problems: e.App == nil,
			Author: e.File.Author, CreatedAt: e.File.CreatedAt.UTC(),
		}
		if e.App != nil {
			out.Name = e.App.Name
		}
		return out
	})
	return gen.ListAppFiles200JSONResponse{Data: data}, nil
}

// GetAppFile returns the file of an app.
func (s *Server) GetAppFile(ctx context.Context, req gen.GetAppFileRequestObject) (gen.GetAppFileResponseObject, error) {
	e, err := s.Catalog.Get(ctx, principal(ctx).Workspace, req.AppID)
	if err != nil {
		return nil, err
	}
	apps, err := s.apps(ctx)
	if err != nil {
		return nil, err
	}
	out := gen.AppFile{
		Slug: e.File.Slug, Own: e.Own, Override: e.Override, Version: e.File.Version, Source: *e.File.Source, Fixtures: e.File.Fixtures,
		OwnLogo: e.Logo, ImgSrc: s.Catalog.Public(apps.Shown(e.File.Slug)).ImgSrc, Accounts: e.Accounts, Problems: each(e.Problems, toProblem),
	}
	if out.Fixtures == nil {
		out.Fixtures = map[string]string{}
	}
	if e.App != nil {
		out.Facts = s.facts(e)
	}
	return gen.GetAppFile200JSONResponse(out), nil
}

func toProblem(p *catalog.Problem) gen.AppProblem {
	return gen.AppProblem{Line: p.Line, Path: p.Path, Code: p.Code, Text: p.Text}
}

// facts is what an app's file says, to be read by people.
func (s *Server) facts(e *appfile.Entry) *gen.AppFacts {
	a := e.App
	out := &gen.AppFacts{
		ID: a.ID, Name: a.Name, Description: a.Description, Categories: append([]string{}, a.Categories...), Checked: set(&a.Checked),
		Hosts: a.Receivers(), Auth: each(e.Methods, func(m *catalog.Auth) gen.AppAuthMethod { return method(a, m) }), Links: a.Links,
	}
	if out.Links == nil {
		out.Links = map[string]string{}
	}
	out.Limits = each(a.Limits.Budgets, func(b *catalog.Budget) gen.AppBudget { return gen.AppBudget(*b) })
	names := sorted(a.Vars)
	out.Vars = each(names, func(name *string) gen.AppVar {
		v := a.Vars[*name]
		return gen.AppVar{Name: *name, From: v.From, Title: v.Ask.Title}
	})
	out.Sources = each(a.Sources, func(src *catalog.Source) gen.AppSource {
		return gen.AppSource{About: src.About, URL: src.URL, Checked: set(&src.Checked)}
	})
	return out
}

func method(a *catalog.App, m *catalog.Auth) gen.AppAuthMethod {
	_, offered := a.Method(m.ID)
	out := gen.AppAuthMethod{ID: m.ID, Type: m.Type, Title: m.Title, Offered: offered, Pkce: set(&m.PKCE), Refresh: set(&m.Refresh.Policy), Fields: []string{}}
	for _, f := range a.Fields(m) {
		out.Fields = append(out.Fields, f.Label)
	}
	asked := m.Requested("")
	names := sorted(m.Scopes.Catalog)
	for _, name := range asked {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	out.Scopes = each(names, func(name *string) gen.AppScope {
		means := m.Scopes.Catalog[*name]
		return gen.AppScope{Name: *name, Means: set(&means), Requested: slices.Contains(asked, *name)}
	})
	return out
}

// toVersion shows a version; its contents only where one was asked for.
func toVersion(f *appfile.File, contents bool) gen.AppFileVersion {
	out := gen.AppFileVersion{Version: f.Version, Removed: f.Source == nil, Author: f.Author, CreatedAt: f.CreatedAt.UTC()}
	if contents && f.Source != nil {
		fixtures := f.Fixtures
		out.Source, out.Fixtures = f.Source, &fixtures
	}
	return out
}

// refused is the answer to a file with problems, which stand in its details.
func refused(ctx context.Context, code, what string, problems []catalog.Problem) gen.AppFileRefused {
	n := "There is a problem in " + what + ": "
	if len(problems) > 1 {
		n = fmt.Sprintf("There are %d problems in %s; the first: ", len(problems), what)
	}
	out := gen.AppFileRefused{Code: code, Error: n + strings.TrimSuffix(problems[0].String(), ".") + "."}
	shown := each(problems, toProblem)
	out.Details.Problems = &shown
	if id := telemetry.Of(ctx, "request_id"); id != "" {
		out.Details.RequestID = &id
	}
	return out
}

// SaveAppFile makes in a file.
func (s *Server) SaveAppFile(ctx context.Context, req gen.SaveAppFileRequestObject) (gen.SaveAppFileResponseObject, error) {
	p := principal(ctx)
	up := appfile.Upload{Force: yes(req.Params.Force), Author: author(p)}
	if b := req.JSONBody; b != nil {
		up.Source, up.Fixtures, up.Base = b.Source, value(b.Fixtures), b.BaseVersion
	} else {
		source, err := body(req.Body)
		if err != nil {
			return nil, err
		}
		up.Source = string(source)
	}
	f, problems, err := s.Catalog.Save(ctx, p.Workspace, req.AppID, up)
	switch {
	case err != nil:
		return nil, err
	case len(problems) > 0:
		return gen.SaveAppFile400JSONResponse(refused(ctx, "app_file_invalid", "the app file", problems)), nil
	}
	return gen.SaveAppFile200JSONResponse(toVersion(f, true)), nil
}

// author is who changes a file: a member's e-mail or a client's id.
func author(p *caller.Principal) string { return cmp.Or(p.Actor.Name, p.Actor.ID) }

// body reads a body that is not JSON.
func body(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, tooLarge(maxBody)
		}
		return nil, errMalformed.Because(err)
	}
	return b, nil
}

// DeleteAppFile takes a file away.
func (s *Server) DeleteAppFile(ctx context.Context, req gen.DeleteAppFileRequestObject) (gen.DeleteAppFileResponseObject, error) {
	p := principal(ctx)
	return gen.DeleteAppFile204Response{}, s.Catalog.Remove(ctx, p.Workspace, req.AppID, author(p), req.Params.BaseVersion, yes(req.Params.Force))
}

// CheckAppFile says what is wrong with a file and plays its recorded answers.
func (s *Server) CheckAppFile(ctx context.Context, req gen.CheckAppFileRequestObject) (gen.CheckAppFileResponseObject, error) {
	up := appfile.Upload{Source: value(req.Body.Source), Fixtures: value(req.Body.Fixtures)}
	problems, checks, err := s.Catalog.Check(ctx, principal(ctx).Workspace, req.AppID, up)
	if err != nil {
		return nil, err
	}
	sound := len(problems) == 0 && !slices.ContainsFunc(checks, func(c rehearsal.Check) bool { return c.Result == rehearsal.Failed })
	return gen.CheckAppFile200JSONResponse{Sound: sound, Problems: each(problems, toProblem), Checks: each(checks, func(c *rehearsal.Check) gen.AppCheck {
		return gen.AppCheck{Auth: c.Auth, Name: gen.AppCheckName(c.Name), Result: gen.AppCheckResult(c.Result), Text: c.Text}
	})}, nil
}

// ListAppFileVersions lists the versions of a file.
func (s *Server) ListAppFileVersions(ctx context.Context, req gen.ListAppFileVersionsRequestObject) (gen.ListAppFileVersionsResponseObject, error) {
	rows, err := s.Catalog.History(ctx, principal(ctx).Workspace, req.AppID)
	if err != nil {
		return nil, err
	}
	return gen.ListAppFileVersions200JSONResponse{Data: each(rows, func(f *appfile.File) gen.AppFileVersion { return toVersion(f, false) })}, nil
}

// GetAppFileVersion returns a version of a file.
func (s *Server) GetAppFileVersion(ctx context.Context, req gen.GetAppFileVersionRequestObject) (gen.GetAppFileVersionResponseObject, error) {
	f, err := s.Catalog.Version(ctx, principal(ctx).Workspace, req.AppID, req.Version)
	if err != nil {
		return nil, err
	}
	return gen.GetAppFileVersion200JSONResponse(toVersion(f, true)), nil
}

// RestoreAppFileVersion makes an earlier version the newest.
func (s *Server) RestoreAppFileVersion(ctx context.Context, req gen.RestoreAppFileVersionRequestObject) (gen.RestoreAppFileVersionResponseObject, error) {
	p := principal(ctx)
	f, problems, err := s.Catalog.Restore(ctx, p.Workspace, req.AppID, req.Version, author(p), req.Params.BaseVersion, yes(req.Params.Force))
	switch {
	case err != nil:
		return nil, err
	case len(problems) > 0:
		return gen.RestoreAppFileVersion400JSONResponse(refused(ctx, "app_file_invalid", "the app file", problems)), nil
	}
	return gen.RestoreAppFileVersion200JSONResponse(toVersion(f, true)), nil
}

// SaveAppLogo gives an app a logo.
func (s *Server) SaveAppLogo(ctx context.Context, req gen.SaveAppLogoRequestObject) (gen.SaveAppLogoResponseObject, error) {
	content, err := body(req.Body)
	if err != nil {
		return nil, err
	}
	w := principal(ctx).Workspace
	l, err := s.Catalog.SetLogo(ctx, w, req.AppID, content)
	if err != nil {
		return nil, err
	}
	apps, err := s.apps(ctx)
	if err != nil {
		return nil, err
	}
	return gen.SaveAppLogo200JSONResponse{ImgSrc: s.Catalog.Public(apps.Shown(l.Slug)).ImgSrc}, nil
}

// DeleteAppLogo takes an app's logo away.
func (s *Server) DeleteAppLogo(ctx context.Context, req gen.DeleteAppLogoRequestObject) (gen.DeleteAppLogoResponseObject, error) {
	return gen.DeleteAppLogo204Response{}, s.Catalog.RemoveLogo(ctx, principal(ctx).Workspace, req.AppID)
}
