package rest

import (
	"context"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/request"
)

// CreateRateLimit makes a rate limit.
func (s *Server) CreateRateLimit(ctx context.Context, req gen.CreateRateLimitRequestObject) (gen.CreateRateLimitResponseObject, error) {
	r := limit.Rate{Requests: req.Body.RequestsPerWindow, Window: time.Duration(req.Body.WindowSizeSeconds) * time.Second}
	t, err := s.Limits.Create(ctx, principal(ctx).Workspace, r)
	if err != nil {
		return nil, err
	}
	return gen.CreateRateLimit200JSONResponse{Token: t.Reveal()}, nil
}

// ListProxyRequests lists requests that went through the proxy.
func (s *Server) ListProxyRequests(ctx context.Context, req gen.ListProxyRequestsRequestObject) (gen.ListProxyRequestsResponseObject, error) {
	q := req.Params
	f := request.Filter{AccountID: value(q.AccountID), ExternalUserID: value(q.ExternalUserID), After: q.From, Before: q.To}
	if q.App != nil {
		f.App = s.slug(ctx, *q.App)
	}
	f.From, f.To = statuses(value(q.Status))
	page, err := s.Requests.List(ctx, principal(ctx).Scope, f, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListProxyRequests200JSONResponse{Data: each(page.Items, toProxyRequest), PageInfo: pageInfo(page)}, nil
}

// statuses reads a status or a class of them, in the contract's form.
func statuses(text string) (from, to int) {
	if len(text) == 3 && text[1:] == "xx" {
		from = int(text[0]-'0') * 100
		return from, from + 99
	}
	n, _ := strconv.Atoi(text)
	return n, n
}

// GetProxyRequest returns a request.
func (s *Server) GetProxyRequest(ctx context.Context, req gen.GetProxyRequestRequestObject) (gen.GetProxyRequestResponseObject, error) {
	r, bodies, err := s.Requests.Get(ctx, principal(ctx).Scope, req.ProxyRequestID)
	if err != nil {
		return nil, err
	}
	out := gen.GetProxyRequest200JSONResponse{Request: toProxyRequest(r)}
	if bodies != nil {
		out.RequestBody, out.ResponseBody = toProxyBody(bodies.Request), toProxyBody(bodies.Response)
	}
	return out, nil
}

// toProxyRequest is the whole of what the public sees of a request.
func toProxyRequest(r *request.Request) gen.ProxyRequest {
	return gen.ProxyRequest{
		ID: r.ID, RequestID: r.RequestID, AccountID: r.AccountID, ExternalUserID: r.ExternalUserID, App: r.App, Method: r.Method, Host: r.Host, Path: r.Path,
		Status: r.Status, Error: r.Error, DurationMs: r.DurationMs, BytesIn: r.BytesIn, BytesOut: r.BytesOut, Refreshed: r.Refreshed, Retried: r.Retried,
		Redirects: r.Redirects, CreatedAt: r.CreatedAt.UTC(),
	}
}

func toProxyBody(b *request.Body) *gen.ProxyBody {
	if b == nil {
		return nil
	}
	return &gen.ProxyBody{Type: b.Type, Text: b.Text, Omitted: gen.ProxyBodyOmitted(b.Omitted)}
}
