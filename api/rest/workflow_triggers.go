package rest

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/firing"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const (
	ahead   = 5   // due times that are shown
	firings = 100 // that are listed
)

// liveTrigger is what the public sees of a trigger of a running version.
func (s *Server) liveTrigger(l *workflow.Live) gen.LiveTrigger {
	out := gen.LiveTrigger{
		Name: l.Name, Type: gen.LiveTriggerType(l.Type), Environment: gen.LiveTriggerEnvironment(l.Definition.In()), Active: l.Active, Running: l.Running,
		NextAt: []time.Time{}, FiredAt: utc(l.FiredAt), Error: l.Error,
	}
	if l.EndpointID != nil {
		if at := s.Mail.Address(*l.EndpointID); at != "" {
			out.EmailAddress = &at
		}
	}
	if times, err := l.Definition.Schedule(); l.DueAt != nil && err == nil {
		out.NextAt = append([]time.Time{l.DueAt.UTC()}, times.Ahead(*l.DueAt, ahead-1)...)
	}
	return out
}

// ListWorkflowTriggers lists the triggers of a workflow's running version.
func (s *Server) ListWorkflowTriggers(ctx context.Context, req gen.ListWorkflowTriggersRequestObject) (gen.ListWorkflowTriggersResponseObject, error) {
	rows, err := s.Workflows.Triggers(ctx, principal(ctx).Scope.Project(), req.WorkflowID)
	if err != nil {
		return nil, err
	}
	return gen.ListWorkflowTriggers200JSONResponse{Data: each(rows, s.liveTrigger)}, nil
}

// UpdateWorkflowTrigger switches a trigger of a workflow on or off.
func (s *Server) UpdateWorkflowTrigger(ctx context.Context, req gen.UpdateWorkflowTriggerRequestObject) (gen.UpdateWorkflowTriggerResponseObject, error) {
	l, err := s.Workflows.SwitchTrigger(ctx, principal(ctx).Scope.Project(), req.WorkflowID, req.TriggerName, req.Body.Active)
	if err != nil {
		return nil, err
	}
	return gen.UpdateWorkflowTrigger200JSONResponse(s.liveTrigger(l)), nil
}

// RunWorkflowTrigger fires a schedule now.
func (s *Server) RunWorkflowTrigger(ctx context.Context, req gen.RunWorkflowTriggerRequestObject) (gen.RunWorkflowTriggerResponseObject, error) {
	user := ""
	if req.Body != nil {
		user = value(req.Body.ExternalUserID)
	}
	r, err := s.Firings.RunNow(ctx, principal(ctx).Scope.Project(), req.WorkflowID, req.TriggerName, user)
	if err != nil {
		return nil, err
	}
	return gen.RunWorkflowTrigger202JSONResponse{RunID: r.ID}, nil
}

// ListWorkflowFirings lists what became of a schedule's due times.
func (s *Server) ListWorkflowFirings(ctx context.Context, req gen.ListWorkflowFiringsRequestObject) (gen.ListWorkflowFiringsResponseObject, error) {
	rows, err := s.Firings.List(ctx, principal(ctx).Scope.Project(), req.WorkflowID, req.TriggerName, firings)
	if err != nil {
		return nil, err
	}
	return gen.ListWorkflowFirings200JSONResponse{Data: each(rows, func(f *firing.Firing) gen.Firing {
		return gen.Firing{ID: f.ID, DueAt: f.DueAt.UTC(), ExternalUserID: set(&f.ExternalUserID), State: gen.FiringState(f.State), Reason: f.Reason, RunID: f.RunID}
	})}, nil
}

// PreviewSchedule shows when a schedule would be due.
func (s *Server) PreviewSchedule(_ context.Context, req gen.PreviewScheduleRequestObject) (gen.PreviewScheduleResponseObject, error) {
	times, err := s.Workflows.Preview(&workflow.Trigger{Cron: value(req.Body.Cron), TimeZone: value(req.Body.TimeZone), Every: value(req.Body.Every)}, ahead)
	if err != nil {
		return nil, err
	}
	return gen.PreviewSchedule200JSONResponse{Data: times}, nil
}
