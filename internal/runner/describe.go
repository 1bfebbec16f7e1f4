package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// described is what the host says of a module.
type described struct {
	Key         string           `json:"key"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Version     string           `json:"version"`
	Type        string           `json:"type"`
	Dedupe      component.Dedupe `json:"dedupe"`
	Annotations *struct {
		ReadOnly    bool  `json:"readOnlyHint"`
		Destructive bool  `json:"destructiveHint"`
		Idempotent  bool  `json:"idempotentHint"`
		OpenWorld   *bool `json:"openWorldHint"`
	} `json:"annotations"`
	SampleEmit json.RawMessage `json:"sampleEmit"`
	Props      json.RawMessage `json:"props"`
	Hooks      []string        `json:"hooks"`
	Run        bool            `json:"run"`
	Dynamic    bool            `json:"dynamic"`
}

var keys = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,127}$`)

// Describe reads what a module says of itself, in a process without a network. It
// returns ErrModule, with the reason, for one that is no component.
func (r *Runner) Describe(ctx context.Context, m Module) (*component.Component, error) {
	res, err := r.do(ctx, &Job{Module: m, Timeout: 30 * time.Second}, &request{Op: "describe"})
	if err != nil {
		return nil, err
	}
	if res.Failure != nil {
		return nil, wrong("%s: %s", m.Path, res.Failure.Message)
	}
	var d described
	if err := json.Unmarshal(res.Value, &d); err != nil {
		return nil, wrong("%s: What it says of itself cannot be read: %s", m.Path, err)
	}
	c, err := d.component(m)
	if err != nil {
		return nil, wrong("%s: %s", m.Path, err)
	}
	return c, nil
}

func wrong(format string, args ...any) error {
	f := *ErrModule
	f.Message = fmt.Sprintf(format, args...)
	return &f
}

func (d *described) component(m Module) (*component.Component, error) {
	c := &component.Component{
		Key: d.Key, Name: d.Name, Desc: d.Description, Version: d.Version, Type: component.Action,
		Code: &component.Code{Bundle: m.Bundle, Path: m.Path, Dedupe: d.Dedupe, Hooks: d.Hooks, Silent: !d.Run, Dynamic: d.Dynamic},
	}
	if d.Type != "action" {
		c.Type = component.Trigger
	}
	switch {
	case !keys.MatchString(d.Key):
		return nil, fmt.Errorf("its key is %q; a key has small letters, digits, - and _", d.Key)
	case d.Name == "":
		return nil, fmt.Errorf("it has no name")
	case d.Version == "":
		return nil, fmt.Errorf("it has no version")
	case d.Type != "" && d.Type != "action" && d.Type != "source":
		return nil, fmt.Errorf("its type is %q; there are action and source", d.Type)
	case c.Type == component.Action && !d.Run:
		return nil, fmt.Errorf("it has no run")
	case d.Dedupe != "" && !slices.Contains([]component.Dedupe{component.Unique, component.Greatest, component.Last}, d.Dedupe):
		return nil, fmt.Errorf("its dedupe is %q; there are unique, greatest and last", d.Dedupe)
	}
	if a := d.Annotations; a != nil {
		c.Effect = &component.Effect{ReadOnly: a.ReadOnly, Destructive: a.Destructive, Idempotent: a.Idempotent, OpenWorld: a.OpenWorld}
	}
	if json.Unmarshal(d.SampleEmit, &c.Code.Sample) != nil {
		c.Code.Sample = nil // a sample that is no object is none
	}
	var err error
	if c.Props, err = readProps(d.Props); err != nil {
		return nil, err
	}
	for i := range c.Props {
		if c.Props[i].App != "" {
			c.App = c.Props[i].App
			break
		}
	}
	return c, nil
}

var types = []string{
	"string", "integer", "boolean", "object", "any", "string[]", "integer[]", "boolean[]", "object[]", "any[]", "app", "alert", "dir", "data_store", "http_request", "sql",
	"$.service.db", "$.interface.http", "$.interface.timer", "$.interface.apphook",
}

// readProps reads props that a module described, which may be wrong in each member.
func readProps(src json.RawMessage) ([]component.Prop, error) {
	var raw []map[string]any
	if err := json.Unmarshal(src, &raw); err != nil {
		return nil, fmt.Errorf("its props cannot be read: %w", err)
	}
	out := make([]component.Prop, 0, len(raw))
	for _, m := range raw {
		name, _ := m["name"].(string)
		of, _ := m["type"].(string)
		if name == "" || !slices.Contains(types, of) && !strings.HasPrefix(of, "$.") {
			return nil, fmt.Errorf("its prop %q is of the type %q, which is not known", name, of)
		}
		tidy(m)
		src, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("its prop %q cannot be read: %w", name, err)
		}
		var p component.Prop
		if err := json.Unmarshal(src, &p); err != nil {
			return nil, fmt.Errorf("its prop %q cannot be read: %w", name, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// tidy leaves out what a prop says in a form that means nothing, and puts into one
// form what may be said in several.
func tidy(m map[string]any) {
	for _, k := range []string{"optional", "secret", "hidden", "disabled", "reloadProps", "useQuery", "withLabel", "sync", "customResponse", "remoteOptions"} {
		if v, ok := m[k]; ok {
			m[k] = truthy(v)
		}
	}
	for _, k := range []string{"label", "description", "content", "alertType", "accessMode", "format", "appProp", "app"} {
		if _, ok := m[k].(string); !ok {
			delete(m, k)
		}
	}
	for _, k := range []string{"min", "max"} {
		if n, ok := m[k].(float64); !ok || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
			delete(m, k)
		}
	}
	if names, ok := m["eventNames"].([]any); ok {
		m["eventNames"] = slices.DeleteFunc(names, func(v any) bool { _, ok := v.(string); return !ok })
	} else {
		delete(m, "eventNames")
	}
	if !truthy(m["static"]) {
		delete(m, "static")
	}
}

func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != "" && v != "false"
	case float64:
		return v != 0
	default:
		return true
	}
}
