package patchbay

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CallOption changes one call.
type CallOption func(*callOptions)

type callOptions struct {
	header         http.Header
	environment    string
	maxRetries     int
	idempotencyKey string
	timeout        time.Duration
	nulls          []string
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

// WithNull sends null for fields of the body, by their names on the wire: it takes away what they hold, while a field
// that is left out stays as it is.
func WithNull(fields ...string) CallOption {
	return func(o *callOptions) { o.nulls = append(o.nulls, fields...) }
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
	for _, name := range o.nulls {
		if !bodied || slices.Contains(r.query, name) {
			return nil, fmt.Errorf("patchbay: %q is in no body of %s %s", name, r.method, r.path)
		}
		fields[name] = json.RawMessage("null")
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
