package rest

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/plan"
)

// GetLimits returns what a project may use.
func (s *Server) GetLimits(ctx context.Context, _ gen.GetLimitsRequestObject) (gen.GetLimitsResponseObject, error) {
	out, err := s.limitsOf(ctx)
	if err != nil {
		return nil, err
	}
	return gen.GetLimits200JSONResponse{Data: out}, nil
}

// SetLimits sets a project's own limits and quotas.
func (s *Server) SetLimits(ctx context.Context, req gen.SetLimitsRequestObject) (gen.SetLimitsResponseObject, error) {
	t := plan.Terms{Limits: map[string]limit.Rate{}, Quotas: map[string]plan.Quota{}}
	for _, l := range req.Body.Limits {
		t.Limits[string(l.Name)] = limit.Rate{Requests: l.Rate.Requests, Window: time.Duration(l.Rate.WindowSeconds) * time.Second}
	}
	for _, q := range req.Body.Quotas {
		t.Quotas[string(q.Kind)] = plan.Quota{Most: q.Most, Refuse: string(q.AtFull) == refuse}
	}
	if err := s.Plans.Set(ctx, principal(ctx).Scope, t, given(req.Params.UnchangedSince)...); err != nil {
		return nil, err
	}
	out, err := s.limitsOf(ctx)
	if err != nil {
		return nil, err
	}
	return gen.SetLimits200JSONResponse{Data: out}, nil
}

const refuse = "refuse"

func (s *Server) limitsOf(ctx context.Context) (gen.ProjectLimits, error) {
	r, err := s.Plans.Of(ctx, principal(ctx).Scope)
	if err != nil {
		return gen.ProjectLimits{}, err //nolint:wrapcheck // a fault
	}
	out := gen.ProjectLimits{UpdatedAt: utc(r.OwnAt), MonthStart: r.Since, MonthEnd: r.End, Limits: each(r.Limits, toLimit), Quotas: each(r.Quotas, toQuota)}
	if r.Plan != nil {
		out.Plan = &r.Plan.Title
	}
	return out, nil
}

func toLimit(l *plan.Line) gen.ProjectLimit {
	per := gen.ProjectLimitPerProject
	if l.PerUser {
		per = gen.ProjectLimitPerUser
	}
	return gen.ProjectLimit{Name: gen.ProjectLimitName(l.Name), Title: l.Title, Per: per, Rate: shownRate(&l.Rate), Server: shownRate(&l.Server), Plan: shownRate(l.Plan), Own: shownRate(l.Own)}
}

func shownRate(r *limit.Rate) *gen.Rate {
	if r == nil || r.Requests <= 0 {
		return nil
	}
	return &gen.Rate{Requests: r.Requests, WindowSeconds: int(r.Window.Seconds())}
}

func toQuota(q *plan.Filled) gen.ProjectQuota {
	out := gen.ProjectQuota{Kind: gen.ProjectQuotaKind(q.Kind), Of: gen.ProjectQuotaOfWorkspace, Most: q.Most, AtFull: gen.ProjectQuotaAtFullWarn, Used: q.Used}
	if q.OfProject {
		out.Of = gen.ProjectQuotaOfProject
	}
	if q.Refuse {
		out.AtFull = gen.ProjectQuotaAtFullRefuse
	}
	return out
}
