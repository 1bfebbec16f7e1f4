package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// ListEndpoints lists endpoints.
func (s *Server) ListEndpoints(ctx context.Context, req gen.ListEndpointsRequestObject) (gen.ListEndpointsResponseObject, error) {
	q := req.Params
	page, err := s.Webhooks.Endpoints(ctx, principal(ctx).Scope, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	now := s.Webhooks.Now()
	return gen.ListEndpoints200JSONResponse{
		Data: each(page.Items, func(v *webhook.View) gen.Endpoint { return toEndpoint(v, now) }), PageInfo: pageInfo(page),
	}, nil
}

// CreateEndpoint adds an endpoint.
func (s *Server) CreateEndpoint(ctx context.Context, req gen.CreateEndpointRequestObject) (gen.CreateEndpointResponseObject, error) {
	b := req.Body
	c := webhook.Change{
		URL: &b.URL, Description: b.Description, EventTypes: b.EventTypes, Payload: (*webhook.Payload)(b.Payload), InlineLimit: b.InlineLimit, Signatures: schemes(b.Signatures),
		TimeoutMs: b.TimeoutMs, RetryWaits: b.RetryWaits, Retries: b.Retries, Rate: b.RatePerSecond, Burst: b.Burst, Concurrency: b.Concurrency,
		Ordering: (*webhook.Ordering)(b.Ordering), Path: b.OrderingPath, OnExhausted: (*webhook.OnExhausted)(b.OnExhausted), Certificate: certificate(b.ClientCertificate),
	}
	if b.Headers != nil {
		c.Headers = map[string]*string{}
		for name, v := range *b.Headers {
			c.Headers[name] = &v
		}
	}
	v, err := s.Webhooks.CreateEndpoint(ctx, principal(ctx).Scope, &c)
	if err != nil {
		return nil, err
	}
	return gen.CreateEndpoint201JSONResponse(toEndpoint(v, s.Webhooks.Now())), nil
}

// GetEndpoint returns an endpoint.
func (s *Server) GetEndpoint(ctx context.Context, req gen.GetEndpointRequestObject) (gen.GetEndpointResponseObject, error) {
	v, err := s.Webhooks.Endpoint(ctx, principal(ctx).Scope, req.EndpointID)
	if err != nil {
		return nil, err
	}
	if principal(ctx).Hides() {
		v.Key = ""
	}
	e := toEndpoint(v, s.Webhooks.Now())
	e.Waiting = &v.Waiting
	return gen.GetEndpoint200JSONResponse(e), nil
}

// UpdateEndpoint changes an endpoint.
func (s *Server) UpdateEndpoint(ctx context.Context, req gen.UpdateEndpointRequestObject) (gen.UpdateEndpointResponseObject, error) {
	b := req.Body
	c := webhook.Change{
		URL: b.URL, Description: b.Description, EventTypes: b.EventTypes, Payload: (*webhook.Payload)(b.Payload), InlineLimit: b.InlineLimit, Signatures: schemes(b.Signatures),
		TimeoutMs: b.TimeoutMs, RetryWaits: b.RetryWaits, Retries: b.Retries, Rate: b.RatePerSecond, Burst: b.Burst, Concurrency: b.Concurrency,
		Ordering: (*webhook.Ordering)(b.Ordering), Path: b.OrderingPath, OnExhausted: (*webhook.OnExhausted)(b.OnExhausted), Headers: value(b.Headers), Certificate: certificate(b.ClientCertificate),
	}
	v, err := s.Webhooks.UpdateEndpoint(ctx, principal(ctx).Scope, req.EndpointID, &c, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.UpdateEndpoint200JSONResponse(toEndpoint(v, s.Webhooks.Now())), nil
}

// DeleteEndpoint removes an endpoint.
func (s *Server) DeleteEndpoint(ctx context.Context, req gen.DeleteEndpointRequestObject) (gen.DeleteEndpointResponseObject, error) {
	return gen.DeleteEndpoint204Response{}, s.Webhooks.DeleteEndpoint(ctx, principal(ctx).Scope, req.EndpointID)
}

// RegenerateEndpointKey gives an endpoint a new key.
func (s *Server) RegenerateEndpointKey(ctx context.Context, req gen.RegenerateEndpointKeyRequestObject) (gen.RegenerateEndpointKeyResponseObject, error) {
	v, err := s.Webhooks.RotateEndpoint(ctx, principal(ctx).Scope, req.EndpointID)
	if err != nil {
		return nil, err
	}
	return gen.RegenerateEndpointKey200JSONResponse(toEndpoint(v, s.Webhooks.Now())), nil
}

// EnableEndpoint sends to an endpoint again.
func (s *Server) EnableEndpoint(ctx context.Context, req gen.EnableEndpointRequestObject) (gen.EnableEndpointResponseObject, error) {
	v, err := s.Webhooks.EnableEndpoint(ctx, principal(ctx).Scope, req.EndpointID, req.Body.Waiting == gen.Drain)
	if err != nil {
		return nil, err
	}
	return gen.EnableEndpoint200JSONResponse(toEndpoint(v, s.Webhooks.Now())), nil
}

// DisableEndpoint stops sending to an endpoint.
func (s *Server) DisableEndpoint(ctx context.Context, req gen.DisableEndpointRequestObject) (gen.DisableEndpointResponseObject, error) {
	v, err := s.Webhooks.DisableEndpoint(ctx, principal(ctx).Scope, req.EndpointID)
	if err != nil {
		return nil, err
	}
	return gen.DisableEndpoint200JSONResponse(toEndpoint(v, s.Webhooks.Now())), nil
}

// TestEndpoint sends an endpoint a sample.
func (s *Server) TestEndpoint(ctx context.Context, req gen.TestEndpointRequestObject) (gen.TestEndpointResponseObject, error) {
	t, err := s.Webhooks.Try(ctx, principal(ctx).Scope, req.EndpointID, req.Body.EventType)
	if err != nil {
		return nil, err
	}
	return gen.TestEndpoint200JSONResponse{
		Delivered: t.Error == nil, EventID: t.EventID, Status: t.Status, Error: t.Error, DurationMs: t.DurationMs, RemoteAddress: orNull(t.RemoteAddress),
		RequestHeaders: logged(t.RequestHeaders), RequestBody: t.Body, ResponseHeaders: logged(t.ResponseHeaders), ResponseExcerpt: t.ResponseExcerpt,
	}, nil
}

// ListEventTypes lists what can be heard of.
func (s *Server) ListEventTypes(context.Context, gen.ListEventTypesRequestObject) (gen.ListEventTypesResponseObject, error) {
	out := make([]gen.EventType, len(event.Kinds))
	for i, k := range event.Kinds {
		_, body, _ := event.Sample(k.Type, "evt_1", "production", sampled)
		out[i] = gen.EventType{Type: k.Type, Title: k.Title, Description: k.Text(), Severity: gen.EventTypeSeverity(k.Severity), Platform: k.Platform, Schema: k.Schema()}
		if err := json.Unmarshal([]byte(body), &out[i].Sample); err != nil {
			return nil, fmt.Errorf("read sample of %s: %w", k.Type, err)
		}
	}
	return gen.ListEventTypes200JSONResponse{Data: out}, nil
}

// sampled is the moment of all samples that are only shown.
var sampled = time.Date(2026, time.November, 21, 12, 38, 30, 810e6, time.UTC)

// toEndpoint is the whole of what the public sees of an endpoint.
func toEndpoint(v *webhook.View, now time.Time) gen.Endpoint {
	out := gen.Endpoint{
		ID: v.ID, Level: gen.EndpointLevel(v.Level), Main: v.Main, SubjectID: v.SubjectID, URL: v.URL, Description: v.Description, EventTypes: v.EventTypes,
		Payload: gen.EndpointPayload(v.Payload), InlineLimit: v.InlineLimit, Signatures: each(v.Signatures, func(x *webhook.Scheme) gen.SignatureScheme { return gen.SignatureScheme(*x) }),
		TimeoutMs: v.TimeoutMs, RetryWaits: v.RetryWaits, Retries: v.Retried(), RatePerSecond: v.Rate, Burst: v.Burst, Concurrency: v.Concurrency,
		Ordering: gen.EndpointOrdering(v.Ordering), OrderingPath: v.OrderingPath, OnExhausted: gen.EndpointOnExhausted(v.OnExhausted), Headers: v.HeaderNames,
		Status: gen.WebhookStatus(v.Status()), Breaker: gen.EndpointBreaker(v.BreakerState(now)), PausedUntil: utc(v.OpenUntil), FailingSince: utc(v.FailingSince),
		Failures: v.Failures, LastSuccessAt: utc(v.LastSuccessAt), DisabledAt: utc(v.DisabledAt), DisabledReason: (*gen.EndpointDisabledReason)(v.DisabledReason),
		CreatedAt: v.CreatedAt.UTC(), UpdatedAt: v.UpdatedAt.UTC(),
	}
	if out.RetryWaits == nil {
		out.RetryWaits = []int{}
	}
	if out.Headers == nil {
		out.Headers = []string{}
	}
	if v.CertificateExpiresAt != nil {
		out.ClientCertificate = &struct {
			ExpiresAt time.Time `json:"expires_at"`
			Subject   string    `json:"subject"`
		}{v.CertificateExpiresAt.UTC(), v.CertificateSubject}
	}
	if v.Key != "" {
		out.SigningKey, out.StandardSecret = reveal(v.Key), reveal(webhook.StandardSecret(v.Key))
	}
	return out
}

func schemes(in *[]gen.SignatureScheme) *[]webhook.Scheme {
	if in == nil {
		return nil
	}
	return new(each(*in, func(x *gen.SignatureScheme) webhook.Scheme { return webhook.Scheme(*x) }))
}

func certificate(in *gen.ClientCertificate) *webhook.Certificate {
	if in == nil {
		return nil
	}
	return &webhook.Certificate{Chain: in.Certificate, Key: secret.Text(in.Key)}
}

// logged is headers as the log of attempts has them; an old attempt has none.
func logged(h map[string]string) gen.AttemptHeaders {
	if h == nil {
		return gen.AttemptHeaders{}
	}
	return h
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
