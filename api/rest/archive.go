package rest

import (
	"context"
	"io"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/archive"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// exportRate is how often a project may be exported: it reads all there is.
var exportRate = limit.Rate{Requests: 30, Window: time.Hour}

// ExportProject streams a project's archive. What goes wrong on the way breaks the
// stream off: what was read so far has no manifest, and cannot be opened.
func (s *Server) ExportProject(ctx context.Context, req gen.ExportProjectRequestObject) (gen.ExportProjectResponseObject, error) {
	p := principal(ctx)
	if err := p.Everywhere(); err != nil {
		return nil, err
	}
	if err := s.Limits.Take(ctx, "export|"+p.Scope.Project(), exportRate); err != nil {
		return nil, err
	}
	w := archive.Wish{Workspace: p.Workspace, History: req.Params.Include != nil}
	for _, name := range []string{tenant.Development, tenant.Production} {
		scope, err := s.Projects.Scope(ctx, p.Workspace, p.Scope.Project(), name)
		if err != nil {
			return nil, err
		}
		w.Scopes = append(w.Scopes, scope)
	}
	if err := s.Archives.Begin(ctx, w); err != nil {
		return nil, err
	}
	out, in := io.Pipe()
	go func() { _ = in.CloseWithError(s.Archives.Write(ctx, w, in)) }() // never fails
	return gen.ExportProject200ApplicationZipResponse{Body: out}, nil
}
