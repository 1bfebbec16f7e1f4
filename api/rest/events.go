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
	return gen.ReadEvents200JSONResponse{Data: each(b.Events, toEventWithBody), Cursor: b.Next, More: b.More}, nil
}

// GetEvent returns an event with its body.
func (s *Server) GetEvent(ctx context.Context, req gen.GetEventRequestObject) (gen.GetEventResponseObject, error) {
	e, err := s.Events.Get(ctx, principal(ctx).Scope, req.EventID)
	if err != nil {
		return nil, err
	}
	return gen.GetEvent200JSONResponse(toEventWithBody(e)), nil
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
func toEventWithBody(e *event.Event) gen.EventWithBody {
	return gen.EventWithBody{
		ID: e.ID, Type: e.Type, SubjectID: e.SubjectID, ExternalUserID: e.ExternalUserID, CreatedAt: e.CreatedAt.UTC(), Body: e.Masked(), Hops: e.Hops,
	}
}
