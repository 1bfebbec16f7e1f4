package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/erasure"
)

// toErasure is the whole of what the public sees of a report.
func toErasure(e *erasure.Erasure) gen.Erasure {
	status := gen.ErasureStatusErasing
	if e.FinishedAt != nil {
		status = gen.ErasureStatusFinished
	}
	return gen.Erasure{
		ID: e.ID, UserHash: e.UserHash, Status: status, Erased: e.Erased, CreatedAt: e.CreatedAt.UTC(), FinishedAt: utc(e.FinishedAt),
		Remains: each(e.Remains, func(r *erasure.Rest) gen.ErasureRest {
			return gen.ErasureRest{Kind: r.Kind, Count: r.Count, Until: utc(r.Until), Reason: r.Reason}
		}),
		Grants: each(e.Grants, func(g *erasure.Grant) gen.ErasureGrant {
			return gen.ErasureGrant{App: g.App, Status: gen.RevocationStatus(g.Status), Count: g.Count}
		}),
	}
}

// ListErasures lists reports of users who were erased.
func (s *Server) ListErasures(ctx context.Context, req gen.ListErasuresRequestObject) (gen.ListErasuresResponseObject, error) {
	q := req.Params
	page, err := s.Erasures.List(ctx, principal(ctx).Scope, value(q.ExternalUserID), cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListErasures200JSONResponse{Data: each(page.Items, toErasure), PageInfo: pageInfo(page)}, nil
}

// GetErasure returns the report of a user who was erased.
func (s *Server) GetErasure(ctx context.Context, req gen.GetErasureRequestObject) (gen.GetErasureResponseObject, error) {
	e, err := s.Erasures.Get(ctx, principal(ctx).Scope, req.ErasureID)
	if err != nil {
		return nil, err
	}
	return gen.GetErasure200JSONResponse(toErasure(e)), nil
}
