package rest

import (
	"context"
	"log/slog"
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
func (s *Server) liveTrigger(l *workflow.Live, deployed int) gen.LiveTrigger {
	out := gen.LiveTrigger{
		Deployed: deployed, Name: l.Name, Type: gen.LiveTriggerType(l.Type), Environment: gen.LiveTriggerEnvironment(l.Definition.In()), Active: l.Active, Running: l.Running,
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

// settleWithin is how long a caller waits for the apps of a workflow's triggers.
const settleWithin = 5 * time.Second

// settle has the triggers deployed that a workflow asks for, and waits a little. What
// is not done by then, or goes wrong, workers see to.
func (s *Server) settle(ctx context.Context, workflowID string) {
	done, project := make(chan struct{}), principal(ctx).Scope.Project()
	go func() {
		defer close(done)
		if err := s.Triggers.SettleWorkflow(context.WithoutCancel(ctx), project, workflowID); err != nil {
			slog.ErrorContext(ctx, "a workflow's triggers are left to the workers", "workflow", workflowID, "error", err)
		}
	}()
	select {
	case <-done:
	case <-time.After(settleWithin):
	}
}

// ListWorkflowTriggers lists the triggers of a workflow's running version.
func (s *Server) ListWorkflowTriggers(ctx context.Context, req gen.ListWorkflowTriggersRequestObject) (gen.ListWorkflowTriggersResponseObject, error) {
	rows, err := s.Workflows.Triggers(ctx, principal(ctx).Scope.Project(), req.WorkflowID)
	if err != nil {
		return nil, err
	}
	all := make([]*workflow.Live, len(rows))
	for i := range rows {
		all[i] = &rows[i]
	}
	deployed, err := s.Triggers.Asked(ctx, principal(ctx).Scope.Project(), all...)
	if err != nil {
		return nil, err
	}
	out := each(rows, func(l *workflow.Live) gen.LiveTrigger { return s.liveTrigger(l, deployed[l.ID]) })
	if user := value(req.Params.ExternalUserID); user != "" {
		for i := range out {
			after, err := s.Firings.UserPlace(ctx, principal(ctx).Scope.Project(), all[i], user)
			if err != nil {
				return nil, err
			}
			for j := range out[i].NextAt {
				out[i].NextAt[j] = out[i].NextAt[j].Add(after)
			}
		}
	}
	return gen.ListWorkflowTriggers200JSONResponse{Data: out}, nil
}

// UpdateWorkflowTrigger switches a trigger of a workflow on or off.
func (s *Server) UpdateWorkflowTrigger(ctx context.Context, req gen.UpdateWorkflowTriggerRequestObject) (gen.UpdateWorkflowTriggerResponseObject, error) {
	project := principal(ctx).Scope.Project()
	if _, err := s.Workflows.SwitchTrigger(ctx, project, req.WorkflowID, req.TriggerName, req.Body.Active); err != nil {
		return nil, err
	}
	s.settle(ctx, req.WorkflowID)
	l, err := s.Workflows.Trigger(ctx, project, req.WorkflowID, req.TriggerName)
	if err != nil {
		return nil, err
	}
	deployed, err := s.Triggers.Asked(ctx, project, l)
	return gen.UpdateWorkflowTrigger200JSONResponse(s.liveTrigger(l, deployed[l.ID])), err
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
