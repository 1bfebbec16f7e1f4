package mcp

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// mostNamed is how many labels of what can be chosen a description names.
const mostNamed = 30

// schemaOf is the form of an action's arguments: JSON Schema 2020-12.
func schemaOf(c *component.Component) map[string]any {
	if c.Tool != nil {
		return given(c.Tool.Schema)
	}
	props, required := map[string]any{}, []string{}
	for i := range c.Props {
		p := &c.Props[i]
		if !p.Argument() {
			continue
		}
		props[p.Name] = propSchema(p)
		if !p.Optional && p.Default == nil {
			required = append(required, p.Name)
		}
	}
	out := map[string]any{"type": "object", "properties": props}
	if len(required) > 0 {
		out["required"] = required
	}
	if !dynamic(c) {
		out["additionalProperties"] = false
	}
	return out
}

// given is a schema as its server gave it, which read it as an object.
func given(schema json.RawMessage) map[string]any {
	out := map[string]any{}
	_ = json.Unmarshal(schema, &out)
	return out
}

// dynamic reports whether an action has more props once some are filled in.
func dynamic(c *component.Component) bool {
	return c.Operation != nil && c.Operation.Dynamic != nil || c.Code != nil && c.Code.Dynamic
}

func propSchema(p *component.Prop) map[string]any {
	of, list := strings.CutSuffix(p.Type, "[]")
	one := map[string]any{}
	switch of {
	case "string", "integer", "boolean", "object":
		one["type"] = of
	}
	if p.Min != nil && of == "integer" {
		one["minimum"] = *p.Min
	}
	if p.Max != nil && of == "integer" {
		one["maximum"] = *p.Max
	}
	said := []string{}
	if p.Label != "" {
		said = append(said, p.Label+".")
	}
	if p.Description != "" {
		said = append(said, p.Description)
	}
	if o := p.Options; o != nil && len(o.Given) > 0 {
		values, labels := make([]any, len(o.Given)), []string{}
		for i, x := range o.Given {
			values[i] = x.Value
			if x.Label != "" && x.Label != fmt.Sprint(x.Value) {
				labels = append(labels, fmt.Sprintf("%v = %s", x.Value, x.Label))
			}
		}
		one["enum"] = values
		if len(labels) > 0 {
			said = append(said, strings.Join(labels[:min(len(labels), mostNamed)], "; ")+".")
		}
	} else if o != nil && o.Remote != nil {
		said = append(said, fmt.Sprintf("What can be chosen: describe_tool with options_for %q.", p.Name))
	}
	out := one
	if list {
		out = map[string]any{"type": "array", "items": one}
	}
	if p.Default != nil {
		out["default"] = p.Default
	}
	if len(said) > 0 {
		out["description"] = strings.Join(said, " ")
	}
	return out
}
