package operation_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/operation"
)

// read reads an action of Acme CRM: head is what it asks for and does.
func read(t *testing.T, head string) *component.Component {
	t.Helper()
	apps, err := catalog.Load("", "http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	app, err := apps.Get("acme_crm")
	if err != nil {
		t.Fatal(err)
	}
	c, problems := component.Lint(app, &component.Shared{}, "try", []byte(`
schema: operation/v1
type: action
name: Try It
description: Something to try things with.
version: 0.1.0
effect: {read_only: true, destructive: false, idempotent: true}
examples: [{name: none, calls: []}]
sources: [{about: nothing, url: 'http://127.0.0.1'}]
`+head))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// told is a call that reached the app.
type told struct{ method, target, body string }

// app answers calls one after the other, the last answer over and over.
func app(calls *[]told, answers ...string) operation.Do {
	return func(_ context.Context, req *http.Request, target string) (*http.Response, error) {
		body, _ := io.ReadAll(req.Body)
		n := min(len(*calls), len(answers)-1)
		*calls = append(*calls, told{req.Method, target, string(body)})
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answers[n]))}, nil
	}
}

// What is filled into an address leads nowhere else, whatever it is.
func TestAddressesAreEscaped(t *testing.T) {
	t.Parallel()
	c := read(t, `
props: [{name: id, type: string, label: Id}, {name: file, type: string, label: File}]
request: {get: '/things/{{ props.id }}/files/{{ path(props.file) }}', query: {q: '{{ props.id }}'}}`)
	for id, want := range map[string]string{
		"a":                    "/things/a/files/x/y%20z?q=a",
		"../admin":             "/things/..%2Fadmin/files/x/y%20z?q=..%2Fadmin",
		"..":                   "/things/%2E%2E/files/x/y%20z?q=..",
		"a?b=c#d":              "/things/a%3Fb=c%23d/files/x/y%20z?q=a%3Fb%3Dc%23d",
		"@evil.example/":       "/things/@evil.example%2F/files/x/y%20z?q=%40evil.example%2F",
		"https://evil.example": "/things/https:%2F%2Fevil.example/files/x/y%20z?q=https%3A%2F%2Fevil.example",
		"a&b=c":                "/things/a&b=c/files/x/y%20z?q=a%26b%3Dc",
	} {
		var calls []told
		j := &operation.Job{Component: c, Props: map[string]any{"id": id, "file": "x/y z"}, Do: app(&calls, "{}")}
		if _, err := j.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if calls[0].target != want {
			t.Errorf("%q leads to %s, want %s", id, calls[0].target, want)
		}
	}
	var calls []told
	for _, props := range []map[string]any{{"id": "", "file": "x"}, {"file": "x"}} {
		_, err := (&operation.Job{Component: c, Props: props, Do: app(&calls, "{}")}).Run(t.Context())
		if e, ok := errors.AsType[*operation.Error](err); !ok || e.Origin != "input" || len(calls) > 0 {
			t.Errorf("a part of an address that is empty: %v, %d calls", err, len(calls))
		}
	}
	calls = nil
	j := &operation.Job{Component: c, Props: map[string]any{"id": "a", "file": "../../secret"}, Do: app(&calls, "{}")}
	if _, err := j.Run(t.Context()); err != nil || calls[0].target != "/things/a/files/%2E%2E/%2E%2E/secret?q=a" {
		t.Errorf("%v, %v", calls, err)
	}
}

// A list ends: at what was asked for, when the app has no more, when it names a
// page that it gave before, and at a bound in any case.
func TestListsEnd(t *testing.T) {
	t.Parallel()
	c := read(t, `
props: [{name: limit, type: integer, label: Limit, optional: true}]
request: {get: /things, pages: {items: '{{ body.data }}', next: {query: {cursor: '{{ body.next }}'}}, size: {param: limit, max: 2}, most: '{{ props.limit }}'}}`)
	page := `{"data":[1,2],"next":%q}`
	endless := make([]string, 200)
	for i := range endless {
		endless[i] = fmt.Sprintf(page, fmt.Sprint(i))
	}
	for name, x := range map[string]struct {
		props        map[string]any
		answers      []string
		items, calls int
	}{
		"as many as were asked for": {map[string]any{"limit": 3}, []string{fmt.Sprintf(page, "a"), fmt.Sprintf(page, "b")}, 3, 2},
		"no more":                   {nil, []string{fmt.Sprintf(page, "a"), `{"data":[3],"next":null}`}, 3, 2},
		"the same page for ever":    {nil, []string{fmt.Sprintf(page, "a")}, 4, 2},
		"new pages for ever":        {map[string]any{"limit": 100_000}, endless, 200, 100},
	} {
		var calls []told
		out, err := (&operation.Job{Component: c, Props: x.props, Do: app(&calls, x.answers...)}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if items, _ := out.Value.([]any); len(items) != x.items || len(calls) != x.calls {
			t.Errorf("%s: %d items by %d calls, want %d by %d", name, len(items), len(calls), x.items, x.calls)
		}
	}
}

// Whole numbers stay whole, and what was not filled in is not sent.
func TestBodies(t *testing.T) {
	t.Parallel()
	c := read(t, `
props: [{name: a, type: string, label: A, optional: true}, {name: b, type: any, label: B, optional: true}]
request: {post: /things, json: {a: '{{ props.a }}', b: '{{ props.b }}', deep: {a: '{{ props.a }}'}, list: ['{{ props.a }}'], fixed: {}, none: null}}`)
	var calls []told
	out, err := (&operation.Job{Component: c, Props: map[string]any{"b": false}, Do: app(&calls, `{"id":9007199254740993,"half":0.5}`)}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]told{{"POST", "/things", `{"b":false,"fixed":{},"none":null}`}}, calls, cmp.AllowUnexported(told{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"id": 9007199254740993, "half": 0.5}, out.Value); diff != "" {
		t.Error(diff)
	}
}
