package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/audit"
)

// ListAuditLog lists who did what in the workspace.
func (s *Server) ListAuditLog(ctx context.Context, req gen.ListAuditLogRequestObject) (gen.ListAuditLogResponseObject, error) {
	q := req.Params
	f := audit.Filter{
		ProjectID: value(q.ProjectID), Environment: string(value(q.Environment)), Actor: value(q.Actor), Action: value(q.Action), Subject: value(q.Subject),
		ExternalUserID: value(q.ExternalUserID), Since: q.Since, Until: q.Until,
	}
	page, err := s.Audit.List(ctx, principal(ctx).Workspace, f, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	data := each(page.Items, func(e *audit.Entry) gen.AuditEntry {
		out := gen.AuditEntry{
			ID: e.ID, ProjectID: set(&e.ProjectID), Environment: set(&e.Environment), Action: e.Action, Subject: e.Subject,
			ExternalUserID: set(&e.ExternalUserID), Details: e.Details, RequestID: set(&e.RequestID), CreatedAt: e.CreatedAt.UTC(),
		}
		out.Actor.Kind, out.Actor.ID = gen.AuditEntryActorKind(e.ActorKind), e.ActorID
		out.Actor.Name, out.Actor.Address = set(&e.ActorName), set(&e.Address)
		return out
	})
	return gen.ListAuditLog200JSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}
