package rest

import (
	"cmp"
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/statistics"
)

// GetStatistics counts what happened in a period.
func (s *Server) GetStatistics(ctx context.Context, req gen.GetStatisticsRequestObject) (gen.GetStatisticsResponseObject, error) {
	period := statistics.Periods[cmp.Or(string(value(req.Params.Period)), "24h")]
	r, err := s.Statistics.Of(ctx, principal(ctx).Scope, period)
	if err != nil {
		return nil, err
	}
	of := func(name string) []gen.StatisticsBucket { return each(r.Series[name], toBucket) }
	out := gen.GetStatistics200JSONResponse{
		Since: r.Since, Until: r.Until, Connects: of("connects"), Refreshes: of("refreshes"), Runs: of("runs"), Deliveries: of("deliveries"),
		OverdueRefreshes: r.Overdue, DeadAccounts: r.Dead, Errors: each(r.Errors, toErrorClass),
	}
	return out, nil
}

func toBucket(b *statistics.Bucket) gen.StatisticsBucket {
	return gen.StatisticsBucket{Start: b.Start, Good: b.Good, Bad: b.Bad, Other: b.Others, Whole: b.Whole}
}

func toErrorClass(c *statistics.Class) gen.StatisticsError {
	return gen.StatisticsError{Kind: gen.StatisticsErrorKind(c.Kind), Code: c.Code, Count: c.Count}
}
