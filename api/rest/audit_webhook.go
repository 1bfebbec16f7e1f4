package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/auditwebhook"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// GetAuditWebhook returns where the audit log is sent.
func (s *Server) GetAuditWebhook(ctx context.Context, _ gen.GetAuditWebhookRequestObject) (gen.GetAuditWebhookResponseObject, error) {
	v, err := s.AuditWebhooks.Get(ctx, principal(ctx).Workspace)
	if err != nil || v == nil {
		return gen.GetAuditWebhook200JSONResponse{}, err
	}
	out := toAuditWebhook(v)
	return gen.GetAuditWebhook200JSONResponse{Data: &out}, nil
}

// SetAuditWebhook says where the audit log is sent.
func (s *Server) SetAuditWebhook(ctx context.Context, req gen.SetAuditWebhookRequestObject) (gen.SetAuditWebhookResponseObject, error) {
	var beginning *bool
	if req.Body.Start != nil {
		all := *req.Body.Start == gen.Beginning
		beginning = &all
	}
	v, err := s.AuditWebhooks.Set(ctx, principal(ctx).Workspace, req.Body.URL, beginning, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.SetAuditWebhook200JSONResponse{Data: toAuditWebhook(v)}, nil
}

// DeleteAuditWebhook has the audit log sent nowhere.
func (s *Server) DeleteAuditWebhook(ctx context.Context, req gen.DeleteAuditWebhookRequestObject) (gen.DeleteAuditWebhookResponseObject, error) {
	return gen.DeleteAuditWebhook204Response{}, s.AuditWebhooks.Delete(ctx, principal(ctx).Workspace, given(req.Params.UnchangedSince)...)
}

// RegenerateAuditWebhookKey makes another signing key.
func (s *Server) RegenerateAuditWebhookKey(ctx context.Context, req gen.RegenerateAuditWebhookKeyRequestObject) (gen.RegenerateAuditWebhookKeyResponseObject, error) {
	v, err := s.AuditWebhooks.Rotate(ctx, principal(ctx).Workspace, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.RegenerateAuditWebhookKey200JSONResponse{Data: toAuditWebhook(v)}, nil
}

// PauseAuditWebhook has nothing sent for now.
func (s *Server) PauseAuditWebhook(ctx context.Context, req gen.PauseAuditWebhookRequestObject) (gen.PauseAuditWebhookResponseObject, error) {
	v, err := s.AuditWebhooks.Pause(ctx, principal(ctx).Workspace, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.PauseAuditWebhook200JSONResponse{Data: toAuditWebhook(v)}, nil
}

// ResumeAuditWebhook goes on from where sending stopped.
func (s *Server) ResumeAuditWebhook(ctx context.Context, req gen.ResumeAuditWebhookRequestObject) (gen.ResumeAuditWebhookResponseObject, error) {
	v, err := s.AuditWebhooks.Resume(ctx, principal(ctx).Workspace, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.ResumeAuditWebhook200JSONResponse{Data: toAuditWebhook(v)}, nil
}

// TestAuditWebhook sends a test.
func (s *Server) TestAuditWebhook(ctx context.Context, _ gen.TestAuditWebhookRequestObject) (gen.TestAuditWebhookResponseObject, error) {
	t, err := s.AuditWebhooks.Try(ctx, principal(ctx).Workspace)
	if err != nil {
		return nil, err
	}
	return gen.TestAuditWebhook200JSONResponse{
		Delivered: t.Error == nil, ID: t.ID, Status: t.Status, Error: t.Error, DurationMs: t.DurationMs, RequestBody: t.Body, ResponseExcerpt: t.ResponseExcerpt,
	}, nil
}

// toAuditWebhook is the whole of what the public sees of a webhook.
func toAuditWebhook(v *auditwebhook.View) gen.AuditWebhook {
	out := gen.AuditWebhook{
		ID: v.ID, URL: v.URL, Status: gen.AuditWebhookStatusActive, PausedAt: utc(v.PausedAt), SentSeq: v.SentSeq, LastSentAt: utc(v.LastSentAt), Waiting: v.Waiting, Missed: v.Missed, Lost: v.Lost,
		Failures: v.Failures, FailingSince: utc(v.FailingSince), LastStatus: v.LastStatus, LastError: orNull(v.LastError), LastExcerpt: v.LastExcerpt, PreviousKeyUntil: utc(v.PreviousUntil),
		CreatedAt: v.CreatedAt.UTC(), UpdatedAt: v.UpdatedAt.UTC(),
	}
	switch {
	case v.PausedAt != nil:
		reason := gen.AuditWebhookPausedReason(v.PausedReason)
		out.Status, out.PausedReason = gen.AuditWebhookStatusPaused, &reason
	case v.FailingSince != nil:
		out.Status, out.NextAttemptAt = gen.AuditWebhookStatusFailing, utc(&v.NextAttemptAt)
	}
	if v.Secret != "" {
		out.SigningKey, out.StandardSecret = reveal(v.Secret), reveal(webhook.StandardSecret(v.Secret))
	}
	return out
}
