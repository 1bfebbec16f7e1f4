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
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// Played is the moment at which examples are played.
var Played = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// stage answers with what an example recorded, and notes what was not expected.
type stage struct {
	calls []component.ExampleCall
	next  int
	bad   []string
}

func (s *stage) wrong(format string, args ...any) {
	s.bad = append(s.bad, fmt.Sprintf(format, args...))
}

// Play runs an example and returns what is otherwise than it says, a sentence
// each. Nothing leaves the process.
func Play(ctx context.Context, c *component.Component, e *component.Example) []string {
	s := &stage{calls: e.Calls}
	j := &Job{
		Component: c, Props: wire(c.Defaults(e.Props)), Vars: e.Vars, State: wire(e.State), Now: Played, ID: "run_example", Do: s.answer,
		Hook: map[string]any{"url": "https://patchbay.example/e/hook", "secret": "hook-secret"},
	}
	if e.Known != nil || len(e.State) > 0 {
		if j.State == nil {
			j.State = map[string]any{}
		}
		j.State[handedOn] = map[string]any{} // there was a poll
		j.Known = func(id string) bool { return slices.Contains(e.Known, id) }
	}
	err := s.act(ctx, j, e)
	switch {
	case err != nil && e.Error == "":
		s.wrong("it failed: %s", err)
	case err == nil && e.Error != "":
		s.wrong("it did not fail with %q", e.Error)
	case err != nil && err.Error() != e.Error:
		s.wrong("it failed with %q, not with %q", err, e.Error)
	}
	if s.next < len(s.calls) && len(s.bad) == 0 {
		s.wrong("%d of %d calls were made", s.next, len(s.calls))
	}
	return s.bad
}

func (s *stage) act(ctx context.Context, j *Job, e *component.Example) error {
	do := e.Do
	o := j.Component.Operation
	switch {
	case do != "":
	case e.Options != "":
		do = "options"
	case o.Type == component.Action:
		do = "run"
	case o.Poll != nil:
		do = "poll"
	default:
		do = "receive"
	}
	switch do {
	case "run":
		out, err := j.Run(ctx)
		if err == nil {
			s.equal("it returned", out.Value, e.Returns)
			if out.Summary != e.Summary {
				s.wrong("its summary is %q, not %q", out.Summary, e.Summary)
			}
		}
		return err
	case "options":
		p, err := j.Component.Prop(e.Options)
		if err != nil {
			return err //nolint:wrapcheck // names the prop
		}
		out, err := j.Options(ctx, p, Ask{Query: e.Search})
		if err == nil {
			s.equal("it offers", out.Options, e.Offers)
			if e.More != nil && *e.More != (out.Context != nil) {
				s.wrong("more is %v", out.Context != nil)
			}
		}
		return err
	case "dynamic":
		out, err := j.Dynamic(ctx)
		if err == nil {
			s.equal("it shows", out, e.Shows)
		}
		return err
	case "poll":
		events, state, err := j.Poll(ctx)
		return s.source(err, events, state, e)
	case "receive":
		events, err := j.Receive(wire(e.Event))
		return s.source(err, events, nil, e)
	case "create":
		state, err := j.Subscribe(ctx)
		return s.source(err, nil, state, e)
	case "renew":
		state, err := j.Renew(ctx)
		return s.source(err, nil, state, e)
	case "find":
		states, err := j.Find(ctx)
		if err == nil {
			s.equal("it found", states, e.Returns)
		}
		return err
	default:
		return j.Unsubscribe(ctx)
	}
}

func (s *stage) source(err error, events []Event, state map[string]any, e *component.Example) error {
	if err != nil {
		return err
	}
	got := make([]map[string]any, len(events))
	want := make([]map[string]any, len(e.Emits))
	for i, ev := range events {
		got[i] = map[string]any{"id": ev.ID}
	}
	for i, ev := range e.Emits {
		want[i] = map[string]any{"id": ev.ID}
		if i >= len(events) {
			continue
		}
		if ev.Summary != "" {
			got[i]["summary"], want[i]["summary"] = events[i].Summary, ev.Summary
		}
		if ev.At != 0 {
			got[i]["at"], want[i]["at"] = events[i].At, ev.At
		}
		if ev.Event != nil {
			got[i]["event"], want[i]["event"] = events[i].Body, ev.Event
		}
	}
	s.equal("it emits", got, want)
	if e.Remembers != nil {
		s.equal("it remembers", shown(state), e.Remembers)
	}
	return nil
}

// answer is the app.
func (s *stage) answer(_ context.Context, req *http.Request, target string) (*http.Response, error) {
	if s.next >= len(s.calls) {
		s.wrong("a call too many: %s %s", req.Method, target)
		return reply(req, component.ExampleAnswer{Status: http.StatusTeapot}), nil
	}
	c := s.calls[s.next]
	s.next++
	at := fmt.Sprintf("call %d", s.next)
	if c.Method == "" && c.URL == "" { // only its answer is told
		return reply(req, c.Answer), nil
	}
	if c.Method != "" && req.Method != c.Method {
		s.wrong("%s is a %s, not a %s", at, req.Method, c.Method)
	}
	if c.URL != "" && !sameURL(target, c.URL) {
		s.wrong("%s goes to %s, not to %s", at, target, c.URL)
	}
	for k, v := range c.Headers {
		if got := req.Header.Get(k); got != v {
			s.wrong("%s: the header %s is %q, not %q", at, k, got, v)
		}
	}
	body, _ := io.ReadAll(req.Body)
	switch {
	case c.JSON != nil:
		s.equal(at+" sends", read(body), c.JSON)
	case c.Form != nil:
		got, _ := url.ParseQuery(string(body))
		want := url.Values{}
		for k, v := range c.Form {
			flat(want, k, v)
		}
		if got.Encode() != want.Encode() {
			s.wrong("%s sends the form %s, not %s", at, got.Encode(), want.Encode())
		}
	case c.Text != "":
		if string(body) != c.Text {
			s.wrong("%s sends %q, not %q", at, body, c.Text)
		}
	case len(body) > 0:
		s.wrong("%s sends a body that the example does not tell: %s", at, body)
	}
	return reply(req, c.Answer), nil
}

func sameURL(a, b string) bool {
	x, err := url.Parse(a)
	y, err2 := url.Parse(b)
	if err != nil || err2 != nil {
		return a == b
	}
	q, p := x.Query(), y.Query()
	x.RawQuery, y.RawQuery = "", ""
	return x.String() == y.String() && reflect.DeepEqual(q, p)
}

func reply(req *http.Request, a component.ExampleAnswer) *http.Response {
	body := []byte(a.Text)
	kind := "text/plain"
	if a.JSON != nil {
		body, _ = json.Marshal(a.JSON)
		kind = "application/json"
	}
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	h := http.Header{"Content-Type": {kind}}
	for _, k := range slices.Sorted(maps.Keys(a.Headers)) {
		h.Set(k, a.Headers[k])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(bytes.NewReader(body)), Request: req}
}

// equal compares two values as their JSON says.
func (s *stage) equal(what string, got, want any) {
	a, b := plain(got), plain(want)
	if !reflect.DeepEqual(a, b) {
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		s.wrong("%s %s, not %s", what, strings.TrimSpace(string(x)), y)
	}
}

// wire returns an object as it would have come over the wire.
func wire(m map[string]any) map[string]any {
	b, err := json.Marshal(m)
	if err != nil {
		return m
	}
	out, _ := read(b).(map[string]any)
	return out
}

func plain(v any) (out any) {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	_ = json.Unmarshal(b, &out)
	return out
}
