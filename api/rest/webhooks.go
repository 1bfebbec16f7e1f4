package rest

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// toWebhook is the whole of what the public sees of a webhook.
func toWebhook(e *webhook.Endpoint, key secret.Text) gen.Webhook {
	w := gen.Webhook{ID: e.ID, URL: e.URL, SigningKeySet: true, CreatedAt: e.CreatedAt.Unix(), UpdatedAt: e.UpdatedAt.Unix(), ChangedAt: e.UpdatedAt.UTC()}
	w.Status = new(gen.WebhookStatus(e.Status()))
	w.PausedUntil, w.FailingSince, w.LastSuccessAt = epoch(e.OpenUntil), epoch(e.FailingSince), epoch(e.LastSuccessAt)
	if e.DisabledReason != nil {
		w.DisabledReason = new(gen.WebhookDisabledReason(*e.DisabledReason))
	}
	if key != "" {
		w.SigningKey, w.StandardSecret = reveal(key), reveal(webhook.StandardSecret(key))
	}
	return w
}

// epoch is how webhooks tell a time.
func epoch(at *time.Time) *int64 {
	if at == nil {
		return nil
	}
	return new(at.Unix())
}

// GetProjectWebhook returns the environment's webhook.
func (s *Server) GetProjectWebhook(ctx context.Context, _ gen.GetProjectWebhookRequestObject) (gen.GetProjectWebhookResponseObject, error) {
	e, err := s.Webhooks.Project(ctx, principal(ctx).Scope)
	if err != nil || e == nil {
		return gen.GetProjectWebhook200JSONResponse{}, err
	}
	w := toWebhook(e, "")
	return gen.GetProjectWebhook200JSONResponse{Data: &w}, nil
}

// UpdateProjectWebhook sets the environment's webhook.
func (s *Server) UpdateProjectWebhook(ctx context.Context, req gen.UpdateProjectWebhookRequestObject) (gen.UpdateProjectWebhookResponseObject, error) {
	v, err := s.Webhooks.SetProject(ctx, principal(ctx).Scope, req.Body.URL, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.UpdateProjectWebhook200JSONResponse{Data: toWebhook(&v.Endpoint, v.Key)}, nil
}

// DeleteProjectWebhook removes the environment's webhook.
func (s *Server) DeleteProjectWebhook(ctx context.Context, _ gen.DeleteProjectWebhookRequestObject) (gen.DeleteProjectWebhookResponseObject, error) {
	return gen.DeleteProjectWebhook204Response{}, s.Webhooks.DeleteProject(ctx, principal(ctx).Scope)
}

// RegenerateProjectWebhookKey gives the environment's webhook a new key.
func (s *Server) RegenerateProjectWebhookKey(ctx context.Context, _ gen.RegenerateProjectWebhookKeyRequestObject) (gen.RegenerateProjectWebhookKeyResponseObject, error) {
	v, err := s.Webhooks.RotateProject(ctx, principal(ctx).Scope)
	if err != nil {
		return nil, err
	}
	return gen.RegenerateProjectWebhookKey200JSONResponse{WebhookWithSigningKeyJSONResponse: withKey(v)}, nil
}

func withKey(v *webhook.View) gen.WebhookWithSigningKeyJSONResponse {
	return gen.WebhookWithSigningKeyJSONResponse{Data: toWebhook(&v.Endpoint, v.Key)}
}

// ListDeliveries lists deliveries.
func (s *Server) ListDeliveries(ctx context.Context, req gen.ListDeliveriesRequestObject) (gen.ListDeliveriesResponseObject, error) {
	q := req.Params
	f := webhook.Filter{
		EventID: value(q.EventID), State: webhook.State(value(q.State)), EndpointID: value(q.EndpointID), EventType: value(q.EventType), ExternalUserID: value(q.ExternalUserID),
		Error: value(q.Error), Status: value(q.Status), Since: q.Since, Until: q.Until,
	}
	page, err := s.Webhooks.List(ctx, principal(ctx).Scope, f, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListDeliveries200JSONResponse{Data: each(page.Items, toDelivery), PageInfo: pageInfo(page)}, nil
}

// GetDelivery returns a delivery with its attempts.
func (s *Server) GetDelivery(ctx context.Context, req gen.GetDeliveryRequestObject) (gen.GetDeliveryResponseObject, error) {
	d, err := s.Webhooks.Get(ctx, principal(ctx).Scope, req.DeliveryID)
	if err != nil {
		return nil, err
	}
	return gen.GetDelivery200JSONResponse{
		Delivery: toDelivery(&d.Listed), Payload: shownText(ctx, d.Payload), PayloadReference: toReference(d.Reference),
		Attempts: each(d.Attempts, func(a *webhook.Attempt) gen.Attempt {
			return gen.Attempt{
				Number: a.Number, StartedAt: a.StartedAt.UTC(), DurationMs: a.DurationMs, Status: a.Status, Error: a.Error,
				ResponseExcerpt: a.ResponseExcerpt, RemoteAddress: orNull(a.RemoteAddress), RequestHeaders: logged(a.RequestHeaders), ResponseHeaders: logged(a.ResponseHeaders),
			}
		}),
	}, nil
}

// RetryDelivery sends a delivery again.
func (s *Server) RetryDelivery(ctx context.Context, req gen.RetryDeliveryRequestObject) (gen.RetryDeliveryResponseObject, error) {
	d, err := s.Webhooks.Retry(ctx, principal(ctx).Scope, req.DeliveryID)
	if err != nil {
		return nil, err
	}
	return gen.RetryDelivery202JSONResponse(toDelivery(d)), nil
}

// toDelivery is the whole of what the public sees of a delivery.
func toDelivery(d *webhook.Listed) gen.Delivery {
	out := gen.Delivery{
		ID: d.ID, EventID: d.EventID, WebhookID: d.WebhookID(), EventType: d.EventType, SubjectID: d.SubjectID, ExternalUserID: d.ExternalUserID, EndpointID: d.EndpointID, URL: d.URL,
		Level: gen.DeliveryLevel(d.Level), State: gen.DeliveryState(d.State), Attempts: d.Attempts, LastStatus: d.LastStatus,
		LastError: d.LastError, CreatedAt: d.CreatedAt.UTC(), FinishedAt: utc(d.FinishedAt),
	}
	if d.State == webhook.Pending {
		out.NextAttemptAt = utc(&d.NextAttemptAt)
	}
	return out
}
