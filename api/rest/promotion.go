package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/promotion"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// between are the two environments of a promotion. Who is bound to one of them
// neither sees the other nor changes it.
func (s *Server) between(ctx context.Context, from, to string) (a, b tenant.Scope, err error) {
	p := principal(ctx)
	if err = p.Everywhere(); err != nil {
		return a, b, err
	}
	if a, err = s.Projects.Scope(ctx, p.Workspace, p.Scope.Project(), from); err != nil {
		return a, b, err
	}
	b, err = s.Projects.Scope(ctx, p.Workspace, p.Scope.Project(), to)
	return a, b, err
}

// PlanPromotion says what would be done.
func (s *Server) PlanPromotion(ctx context.Context, req gen.PlanPromotionRequestObject) (gen.PlanPromotionResponseObject, error) {
	from, to, err := s.between(ctx, string(req.Params.From), string(req.Params.To))
	if err != nil {
		return nil, err
	}
	plan, err := s.Promotions.Plan(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return gen.PlanPromotion200JSONResponse(toPromotion(plan)), nil
}

// Promote does what was planned.
func (s *Server) Promote(ctx context.Context, req gen.PromoteRequestObject) (gen.PromoteResponseObject, error) {
	from, to, err := s.between(ctx, string(req.Body.From), string(req.Body.To))
	if err != nil {
		return nil, err
	}
	var only []string
	if req.Body.Items != nil {
		only = append([]string{}, *req.Body.Items...)
	}
	plan, err := s.Promotions.Apply(ctx, from, to, req.Body.Fingerprint, only)
	if err != nil {
		return nil, err
	}
	return gen.Promote200JSONResponse(toPromotion(plan)), nil
}

func toPromotion(p *promotion.Plan) gen.Promotion {
	return gen.Promotion{
		From: gen.PromotionFrom(p.From), To: gen.PromotionTo(p.To), Fingerprint: p.Fingerprint,
		Items: each(p.Items, func(i *promotion.Item) gen.PromotionItem {
			out := gen.PromotionItem{ID: i.ID, Kind: gen.PromotionItemKind(i.Kind), Name: set(&i.Name), Action: gen.PromotionItemAction(i.Action), Fields: i.Fields}
			if i.Before != nil {
				out.Before = &i.Before
			}
			if i.After != nil {
				out.After = &i.After
			}
			return out
		}),
	}
}
