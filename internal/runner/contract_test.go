package runner_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// row is what a module of testdata/contract is used with, and what is expected.
// What is not named is not looked at.
type row struct {
	Configured map[string]any             `json:"configured"`
	Auth       map[string]map[string]any  `json:"auth"`
	DB         map[string]json.RawMessage `json:"db"`
	Endpoint   string                     `json:"endpoint"`
	Flow       bool                       `json:"flow"` // it is a step of a workflow
	Event      any                        `json:"event"`
	Hook       string                     `json:"hook"`

	Props   map[string]map[string]any `json:"props"` // a part of each
	Dynamic map[string]map[string]any `json:"dynamic"`
	Effect  *component.Effect         `json:"effect"`
	Hooks   *[]string                 `json:"hooks"`
	Dedupe  component.Dedupe          `json:"dedupe"`
	Silent  bool                      `json:"silent"`
	Sample  map[string]any            `json:"sample"`

	Value    json.RawMessage            `json:"value"`
	Exports  map[string]any             `json:"exports"`
	Logs     []string                   `json:"logs"`
	Emits    []map[string]any           `json:"emits"`
	Set      map[string]json.RawMessage `json:"set"`
	Gone     []string                   `json:"gone"`
	Sends    []string                   `json:"sends"`
	Exit     *string                    `json:"exit"`
	Pause    json.RawMessage            `json:"pause"`
	Response *struct {
		Status int    `json:"status"`
		Header string `json:"header"`
		Body   string `json:"body"`
	} `json:"response"`
	Error *struct {
		Name    string `json:"name"`
		Message string `json:"message"`
		Origin  string `json:"origin"`
		Stack   *bool  `json:"stack"`
	} `json:"error"`
	Options *struct {
		Prop    string             `json:"prop"`
		Page    int                `json:"page"`
		Query   string             `json:"query"`
		Before  map[string]any     `json:"context_before"`
		Offered []component.Option `json:"offered"`
		Context map[string]any     `json:"context"`
		Error   string             `json:"error"`
	} `json:"options"`
}

// The contract of components, row by row: each module does one thing of it.
func TestContract(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/contract/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows map[string]row
	if err := json.Unmarshal(src, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) < 60 {
		t.Fatalf("there are %d modules", len(rows))
	}
	eachRuntime(t, func(t *testing.T, with on) {
		t.Parallel()
		keepsContract(t, rows, newRunner(t, with, func(s *runner.Settings) { s.Tier = sandbox.Detect(t.Context()).Tier }))
	})
}

func keepsContract(t *testing.T, rows map[string]row, r *runner.Runner) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		t.Run(name, func(t *testing.T) { // one after another: they share a process, as runs do
			want := rows[name]
			m := runner.Module{Bundle: "contract", Path: name}
			c, err := r.Describe(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			want.described(t, c)
			j := runner.Job{
				Owner: runner.Owner{Project: "proj_1", Environment: "env_1"}, Module: m, Auth: want.Auth, DB: want.DB, Endpoint: want.Endpoint,
				Context: map[string]any{"run": map[string]any{"runs": 1}}, Store: &memory{}, Scopes: []string{"project", "user"}, Timeout: 2 * time.Minute,
				Sign: func(_ context.Context, accountID, method, url, form string) (string, error) {
					return accountID + " " + method + " " + url + " " + form, nil
				},
			}
			if want.Flow {
				j.Links = &runner.Links{Resume: "http://x/r", Cancel: "http://x/c"}
			}
			if want.Dynamic != nil {
				j.Configured = want.Configured
				more, res, err := r.Props(t.Context(), j)
				if err != nil || res.Failure != nil {
					t.Fatal(err, res.Failure)
				}
				partly(t, more, want.Dynamic)
				if len(more) != len(want.Dynamic) {
					t.Errorf("its dynamic props are %+v", more)
				}
				c = c.WithProps(more)
			}
			read, err := c.Read(want.Configured, false)
			if err != nil {
				t.Fatal(err)
			}
			j.Configured = read.Values
			want.does(t, r, &j, c)
		})
	}
}

func (want *row) described(t *testing.T, c *component.Component) {
	t.Helper()
	partly(t, c.Props, want.Props)
	switch {
	case want.Effect != nil && !reflect.DeepEqual(c.Effect, want.Effect):
		t.Errorf("its effect is %+v", c.Effect)
	case want.Hooks != nil && !slices.Equal(c.Code.Hooks, *want.Hooks):
		t.Errorf("its hooks are %v", c.Code.Hooks)
	case want.Dedupe != c.Code.Dedupe || want.Silent != c.Code.Silent || !reflect.DeepEqual(want.Sample, c.Code.Sample):
		t.Errorf("it is %+v", c.Code)
	}
}

// partly compares those members of props that are named.
func partly(t *testing.T, props []component.Prop, want map[string]map[string]any) {
	t.Helper()
	src, err := json.Marshal(props)
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	if err := json.Unmarshal(src, &all); err != nil {
		t.Fatal(err)
	}
	for name, members := range want {
		i := slices.IndexFunc(all, func(p map[string]any) bool { return p["name"] == name })
		if i < 0 {
			t.Errorf("it has no prop %s", name)
			continue
		}
		for k, v := range members {
			if got := all[i][k]; !reflect.DeepEqual(got, v) && (got != nil || v != false) {
				t.Errorf("%s of %s is %v, want %v", k, name, got, v)
			}
		}
	}
}

func (want *row) does(t *testing.T, r *runner.Runner, j *runner.Job, c *component.Component) {
	t.Helper()
	if o := want.Options; o != nil {
		got, res, err := r.Options(t.Context(), *j, o.Prop, runner.Ask{Page: o.Page, Query: o.Query, Context: o.Before})
		switch {
		case err != nil:
			t.Fatal(err)
		case o.Error != "":
			if res.Failure == nil || res.Failure.Message != o.Error {
				t.Errorf("it failed with %+v", res.Failure)
			}
		case res.Failure != nil:
			t.Errorf("it failed: %+v", res.Failure)
		case !reflect.DeepEqual(got.Options, o.Offered) || !reflect.DeepEqual(got.Context, o.Context):
			t.Errorf("it offers %+v, %v, want %+v, %v", got.Options, got.Context, o.Offered, o.Context)
		}
		return
	}
	var res *runner.Result
	var err error
	switch {
	case want.Hook != "":
		res, err = r.Hook(t.Context(), *j, want.Hook)
	case c.Type == component.Trigger:
		res, err = r.Source(t.Context(), *j, want.Event)
	default:
		res, err = r.Run(t.Context(), *j)
	}
	if err != nil {
		t.Fatal(err)
	}
	want.failed(t, res.Failure)
	want.said(t, res)
}

func (want *row) failed(t *testing.T, f *runner.Failure) {
	t.Helper()
	e := want.Error
	switch {
	case e == nil && f != nil:
		t.Errorf("it failed: %+v", f)
	case e != nil && f == nil:
		t.Error("it did not fail")
	case e != nil && (!strings.Contains(f.Message, e.Message) || e.Name != "" && f.Name != e.Name || e.Origin != "" && f.Origin != e.Origin || e.Stack != nil && (f.Stack != "") != *e.Stack):
		t.Errorf("it failed with %+v, want %+v", f, e)
	}
}

func (want *row) said(t *testing.T, res *runner.Result) {
	t.Helper()
	if want.Value != nil {
		same(t, "it returned", or(res.Value, "null"), want.Value)
	}
	if want.Exports != nil && !reflect.DeepEqual(res.Exports, want.Exports) {
		t.Errorf("it exported %v", res.Exports)
	}
	if want.Logs != nil && texts(res) != strings.Join(want.Logs, "\n")+"\n" {
		t.Errorf("it logged %q", texts(res))
	}
	if want.Emits != nil || res.Emits != nil {
		got := make([]map[string]any, len(res.Emits))
		for i, e := range res.Emits {
			got[i] = map[string]any{"id": e.ID, "summary": e.Summary, "ts": e.At, "name": e.Channel, "event": e.Event}
		}
		src, _ := json.Marshal(got)
		var plain []map[string]any
		_ = json.Unmarshal(src, &plain)
		if len(plain) != len(want.Emits) {
			t.Fatalf("it emitted %s", src)
		}
		for i, e := range want.Emits {
			for k, v := range e {
				if !reflect.DeepEqual(plain[i][k], v) {
					t.Errorf("%s of event %d is %v, want %v", k, i, plain[i][k], v)
				}
			}
		}
	}
	if want.Set != nil {
		got, _ := json.Marshal(res.Set)
		set, _ := json.Marshal(want.Set)
		same(t, "it remembers", got, set)
	}
	if want.Gone != nil && !slices.Equal(res.Gone, want.Gone) {
		t.Errorf("it forgot %v", res.Gone)
	}
	if want.Sends != nil {
		kinds := make([]string, len(res.Sends))
		for i := range res.Sends {
			kinds[i] = res.Sends[i].Kind
		}
		if !slices.Equal(kinds, want.Sends) {
			t.Errorf("it sends %v", kinds)
		}
	}
	pause, _ := json.Marshal(res.Pause)
	same(t, "it is put off by", pause, or(want.Pause, "null"))
	if (want.Exit == nil) != (res.Exit == nil) || want.Exit != nil && *want.Exit != *res.Exit {
		t.Errorf("it left with %v", res.Exit)
	}
	if w := want.Response; w != nil {
		got := res.Response
		if got == nil || got.Status != w.Status || got.Headers["X-A"] != w.Header || string(got.Body) != w.Body {
			t.Errorf("it answered %+v", got)
		}
	}
}

func or(raw json.RawMessage, otherwise string) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage(otherwise)
	}
	return raw
}

func same(t *testing.T, what string, got, want json.RawMessage) {
	t.Helper()
	var g, w any
	if json.Unmarshal(got, &g) != nil || json.Unmarshal(want, &w) != nil || !reflect.DeepEqual(g, w) {
		t.Errorf("%s %s, want %s", what, got, want)
	}
}
