package rest

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

var errWider = fault.New(fault.Forbidden, "client_wider", "The client may do more than you may, so it is not yours to change.")

// within returns a check that a client may do no more than the caller may.
func within(ctx context.Context) func(*access.Client) error {
	p := principal(ctx)
	return func(c *access.Client) error {
		if !access.Cover(p.Scopes, c.Scopes) {
			return errWider
		}
		return nil
	}
}

func toRate(c *access.Client) *gen.ClientRate {
	if c.RateRequests == 0 {
		return nil
	}
	return &gen.ClientRate{Requests: c.RateRequests, WindowSeconds: c.RateWindowSeconds}
}

func toEnvironments[T ~string](names []string) []T {
	out := make([]T, len(names))
	for i, n := range names {
		out[i] = T(n)
	}
	return out
}

// toClient is the whole of what the public sees of an OAuth client.
func (s *Server) toClient(c *access.Client) gen.Client {
	return gen.Client{
		ID: c.ID, Name: c.Name, Scopes: append([]string{}, c.Scopes...), ProjectIds: append([]string{}, c.ProjectIDs...), Environments: toEnvironments[gen.ClientEnvironments](c.Environments),
		RateLimit: toRate(c), PreviousSecretUntil: utc(c.Previous(s.Access.Now())), DisabledAt: utc(c.DisabledAt), CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(), LastUsedAt: utc(c.LastUsedAt), LastUsedAddress: set(&c.LastUsedAddress),
	}
}

// toAPIKey is the whole of what the public sees of an API key.
func toAPIKey(c *access.Client) gen.APIKey {
	return gen.APIKey{
		ID: c.ID, Name: c.Name, Hint: c.Hint, Scopes: append([]string{}, c.Scopes...), ProjectIds: append([]string{}, c.ProjectIDs...), Environments: toEnvironments[gen.APIKeyEnvironments](c.Environments),
		RateLimit: toRate(c), ExpiresAt: utc(c.ExpiresAt), DisabledAt: utc(c.DisabledAt), CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(), LastUsedAt: utc(c.LastUsedAt), LastUsedAddress: set(&c.LastUsedAddress),
	}
}

// wish reads what clients and keys have in common.
func wish[T ~string](name *string, scopes, projects *[]string, environments *[]T, rate *gen.ClientRate) access.Wish {
	w := access.Wish{Name: name, Scopes: scopes, Projects: projects}
	if environments != nil {
		names := make([]string, len(*environments))
		for i, e := range *environments {
			names[i] = string(e)
		}
		w.Environments = &names
	}
	if rate != nil {
		w.Rate, w.Window = &rate.Requests, time.Duration(rate.WindowSeconds)*time.Second
	}
	return w
}

// ListScopes lists what clients can be allowed.
func (s *Server) ListScopes(context.Context, gen.ListScopesRequestObject) (gen.ListScopesResponseObject, error) {
	return gen.ListScopes200JSONResponse{Data: each(access.Published, func(sc *access.Scope) gen.Scope {
		return gen.Scope{Name: sc.Name, Group: sc.Group, Description: sc.Text, Default: sc.Default}
	})}, nil
}

// ListClients lists the workspace's OAuth clients.
func (s *Server) ListClients(ctx context.Context, _ gen.ListClientsRequestObject) (gen.ListClientsResponseObject, error) {
	rows, err := s.Access.Clients(ctx, principal(ctx).Workspace, access.OAuth)
	if err != nil {
		return nil, err
	}
	return gen.ListClients200JSONResponse{Data: each(rows, s.toClient)}, nil
}

// CreateClient makes an OAuth client. It cannot be given more than its maker has.
func (s *Server) CreateClient(ctx context.Context, req gen.CreateClientRequestObject) (gen.CreateClientResponseObject, error) {
	p, b := principal(ctx), req.Body
	scopes := value(b.Scopes)
	if len(scopes) == 0 {
		scopes = p.Scopes
	}
	if !access.Cover(p.Scopes, scopes) {
		return nil, access.ErrInvalidScope
	}
	c, secret, err := s.Access.Create(ctx, p.Workspace, access.OAuth, wish(&b.Name, &scopes, b.ProjectIds, b.Environments, b.RateLimit))
	if err != nil {
		return nil, err
	}
	out := s.toClient(c)
	out.Secret = reveal(secret)
	return gen.CreateClient201JSONResponse(out), nil
}

// GetClient returns an OAuth client.
func (s *Server) GetClient(ctx context.Context, req gen.GetClientRequestObject) (gen.GetClientResponseObject, error) {
	c, err := s.Access.Client(ctx, principal(ctx).Workspace, access.OAuth, req.ClientID)
	if err != nil {
		return nil, err
	}
	return gen.GetClient200JSONResponse(s.toClient(c)), nil
}

// UpdateClient changes an OAuth client.
func (s *Server) UpdateClient(ctx context.Context, req gen.UpdateClientRequestObject) (gen.UpdateClientResponseObject, error) {
	b := req.Body
	w := wish(b.Name, b.Scopes, b.ProjectIds, b.Environments, b.RateLimit)
	w.Disabled = b.Disabled
	c, err := s.Access.Update(ctx, principal(ctx).Workspace, access.OAuth, req.ClientID, w, within(ctx), given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.UpdateClient200JSONResponse(s.toClient(c)), nil
}

// RotateClientSecret gives an OAuth client a new secret.
func (s *Server) RotateClientSecret(ctx context.Context, req gen.RotateClientSecretRequestObject) (gen.RotateClientSecretResponseObject, error) {
	c, secret, err := s.Access.Rotate(ctx, principal(ctx).Workspace, req.ClientID, time.Duration(req.Body.OverlapHours)*time.Hour, within(ctx))
	if err != nil {
		return nil, err
	}
	out := s.toClient(c)
	out.Secret = reveal(secret)
	return gen.RotateClientSecret200JSONResponse(out), nil
}

// EndPreviousClientSecret ends the secret before.
func (s *Server) EndPreviousClientSecret(ctx context.Context, req gen.EndPreviousClientSecretRequestObject) (gen.EndPreviousClientSecretResponseObject, error) {
	return gen.EndPreviousClientSecret204Response{}, s.Access.EndPrevious(ctx, principal(ctx).Workspace, req.ClientID)
}

// DeleteClient removes an OAuth client.
func (s *Server) DeleteClient(ctx context.Context, req gen.DeleteClientRequestObject) (gen.DeleteClientResponseObject, error) {
	return gen.DeleteClient204Response{}, s.Access.Delete(ctx, principal(ctx).Workspace, access.OAuth, req.ClientID)
}

// ListAPIKeys lists the workspace's API keys.
func (s *Server) ListAPIKeys(ctx context.Context, _ gen.ListAPIKeysRequestObject) (gen.ListAPIKeysResponseObject, error) {
	rows, err := s.Access.Clients(ctx, principal(ctx).Workspace, access.Key)
	if err != nil {
		return nil, err
	}
	return gen.ListAPIKeys200JSONResponse{Data: each(rows, toAPIKey)}, nil
}

// CreateAPIKey makes an API key. It cannot be given more than its maker has.
func (s *Server) CreateAPIKey(ctx context.Context, req gen.CreateAPIKeyRequestObject) (gen.CreateAPIKeyResponseObject, error) {
	p, b := principal(ctx), req.Body
	if !access.Cover(p.Scopes, b.Scopes) {
		return nil, access.ErrInvalidScope
	}
	w := wish(&b.Name, &b.Scopes, b.ProjectIds, b.Environments, b.RateLimit)
	w.ExpiresAt = b.ExpiresAt
	c, raw, err := s.Access.Create(ctx, p.Workspace, access.Key, w)
	if err != nil {
		return nil, err
	}
	out := toAPIKey(c)
	out.Key = reveal(raw)
	return gen.CreateAPIKey201JSONResponse(out), nil
}

// UpdateAPIKey changes an API key.
func (s *Server) UpdateAPIKey(ctx context.Context, req gen.UpdateAPIKeyRequestObject) (gen.UpdateAPIKeyResponseObject, error) {
	b := req.Body
	w := wish(b.Name, b.Scopes, b.ProjectIds, b.Environments, b.RateLimit)
	w.Disabled = b.Disabled
	c, err := s.Access.Update(ctx, principal(ctx).Workspace, access.Key, req.APIKeyID, w, within(ctx), given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.UpdateAPIKey200JSONResponse(toAPIKey(c)), nil
}

// RevokeAPIKey ends an API key.
func (s *Server) RevokeAPIKey(ctx context.Context, req gen.RevokeAPIKeyRequestObject) (gen.RevokeAPIKeyResponseObject, error) {
	return gen.RevokeAPIKey204Response{}, s.Access.Delete(ctx, principal(ctx).Workspace, access.Key, req.APIKeyID)
}
