package patchbay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"net/http"
	"time"
)

// Version is this library's.
const Version = "0.2.0"

// patience is how long is waited at most before a call is made again.
const patience = time.Minute

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
