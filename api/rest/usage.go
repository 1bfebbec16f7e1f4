package rest

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/usage"
)

// ListUsage counts what the workspace used, by day.
func (s *Server) ListUsage(ctx context.Context, req gen.ListUsageRequestObject) (gen.ListUsageResponseObject, error) {
	q, p := req.Params, principal(ctx)
	period, err := usage.Days(time.Unix(q.StartTS, 0), time.Unix(q.EndTS, 0))
	if err != nil {
		return nil, err
	}
	w := usage.Within{Projects: p.Only(), Environment: string(value(q.Environment))}
	if one := value(q.ProjectID); one != "" {
		if w.Projects != nil && !slices.Contains(w.Projects, one) {
			return nil, project.ErrNotFound
		}
		if _, err := s.Projects.Get(ctx, p.Workspace, one); err != nil {
			return nil, err
		}
		w.Projects = []string{one}
	}
	if w.Environment == "" && len(p.Bounds.Environments) == 1 {
		w.Environment = p.Bounds.Environments[0]
	}
	if w.Environment != "" && !p.Bounds.Environment(w.Environment) {
		return gen.ListUsage200JSONResponse{Data: []gen.ConnectUsage{}}, nil // it reaches nothing there
	}
	days, err := s.Usage.OfWorkspace(ctx, p.Workspace, w, period)
	if err != nil {
		return nil, err
	}
	return gen.ListUsage200JSONResponse{Data: each(days, toConnectUsage)}, nil
}

func toConnectUsage(d *usage.Day) gen.ConnectUsage {
	return gen.ConnectUsage{
		CreditsUsed: d.Credits, ActionRunCreditsUsed: d.ActionRunCredits, ProxyCreditsUsed: d.ProxyCredits, SourceEmitCreditsUsed: d.TriggerCredits,
		UsageStartTS: d.Day.Unix(), UsageEndTS: d.Day.AddDate(0, 0, 1).Unix(),
	}
}

// CountUsage counts what an environment used, by groups.
func (s *Server) CountUsage(ctx context.Context, req gen.CountUsageRequestObject) (gen.CountUsageResponseObject, error) {
	q := req.Params
	period, err := usage.Days(q.From.Time, q.To.AddDate(0, 0, 1))
	if err != nil {
		return nil, err
	}
	f := usage.Filter{
		Period: period, By: string(or(q.GroupBy, gen.CountUsageParamsGroupByDay)), User: value(q.ExternalUserID), App: value(q.App), Workflow: value(q.WorkflowID), Trigger: value(q.TriggerID),
		Most: or(q.Limit, 400),
	}
	table := value(q.Format) == gen.CountUsageParamsFormatCsv
	if table {
		f.Most = 0
	}
	total, groups, err := s.Usage.Of(ctx, principal(ctx).Scope, f)
	if err != nil {
		return nil, err
	}
	if table {
		text := usageTable(f.By, groups)
		return gen.CountUsage200TextCsvResponse{Body: bytes.NewReader(text), ContentLength: int64(len(text))}, nil
	}
	return gen.CountUsage200JSONResponse{
		From: openapi_types.Date{Time: period.First}, To: openapi_types.Date{Time: period.End.AddDate(0, 0, -1)}, Total: toUsageCounts(&total),
		Data: each(groups, func(g *usage.Group) gen.UsageGroup {
			return gen.UsageGroup{Key: set(&g.Key), Counts: toUsageCounts(&g.Counts)}
		}),
	}, nil
}

func toUsageCounts(c *usage.Counts) gen.UsageCounts {
	return gen.UsageCounts{
		Connects: c.Connects, ActionRuns: c.ActionRuns, ProxyCalls: c.ProxyCalls, TriggerEvents: c.TriggerEvents, Deliveries: c.Deliveries, WorkflowRuns: c.WorkflowRuns,
		Credits: c.Credits, DurationMs: c.Ms,
	}
}

// usageTable is a table with a line of names.
func usageTable(by string, groups []usage.Group) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b) // into memory, which does not fail
	_ = w.Write([]string{by, "connects", "action_runs", "proxy_calls", "trigger_events", "deliveries", "workflow_runs", "credits", "duration_ms"})
	for _, g := range groups {
		line := []string{cell(g.Key)}
		for _, n := range []int64{g.Connects, g.ActionRuns, g.ProxyCalls, g.TriggerEvents, g.Deliveries, g.WorkflowRuns, g.Credits, g.Ms} {
			line = append(line, strconv.FormatInt(n, 10))
		}
		_ = w.Write(line)
	}
	w.Flush()
	return b.Bytes()
}
