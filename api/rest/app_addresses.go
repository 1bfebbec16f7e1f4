package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/trigger"
)

func (s *Server) toAddress(v *trigger.AddressView) (gen.AppAddress, error) {
	route, err := recode[[]gen.AppRoute](v.Route)
	return gen.AppAddress{
		ID: v.ID, App: v.App, OauthAppID: v.OAuthAppID, URL: s.PublicURL + "/e/" + v.EndpointID, Route: route, SecretsSet: v.Secrets,
		Waiting: v.Waiting, Counts: toCounts(v.Counts), CreatedAt: v.CreatedAt.UTC(), UpdatedAt: v.UpdatedAt.UTC(),
	}, err
}

func setAddress(app string, oauthAppID *string, route *[]gen.AppRoute, secrets *[]string, token *string) (in trigger.SetAddress, err error) {
	in = trigger.SetAddress{App: app, OAuthAppID: value(oauthAppID), Secrets: &intake.Secrets{Secrets: value(secrets), Token: token}}
	in.Route, err = recode[[]trigger.Route](value(route))
	return in, err
}

// ListAppAddresses lists the environment's addresses.
func (s *Server) ListAppAddresses(ctx context.Context, _ gen.ListAppAddressesRequestObject) (gen.ListAppAddressesResponseObject, error) {
	views, err := s.Triggers.Addresses(ctx, principal(ctx).Scope)
	if err != nil {
		return nil, err
	}
	out := make([]gen.AppAddress, len(views))
	for i := range views {
		if out[i], err = s.toAddress(&views[i]); err != nil {
			return nil, err
		}
	}
	return gen.ListAppAddresses200JSONResponse{Data: out}, nil
}

// CreateAppAddress makes an address.
func (s *Server) CreateAppAddress(ctx context.Context, req gen.CreateAppAddressRequestObject) (gen.CreateAppAddressResponseObject, error) {
	b := req.Body
	in, err := setAddress(b.App, b.OauthAppID, b.Route, b.Secrets, b.Token)
	if err != nil {
		return nil, err
	}
	v, err := s.Triggers.CreateAddress(ctx, principal(ctx).Scope, in)
	if err != nil {
		return nil, err
	}
	out, err := s.toAddress(v)
	return gen.CreateAppAddress201JSONResponse{AppAddressBodyJSONResponse: gen.AppAddressBodyJSONResponse{Data: out}}, err
}

// UpdateAppAddress changes an address.
func (s *Server) UpdateAppAddress(ctx context.Context, req gen.UpdateAppAddressRequestObject) (gen.UpdateAppAddressResponseObject, error) {
	b := req.Body
	in, err := setAddress("", b.OauthAppID, b.Route, b.Secrets, b.Token)
	if err != nil {
		return nil, err
	}
	in.Seen = given(req.Params.UnchangedSince)
	v, err := s.Triggers.UpdateAddress(ctx, principal(ctx).Scope, req.AddressID, in)
	if err != nil {
		return nil, err
	}
	out, err := s.toAddress(v)
	return gen.UpdateAppAddress200JSONResponse{AppAddressBodyJSONResponse: gen.AppAddressBodyJSONResponse{Data: out}}, err
}

// DeleteAppAddress removes an address.
func (s *Server) DeleteAppAddress(ctx context.Context, req gen.DeleteAppAddressRequestObject) (gen.DeleteAppAddressResponseObject, error) {
	return gen.DeleteAppAddress204Response{}, s.Triggers.DeleteAddress(ctx, principal(ctx).Scope, req.AddressID)
}

func toLetter(ctx context.Context, l *trigger.Letter) gen.InboundLetter {
	request, _ := shown(ctx, parsed(&l.Request)).(map[string]any)
	return gen.InboundLetter{
		ID: l.ID, AddressID: l.AddressID, Reason: gen.InboundLetterReason(l.Reason), Said: l.Said, Request: request, State: gen.InboundLetterState(l.State),
		CreatedAt: l.CreatedAt.UTC(), ResolvedAt: utc(l.ResolvedAt),
	}
}

// ListInboundLetters lists requests that nobody was found for.
func (s *Server) ListInboundLetters(ctx context.Context, req gen.ListInboundLettersRequestObject) (gen.ListInboundLettersResponseObject, error) {
	q := req.Params
	state := trigger.LetterWaiting
	if q.State != nil {
		state = string(*q.State)
	}
	page, err := s.Triggers.Letters(ctx, principal(ctx).Scope, value(q.AddressID), state, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListInboundLetters200JSONResponse{Data: each(page.Items, func(l *trigger.Letter) gen.InboundLetter { return toLetter(ctx, l) }), PageInfo: pageInfo(page)}, nil
}

// ResolveInboundLetter routes a letter again, or discards it.
func (s *Server) ResolveInboundLetter(ctx context.Context, req gen.ResolveInboundLetterRequestObject) (gen.ResolveInboundLetterResponseObject, error) {
	do := s.Triggers.Discard
	if req.Body.Action == "requeue" {
		do = s.Triggers.Requeue
	}
	l, err := do(ctx, principal(ctx).Scope, req.LetterID)
	if err != nil {
		return nil, err
	}
	return gen.ResolveInboundLetter200JSONResponse{Data: toLetter(ctx, l)}, nil
}
