package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/rename"
)

// toUserRename is the whole of what the public sees of a change of a user's id.
func toUserRename(r *rename.Rename) gen.UserRename {
	status := gen.UserRenameStatusMoving
	switch {
	case r.FinishedAt != nil:
		status = gen.UserRenameStatusFinished
	case r.MovedAt != nil:
		status = gen.UserRenameStatusSettling
	}
	return gen.UserRename{
		ID: r.ID, UserID: r.UserID, ExternalUserID: r.ToID, FormerID: r.FromID, FormerHash: r.FromHash, Status: status, Moved: r.Moved,
		CreatedAt: r.CreatedAt.UTC(), MovedAt: utc(r.MovedAt), FinishedAt: utc(r.FinishedAt),
	}
}

// RenameUser gives a user another id.
func (s *Server) RenameUser(ctx context.Context, req gen.RenameUserRequestObject) (gen.RenameUserResponseObject, error) {
	r, err := s.Accounts.RenameUser(ctx, principal(ctx).Scope, req.ExternalUserID, req.Body.ExternalUserID)
	if err != nil {
		return nil, err
	}
	return gen.RenameUser202JSONResponse(toUserRename(r)), nil
}

// ListUserRenames lists changes of users' ids.
func (s *Server) ListUserRenames(ctx context.Context, req gen.ListUserRenamesRequestObject) (gen.ListUserRenamesResponseObject, error) {
	q := req.Params
	page, err := s.Renames.List(ctx, principal(ctx).Scope, value(q.ExternalUserID), cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListUserRenames200JSONResponse{Data: each(page.Items, toUserRename), PageInfo: pageInfo(page)}, nil
}

// GetUserRename returns how far the change of a user's id is.
func (s *Server) GetUserRename(ctx context.Context, req gen.GetUserRenameRequestObject) (gen.GetUserRenameResponseObject, error) {
	r, err := s.Renames.Get(ctx, principal(ctx).Scope, req.UserRenameID)
	if err != nil {
		return nil, err
	}
	return gen.GetUserRename200JSONResponse(toUserRename(r)), nil
}
