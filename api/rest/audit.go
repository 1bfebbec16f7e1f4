package rest

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"

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

// ExportAuditLog streams the log. What goes wrong on the way breaks the stream off:
// the client sees that it has no end.
func (s *Server) ExportAuditLog(ctx context.Context, req gen.ExportAuditLogRequestObject) (gen.ExportAuditLogResponseObject, error) {
	q, workspace := req.Params, principal(ctx).Workspace
	f := audit.Filter{
		ProjectID: value(q.ProjectID), Environment: string(value(q.Environment)), Actor: value(q.Actor), Action: value(q.Action), Subject: value(q.Subject),
		ExternalUserID: value(q.ExternalUserID), Since: q.Since, Until: q.Until,
	}
	format := or(q.Format, gen.ExportAuditLogParamsFormatJsonl)
	if err := s.Audit.Exported(ctx, workspace, f, string(format)); err != nil {
		return nil, err
	}
	out, in := io.Pipe()
	table := format == gen.ExportAuditLogParamsFormatCsv
	put, cells := json.NewEncoder(in), csv.NewWriter(in)
	put.SetEscapeHTML(false) // or the entry would be spelt otherwise than it was hashed
	line := func(l *audit.Line) error {
		return put.Encode(struct {
			Seq   int64           `json:"seq"`
			Hash  string          `json:"hash"`
			Entry json.RawMessage `json:"entry"`
		}{l.Seq, l.Hash, l.Spelt})
	}
	if table {
		line = func(l *audit.Line) error { return cells.Write(auditCells(l)) }
	}
	go func() {
		if table {
			_ = cells.Write(auditColumns) // is told by the next one
		}
		err := s.Audit.Export(ctx, workspace, f, line)
		if cells.Flush(); err == nil {
			err = cells.Error()
		}
		_ = in.CloseWithError(err) // never fails
	}()
	if table {
		return gen.ExportAuditLog200TextCsvResponse{Body: out}, nil
	}
	return gen.ExportAuditLog200ApplicationXNdjsonResponse{Body: out}, nil
}

var auditColumns = []string{"seq", "id", "created_at", "action", "subject", "actor_kind", "actor_id", "actor_name", "address", "project_id", "environment", "external_user_id", "request_id", "details", "hash"}

// auditCells is a line of a table of the log.
func auditCells(l *audit.Line) []string {
	details, _ := json.Marshal(l.Details) // came from JSON
	cells := []string{
		strconv.FormatInt(l.Seq, 10), l.ID, stamp(&l.CreatedAt), l.Action, l.Subject, string(l.ActorKind), l.ActorID, l.ActorName, l.Address, l.ProjectID, l.Environment,
		l.ExternalUserID, l.RequestID, string(details), l.Hash,
	}
	for i := range cells {
		cells[i] = cell(cells[i])
	}
	return cells
}
