package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/run"
)

// ListRunQueues lists what waits.
func (s *Server) ListRunQueues(ctx context.Context, _ gen.ListRunQueuesRequestObject) (gen.ListRunQueuesResponseObject, error) {
	all, err := s.Runs.Queues(ctx, principal(ctx).Scope)
	if err != nil {
		return nil, err
	}
	return gen.ListRunQueues200JSONResponse{Data: each(all, toRunQueue)}, nil
}

// GetRunQueue returns what waits for a workflow.
func (s *Server) GetRunQueue(ctx context.Context, req gen.GetRunQueueRequestObject) (gen.GetRunQueueResponseObject, error) {
	q, keys, err := s.Runs.QueueOf(ctx, principal(ctx).Scope, req.WorkflowID)
	if err != nil {
		return nil, err
	}
	return gen.GetRunQueue200JSONResponse{Queue: toRunQueue(q), Keys: each(keys, func(k *run.Key) gen.RunQueueKey {
		return gen.RunQueueKey{Key: k.Key, Waiting: k.Waiting, Running: k.Running, Blocked: k.Blocked, OldestAt: utc(k.OldestAt), BlockedBy: k.BlockedBy}
	})}, nil
}

// PauseRunQueue has no more runs begin.
func (s *Server) PauseRunQueue(ctx context.Context, req gen.PauseRunQueueRequestObject) (gen.PauseRunQueueResponseObject, error) {
	q, err := s.Runs.Pause(ctx, principal(ctx).Scope, req.WorkflowID, value(req.Body.Reason))
	if err != nil {
		return nil, err
	}
	return gen.PauseRunQueue200JSONResponse(toRunQueue(q)), nil
}

// ResumeRunQueue goes on with what waits.
func (s *Server) ResumeRunQueue(ctx context.Context, req gen.ResumeRunQueueRequestObject) (gen.ResumeRunQueueResponseObject, error) {
	q, err := s.Runs.Resume(ctx, principal(ctx).Scope, req.WorkflowID)
	if err != nil {
		return nil, err
	}
	return gen.ResumeRunQueue200JSONResponse(toRunQueue(q)), nil
}

// ReleaseRunQueue lets the runs of a key go on.
func (s *Server) ReleaseRunQueue(ctx context.Context, req gen.ReleaseRunQueueRequestObject) (gen.ReleaseRunQueueResponseObject, error) {
	q, err := s.Runs.Release(ctx, principal(ctx).Scope, req.WorkflowID, req.Body.Key)
	if err != nil {
		return nil, err
	}
	return gen.ReleaseRunQueue200JSONResponse(toRunQueue(q)), nil
}

// ClearRunQueue cancels what waits.
func (s *Server) ClearRunQueue(ctx context.Context, req gen.ClearRunQueueRequestObject) (gen.ClearRunQueueResponseObject, error) {
	b := req.Body
	n, more, err := s.Runs.Clear(ctx, principal(ctx).Scope, run.Filter{WorkflowID: req.WorkflowID, ExternalUserID: value(b.ExternalUserID), Trigger: b.Trigger, Since: b.Since, Until: b.Until})
	if err != nil {
		return nil, err
	}
	return gen.ClearRunQueue200JSONResponse{Canceled: n, More: more}, nil
}

func toRunQueue(q *run.Standing) gen.RunQueue {
	return gen.RunQueue{
		WorkflowID: q.WorkflowID, WorkflowName: q.WorkflowName, PausedAt: utc(q.PausedAt), PausedBecause: q.PausedBecause,
		Waiting: q.Waiting, Running: q.Running, Blocked: q.Blocked, OldestAt: utc(q.OldestAt),
	}
}
