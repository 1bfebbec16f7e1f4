package rest

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/stash"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// stashOf reads the stash that a run names, in the spellings that clients use;
// "" = none.
func stashOf(named *gen.ActionRun_StashID) string {
	if named == nil {
		return ""
	}
	if yes, err := named.AsActionRunStashID1(); err == nil {
		if yes {
			return stash.New
		}
		return ""
	}
	text, err := named.AsActionRunStashID0()
	switch {
	case err != nil:
		return ""
	case text == "":
		return stash.New
	default:
		return text
	}
}

func (s *Server) stashFile(scope tenant.Scope, f *stash.File) (gen.StashFile, error) {
	link, err := s.Stash.Link(scope, f)
	return gen.StashFile{
		ID: f.ID, StashID: f.StashID, ExternalUserID: f.ExternalUserID, Path: f.Path, S3Key: f.Key(scope), GetURL: link, Size: f.Size, Sha256: f.Stored.SHA256, ContentType: f.ContentType,
		CreatedAt: f.CreatedAt.UTC(), ExpiresAt: f.ExpiresAt.UTC(),
	}, err
}

// ListStashFiles lists files.
func (s *Server) ListStashFiles(ctx context.Context, req gen.ListStashFilesRequestObject) (gen.ListStashFilesResponseObject, error) {
	p, q := principal(ctx), req.Params
	user, err := p.User(value(q.ExternalUserID))
	if err != nil {
		return nil, err
	}
	page, err := s.Stash.List(ctx, p.Scope, user, value(q.StashID), cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	out := gen.ListStashFiles200JSONResponse{Data: make([]gen.StashFile, len(page.Items)), PageInfo: pageInfo(page)}
	for i := range page.Items {
		if out.Data[i], err = s.stashFile(p.Scope, &page.Items[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// UploadStashFile puts a file into a user's stash.
func (s *Server) UploadStashFile(ctx context.Context, req gen.UploadStashFileRequestObject) (gen.UploadStashFileResponseObject, error) {
	p, q := principal(ctx), req.Params
	user, err := p.User(q.ExternalUserID)
	if err != nil {
		return nil, err
	}
	f, err := s.Stash.Put(ctx, p.Scope, user, or(q.StashID, stash.New), q.Path, value(q.ContentType), req.Body)
	if err != nil {
		return nil, err
	}
	out, err := s.stashFile(p.Scope, f)
	return gen.UploadStashFile201JSONResponse(out), err
}

// GetStashFile returns a file with a new link to it.
func (s *Server) GetStashFile(ctx context.Context, req gen.GetStashFileRequestObject) (gen.GetStashFileResponseObject, error) {
	p := principal(ctx)
	f, err := s.Stash.Get(ctx, p.Scope, p.ExternalUserID, req.StashFileID)
	if err != nil {
		return nil, err
	}
	out, err := s.stashFile(p.Scope, f)
	return gen.GetStashFile200JSONResponse(out), err
}

// DeleteStashFile removes a file.
func (s *Server) DeleteStashFile(ctx context.Context, req gen.DeleteStashFileRequestObject) (gen.DeleteStashFileResponseObject, error) {
	p := principal(ctx)
	return gen.DeleteStashFile204Response{}, s.Stash.Delete(ctx, p.Scope, p.ExternalUserID, req.StashFileID)
}

// DownloadStashFile returns what is in a file.
func (s *Server) DownloadStashFile(ctx context.Context, req gen.DownloadStashFileRequestObject) (gen.DownloadStashFileResponseObject, error) {
	p := principal(ctx)
	f, err := s.Stash.Find(ctx, p.Scope, p.ExternalUserID, req.Params.S3Key)
	if err != nil {
		return nil, err
	}
	body, err := s.Stash.Open(ctx, p.Scope, f)
	if err != nil {
		return nil, err
	}
	return &downloaded{f, body}, nil
}

type downloaded struct {
	file *stash.File
	body io.ReadCloser
}

// VisitDownloadStashFileResponse writes the file. What it is says its name: a
// browser that shows it would run what a stranger wrote.
func (d *downloaded) VisitDownloadStashFileResponse(w http.ResponseWriter) error {
	defer func() { _ = d.body.Close() }()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.FormatInt(d.file.Size, 10))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(d.file.Path)}))
	h.Set("X-Content-Type-Options", "nosniff")
	if _, err := io.Copy(w, d.body); err != nil {
		return fmt.Errorf("send file: %w", err)
	}
	return nil
}
