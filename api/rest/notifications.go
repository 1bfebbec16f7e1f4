package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// settings reads what a caller says of a route. What is left out is on, in UTC,
// never muted and without a digest.
func settings(in *gen.NotificationSettings) notify.Settings {
	out := notify.Settings{
		Name: in.Name, Channel: notify.Channel(in.Channel), Reach: notify.Reach(in.Reach), URL: value(in.URL), Addresses: value(in.Addresses),
		Severities: each(in.Severities, func(s *gen.NotificationSeverity) event.Severity { return event.Severity(*s) }), EventTypes: in.EventTypes,
		TimeZone: "UTC", MutedUntil: in.MutedUntil, RunbookURL: value(in.RunbookURL), Enabled: in.Enabled == nil || *in.Enabled, Digest: notify.Digest{Every: "off", At: "09:00", Day: "mon"},
	}
	if in.TimeZone != nil {
		out.TimeZone = *in.TimeZone
	}
	for _, m := range value(in.Mutes) {
		out.Mutes = append(out.Mutes, notify.Mute{Days: each(m.Days, func(d *gen.NotificationMuteDays) string { return string(*d) }), From: m.From, To: m.To})
	}
	if d := in.Digest; d != nil {
		out.Digest = notify.Digest{Every: string(d.Every), At: d.At, Day: string(d.Day), Empty: d.Empty}
	}
	return out
}

// toRoute is the whole of what the public sees of a route.
func (s *Server) toRoute(r *notify.Route) gen.NotificationRoute {
	out := gen.NotificationRoute{
		ID: r.ID, Name: r.Name, Channel: gen.NotificationChannel(r.Channel), Reach: gen.NotificationRouteReach(r.Reach()), Target: r.Shown,
		Severities: each(r.Severities, func(v *event.Severity) gen.NotificationSeverity { return gen.NotificationSeverity(*v) }), EventTypes: r.EventTypes,
		TimeZone: r.TimeZone, MutedUntil: utc(r.MutedUntil), RunbookURL: r.RunbookURL, Enabled: r.Enabled,
		Digest: gen.NotificationDigest{Every: gen.NotificationDigestEvery(r.Digest.Every), At: r.Digest.At, Day: gen.NotificationDigestDay(r.Digest.Day), Empty: r.Digest.Empty},
		Status: gen.NotificationRouteStatus(s.Notify.StatusOf(r)), OffReason: code(r.OffReason), Breaker: gen.NotificationRouteBreaker(r.Breaker), OpenUntil: utc(r.OpenUntil),
		Failures: r.Failures, LastSentAt: utc(r.LastSentAt), LastError: code(r.LastError), LastErrorMessage: sentence(r.LastError), NextDigestAt: utc(r.NextDigestAt),
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	out.Mutes = each(r.Mutes, func(m *notify.Mute) gen.NotificationMute {
		return gen.NotificationMute{Days: each(m.Days, func(d *string) gen.NotificationMuteDays { return gen.NotificationMuteDays(*d) }), From: m.From, To: m.To}
	})
	return out
}

func code(c *notify.Code) *gen.NotificationCode {
	if c == nil || *c == "" {
		return nil
	}
	out := gen.NotificationCode(*c)
	return &out
}

func sentence(c *notify.Code) *string {
	if c == nil || *c == "" {
		return nil
	}
	out := c.Sentence()
	return &out
}

// ListNotificationRoutes lists routes.
func (s *Server) ListNotificationRoutes(ctx context.Context, _ gen.ListNotificationRoutesRequestObject) (gen.ListNotificationRoutesResponseObject, error) {
	rows, err := s.Notify.List(ctx, principal(ctx).Scope)
	if err != nil {
		return nil, err
	}
	return gen.ListNotificationRoutes200JSONResponse{Data: each(rows, s.toRoute)}, nil
}

// CreateNotificationRoute makes a route.
func (s *Server) CreateNotificationRoute(ctx context.Context, req gen.CreateNotificationRouteRequestObject) (gen.CreateNotificationRouteResponseObject, error) {
	r, key, err := s.Notify.Create(ctx, principal(ctx).Scope, settings(req.Body))
	if err != nil {
		return nil, err
	}
	out := s.toRoute(r)
	if key != secret.Text("") {
		shown := key.Reveal()
		out.SigningKey = &shown
	}
	return gen.CreateNotificationRoute201JSONResponse(out), nil
}

// GetNotificationRoute returns a route.
func (s *Server) GetNotificationRoute(ctx context.Context, req gen.GetNotificationRouteRequestObject) (gen.GetNotificationRouteResponseObject, error) {
	r, err := s.Notify.Get(ctx, principal(ctx).Scope, req.NotificationRouteID)
	if err != nil {
		return nil, err
	}
	return gen.GetNotificationRoute200JSONResponse(s.toRoute(r)), nil
}

// ReplaceNotificationRoute gives a route other settings.
func (s *Server) ReplaceNotificationRoute(ctx context.Context, req gen.ReplaceNotificationRouteRequestObject) (gen.ReplaceNotificationRouteResponseObject, error) {
	r, err := s.Notify.Replace(ctx, principal(ctx).Scope, req.NotificationRouteID, settings(req.Body), given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.ReplaceNotificationRoute200JSONResponse(s.toRoute(r)), nil
}

// DeleteNotificationRoute removes a route.
func (s *Server) DeleteNotificationRoute(ctx context.Context, req gen.DeleteNotificationRouteRequestObject) (gen.DeleteNotificationRouteResponseObject, error) {
	return gen.DeleteNotificationRoute204Response{}, s.Notify.Delete(ctx, principal(ctx).Scope, req.NotificationRouteID)
}

// TestNotificationRoute sends a sample.
func (s *Server) TestNotificationRoute(ctx context.Context, req gen.TestNotificationRouteRequestObject) (gen.TestNotificationRouteResponseObject, error) {
	t, err := s.Notify.Test(ctx, principal(ctx).Scope, req.NotificationRouteID)
	if err != nil {
		return nil, err
	}
	out := gen.NotificationTest{
		Sent: t.Sent(), EventType: t.EventType, Code: code(&t.Code), Retry: t.Code.Retry(), Message: sentence(&t.Code), DurationMs: int(t.Took.Milliseconds()),
	}
	if t.Status != 0 {
		out.Status = &t.Status
	}
	return gen.TestNotificationRoute200JSONResponse(out), nil
}

// PreviewNotification returns what would be sent.
func (s *Server) PreviewNotification(ctx context.Context, req gen.PreviewNotificationRequestObject) (gen.PreviewNotificationResponseObject, error) {
	q := req.Params
	payload, err := s.Notify.Preview(ctx, principal(ctx).Scope, notify.Channel(q.Channel), q.EventType, value(q.RunbookURL))
	if err != nil {
		return nil, err
	}
	shown, err := recode[map[string]any](payload)
	if err != nil {
		return nil, err
	}
	return gen.PreviewNotification200JSONResponse{Payload: shown}, nil
}

// ListNotificationEvents lists what can be told.
func (s *Server) ListNotificationEvents(_ context.Context, _ gen.ListNotificationEventsRequestObject) (gen.ListNotificationEventsResponseObject, error) {
	out := gen.ListNotificationEvents200JSONResponse{Channels: each(s.Notify.Channels(), func(c *notify.Channel) gen.NotificationChannel { return gen.NotificationChannel(*c) })}
	for _, k := range event.Kinds {
		if k.Type == event.TriggerEmitted {
			continue // told for each request, it would be noise
		}
		out.Data = append(out.Data, struct {
			Severity gen.NotificationSeverity `json:"severity"`
			Title    string                   `json:"title"`
			Type     string                   `json:"type"`
		}{gen.NotificationSeverity(k.Severity), k.Title, k.Type})
	}
	return out, nil
}

// ListNotices lists notices.
func (s *Server) ListNotices(ctx context.Context, req gen.ListNoticesRequestObject) (gen.ListNoticesResponseObject, error) {
	q := req.Params
	page, err := s.Notify.Notices(ctx, principal(ctx).Scope, notify.Filter{RouteID: value(q.RouteID), State: notify.State(value(q.State))}, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListNotices200JSONResponse{Data: each(page.Items, toNotice), PageInfo: pageInfo(page)}, nil
}

func toNotice(n *notify.Listed) gen.Notice {
	out := gen.Notice{
		ID: n.ID, RouteID: n.RouteID, Route: n.Route, Kind: gen.NoticeKind(n.Kind), EventID: set(&n.EventID), EventType: set(&n.EventType),
		Severity: gen.NotificationSeverity(n.Severity), Title: n.Title, State: gen.NoticeState(n.State), Held: n.Held, Attempts: n.Attempts,
		Code: code(n.Code), Message: sentence(n.Code), Times: n.Times, CreatedAt: n.CreatedAt.UTC(), FinishedAt: utc(n.FinishedAt),
	}
	if n.Code != nil {
		out.Retry = n.Code.Retry()
	}
	if n.State == notify.Pending {
		out.NextAttemptAt = utc(&n.NextAttemptAt)
	}
	return out
}

// ListNoticeGroups lists groups.
func (s *Server) ListNoticeGroups(ctx context.Context, req gen.ListNoticeGroupsRequestObject) (gen.ListNoticeGroupsResponseObject, error) {
	q := req.Params
	page, err := s.Notify.Groups(ctx, principal(ctx).Scope, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListNoticeGroups200JSONResponse{Data: each(page.Items, func(g *notify.Group) gen.NoticeGroup {
		return gen.NoticeGroup{
			ID: g.ID, RouteID: g.RouteID, EventType: g.EventType, Title: g.Title, Count: g.Count, FirstAt: g.FirstAt.UTC(), LastAt: g.LastAt.UTC(), Until: g.Until.UTC(),
		}
	}), PageInfo: pageInfo(page)}, nil
}
