package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/picture"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/redact"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// toProject is the whole of what the public sees of a project.
func toProject(p *project.Project) gen.Project {
	return gen.Project{
		ID: p.ID, Name: p.Name, AppName: p.AppName, SupportEmail: p.SupportEmail,
		ConnectRequireKeyAuthTest: p.ConnectRequireKeyAuthTest, WorkflowsInProduction: p.WorkflowsInProduction,
		ProxyAllowedHosts: append([]string{}, p.ProxyHosts...), ProxyLogBodies: p.ProxyLogBodies, ActionLogValues: p.ActionLogValues, RunKeepDays: p.RunKeepDays, RunKeepMb: p.RunKeepMB,
		ErrorWorkflowID: p.ErrorWorkflowID, EventKeepDays: p.EventKeepDays, LogKeepDays: p.LogKeepDays, DevelopmentUsers: p.DevelopmentUsers, UpdatedAt: p.UpdatedAt.UTC(),
		LogRedactions: each(p.LogRedactions, func(r *redact.Rule) gen.LogRedaction {
			return gen.LogRedaction{Kind: gen.LogRedactionKind(r.Kind), Match: r.Match}
		}),
	}
}

// ListProjects lists projects.
func (s *Server) ListProjects(ctx context.Context, req gen.ListProjectsRequestObject) (gen.ListProjectsResponseObject, error) {
	q := req.Params
	p := principal(ctx)
	page, err := s.Projects.List(ctx, p.Workspace, p.Only(), value(q.Q), cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListProjects200JSONResponse{Data: each(page.Items, toProject), PageInfo: pageInfo(page)}, nil
}

// GetProjectInfo lists the apps for which the project has OAuth clients.
func (s *Server) GetProjectInfo(ctx context.Context, _ gen.GetProjectInfoRequestObject) (gen.GetProjectInfoResponseObject, error) {
	slugs, err := s.Accounts.OAuthAppSlugs(ctx, principal(ctx).Scope.Project())
	if err != nil {
		return nil, err
	}
	apps, err := s.apps(ctx)
	if err != nil {
		return nil, err
	}
	info := gen.GetProjectInfo200JSONResponse{Apps: make([]gen.ProjectInfoApp, len(slugs))}
	for i, slug := range slugs {
		info.Apps[i].NameSlug = slug
		if a, err := apps.Get(slug); err == nil {
			info.Apps[i].ID = &a.ID
		}
	}
	return info, nil
}

// CreateProject makes a project.
func (s *Server) CreateProject(ctx context.Context, req gen.CreateProjectRequestObject) (gen.CreateProjectResponseObject, error) {
	b := req.Body
	p, err := s.Projects.Create(ctx, principal(ctx).Workspace, b.Name, project.Change{
		AppName: b.AppName, SupportEmail: b.SupportEmail, ConnectRequireKeyAuthTest: b.ConnectRequireKeyAuthTest,
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateProject201JSONResponse(toProject(p)), nil
}

// GetProject returns a project.
func (s *Server) GetProject(ctx context.Context, req gen.GetProjectRequestObject) (gen.GetProjectResponseObject, error) {
	p, err := s.Projects.Get(ctx, principal(ctx).Workspace, req.ProjectID)
	if err != nil {
		return nil, err
	}
	return gen.GetProject200JSONResponse(toProject(p)), nil
}

// UpdateProject changes a project.
func (s *Server) UpdateProject(ctx context.Context, req gen.UpdateProjectRequestObject) (gen.UpdateProjectResponseObject, error) {
	b := req.Body
	var redactions *[]redact.Rule
	if b.LogRedactions != nil {
		all := redactionRules(*b.LogRedactions)
		redactions = &all
	}
	p, err := s.Projects.Update(ctx, principal(ctx).Workspace, req.ProjectID, project.Change{
		Name: set(b.Name), AppName: b.AppName, SupportEmail: b.SupportEmail,
		ConnectRequireKeyAuthTest: b.ConnectRequireKeyAuthTest, WorkflowsInProduction: b.WorkflowsInProduction,
		ProxyHosts: b.ProxyAllowedHosts, ProxyLogBodies: b.ProxyLogBodies, ActionLogValues: b.ActionLogValues, RunKeepDays: b.RunKeepDays, RunKeepMB: b.RunKeepMb, ErrorWorkflowID: b.ErrorWorkflowID,
		EventKeepDays: b.EventKeepDays, LogKeepDays: b.LogKeepDays, DevelopmentUsers: b.DevelopmentUsers, LogRedactions: redactions,
	}, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.UpdateProject200JSONResponse(toProject(p)), nil
}

// DeleteProject deletes a project with all that is in it.
func (s *Server) DeleteProject(ctx context.Context, req gen.DeleteProjectRequestObject) (gen.DeleteProjectResponseObject, error) {
	return gen.DeleteProject204Response{}, s.Projects.Delete(ctx, principal(ctx).Workspace, req.ProjectID)
}

// UpdateProjectLogo sets the logo of both environments.
func (s *Server) UpdateProjectLogo(ctx context.Context, req gen.UpdateProjectLogoRequestObject) (gen.UpdateProjectLogoResponseObject, error) {
	content, err := picture.Inline(req.Body.Logo)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{tenant.Development, tenant.Production} {
		scope, err := s.Projects.Scope(ctx, principal(ctx).Workspace, req.ProjectID, name)
		if err != nil {
			return nil, err
		}
		if _, err := s.Brands.SetFile(ctx, scope, brand.Logo, content); err != nil {
			return nil, err
		}
	}
	return gen.UpdateProjectLogo200JSONResponse{}, nil
}

func redactionRules(all []gen.LogRedaction) []redact.Rule {
	return each(all, func(r *gen.LogRedaction) redact.Rule { return redact.Rule{Kind: redact.Kind(r.Kind), Match: r.Match} })
}

// TryLogRedactions shows what rules take out of a text.
func (s *Server) TryLogRedactions(_ context.Context, req gen.TryLogRedactionsRequestObject) (gen.TryLogRedactionsResponseObject, error) {
	rules, err := redact.New(redactionRules(req.Body.Rules))
	if err != nil {
		return nil, err
	}
	return gen.TryLogRedactions200JSONResponse{Text: rules.Text(req.Body.Text)}, nil
}
