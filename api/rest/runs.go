package rest

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// ListRuns lists runs.
func (s *Server) ListRuns(ctx context.Context, req gen.ListRunsRequestObject) (gen.ListRunsResponseObject, error) {
	q := req.Params
	f := run.Filter{
		WorkflowID: value(q.WorkflowID), Version: value(q.Version), Statuses: runStatuses(q.Status), ExternalUserID: value(q.ExternalUserID), AccountID: value(q.AccountID),
		App: s.appOf(ctx, q.App), Trigger: q.Trigger, ErrorCode: value(q.ErrorCode), TraceID: value(q.TraceID), ParentID: value(q.ParentID), ReplayOf: value(q.ReplayOf),
		Since: q.Since, Until: q.Until, Text: value(q.Text),
	}
	page, err := s.Runs.List(ctx, principal(ctx).Scope, f, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListRuns200JSONResponse{Data: each(page.Items, toRun), PageInfo: pageInfo(page)}, nil
}

// runStatuses reads a list of statuses.
func runStatuses(list *gen.RunStatuses) (out []run.Status) {
	if list == nil {
		return nil
	}
	for one := range strings.SplitSeq(*list, ",") {
		out = append(out, run.Status(one))
	}
	return out
}

// appOf is the slug of an app that is named by its slug or its id; "" = none is.
func (s *Server) appOf(ctx context.Context, app *string) string {
	if app == nil {
		return ""
	}
	return s.slug(ctx, *app)
}

// ExportRuns streams runs. What goes wrong on the way breaks the stream off: the
// client sees that it has no end.
func (s *Server) ExportRuns(ctx context.Context, req gen.ExportRunsRequestObject) (gen.ExportRunsResponseObject, error) {
	q, scope := req.Params, principal(ctx).Scope
	f := run.Filter{
		WorkflowID: value(q.WorkflowID), Version: value(q.Version), Statuses: runStatuses(q.Status), ExternalUserID: value(q.ExternalUserID), AccountID: value(q.AccountID),
		App: s.appOf(ctx, q.App), Trigger: q.Trigger, ErrorCode: value(q.ErrorCode), TraceID: value(q.TraceID), ParentID: value(q.ParentID), ReplayOf: value(q.ReplayOf),
		Since: q.Since, Until: q.Until, Text: value(q.Text),
	}
	out, in := io.Pipe()
	table := value(q.Format) == "csv"
	put := json.NewEncoder(in)
	line := func(r *run.Run) error {
		return put.Encode(exported{toRun(r), json.RawMessage(shownText(ctx, r.Input))})
	}
	cells := csv.NewWriter(in)
	if table {
		line = func(r *run.Run) error { return cells.Write(runCells(r)) }
	}
	go func() {
		if table {
			_ = cells.Write(runColumns) // is told by the next one
		}
		err := s.Runs.Export(ctx, scope, f, line)
		if cells.Flush(); err == nil {
			err = cells.Error()
		}
		_ = in.CloseWithError(err) // never fails
	}()
	if table {
		return gen.ExportRuns200TextCsvResponse{Body: out}, nil
	}
	return gen.ExportRuns200ApplicationXNdjsonResponse{Body: out}, nil
}

// exported is a line of an export.
type exported struct {
	gen.Run

	Input json.RawMessage `json:"input"`
}

var runColumns = []string{"id", "workflow_id", "workflow_name", "version", "trigger", "status", "external_user_id", "error_code", "error", "step", "trace_id", "created_at", "started_at", "finished_at"}

// runCells is a line of a table of runs.
func runCells(r *run.Run) []string {
	user, code, message, step := "", "", "", ""
	if r.ExternalUserID != nil {
		user = *r.ExternalUserID
	}
	if r.Error != nil {
		code, message, step = r.Error.Code, r.Error.Message, value(r.Error.Step)
	}
	cells := []string{r.ID, r.WorkflowID, r.WorkflowName, strconv.Itoa(r.Version), r.Trigger, string(r.Status), user, code, message, step, r.Trace(), stamp(&r.CreatedAt), stamp(r.StartedAt), stamp(r.FinishedAt)}
	for i := range cells {
		cells[i] = cell(cells[i])
	}
	return cells
}

// cell marks as a text what a spreadsheet would take for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// CountRuns counts runs.
func (s *Server) CountRuns(ctx context.Context, req gen.CountRunsRequestObject) (gen.CountRunsResponseObject, error) {
	q := req.Params
	f := run.Filter{
		WorkflowID: value(q.WorkflowID), Version: value(q.Version), Statuses: runStatuses(q.Status), ExternalUserID: value(q.ExternalUserID),
		Trigger: q.Trigger, ErrorCode: value(q.ErrorCode), Since: q.Since, Until: q.Until,
	}
	span := time.Hour
	if value(q.Bucket) == "day" {
		span = 24 * time.Hour
	}
	counts, whole, err := s.Runs.Counts(ctx, principal(ctx).Scope, f, span)
	if err != nil {
		return nil, err
	}
	data := each(counts, func(c *run.Count) gen.RunCount {
		return gen.RunCount{WorkflowID: c.WorkflowID, WorkflowName: c.WorkflowName, Start: c.Start.UTC(), Status: gen.RunStatus(c.Status), Count: c.N}
	})
	return gen.CountRuns200JSONResponse{Data: data, Whole: whole}, nil
}

// GetRun returns a run with its steps.
func (s *Server) GetRun(ctx context.Context, req gen.GetRunRequestObject) (gen.GetRunResponseObject, error) {
	r, steps, err := s.Runs.Get(ctx, principal(ctx).Scope, req.RunID)
	if err != nil {
		return nil, err
	}
	list, err := s.toSteps(ctx, steps)
	if err != nil {
		return nil, err
	}
	out := gen.GetRun200JSONResponse{Run: toRun(r), Failures: each(r.Failures, toFailure), Steps: list}
	if input, ok := shown(ctx, parsed(&r.Input)).(map[string]any); ok {
		out.Input = &input
	}
	return out, nil
}

// toRun is the whole of what the public sees of a run.
func toRun(r *run.Run) gen.Run {
	return gen.Run{
		ID: r.ID, WorkflowID: r.WorkflowID, WorkflowName: r.WorkflowName, Version: r.Version, Status: gen.RunStatus(r.Status),
		Trigger: r.Trigger, TraceID: r.Trace(), ParentID: r.ParentID, ReplayOf: r.ReplayOf, Attempts: r.Attempts, Test: r.Test, FailureOf: r.FailureOf, RetryAt: utc(r.RetryAt()), Store: gen.RunStore(kept(r.Store)),
		ExternalUserID: r.ExternalUserID, Error: (*gen.RunError)(r.Error), CreatedAt: r.CreatedAt.UTC(), StartedAt: utc(r.StartedAt), FinishedAt: utc(r.FinishedAt),
	}
}

// kept is the contract's word for what is kept.
func kept(store string) string {
	if store == "" {
		return workflow.StoreAll
	}
	return store
}

// toSteps is what the public sees of steps: what is too large to be shown by a link.
func (s *Server) toSteps(ctx context.Context, steps []run.Step) ([]gen.RunStep, error) {
	out := each(steps, toStep)
	for i := range steps {
		reference, err := s.Payloads.ReferTo(principal(ctx).Scope, steps[i].Subject(), steps[i].Stored)
		if err != nil {
			return nil, err
		}
		out[i].Input, out[i].Output, out[i].OutputReference = shown(ctx, out[i].Input), shown(ctx, out[i].Output), toReference(reference)
	}
	return out, nil
}

func toStep(s *run.Step) gen.RunStep {
	out := gen.RunStep{
		Path: s.Path, Name: s.Name, Type: s.Type, Status: gen.RunStepStatus(s.Status), Input: parsed(s.Input), Output: parsed(s.Output),
		Error: (*gen.RunError)(s.Error), AccountID: s.AccountID, StartedAt: utc(&s.StartedAt), FinishedAt: utc(s.FinishedAt), Attempts: s.Attempts, WakeAt: utc(s.WakeAt),
	}
	if s.FinishedAt != nil {
		ms := int(s.FinishedAt.Sub(s.StartedAt).Milliseconds())
		out.DurationMs = &ms
	}
	return out
}
