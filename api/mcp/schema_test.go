package mcp

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/patchbay-dev/patchbay/internal/component"
)

func shipped(t *testing.T) *component.Registry {
	t.Helper()
	all, err := component.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return component.NewRegistry(all)
}

func TestPropSchema(t *testing.T) {
	t.Parallel()
	one, nine := int64(1), int64(9)
	for name, tt := range map[string]struct {
		prop component.Prop
		want map[string]any
	}{
		"a text":      {component.Prop{Type: "string", Label: "Name", Description: "Of the contact."}, map[string]any{"type": "string", "description": "Name. Of the contact."}},
		"a number":    {component.Prop{Type: "integer", Min: &one, Max: &nine, Default: 5}, map[string]any{"type": "integer", "minimum": one, "maximum": nine, "default": 5}},
		"a list":      {component.Prop{Type: "integer[]", Min: &one}, map[string]any{"type": "array", "items": map[string]any{"type": "integer", "minimum": one}}},
		"anything":    {component.Prop{Type: "any"}, map[string]any{}},
		"a choice":    {component.Prop{Type: "string", Options: &component.Options{Given: []component.Option{{Label: "High", Value: "h"}, {Value: "l"}}}}, map[string]any{"type": "string", "enum": []any{"h", "l"}, "description": "h = High."}},
		"choices":     {component.Prop{Type: "string[]", Options: &component.Options{Given: []component.Option{{Value: "a"}}}}, map[string]any{"type": "array", "items": map[string]any{"type": "string", "enum": []any{"a"}}}},
		"it is asked": {component.Prop{Name: "channel", Type: "string", Options: &component.Options{Remote: &component.Remote{}}}, map[string]any{"type": "string", "description": `What can be chosen: describe_tool with options_for "channel".`}},
	} {
		if diff := cmp.Diff(tt.want, propSchema(&tt.prop)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSchemaOf(t *testing.T) {
	t.Parallel()
	c := &component.Component{Props: []component.Prop{
		{Name: "slack", Type: "app"},
		{Name: "note", Type: "alert"},
		{Name: "timer", Type: "$.interface.timer"},
		{Name: "gone", Type: "string", Hidden: true},
		{Name: "text", Type: "string"},
		{Name: "tone", Type: "string", Optional: true},
		{Name: "size", Type: "integer", Default: 1},
	}}
	want := map[string]any{
		"type": "object", "required": []string{"text"}, "additionalProperties": false,
		"properties": map[string]any{"text": map[string]any{"type": "string"}, "tone": map[string]any{"type": "string"}, "size": map[string]any{"type": "integer", "default": 1}},
	}
	if diff := cmp.Diff(want, schemaOf(c)); diff != "" {
		t.Error(diff)
	}
	c.Code = &component.Code{Dynamic: true}
	if _, closed := schemaOf(c)["additionalProperties"]; closed {
		t.Error("an action with dynamic props takes no more than those that are known")
	}
}

// Every action that ships is a tool whose name every client takes and whose schema
// is one; no two have one name.
func TestShippedTools(t *testing.T) {
	t.Parallel()
	all := shipped(t).List(component.Filter{Type: component.Action})
	form, names := regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`), map[string]bool{}
	for _, c := range all {
		name := nameOf(c)
		if !form.MatchString(name) || names[name] {
			t.Errorf("%s is no name for a tool", name)
		}
		names[name] = true
		text, err := json.Marshal(schemaOf(c))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		compiler := jsonschema.NewCompiler()
		if err = compiler.AddResource("tool.json", doc); err == nil {
			_, err = compiler.Compile("tool.json")
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(all) < 100 {
		t.Errorf("%d actions", len(all))
	}
}

// What people and models ask for in their own words is found.
func TestNear(t *testing.T) {
	t.Parallel()
	all := shipped(t)
	for q, want := range map[string]string{
		"send a message to a slack channel":     "slack-send-message",
		"create an issue on github":             "github-create-issue",
		"add a row to google sheets":            "google-sheets-add-row",
		"I want to create a contact in HubSpot": "hubspot-create-contact",
	} {
		got := all.Near(component.Filter{Q: q, Type: component.Action}, 3)
		keys := []string{}
		for _, c := range got {
			keys = append(keys, c.Key)
		}
		if len(keys) == 0 || keys[0] != want {
			t.Errorf("%s: %v", q, keys)
		}
	}
	if got := all.Near(component.Filter{Q: "zzzqqq", Type: component.Action}, 3); len(got) != 0 {
		t.Errorf("nothing: %d", len(got))
	}
}

func TestTextsOfTools(t *testing.T) {
	t.Parallel()
	if r := result(map[string]any{"value": string(bytes.Repeat([]byte("a"), mostText))}); !r.IsError {
		t.Error("a result of any size")
	}
	own := &component.Component{Key: component.Own + "acme-post"}
	if nameOf(own) != "own_acme-post" {
		t.Error(nameOf(own))
	}
}
