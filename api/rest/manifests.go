package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/manifest"
)

// ApplyWorkflows makes the workflows of a project what documents say.
func (s *Server) ApplyWorkflows(ctx context.Context, req gen.ApplyWorkflowsRequestObject) (gen.ApplyWorkflowsResponseObject, error) {
	in := req.Body
	w := manifest.Wish{
		Dry: value(in.DryRun), Drafts: value(in.Drafts), Prune: value(in.Prune), Anyway: value(in.AllowMissing), Message: value(in.Message),
	}
	for _, d := range in.Documents {
		w.Documents = append(w.Documents, manifest.Document{File: d.File, Source: d.Source})
	}
	p, err := s.Manifests.Apply(ctx, principal(ctx).Scope, w)
	if err != nil {
		return nil, err
	}
	return gen.ApplyWorkflows200JSONResponse{
		Applied: p.Applied, Changes: p.Changes(), Data: each(p.Items, toWorkflowPlan),
		Problems: each(p.Problems, func(q *manifest.Problem) gen.DocumentProblem {
			return gen.DocumentProblem{File: q.File, Line: q.Line, Path: q.Path, Code: q.Code, Text: q.Text}
		}),
	}, nil
}

func toWorkflowPlan(it *manifest.Item) gen.WorkflowPlan {
	out := gen.WorkflowPlan{
		File: set(&it.File), Key: it.Key, Name: it.Name, WorkflowID: set(&it.WorkflowID), Action: gen.WorkflowPlanAction(it.Does),
		Changes: each(it.Changes, toWorkflowChange), Version: it.Version, Notes: append([]string{}, it.Notes...),
	}
	if it.Checks != nil {
		out.Readiness = readiness(it.Score, it.Checks)
	}
	return out
}

// ExportWorkflows writes the workflows of a project as documents.
func (s *Server) ExportWorkflows(ctx context.Context, req gen.ExportWorkflowsRequestObject) (gen.ExportWorkflowsResponseObject, error) {
	all, err := s.Manifests.Export(ctx, principal(ctx).Scope.Project(), yes(req.Params.Drafts))
	if err != nil {
		return nil, err
	}
	return gen.ExportWorkflows200JSONResponse{Data: each(all, func(e *manifest.Exported) gen.WorkflowExport {
		return gen.WorkflowExport{File: e.File, Key: e.Key, WorkflowID: e.WorkflowID, Source: e.Source}
	})}, nil
}

func toAccountAlias(a *account.Alias) gen.AccountAlias {
	return gen.AccountAlias{
		Alias: a.Alias, AccountID: a.AccountID, AccountName: a.AccountName, App: a.App, ExternalUserID: a.ExternalID, UpdatedAt: a.UpdatedAt.UTC(),
	}
}

// ListAccountAliases lists the names by which workflows know accounts.
func (s *Server) ListAccountAliases(ctx context.Context, _ gen.ListAccountAliasesRequestObject) (gen.ListAccountAliasesResponseObject, error) {
	all, err := s.Accounts.Aliases(ctx, principal(ctx).Scope)
	if err != nil {
		return nil, err
	}
	return gen.ListAccountAliases200JSONResponse{Data: each(all, toAccountAlias)}, nil
}

// SetAccountAlias says which account a name stands for.
func (s *Server) SetAccountAlias(ctx context.Context, req gen.SetAccountAliasRequestObject) (gen.SetAccountAliasResponseObject, error) {
	a, err := s.Accounts.SetAlias(ctx, principal(ctx).Scope, req.Alias, req.Body.AccountID, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.SetAccountAlias200JSONResponse(toAccountAlias(a)), nil
}

// DeleteAccountAlias has a name stand for no account.
func (s *Server) DeleteAccountAlias(ctx context.Context, req gen.DeleteAccountAliasRequestObject) (gen.DeleteAccountAliasResponseObject, error) {
	return gen.DeleteAccountAlias204Response{}, s.Accounts.DeleteAlias(ctx, principal(ctx).Scope, req.Alias)
}

// ListWorkflowTemplates lists workflows to begin with.
func (s *Server) ListWorkflowTemplates(context.Context, gen.ListWorkflowTemplatesRequestObject) (gen.ListWorkflowTemplatesResponseObject, error) {
	return gen.ListWorkflowTemplates200JSONResponse{Data: each(manifest.Templates(), func(t *manifest.Template) gen.WorkflowTemplate {
		return gen.WorkflowTemplate{Key: t.Key, Name: t.Name, Description: t.Description, Source: t.Source, Triggers: t.Triggers, Apps: t.Apps}
	})}, nil
}
