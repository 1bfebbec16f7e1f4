package rest

import (
	"context"
	"encoding/json"
	"io"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/replay"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// ListDeadLetters lists deliveries that were given up.
func (s *Server) ListDeadLetters(ctx context.Context, req gen.ListDeadLettersRequestObject) (gen.ListDeadLettersResponseObject, error) {
	q := req.Params
	f := webhook.Filter{
		State: webhook.Exhausted, EndpointID: value(q.EndpointID), EventType: value(q.EventType), ExternalUserID: value(q.ExternalUserID),
		Error: value(q.Error), Status: value(q.Status), Since: q.Since, Until: q.Until,
	}
	page, err := s.Webhooks.List(ctx, principal(ctx).Scope, f, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListDeadLetters200JSONResponse{Data: each(page.Items, toDelivery), PageInfo: pageInfo(page)}, nil
}

// ExportDeadLetters streams dead letters, a line each. What goes wrong on the
// way breaks the stream off: the client sees that it has no end.
func (s *Server) ExportDeadLetters(ctx context.Context, req gen.ExportDeadLettersRequestObject) (gen.ExportDeadLettersResponseObject, error) {
	q, scope := req.Params, principal(ctx).Scope
	f := webhook.Filter{
		EndpointID: value(q.EndpointID), EventType: value(q.EventType), ExternalUserID: value(q.ExternalUserID),
		Error: value(q.Error), Status: value(q.Status), Since: q.Since, Until: q.Until,
	}
	out, in := io.Pipe()
	go func() {
		lines := json.NewEncoder(in)
		err := s.Webhooks.Export(ctx, scope, f, func(d *webhook.DeadLetter) error { return lines.Encode(toDeadLetter(ctx, d)) })
		_ = in.CloseWithError(err) // never fails
	}()
	return gen.ExportDeadLetters200ApplicationXNdjsonResponse{Body: out}, nil
}

func toDeadLetter(ctx context.Context, d *webhook.DeadLetter) gen.DeadLetter {
	return gen.DeadLetter{
		ID: d.ID, EventID: d.EventID, EventType: d.EventType, SubjectID: d.SubjectID, ExternalUserID: d.ExternalUserID, EndpointID: d.EndpointID, URL: d.URL,
		Status: d.LastStatus, Error: d.LastError, Attempts: d.Attempts, CreatedAt: d.CreatedAt.UTC(), GivenUpAt: utc(d.FinishedAt), Payload: shownText(ctx, d.Payload), PayloadReference: toReference(d.Reference),
	}
}

// DiscardDeadLetters discards dead letters.
func (s *Server) DiscardDeadLetters(ctx context.Context, req gen.DiscardDeadLettersRequestObject) (gen.DiscardDeadLettersResponseObject, error) {
	n, more, err := s.Webhooks.Discard(ctx, principal(ctx).Scope, fromFilter(&req.Body.Filter))
	if err != nil {
		return nil, err
	}
	return gen.DiscardDeadLetters200JSONResponse{Discarded: n, More: more}, nil
}

// ListReplays lists replays.
func (s *Server) ListReplays(ctx context.Context, req gen.ListReplaysRequestObject) (gen.ListReplaysResponseObject, error) {
	q := req.Params
	page, err := s.Replays.List(ctx, principal(ctx).Scope, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListReplays200JSONResponse{Data: each(page.Items, toReplay), PageInfo: pageInfo(page)}, nil
}

// CreateReplay sends again what a filter chooses.
func (s *Server) CreateReplay(ctx context.Context, req gen.CreateReplayRequestObject) (gen.CreateReplayResponseObject, error) {
	r, err := s.Replays.Start(ctx, principal(ctx).Scope, fromChoice(req.Body), value(req.Body.Rate))
	if err != nil {
		return nil, err
	}
	return gen.CreateReplay202JSONResponse(toReplay(r)), nil
}

// CountReplay counts what a replay would send.
func (s *Server) CountReplay(ctx context.Context, req gen.CountReplayRequestObject) (gen.CountReplayResponseObject, error) {
	n, err := s.Replays.Count(ctx, principal(ctx).Scope, fromChoice(req.Body))
	if err != nil {
		return nil, err
	}
	return gen.CountReplay200JSONResponse{Total: n}, nil
}

// GetReplay returns a replay with its progress.
func (s *Server) GetReplay(ctx context.Context, req gen.GetReplayRequestObject) (gen.GetReplayResponseObject, error) {
	r, err := s.Replays.Get(ctx, principal(ctx).Scope, req.ReplayID)
	if err != nil {
		return nil, err
	}
	return gen.GetReplay200JSONResponse(toReplay(r)), nil
}

// PauseReplay holds a replay.
func (s *Server) PauseReplay(ctx context.Context, req gen.PauseReplayRequestObject) (gen.PauseReplayResponseObject, error) {
	r, err := s.Replays.Pause(ctx, principal(ctx).Scope, req.ReplayID)
	if err != nil {
		return nil, err
	}
	return gen.PauseReplay200JSONResponse(toReplay(r)), nil
}

// ResumeReplay goes on with a paused replay.
func (s *Server) ResumeReplay(ctx context.Context, req gen.ResumeReplayRequestObject) (gen.ResumeReplayResponseObject, error) {
	r, err := s.Replays.Resume(ctx, principal(ctx).Scope, req.ReplayID)
	if err != nil {
		return nil, err
	}
	return gen.ResumeReplay200JSONResponse(toReplay(r)), nil
}

// CancelReplay ends a replay for good.
func (s *Server) CancelReplay(ctx context.Context, req gen.CancelReplayRequestObject) (gen.CancelReplayResponseObject, error) {
	r, err := s.Replays.Cancel(ctx, principal(ctx).Scope, req.ReplayID)
	if err != nil {
		return nil, err
	}
	return gen.CancelReplay200JSONResponse(toReplay(r)), nil
}

func fromChoice(c *gen.ReplayCreate) replay.Choice {
	return replay.Choice{Filter: fromFilter(&c.Filter), EndpointID: c.ToEndpointID, Again: value(c.Again), NewIDs: value(c.NewIds)}
}

func fromFilter(f *gen.DeliveryFilter) webhook.Filter {
	return webhook.Filter{
		IDs: value(f.DeliveryIds), EventID: value(f.EventID), EndpointID: value(f.EndpointID), State: webhook.State(value(f.State)), EventType: value(f.EventType),
		ExternalUserID: value(f.ExternalUserID), Error: value(f.Error), Status: value(f.Status), Since: f.Since, Until: f.Until,
	}
}

func toFilter(f *webhook.Filter) gen.DeliveryFilter {
	out := gen.DeliveryFilter{
		EventID: set(&f.EventID), EndpointID: set(&f.EndpointID), EventType: set(&f.EventType), ExternalUserID: set(&f.ExternalUserID), Error: set(&f.Error), Status: set(&f.Status),
		Since: utc(f.Since), Until: utc(f.Until),
	}
	if f.IDs != nil {
		out.DeliveryIds = &f.IDs
	}
	if f.State != "" {
		out.State = new(gen.DeliveryState(f.State))
	}
	return out
}

func toReplay(r *replay.Replay) gen.Replay {
	return gen.Replay{
		ID: r.ID, Status: gen.ReplayStatus(r.Status), Filter: toFilter(&r.Filter), ToEndpointID: r.EndpointID, Again: r.Again, NewIds: r.NewIDs, Rate: r.Rate,
		Total: r.Total, Done: r.Done, Queued: r.Queued, CreatedAt: r.CreatedAt.UTC(), FinishedAt: utc(r.FinishedAt),
	}
}
