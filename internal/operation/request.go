package operation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/expression"
)

// ready is a request with everything filled in, which the next page changes.
type ready struct {
	method, target string
	query          url.Values
	header         http.Header
	json           any
	form           map[string]any
	text, kind     string
	hasJSON        bool
	conditional    []string // headers by which only what has changed is asked for
}

// fill works a request out.
func (j *Job) fill(r *component.Request, known map[string]any) (*ready, error) {
	method, target := r.Method()
	out := &ready{method: method, query: url.Values{}, header: http.Header{}, kind: r.Type}
	var err error
	if out.target, err = address(target, known); err != nil {
		return nil, err
	}
	if base := j.Component.Shared.Base; base != "" && strings.HasPrefix(out.target, "/") {
		out.target = base + out.target
	}
	for k, v := range j.Component.Shared.Headers {
		out.header.Set(k, v)
	}
	headers, err := fills(r.Headers, known)
	if err != nil {
		return nil, err
	}
	for k, v := range headers {
		out.header.Set(k, expression.AsText(v))
	}
	query, err := fills(r.Query, known)
	if err != nil {
		return nil, err
	}
	out.ask(query)
	if out.form, err = fills(r.Form, known); err != nil {
		return nil, err
	}
	if r.JSON != nil {
		out.hasJSON = true
		if out.json, _, err = fill(r.JSON, known); err != nil {
			return nil, err
		}
	}
	if r.Text != "" {
		out.text, err = language.Text(r.Text, known)
		if err != nil {
			return nil, unfilled(err)
		}
	}
	return out, nil
}

// unfilled is what people are told whose values do not fit: the words of what
// refused them, without the expression in which it stands.
func unfilled(err error) error {
	said := err.Error()
	if m := refusal.FindStringSubmatch(said); m != nil {
		said = m[1]
	}
	return &Error{Origin: "input", Message: "The request could not be filled in: " + said, cause: err}
}

var refusal = regexp.MustCompile(`^(?s)\{\{ .* \}\}: (.*?)(?: \(\d+:\d+\))?$`)

// address fills a path or URL in. What stands in it is escaped, so that no value
// leads elsewhere; a text that is one expression is an address by itself.
func address(target string, known map[string]any) (string, error) {
	if expression.IsHole(target) {
		v, err := language.Text(target, known)
		if err != nil {
			return "", unfilled(err)
		}
		return v, nil
	}
	out, err := language.Compose(target, known, func(v any) (string, error) {
		if raw, ok := v.(component.Raw); ok && raw != "" {
			return string(raw), nil
		}
		text := expression.AsText(v)
		if text == "" {
			return "", fmt.Errorf("a part of the address %s is empty", target)
		}
		return component.Segment(text), nil
	})
	if err != nil {
		return "", unfilled(err)
	}
	return out, nil
}

// fill fills in what stands in a value. keep is false for a value that is one
// expression and came to nothing, and for what held only such.
func fill(v any, known map[string]any) (out any, keep bool, err error) {
	switch v := v.(type) {
	case string:
		out, err := language.Evaluate(v, known)
		if err != nil {
			return nil, false, unfilled(err)
		}
		return out, out != nil, nil
	case []any:
		filled := make([]any, 0, len(v))
		for _, item := range v {
			x, keep, err := fill(item, known)
			if err != nil {
				return nil, false, err
			}
			if keep {
				filled = append(filled, x)
			}
		}
		return filled, len(v) == 0 || len(filled) > 0, nil
	case map[string]any:
		filled, err := fills(v, known)
		return filled, len(v) == 0 || len(filled) > 0, err
	case nil:
		return nil, true, nil // the file says null
	default:
		return v, true, nil
	}
}

func fills(m, known map[string]any) (map[string]any, error) {
	if m == nil {
		return nil, nil
	}
	out := make(map[string]any, len(m))
	for k, v := range m {
		x, keep, err := fill(v, known)
		if err != nil {
			return nil, err
		}
		if keep {
			out[k] = x
		}
	}
	return out, nil
}

// ask puts values into the query. A list is the name several times over.
func (r *ready) ask(values map[string]any) {
	for k, v := range values {
		if items, ok := v.([]any); ok {
			r.query.Del(k)
			for _, item := range items {
				r.query.Add(k, expression.AsText(item))
			}
			continue
		}
		r.query.Set(k, expression.AsText(v))
	}
}

// copied returns a request that can be changed without changing r.
func (r *ready) copied() *ready {
	out := *r
	out.query, out.header = maps.Clone(r.query), r.header.Clone()
	out.form = maps.Clone(r.form)
	for _, name := range r.conditional { // of the first page alone
		out.header.Del(name)
	}
	out.conditional = nil
	if m, ok := r.json.(map[string]any); ok {
		out.json = maps.Clone(m)
	}
	return &out
}

// same tells one page's request from another's.
func (r *ready) same() string {
	b, _ := json.Marshal([]any{r.target, r.query, r.json, r.form})
	return string(b)
}

// request returns what is sent.
func (r *ready) request(ctx context.Context) (*http.Request, string, error) {
	var body []byte
	kind := ""
	switch {
	case r.hasJSON:
		b, err := json.Marshal(r.json)
		if err != nil {
			return nil, "", unfilled(err)
		}
		body, kind = b, "application/json"
	case r.form != nil:
		form := url.Values{}
		for _, k := range slices.Sorted(maps.Keys(r.form)) {
			flat(form, k, r.form[k])
		}
		body, kind = []byte(form.Encode()), "application/x-www-form-urlencoded"
	case r.text != "":
		body, kind = []byte(r.text), "text/plain; charset=utf-8"
	}
	req, err := http.NewRequestWithContext(ctx, r.method, "https://account.invalid/", bytes.NewReader(body)) // Do decides where it goes
	if err != nil {
		return nil, "", unfilled(err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Patchbay/1")
	for k, v := range r.header {
		req.Header[k] = v
	}
	if len(body) == 0 {
		req.Body, req.GetBody = http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
	} else if req.Header.Get("Content-Type") == "" {
		if r.kind != "" {
			kind = r.kind
		}
		req.Header.Set("Content-Type", kind)
	}
	target := r.target
	if len(r.query) > 0 {
		sign := "?"
		if strings.Contains(target, "?") {
			sign = "&"
		}
		target += sign + r.query.Encode()
	}
	return req, target, nil
}

// flat writes what is nested as many form APIs read it: a[b][0][c].
func flat(form url.Values, name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			flat(form, name+"["+k+"]", v[k])
		}
	case []any:
		for i, item := range v {
			flat(form, fmt.Sprintf("%s[%d]", name, i), item)
		}
	default:
		form.Set(name, expression.AsText(v))
	}
}
