package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// steps makes the calls of a method that gets its token by several, and reads
// the tokens out of the last answer. Each call may speak of the answers before
// it: {{ step.login/sessionId }}. They carry nothing but what they say.
func (p *Client) steps(ctx context.Context, c *Connection) (*Grant, error) {
	values := c.Values()
	var doc any
	var h http.Header
	for _, s := range c.Auth.Steps {
		req, err := build(ctx, s.Request, values)
		if err != nil {
			return nil, fmt.Errorf("steps.%s: %w", s.ID, err)
		}
		target, err := catalog.Expand(or(s.Request.Get, s.Request.Post), values)
		if err != nil {
			return nil, fmt.Errorf("steps.%s: %w", s.ID, err)
		}
		if req.URL, err = url.Parse(target); err != nil || req.URL.Host == "" {
			return nil, ErrTarget
		}
		req.Host = ""
		if doc, h, err = p.answer(c, req); err != nil {
			return nil, err
		}
		raw, err := json.Marshal(doc)
		if err != nil {
			return nil, fmt.Errorf("steps.%s: %w", s.ID, err)
		}
		values["step."+s.ID] = string(raw)
	}
	return p.read(c, doc, h)
}

// after goes on from a token by the method's steps, where there are some: to
// one that lives longer.
func (p *Client) after(ctx context.Context, c *Connection, first *Grant) (*Grant, error) {
	if len(c.Auth.Steps) == 0 {
		return first, nil
	}
	at := *c
	at.Tokens = first.Tokens
	g, err := p.steps(ctx, &at)
	if err != nil {
		return nil, err
	}
	vars := maps.Clone(first.Vars)
	maps.Copy(vars, g.Vars)
	g.Vars = vars
	if g.Scopes == nil {
		g.Scopes = first.Scopes
	}
	return g, nil
}

// build makes the request that an app file describes, to an address yet to be set.
func build(ctx context.Context, call catalog.Call, values map[string]string) (*http.Request, error) {
	method, body, kind := http.MethodGet, "", ""
	if call.Post != "" {
		method = http.MethodPost
		switch {
		case call.JSON != nil:
			filled, err := fill(call.JSON, values)
			if err != nil {
				return nil, err
			}
			b, err := json.Marshal(filled)
			if err != nil {
				return nil, fmt.Errorf("encode call: %w", err)
			}
			body, kind = string(b), "application/json"
		case call.Form != nil:
			filled, err := expandAll(call.Form, values)
			if err != nil {
				return nil, err
			}
			form := url.Values{}
			for k, v := range filled {
				form.Set(k, v)
			}
			body, kind = form.Encode(), formType
		}
	}
	req, err := newRequest(ctx, method, "https://provider.invalid/", kind, body)
	if err != nil {
		return nil, err
	}
	headers, err := expandAll(call.Headers, values)
	if err != nil {
		return nil, err
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	return req, nil
}

// fill expands the texts within a JSON value, each by itself: what a user typed
// cannot become structure.
func fill(v any, values map[string]string) (any, error) {
	switch v := v.(type) {
	case string:
		return catalog.Expand(v, values)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			filled, err := fill(item, values)
			if err != nil {
				return nil, err
			}
			out[k] = filled
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			filled, err := fill(item, values)
			if err != nil {
				return nil, err
			}
			out[i] = filled
		}
		return out, nil
	default:
		return v, nil
	}
}
