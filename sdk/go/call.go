package patchbay

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Version is this library's.
const Version = "0.2.0"

// patience is how long is waited at most before a call is made again.
const patience = time.Minute

// CallOption changes one call.
type CallOption func(*callOptions)

type callOptions struct {
	header         http.Header
	environment    string
	maxRetries     int
	idempotencyKey string
	timeout        time.Duration
}

// WithHeader sends a header beside those of the client.
func WithHeader(name, value string) CallOption {
	return func(o *callOptions) { o.header.Set(name, value) }
}

// WithEnvironment is development or production, instead of the client's.
func WithEnvironment(environment string) CallOption {
	return func(o *callOptions) { o.environment = environment }
}

// WithMaxRetries is how often the call is made again at most.
func WithMaxRetries(n int) CallOption { return func(o *callOptions) { o.maxRetries = n } }

// WithTimeout is until when the answer has to begin; the context bounds all of it.
func WithTimeout(d time.Duration) CallOption { return func(o *callOptions) { o.timeout = d } }

// WithIdempotencyKey is by what a call that is made again is known, for Actions.Run and Workflows.Run; one is made up otherwise.
func WithIdempotencyKey(key string) CallOption {
	return func(o *callOptions) { o.idempotencyKey = key }
}

// route is a call as the API has it.
type route struct {
	method, path string
	at           []string          // names and values of the path
	query        []string          // what stands in the query though there is a body
	fixed        map[string]string // of the body, whoever asks
	open         bool              // asked for without a token
	repeatable   bool              // a POST that may be done twice
	idempotent   bool              // the API knows a call that is made again by its key
	connectToken string            // the bearer, instead of the client's own
	content      io.Reader
}

type bearer int

const (
	ownBearer bearer = iota
	noBearer
	givenBearer
)

// sent is what is sent, whoever answers it.
type sent struct {
	method, url string
	header      http.Header
	body        []byte
	stream      io.Reader // instead of body: it can be read once
	bearer      bearer
	token       string // of givenBearer
	repeatable  bool   // may be done twice
	redirects   bool   // are handed on
}

// caller calls the API.
type caller struct {
	Config
	tokens *tokens
}

func (c *caller) options(opts []CallOption) *callOptions {
	o := &callOptions{header: http.Header{}, environment: c.Environment, maxRetries: c.MaxRetries, timeout: c.Timeout}
	for _, set := range opts {
		set(o)
	}
	return o
}

// address is a path's in this project.
func (c *caller) address(path string, at []string) (string, error) {
	for i := 0; i < len(at); i += 2 {
		if at[i+1] == "" {
			return "", fmt.Errorf("patchbay: %s is empty", at[i])
		}
		path = strings.ReplaceAll(path, "{"+at[i]+"}", url.PathEscape(at[i+1]))
	}
	if strings.Contains(path, "{project_id}") {
		if c.ProjectID == "" {
			return "", fmt.Errorf("patchbay: the project is missing: name it as Config.ProjectID, or set PATCHBAY_PROJECT_ID")
		}
		path = strings.ReplaceAll(path, "{project_id}", url.PathEscape(c.ProjectID))
	}
	return c.BaseURL + path, nil
}

// prepare makes of a method's call what is sent.
func (c *caller) prepare(r route, req any, o *callOptions) (*sent, error) {
	address, err := c.address(r.path, r.at)
	if err != nil {
		return nil, err
	}
	fields := map[string]json.RawMessage{}
	if req != nil {
		b, err := json.Marshal(req)
		if err != nil {
			return nil, fmt.Errorf("patchbay: encode the request: %w", err)
		}
		if err := json.Unmarshal(b, &fields); err != nil {
			return nil, fmt.Errorf("patchbay: encode the request: %w", err)
		}
	}
	s := &sent{method: r.method, header: http.Header{}, repeatable: r.repeatable || r.idempotent || safe(r.method), stream: r.content}
	bodied := r.content == nil && r.method != http.MethodGet && r.method != http.MethodDelete
	for name, value := range r.fixed {
		fields[name] = json.RawMessage(strconv.Quote(value))
	}
	q := url.Values{}
	for name, raw := range fields {
		if bodied && !slices.Contains(r.query, name) {
			continue
		}
		q[name] = texts(raw)
		delete(fields, name)
	}
	if s.url = address; len(q) > 0 {
		s.url += "?" + q.Encode()
	}
	switch {
	case r.content != nil:
		s.header.Set("Content-Type", "application/octet-stream")
	case len(fields) > 0:
		if s.body, err = json.Marshal(fields); err != nil {
			return nil, fmt.Errorf("patchbay: encode the request: %w", err)
		}
		s.header.Set("Content-Type", "application/json")
	}
	if r.idempotent {
		if s.header.Set("Idempotency-Key", o.idempotencyKey); o.idempotencyKey == "" {
			s.header.Set("Idempotency-Key", newKey())
		}
	}
	if r.open {
		s.bearer = noBearer
	}
	if r.connectToken != "" {
		s.bearer, s.token = givenBearer, r.connectToken
	}
	return s, nil
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodPut || method == http.MethodDelete
}

// texts are a JSON value as a query has it: a list's are several.
func texts(raw json.RawMessage) []string {
	var many []json.RawMessage
	if json.Unmarshal(raw, &many) != nil {
		many = []json.RawMessage{raw}
	}
	out := make([]string, 0, len(many))
	for _, one := range many {
		var text string
		if json.Unmarshal(one, &text) != nil {
			text = string(one)
		}
		if string(one) != "null" {
			out = append(out, text)
		}
	}
	return out
}

func newKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x", b)
}

// send returns the answer of a call that went well. A token of the client's own that is refused is replaced once. After
// 408, 429, 5xx and where the network broke a call is made again, a second later and then two; what might be done twice
// only after 408, 429 and 503, which say that nothing was done.
func (c *caller) send(ctx context.Context, s *sent, o *callOptions) (*http.Response, error) {
	renewed, once := s.stream != nil, s.stream != nil
	for tries := 0; ; {
		token := s.token
		if s.bearer == ownBearer {
			var err error
			if token, err = c.tokens.get(ctx); err != nil {
				return nil, err
			}
		}
		res, failure := c.once(ctx, s, token, o)
		if failure == nil {
			return res, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("patchbay: %w", ctx.Err())
		}
		if failure.Status == http.StatusUnauthorized && s.bearer == ownBearer && !renewed {
			c.tokens.drop(token)
			renewed = true
			continue
		}
		pause := failure.RetryAfter
		if pause < 0 {
			pause = time.Duration(math.Pow(2, float64(tries)) * (0.8 + 0.4*mathrand.Float64()) * float64(time.Second)) //nolint:gosec // it spreads calls, and is no secret
		}
		if once || tries >= o.maxRetries || pause > patience || !passing(failure, s.repeatable) {
			return nil, failure
		}
		tries++
		if err := c.sleep(ctx, pause); err != nil {
			return nil, fmt.Errorf("patchbay: %w", err)
		}
	}
}

// passing reports whether a call may go well when it is made again.
func passing(e *Error, repeatable bool) bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	case 0:
		return repeatable && (e.Code == "network" || e.Code == "timeout")
	}
	return repeatable && e.Status >= http.StatusInternalServerError
}

func (c *caller) once(ctx context.Context, s *sent, token string, o *callOptions) (*http.Response, *Error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(o.timeout, func() { cancel(ErrTimeout) })
	body := s.stream
	if body == nil && s.body != nil {
		body = bytes.NewReader(s.body)
	}
	req, err := http.NewRequestWithContext(ctx, s.method, s.url, body)
	if err != nil {
		cancel(nil)
		return nil, &Error{Code: "malformed", Message: "The request cannot be made: " + err.Error() + ".", cause: err, RetryAfter: -1}
	}
	req.Header.Set("User-Agent", "patchbay-go/"+Version)
	req.Header.Set("X-Pd-Environment", o.environment)
	for _, from := range []http.Header{c.Header, o.header, s.header} {
		for name, values := range from {
			req.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	if s.bearer != noBearer {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := *c.HTTPClient
	if s.method != http.MethodGet || s.redirects {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	res, err := client.Do(req)
	timer.Stop()
	switch {
	case err != nil && context.Cause(ctx) == ErrTimeout: //nolint:errorlint // it is the very one
		return nil, &Error{Code: "timeout", Message: fmt.Sprintf("%s did not answer within %s.", req.URL.Host, o.timeout), cause: err, RetryAfter: -1}
	case err != nil:
		cancel(nil)
		return nil, &Error{Code: "network", Message: req.URL.Host + " could not be reached. Is that where Patchbay is, and does it run?", cause: err, RetryAfter: -1}
	case res.StatusCode >= http.StatusBadRequest:
		failure := failed(res, c.now())
		_ = res.Body.Close()
		cancel(nil)
		return nil, failure
	case res.StatusCode >= http.StatusMultipleChoices && res.StatusCode != http.StatusNotModified && !s.redirects:
		_ = res.Body.Close()
		cancel(nil)
		return nil, &Error{Status: res.StatusCode, Code: "redirected", Message: req.URL.Host + " redirects. Name the address that it leads to as BaseURL.", RetryAfter: -1}
	}
	res.Body = &ending{res.Body, cancel}
	return res, nil
}

// ending frees what a request holds when its answer is closed.
type ending struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

func (e *ending) Close() error {
	err := e.ReadCloser.Close()
	e.cancel(nil)
	return err
}

// decode reads the JSON of an answer into v and closes it.
func decode(res *http.Response, v any) error {
	defer func() { _ = res.Body.Close() }() // all of it was read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return &Error{Status: res.StatusCode, Code: "network", Message: "The answer broke off.", cause: err, RetryAfter: -1}
	}
	if len(b) == 0 {
		return nil
	}
	if err := json.Unmarshal(b, v); err != nil {
		return &Error{Status: res.StatusCode, Code: "not_json", Message: "The answer is not the JSON that was expected: " + err.Error() + ".", RequestID: res.Header.Get("X-Request-Id"), Body: b, cause: err, RetryAfter: -1}
	}
	return nil
}

func (c *caller) answer(ctx context.Context, r route, req any, opts []CallOption) (*http.Response, error) {
	o := c.options(opts)
	s, err := c.prepare(r, req, o)
	if err != nil {
		return nil, err
	}
	return c.send(ctx, s, o)
}

func (c *caller) nothing(ctx context.Context, r route, req any, opts []CallOption) error {
	res, err := c.answer(ctx, r, req, opts)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func (c *caller) binary(ctx context.Context, r route, req any, opts []CallOption) (io.ReadCloser, error) {
	res, err := c.answer(ctx, r, req, opts)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

func one[T any](ctx context.Context, c *caller, r route, req any, opts []CallOption) (T, error) {
	var v T
	res, err := c.answer(ctx, r, req, opts) //nolint:bodyclose // decode closes it
	if err != nil {
		return v, err
	}
	return v, decode(res, &v)
}
