package operation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// maxAnswer is the largest answer that is read, in bytes.
const maxAnswer = 16 << 20

// answer is what the app said.
type answer struct {
	status  int
	headers map[string]any // by lower-case name
	body    any            // JSON, else text; nil = nothing
	raw     string
}

func (a *answer) known() map[string]any {
	return map[string]any{"body": a.body, "raw": a.raw, "status": a.status, "headers": a.headers}
}

// call sends one request and returns its answer, or the *Error that it is.
func (j *Job) call(ctx context.Context, r *component.Request, ready *ready, known map[string]any) (*answer, error) {
	req, target, err := ready.request(ctx)
	if err != nil {
		return nil, err
	}
	seen := Exchange{Method: ready.method}
	seen.Target, _, _ = strings.Cut(ready.target, "?")
	res, err := j.Do(ctx, req, target)
	if res != nil {
		seen.Status = res.StatusCode
	}
	defer func() {
		if j.Seen != nil {
			j.Seen(seen)
		}
	}()
	if err != nil {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			return nil, f // ours: nothing was sent
		}
		return nil, &Error{Origin: "transport", Message: "The app could not be reached.", cause: err}
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &Error{Origin: "transport", Status: res.StatusCode, Message: "The app's answer broke off.", cause: err}
	case len(raw) > maxAnswer:
		return nil, &Error{Origin: "operation", Status: res.StatusCode, Message: "The app's answer is larger than 16 MiB."}
	}
	a := &answer{status: res.StatusCode, headers: lower(res.Header), raw: string(raw)}
	if a.status == http.StatusNotModified && len(ready.conditional) > 0 {
		return nil, ErrUnchanged
	}
	a.body = read(raw)
	return a, j.judge(r, a, known)
}

// judge says whether an answer is an error.
func (j *Job) judge(r *component.Request, a *answer, known map[string]any) error {
	good := a.status >= 200 && a.status <= 299
	shared := j.Component.Shared
	ok := r.OK
	switch {
	case !good && slices.Contains(r.Also, a.status):
		good = true // by what the request itself asks of it, if anything
	case ok == "":
		ok = shared.OK
	}
	all := with(known, a.known())
	if good {
		if fine, err := holds(ok, all); err != nil || fine {
			return err
		}
	}
	e := &Error{Origin: "app", Status: a.status}
	if shared.Error != "" {
		if said, err := language.Text(shared.Error, all); err == nil {
			e.Message = clip(said)
		}
	}
	if e.Message == "" {
		e.Message = "The app answered with status " + http.StatusText(a.status) + "."
		if http.StatusText(a.status) == "" {
			e.Message = "The app refused the call."
		}
	}
	return e
}

// maxSaid is how much of an app's own words is passed on, in bytes.
const maxSaid = 2000

func clip(s string) string {
	if len(s) <= maxSaid {
		return s
	}
	return strings.ToValidUTF8(s[:maxSaid], "") + "…"
}

func lower(h http.Header) map[string]any {
	out := make(map[string]any, len(h))
	for k, v := range h {
		out[strings.ToLower(k)] = strings.Join(v, ", ")
	}
	return out
}

// Read reads a text as the answers of apps are read: JSON with its whole numbers
// whole, or else text.
func Read(raw []byte) any { return read(raw) }

// read reads a body: JSON with its whole numbers whole, or else text.
func read(raw []byte) any {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return string(raw)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return string(raw)
	}
	return numbers(v)
}

// numbers gives numbers the types that expressions reckon with.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}
