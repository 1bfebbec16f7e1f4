package patchbay

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// ProxyCall is a call of an app with the credential of an account.
type ProxyCall struct {
	ExternalUserID string // your own id of the user
	AccountID      string
	URL            string      // of one of the app's hosts, or a path below its API
	Params         url.Values  // added to the URL's query
	Header         http.Header // for the app
	Body           any         // sent as JSON, unless it is text, []byte or an io.Reader
}

// Proxy calls apps.
type Proxy struct{ call *caller }

// Do calls the app and reads the JSON that it answers into out, unless that is nil. A status of 400 and above is an *Error.
func (p *Proxy) Do(ctx context.Context, method string, call ProxyCall, out any, opts ...CallOption) error {
	res, err := p.Stream(ctx, method, call, opts...)
	if err != nil {
		return err
	}
	if out == nil {
		return res.Body.Close()
	}
	return decode(res, out)
}

// Get is Do with GET.
func (p *Proxy) Get(ctx context.Context, call ProxyCall, out any, opts ...CallOption) error {
	return p.Do(ctx, http.MethodGet, call, out, opts...)
}

// Post is Do with POST.
func (p *Proxy) Post(ctx context.Context, call ProxyCall, out any, opts ...CallOption) error {
	return p.Do(ctx, http.MethodPost, call, out, opts...)
}

// Put is Do with PUT.
func (p *Proxy) Put(ctx context.Context, call ProxyCall, out any, opts ...CallOption) error {
	return p.Do(ctx, http.MethodPut, call, out, opts...)
}

// Patch is Do with PATCH.
func (p *Proxy) Patch(ctx context.Context, call ProxyCall, out any, opts ...CallOption) error {
	return p.Do(ctx, http.MethodPatch, call, out, opts...)
}

// Delete is Do with DELETE.
func (p *Proxy) Delete(ctx context.Context, call ProxyCall, out any, opts ...CallOption) error {
	return p.Do(ctx, http.MethodDelete, call, out, opts...)
}

// Stream returns the app's answer as it comes. Close its body.
func (p *Proxy) Stream(ctx context.Context, method string, call ProxyCall, opts ...CallOption) (*http.Response, error) {
	target, fragment, _ := strings.Cut(call.URL, "#")
	if more := call.Params.Encode(); more != "" {
		if strings.Contains(target, "?") {
			target += "&" + more
		} else {
			target += "?" + more
		}
	}
	if fragment != "" {
		target += "#" + fragment
	}
	address, err := p.call.address("/v1/connect/{project_id}/proxy/", nil)
	if err != nil {
		return nil, err
	}
	q := url.Values{"external_user_id": {call.ExternalUserID}, "account_id": {call.AccountID}}
	s := &sent{method: method, url: address + base64.RawURLEncoding.EncodeToString([]byte(target)) + "?" + q.Encode(), header: http.Header{}, repeatable: safe(method), redirects: true}
	for name, values := range call.Header {
		if strings.EqualFold(name, "Content-Type") {
			s.header["Content-Type"] = values
		} else {
			s.header["X-Pd-Proxy-"+http.CanonicalHeaderKey(name)] = values
		}
	}
	switch body := call.Body.(type) {
	case nil:
	case io.Reader:
		s.stream = body
	case []byte:
		s.body = body
	case string:
		s.body = []byte(body)
	default:
		if s.body, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("patchbay: encode the body: %w", err)
		}
		if s.header.Get("Content-Type") == "" {
			s.header.Set("Content-Type", "application/json")
		}
	}
	return p.call.send(ctx, s, p.call.options(opts))
}

// Auth is how a workflow's endpoint is called.
type Auth int

// The ways: as anybody, or with a bearer of its own in the header; as this client.
const (
	NoAuth Auth = iota
	OAuth
)

// Invocation is a call of a workflow's endpoint.
type Invocation struct {
	URLOrEndpoint string // the id of an endpoint, or its address
	Method        string // "" = POST
	Header        http.Header
	Body          any // sent as JSON; nil = nothing
	Auth          Auth
}

// InvocationAnswer is what a workflow's endpoint answered.
type InvocationAnswer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Decode reads the body into v, as json.Unmarshal does.
func (a *InvocationAnswer) Decode(v any) error {
	if err := json.Unmarshal(a.Body, v); err != nil {
		return fmt.Errorf("patchbay: the answer is not a %T: %w", v, err)
	}
	return nil
}

// Workflows has workflows: those of the project, their runs, and their endpoints.
type Workflows struct{ *WorkflowsService }

// InvokeForExternalUser calls a workflow's endpoint for a user: its steps use the user's accounts.
func (w *Workflows) InvokeForExternalUser(ctx context.Context, externalUserID string, in Invocation, opts ...CallOption) (*InvocationAnswer, error) {
	if externalUserID == "" {
		return nil, fmt.Errorf("patchbay: the user is missing: your own id of the user")
	}
	header := in.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("X-Pd-External-User-Id", externalUserID)
	in.Header, in.Auth = header, OAuth
	return w.Invoke(ctx, in, opts...)
}

// Invoke calls a workflow's endpoint. Anything but 2xx is an *Error.
func (w *Workflows) Invoke(ctx context.Context, in Invocation, opts ...CallOption) (*InvocationAnswer, error) {
	c := w.call
	address, err := c.endpoint(in.URLOrEndpoint)
	if err != nil {
		return nil, err
	}
	s := &sent{method: in.Method, url: address, header: in.Header.Clone(), bearer: noBearer}
	if s.method == "" {
		s.method = http.MethodPost
	}
	if s.header == nil {
		s.header = http.Header{}
	}
	if in.Auth == OAuth {
		s.bearer = ownBearer
	}
	s.repeatable = s.method == http.MethodGet || s.method == http.MethodHead
	if in.Body != nil {
		if s.body, err = json.Marshal(in.Body); err != nil {
			return nil, fmt.Errorf("patchbay: encode the body: %w", err)
		}
		if s.header.Get("Content-Type") == "" {
			s.header.Set("Content-Type", "application/json")
		}
	}
	res, err := c.send(ctx, s, c.options(opts))
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // all of it was read
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, &Error{Status: res.StatusCode, Code: "network", Message: "The answer broke off.", cause: err, RetryAfter: -1}
	}
	return &InvocationAnswer{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

var (
	endpointID = regexp.MustCompile(`^e[a-z0-9-]+$`)
	port       = regexp.MustCompile(`:\d+$`)
)

// endpoint is where an endpoint is. Other hosts than ours are refused: they would be handed the access token.
func (c *caller) endpoint(given string) (string, error) {
	text := strings.TrimSpace(given)
	if endpointID.MatchString(text) {
		if c.WorkflowDomain != "" {
			return "https://" + text + "." + c.WorkflowDomain, nil
		}
		return c.BaseURL + "/e/" + text, nil
	}
	if !strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "https://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("patchbay: %q is neither an endpoint nor an address: %w", given, err)
	}
	ours, err := url.Parse(c.BaseURL)
	if err != nil {
		return "", fmt.Errorf("patchbay: %w", err)
	}
	below := c.WorkflowDomain != "" && strings.HasSuffix(u.Hostname(), "."+port.ReplaceAllString(c.WorkflowDomain, ""))
	if u.Scheme == ours.Scheme && u.Host == ours.Host || below {
		return u.String(), nil
	}
	return "", fmt.Errorf("patchbay: %s is neither %s nor below the workflow domain: name that as WorkflowDomain, or set PATCHBAY_WORKFLOW_DOMAIN", u.Host, ours.Host)
}
