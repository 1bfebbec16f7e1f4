package upstream

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/patchbay-dev/patchbay/internal/component"
)

var (
	toolName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)
	unplain  = regexp.MustCompile(`[^a-z0-9_-]`)
)

// defined reads what a server says of a tool. Hints that it leaves out are what the
// protocol takes them for: that it may destroy, and reaches the world.
func defined(t *mcp.Tool) (Definition, string) {
	schema, err := json.Marshal(t.InputSchema)
	switch {
	case !toolName.MatchString(t.Name):
		return Definition{}, "its name has other letters than A-Z, a-z, 0-9, _, - and ., or more than 128"
	case len(t.Description) > maxDescription:
		return Definition{}, fmt.Sprintf("its description has more than %d bytes", maxDescription)
	case err != nil || len(schema) > maxSchema:
		return Definition{}, fmt.Sprintf("the schema of its arguments has more than %d bytes", maxSchema)
	}
	d := Definition{Name: t.Name, Title: t.Title, Description: t.Description, InputSchema: schema, Destructive: true, OpenWorld: true}
	if a := t.Annotations; a != nil {
		d.Title = cmp.Or(d.Title, a.Title)
		d.ReadOnly, d.Idempotent = a.ReadOnlyHint, a.IdempotentHint
		d.Destructive = !a.ReadOnlyHint && (a.DestructiveHint == nil || *a.DestructiveHint)
		d.OpenWorld = a.OpenWorldHint == nil || *a.OpenWorldHint
	}
	if len(d.Title) > 200 {
		d.Title = strings.ToValidUTF8(d.Title[:200], "")
	}
	if _, why := d.props(); why != "" {
		return Definition{}, why
	}
	return d, ""
}

// Key is the key under which the tool's action is known: the app's slug before it.
func (d *Definition) Key(app string) string {
	return app + "-" + unplain.ReplaceAllString(strings.ToLower(d.Name), "_")
}

// component is the action that a tool is.
func (d *Definition) component(app, url string, open bool) *component.Component {
	props, _ := d.props()
	if !open {
		name := app
		for slices.ContainsFunc(props, func(p component.Prop) bool { return p.Name == name }) {
			name += "_"
		}
		props = append([]component.Prop{{Name: name, Type: "app", App: app}}, props...)
	}
	world := d.OpenWorld
	return &component.Component{
		Key: d.Key(app), App: app, Type: component.Action, Name: cmp.Or(d.Title, d.Name), Desc: d.Description, Props: props,
		Effect: &component.Effect{ReadOnly: d.ReadOnly, Destructive: d.Destructive, Idempotent: d.Idempotent, OpenWorld: &world},
		Tool:   &component.Tool{URL: url, Name: d.Name, Schema: d.InputSchema},
	}
}

// argument is what is read of the schema of one argument.
type argument struct {
	Type        json.RawMessage `json:"type"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Default     any             `json:"default"`
	Enum        []any           `json:"enum"`
	Format      string          `json:"format"`
	Minimum     *float64        `json:"minimum"`
	Maximum     *float64        `json:"maximum"`
	Items       *argument       `json:"items"`
}

// props are the tool's arguments, in the order of their schema, or why they cannot be.
func (d *Definition) props() ([]component.Prop, string) {
	var schema struct {
		Type       string          `json:"type"`
		Properties json.RawMessage `json:"properties"`
		Required   []string        `json:"required"`
	}
	if json.Unmarshal(d.InputSchema, &schema) != nil || schema.Type != "object" {
		return nil, "the schema of its arguments is not of an object"
	}
	arguments := map[string]json.RawMessage{}
	if len(schema.Properties) > 0 && json.Unmarshal(schema.Properties, &arguments) != nil {
		return nil, "the schema of its arguments cannot be read"
	}
	if len(arguments) > maxProps {
		return nil, fmt.Sprintf("it has more than %d arguments", maxProps)
	}
	names := make([]string, 0, len(arguments))
	for name := range arguments {
		if name == "" || len(name) > 200 {
			return nil, "an argument has no name, or one that is too long"
		}
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { // what has to be filled in comes first
		needs := func(n string) int { return slices.Index([]bool{true, false}, slices.Contains(schema.Required, n)) }
		return cmp.Or(needs(a)-needs(b), strings.Compare(a, b))
	})
	out := make([]component.Prop, 0, len(names))
	for _, name := range names {
		var a argument
		if !bytes.HasPrefix(bytes.TrimSpace(arguments[name]), []byte("{")) {
			a = argument{} // true: anything
		} else if json.Unmarshal(arguments[name], &a) != nil {
			return nil, fmt.Sprintf("the schema of its argument %s cannot be read", name)
		}
		out = append(out, a.prop(name, slices.Contains(schema.Required, name)))
	}
	return out, ""
}

func (a *argument) prop(name string, required bool) component.Prop {
	p := component.Prop{Name: name, Type: a.kind(), Label: a.Title, Description: a.Description, Optional: !required, Default: a.Default, Secret: a.Format == "password"}
	if p.Type == "integer" {
		p.Min, p.Max = whole(a.Minimum), whole(a.Maximum)
	}
	values := a.Enum
	if a.Items != nil && len(values) == 0 {
		values = a.Items.Enum
	}
	if len(values) > 0 {
		p.Options = &component.Options{}
		for _, v := range values {
			p.Options.Given = append(p.Options.Given, component.Option{Label: fmt.Sprint(v), Value: v})
		}
	}
	return p
}

// kind is the type of prop by which an argument is filled in. What has none of its
// own is taken as it comes: the server knows its arguments best.
func (a *argument) kind() string {
	var of string
	_ = json.Unmarshal(a.Type, &of) // a list of types is any
	switch of {
	case "string", "integer", "boolean", "object":
		return of
	case "array":
		if a.Items != nil {
			switch item := a.Items.kind(); item {
			case "string", "integer":
				return item + "[]"
			}
		}
	}
	return "any"
}

func whole(v *float64) *int64 {
	if v == nil || *v != float64(int64(*v)) {
		return nil
	}
	n := int64(*v)
	return &n
}
