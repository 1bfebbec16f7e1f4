package rest

import (
	"context"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/event"
)

// ListEvents lists what happened.
func (s *Server) ListEvents(ctx context.Context, req gen.ListEventsRequestObject) (gen.ListEventsResponseObject, error) {
	q := req.Params
	f := event.Filter{Types: types(q.Types), ExternalUserID: value(q.ExternalUserID), Since: value(q.Since), Until: value(q.Until)}
	page, err := s.Events.List(ctx, principal(ctx).Scope, f, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListEvents200JSONResponse{Data: each(page.Items, toEvent), PageInfo: pageInfo(page)}, nil
}

// ReadEvents waits for what happens.
func (s *Server) ReadEvents(ctx context.Context, req gen.ReadEventsRequestObject) (gen.ReadEventsResponseObject, error) {
	q, limit := req.Params, 50
	if q.Limit != nil {
		limit = *q.Limit
	}
	f := event.Filter{Types: types(q.Types), ExternalUserID: value(q.ExternalUserID)}
	from := event.Start{After: value(q.After), Since: value(q.Since)}
	b, err := s.Events.Feed(ctx, principal(ctx).Scope, f, from, limit, time.Duration(value(q.Wait))*time.Second)
	if err != nil {
		return nil, err
	}
	out := make([]gen.EventWithBody, len(b.Events))
	for i := range b.Events {
		if out[i], err = s.toEventWithBody(ctx, &b.Events[i]); err != nil {
			return nil, err
		}
	}
	return gen.ReadEvents200JSONResponse{Data: out, Cursor: b.Next, More: b.More}, nil
}

// GetEvent returns an event with its body.
func (s *Server) GetEvent(ctx context.Context, req gen.GetEventRequestObject) (gen.GetEventResponseObject, error) {
	e, err := s.Events.Get(ctx, principal(ctx).Scope, req.EventID)
	if err != nil {
		return nil, err
	}
	out, err := s.toEventWithBody(ctx, e)
	return gen.GetEvent200JSONResponse(out), err
}

// types reads a list of types of events.
func types(list *gen.EventTypes) []string {
	if list == nil {
		return nil
	}
	return strings.Split(*list, ",")
}

// toEvent is what a list shows of an event.
func toEvent(e *event.Event) gen.Event {
	return gen.Event{ID: e.ID, Type: e.Type, SubjectID: e.SubjectID, ExternalUserID: e.ExternalUserID, CreatedAt: e.CreatedAt.UTC()}
}

// toEventWithBody is the whole of what the public sees of an event.
func (s *Server) toEventWithBody(ctx context.Context, e *event.Event) (gen.EventWithBody, error) {
	reference, err := s.Payloads.ReferStored(principal(ctx).Scope, e)
	return gen.EventWithBody{
		ID: e.ID, Type: e.Type, SubjectID: e.SubjectID, ExternalUserID: e.ExternalUserID, CreatedAt: e.CreatedAt.UTC(), Body: shownText(ctx, e.Masked()), Hops: e.Hops,
		PayloadReference: toReference(reference),
	}, err
}

// toReference is what stands for a payload that is too large to be shown.
func toReference(r *event.Reference) *gen.PayloadReference {
	if r == nil {
		return nil
	}
	return &gen.PayloadReference{URL: r.URL, Size: r.Size, Sha256: r.SHA256, ContentType: r.ContentType, ExpiresAt: r.ExpiresAt}
}
