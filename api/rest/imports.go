package rest

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/imports"
)

// CreateImport takes a file of accounts in.
func (s *Server) CreateImport(ctx context.Context, req gen.CreateImportRequestObject) (gen.CreateImportResponseObject, error) {
	q := req.Params
	if req.Body == nil {
		return nil, errMalformed
	}
	im, err := s.Imports.Start(ctx, principal(ctx).Scope, imports.File{
		Name: value(q.Name), Format: imports.Format(q.Format), DryRun: yes(q.DryRun), Test: yes(q.Test), Content: req.Body,
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateImport202JSONResponse(toImport(im)), nil
}

// ListImports lists imports.
func (s *Server) ListImports(ctx context.Context, req gen.ListImportsRequestObject) (gen.ListImportsResponseObject, error) {
	q := req.Params
	page, err := s.Imports.List(ctx, principal(ctx).Scope, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListImports200JSONResponse{Data: each(page.Items, toImport), PageInfo: pageInfo(page)}, nil
}

// GetImport returns an import with its progress.
func (s *Server) GetImport(ctx context.Context, req gen.GetImportRequestObject) (gen.GetImportResponseObject, error) {
	im, err := s.Imports.Get(ctx, principal(ctx).Scope, req.ImportID)
	if err != nil {
		return nil, err
	}
	return gen.GetImport200JSONResponse(toImport(im)), nil
}

// ListImportErrors lists the rows that failed.
func (s *Server) ListImportErrors(ctx context.Context, req gen.ListImportErrorsRequestObject) (gen.ListImportErrorsResponseObject, error) {
	q, limit := req.Params, 100
	if q.Limit != nil {
		limit = *q.Limit
	}
	table := value(q.Format) == "csv"
	if table {
		limit = imports.MaxRows
	}
	rows, err := s.Imports.Errors(ctx, principal(ctx).Scope, req.ImportID, value(q.AfterLine), limit)
	if err != nil {
		return nil, err
	}
	if table {
		b := errorTable(rows)
		return gen.ListImportErrors200TextCsvResponse{Body: bytes.NewReader(b), ContentLength: int64(len(b))}, nil
	}
	return gen.ListImportErrors200JSONResponse{Data: each(rows, func(r *imports.Row) gen.ImportError {
		return gen.ImportError{Line: r.Line, ImportID: set(importID(r)), ExternalUserID: r.ExternalUserID, Code: r.Code, Error: r.Error}
	})}, nil
}

// importID is the row's id in the other system, or "".
func importID(r *imports.Row) *string {
	id, _ := strings.CutPrefix(r.Key, "id:")
	if id == r.Key {
		id = ""
	}
	return &id
}

// errorTable writes rows as CSV. A cell that a spreadsheet would take for a
// formula is marked as a text.
func errorTable(rows []imports.Row) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"line", "import_id", "external_user_id", "code", "error"}) // into memory: it does not fail
	for i := range rows {
		r := &rows[i]
		cells := []string{strconv.Itoa(r.Line), *importID(r), r.ExternalUserID, r.Code, r.Error}
		for j := range cells {
			cells[j] = cell(cells[j])
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return b.Bytes()
}

func toImport(im *imports.Import) gen.Import {
	return gen.Import{
		ID: im.ID, Name: im.Name, Format: gen.ImportFormat(im.Format), DryRun: im.DryRun, Test: im.Test, Status: gen.ImportStatus(im.Status), Total: im.Total,
		Pending: im.Counts[imports.Pending], Imported: im.Counts[imports.Imported], Valid: im.Counts[imports.Valid], Skipped: im.Counts[imports.Skipped],
		Failed: im.Counts[imports.Failed], CreatedAt: im.CreatedAt.UTC(), FinishedAt: utc(im.FinishedAt),
	}
}
