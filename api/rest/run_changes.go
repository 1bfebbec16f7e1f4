package rest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/rerun"
	"github.com/patchbay-dev/patchbay/internal/run"
)

// CancelRun ends a run.
func (s *Server) CancelRun(ctx context.Context, req gen.CancelRunRequestObject) (gen.CancelRunResponseObject, error) {
	r, err := s.Runs.Cancel(ctx, principal(ctx).Scope, req.RunID)
	if err != nil {
		return nil, err
	}
	return gen.CancelRun200JSONResponse(toRun(r)), nil
}

// CancelRuns ends runs.
func (s *Server) CancelRuns(ctx context.Context, req gen.CancelRunsRequestObject) (gen.CancelRunsResponseObject, error) {
	n, more, err := s.Runs.CancelAll(ctx, principal(ctx).Scope, s.fromRunFilter(ctx, &req.Body.Filter))
	if err != nil {
		return nil, err
	}
	return gen.CancelRuns200JSONResponse{Canceled: n, More: more}, nil
}

// RetryRun has a run that failed tried again.
func (s *Server) RetryRun(ctx context.Context, req gen.RetryRunRequestObject) (gen.RetryRunResponseObject, error) {
	r, err := s.Runs.Retry(ctx, principal(ctx).Scope, req.RunID)
	if err != nil {
		return nil, err
	}
	return gen.RetryRun202JSONResponse(toRun(r)), nil
}

// RequeueRuns has dead letters tried again.
func (s *Server) RequeueRuns(ctx context.Context, req gen.RequeueRunsRequestObject) (gen.RequeueRunsResponseObject, error) {
	n, more, err := s.Runs.Requeue(ctx, principal(ctx).Scope, s.fromRunFilter(ctx, &req.Body.Filter))
	if err != nil {
		return nil, err
	}
	return gen.RequeueRuns200JSONResponse{Requeued: n, More: more}, nil
}

// DiscardRuns discards dead letters.
func (s *Server) DiscardRuns(ctx context.Context, req gen.DiscardRunsRequestObject) (gen.DiscardRunsResponseObject, error) {
	n, more, err := s.Runs.Discard(ctx, principal(ctx).Scope, s.fromRunFilter(ctx, &req.Body.Filter))
	if err != nil {
		return nil, err
	}
	return gen.DiscardRuns200JSONResponse{Discarded: n, More: more}, nil
}

// ReplayRun runs the event of a run again.
func (s *Server) ReplayRun(ctx context.Context, req gen.ReplayRunRequestObject) (gen.ReplayRunResponseObject, error) {
	m := run.Manner{}
	if req.Body != nil {
		m = run.Manner{Version: value(req.Body.Version), From: value(req.Body.FromStep)}
	}
	r, err := s.Runs.Replay(ctx, principal(ctx).Scope, req.RunID, m)
	if err != nil {
		return nil, err
	}
	return gen.ReplayRun202JSONResponse(toRun(r)), nil
}

// TestWorkflow runs the draft.
func (s *Server) TestWorkflow(ctx context.Context, req gen.TestWorkflowRequestObject) (gen.TestWorkflowResponseObject, error) {
	t := run.Trial{RunID: value(req.Body.RunID), ExternalUserID: value(req.Body.ExternalUserID), From: value(req.Body.FromStep), UpTo: value(req.Body.UpToStep)}
	if req.Body.Event != nil {
		event, err := json.Marshal(*req.Body.Event)
		if err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
		t.Event = event
	}
	r, err := s.Runs.Test(ctx, principal(ctx).Scope, req.WorkflowID, t)
	if err != nil {
		return nil, err
	}
	return gen.TestWorkflow202JSONResponse(toRun(r)), nil
}

// ListRunReplays lists replays of runs.
func (s *Server) ListRunReplays(ctx context.Context, req gen.ListRunReplaysRequestObject) (gen.ListRunReplaysResponseObject, error) {
	q := req.Params
	page, err := s.Reruns.List(ctx, principal(ctx).Scope, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListRunReplays200JSONResponse{Data: each(page.Items, toRunReplay), PageInfo: pageInfo(page)}, nil
}

// CreateRunReplay runs again what a filter chooses.
func (s *Server) CreateRunReplay(ctx context.Context, req gen.CreateRunReplayRequestObject) (gen.CreateRunReplayResponseObject, error) {
	r, err := s.Reruns.Start(ctx, principal(ctx).Scope, s.fromRunChoice(ctx, req.Body), value(req.Body.Rate))
	if err != nil {
		return nil, err
	}
	return gen.CreateRunReplay202JSONResponse(toRunReplay(r)), nil
}

// CountRunReplay counts what a replay would run again.
func (s *Server) CountRunReplay(ctx context.Context, req gen.CountRunReplayRequestObject) (gen.CountRunReplayResponseObject, error) {
	n, err := s.Reruns.Count(ctx, principal(ctx).Scope, s.fromRunChoice(ctx, req.Body))
	if err != nil {
		return nil, err
	}
	return gen.CountRunReplay200JSONResponse{Total: n}, nil
}

// GetRunReplay returns a replay of runs with its progress.
func (s *Server) GetRunReplay(ctx context.Context, req gen.GetRunReplayRequestObject) (gen.GetRunReplayResponseObject, error) {
	r, err := s.Reruns.Get(ctx, principal(ctx).Scope, req.RunReplayID)
	if err != nil {
		return nil, err
	}
	return gen.GetRunReplay200JSONResponse(toRunReplay(r)), nil
}

// PauseRunReplay holds a replay of runs.
func (s *Server) PauseRunReplay(ctx context.Context, req gen.PauseRunReplayRequestObject) (gen.PauseRunReplayResponseObject, error) {
	r, err := s.Reruns.Pause(ctx, principal(ctx).Scope, req.RunReplayID)
	if err != nil {
		return nil, err
	}
	return gen.PauseRunReplay200JSONResponse(toRunReplay(r)), nil
}

// ResumeRunReplay goes on with a paused replay of runs.
func (s *Server) ResumeRunReplay(ctx context.Context, req gen.ResumeRunReplayRequestObject) (gen.ResumeRunReplayResponseObject, error) {
	r, err := s.Reruns.Resume(ctx, principal(ctx).Scope, req.RunReplayID)
	if err != nil {
		return nil, err
	}
	return gen.ResumeRunReplay200JSONResponse(toRunReplay(r)), nil
}

// CancelRunReplay ends a replay of runs for good.
func (s *Server) CancelRunReplay(ctx context.Context, req gen.CancelRunReplayRequestObject) (gen.CancelRunReplayResponseObject, error) {
	r, err := s.Reruns.Cancel(ctx, principal(ctx).Scope, req.RunReplayID)
	if err != nil {
		return nil, err
	}
	return gen.CancelRunReplay200JSONResponse(toRunReplay(r)), nil
}

func (s *Server) fromRunChoice(ctx context.Context, c *gen.RunReplayCreate) rerun.Choice {
	return rerun.Choice{Filter: s.fromRunFilter(ctx, &c.Filter), Version: value(c.Version), FromStep: value(c.FromStep), Again: value(c.Again)}
}

func (s *Server) fromRunFilter(ctx context.Context, f *gen.RunFilter) run.Filter {
	out := run.Filter{
		IDs: value(f.RunIds), WorkflowID: value(f.WorkflowID), Version: value(f.Version), ExternalUserID: value(f.ExternalUserID), AccountID: value(f.AccountID),
		App: s.appOf(ctx, f.App), Trigger: f.Trigger, ErrorCode: value(f.ErrorCode), TraceID: value(f.TraceID), ParentID: value(f.ParentID), ReplayOf: value(f.ReplayOf),
		Since: f.Since, Until: f.Until, Text: value(f.Text),
	}
	for _, status := range value(f.Statuses) {
		out.Statuses = append(out.Statuses, run.Status(status))
	}
	return out
}

func toRunFilter(f *run.Filter) gen.RunFilter {
	out := gen.RunFilter{
		WorkflowID: set(&f.WorkflowID), ExternalUserID: set(&f.ExternalUserID), AccountID: set(&f.AccountID), App: set(&f.App), Trigger: f.Trigger,
		ErrorCode: set(&f.ErrorCode), TraceID: set(&f.TraceID), ParentID: set(&f.ParentID), ReplayOf: set(&f.ReplayOf), Since: utc(f.Since), Until: utc(f.Until), Text: set(&f.Text),
	}
	if f.IDs != nil {
		out.RunIds = &f.IDs
	}
	if f.Version != 0 {
		out.Version = &f.Version
	}
	if f.Statuses != nil {
		statuses := make([]gen.RunStatus, len(f.Statuses))
		for i, status := range f.Statuses {
			statuses[i] = gen.RunStatus(status)
		}
		out.Statuses = &statuses
	}
	return out
}

func toRunReplay(r *rerun.Replay) gen.RunReplay {
	return gen.RunReplay{
		ID: r.ID, Status: gen.RunReplayStatus(r.Status), Filter: toRunFilter(&r.Filter), Version: r.Version, FromStep: set(&r.FromStep), Again: r.Again, Rate: r.Rate,
		Total: r.Total, Done: r.Done, Started: r.Started, Refused: r.Refused, CreatedAt: r.CreatedAt.UTC(), FinishedAt: utc(r.FinishedAt),
	}
}

func toFailure(f *run.Failure) gen.RunFailure {
	return gen.RunFailure{Attempt: f.Attempt, At: f.At.UTC(), Error: gen.RunError(f.Error)}
}
