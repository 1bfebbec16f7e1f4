package operation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/operation"
)

// trigger reads a trigger of Acme CRM, of which body is all but its head.
func trigger(t *testing.T, body string) (*component.Component, []component.Problem) {
	t.Helper()
	apps, err := catalog.Load("", "http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	app, err := apps.Get("acme_crm")
	if err != nil {
		t.Fatal(err)
	}
	return component.Lint(app, &component.Shared{}, "try", []byte(`
schema: operation/v1
type: trigger
name: Try It
description: Something to try things with.
version: 0.1.0
sample: {id: 1}
examples: [{name: none, calls: []}]
sources: [{about: nothing, url: 'http://127.0.0.1'}]
`+body))
}

func mustTrigger(t *testing.T, body string) *component.Component {
	t.Helper()
	c, problems := trigger(t, body)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// library is an app with books, the newest first, ten on a page.
type library struct {
	newest  int // 1 to newest there are
	page    int // books on one; 0 = ten
	tag     bool
	date    time.Time // of the last book
	asked   []string  // pages that were given
	spared  int       // answers that nothing has changed
	kept    map[string]any
	emitted []string
	beyond  int // that the last look left
}

func (l *library) answer(_ context.Context, req *http.Request, target string) (*http.Response, error) {
	h := http.Header{"Date": {l.date.Add(90 * time.Second).Format(http.TimeFormat)}}
	_, after, _ := strings.Cut(target, "before=")
	first := after == ""
	if tag := fmt.Sprintf(`W/"%d"`, l.newest); l.tag && first {
		h.Set("Etag", tag)
		if req.Header.Get("If-None-Match") == tag {
			l.spared++
			return &http.Response{StatusCode: http.StatusNotModified, Header: h, Body: http.NoBody}, nil
		}
	} else if modified := l.date.Format(http.TimeFormat); first && !l.date.IsZero() {
		h.Set("Last-Modified", modified)
		if req.Header.Get("If-Modified-Since") == modified {
			l.spared++
			return &http.Response{StatusCode: http.StatusNotModified, Header: h, Body: http.NoBody}, nil
		}
	}
	if !first && req.Header.Get("If-None-Match") != "" {
		return nil, errors.New("a page behind the first was asked for under a condition")
	}
	from := l.newest
	if n, err := strconv.Atoi(after); err == nil {
		from = n - 1
	}
	l.asked = append(l.asked, target)
	books := []map[string]any{}
	for n := from; n > 0 && len(books) < max(10, l.page); n-- {
		books = append(books, map[string]any{"id": n})
	}
	raw, _ := json.Marshal(books)
	return &http.Response{StatusCode: http.StatusOK, Header: h, Body: io.NopCloser(strings.NewReader(string(raw)))}, nil
}

// poll looks once, as a host does: what was emitted is known, and what is to be
// remembered is.
func (l *library) poll(t *testing.T, c *component.Component) error {
	t.Helper()
	j := &operation.Job{
		Component: c, State: l.kept, Do: l.answer, Now: operation.Played,
		Known: func(id string) bool { return slices.Contains(l.emitted, id) },
	}
	events, state, err := j.Poll(t.Context())
	if err != nil {
		return err
	}
	l.beyond = j.Beyond
	raw, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	l.kept, _ = operation.Read(raw).(map[string]any)
	for _, e := range events {
		if !slices.Contains(l.emitted, e.ID) {
			l.emitted = append(l.emitted, e.ID)
		}
	}
	return nil
}

const (
	books = `
poll:
  request:
    get: /books
    pages: {items: '{{ body }}', next: {query: {before: '{{ last(body)?.id }}'}}, until: known}
  items: '{{ items }}'
emit: {id: '{{ item.id }}', summary: '{{ item.id }}'}
`
	page = `
poll:
  request: {get: /books}
  items: '{{ body }}'
emit: {id: '{{ item.id }}', summary: '{{ item.id }}'}
`
)

// A poll takes all that is new, on however many pages, and no page more: the first
// look takes one.
func TestPollsUntilKnown(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		body   string
		found  []int // books that there are at each look
		pages  []int // that each look takes
		misses int   // books that are not emitted at last
		size   int   // of a page
		beyond int   // what the last look says of that
	}{
		"one page, then three":         {books, []int{50, 75}, []int{1, 3}, 40, 0, 0},
		"nothing new":                  {books, []int{50, 50, 50}, []int{1, 1, 1}, 40, 0, 0},
		"none at first":                {books, []int{0, 33}, []int{1, 5}, 0, 0, 0},
		"more than a look takes":       {books, []int{10, 2000}, []int{1, 100}, 990, 0, 1},
		"more than are kept":           {books, []int{10, 6000}, []int{1, 17}, 990, 300, 100},
		"all that there is":            {books, []int{10, 2010}, []int{1, 7}, 0, 300, 0},
		"none of which is for anybody": {strings.Replace(books, "emit: {", "emit: {if: '{{ item.id > 1000 }}', ", 1), []int{50, 50, 75, 75}, []int{1, 1, 3, 1}, 75, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, l := mustTrigger(t, x.body), &library{page: x.size}
			for i, n := range x.found {
				l.newest, l.asked = n, nil
				if err := l.poll(t, c); err != nil {
					t.Fatal(err)
				}
				if len(l.asked) != x.pages[i] {
					t.Errorf("look %d took the pages %v, not %d", i+1, l.asked, x.pages[i])
				}
			}
			if l.beyond != x.beyond {
				t.Errorf("%d are said to be lost, not %d", l.beyond, x.beyond)
			}
			if n := l.newest - len(l.emitted); n != x.misses {
				t.Errorf("%d of %d were not emitted, not %d", n, l.newest, x.misses)
			}
		})
	}
}

// An app that can say that nothing has changed is asked that, where the same answer
// is the same events; what comes after is found.
func TestPollsAskWhatChanged(t *testing.T) {
	t.Parallel()
	long := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, x := range map[string]struct {
		body   string
		l      library
		spared int // of two looks at what does not change
	}{
		"a tag":                         {page, library{tag: true}, 2},
		"pages, the newest first":       {books, library{tag: true}, 2},
		"a date":                        {page, library{date: long}, 2},
		"neither":                       {page, library{}, 0},
		"pages in any order":            {strings.Replace(books, ", until: known", "", 1), library{tag: true}, 0},
		"pages of which that is said":   {strings.Replace(strings.Replace(books, ", until: known", "", 1), "poll:", "poll:\n  conditional: true", 1), library{tag: true}, 2},
		"what depends on the time":      {strings.Replace(page, "{{ body }}", "{{ filter(body, now.Year() > .id) }}", 1), library{tag: true}, 0},
		"a condition by the time":       {strings.Replace(page, "emit: {", "emit: {if: '{{ now.Year() > item.id }}', ", 1), library{tag: true}, 0},
		"another question each time":    {strings.Replace(page, "get: /books", "get: /books, query: {at: '{{ state.n }}'}", 1), library{tag: true}, 0},
		"a header that is not the same": {strings.Replace(page, "get: /books", "get: /books, headers: {X-Since: '{{ state.n }}'}", 1), library{tag: true}, 0},
		"a file that does not want it":  {strings.Replace(page, "poll:", "poll:\n  conditional: false", 1), library{tag: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := x.body
			if strings.Contains(body, "state.n") {
				body = strings.Replace(body, "emit:", "  remember: {n: '{{ (state.n ?? 0) + 1 }}'}\nemit:", 1)
			}
			c, l := mustTrigger(t, body), x.l
			l.newest = 5
			if err := l.poll(t, c); err != nil {
				t.Fatal(err)
			}
			before := fmt.Sprint(l.kept)
			for range 2 {
				err := l.poll(t, c)
				if (err != nil) != (x.spared > 0) || err != nil && !errors.Is(err, operation.ErrUnchanged) {
					t.Fatal(err)
				}
			}
			if l.spared != x.spared {
				t.Errorf("the app was spared %d answers, not %d", l.spared, x.spared)
			}
			if x.spared > 0 && fmt.Sprint(l.kept) != before {
				t.Errorf("what was remembered became %v", l.kept)
			}
			l.newest, l.date = 7, l.date.Add(time.Hour)
			if err := l.poll(t, c); err != nil {
				t.Fatal(err)
			}
			if len(l.emitted) != 7 {
				t.Errorf("of 7 books %v were told of", l.emitted)
			}
		})
	}
}

// Within the minute after a change a date tells nothing: what comes in the same
// second has the same.
func TestYoungDatesTellNothing(t *testing.T) {
	t.Parallel()
	c := mustTrigger(t, page)
	asked := 0
	j := &operation.Job{Component: c, Do: func(_ context.Context, req *http.Request, _ string) (*http.Response, error) {
		asked++
		if req.Header.Get("If-Modified-Since") != "" {
			t.Error("the app was asked by a date that is too young")
		}
		now := time.Now()
		h := http.Header{"Date": {now.UTC().Format(http.TimeFormat)}, "Last-Modified": {now.Add(-5 * time.Second).UTC().Format(http.TimeFormat)}}
		return &http.Response{StatusCode: http.StatusOK, Header: h, Body: io.NopCloser(strings.NewReader("[]"))}, nil
	}}
	for range 2 {
		_, state, err := j.Poll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		j.State = state
	}
	if asked != 2 {
		t.Error(asked)
	}
}

// An app that says so unasked has not kept its own rules: that is a failure, and
// not the end of events.
func TestUnaskedNotModified(t *testing.T) {
	t.Parallel()
	j := &operation.Job{Component: mustTrigger(t, page), Do: func(context.Context, *http.Request, string) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusNotModified, Header: http.Header{}, Body: http.NoBody}, nil
	}}
	_, _, err := j.Poll(t.Context())
	if e, ok := errors.AsType[*operation.Error](err); !ok || e.Status != http.StatusNotModified {
		t.Errorf("%v", err)
	}
}

// Where it makes no sense, until is refused.
func TestUntilWithoutOrder(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"oldest first":   strings.Replace(books, "poll:", "poll:\n  order: oldest_first", 1),
		"ids, no items":  strings.Replace(books, "poll:", "poll:\n  each: {get: '/books/{{ item.id }}'}", 1),
		"another's list": strings.Replace(page, "poll:", "props: [{name: b, type: string, label: B, options: {request: {get: /b, pages: {items: '{{ body }}', page: p, until: known}}, items: '{{ items }}', value: '{{ item }}'}}]\npoll:", 1),
	} {
		if _, problems := trigger(t, body); len(problems) != 1 || problems[0].Code != "request" {
			t.Errorf("%s: %v", name, problems)
		}
	}
}
