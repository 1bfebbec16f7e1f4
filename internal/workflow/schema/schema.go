// Package schema is the form of a workflow's document, as a JSON Schema. It is
// made of the API's contract, so that the two cannot differ.
package schema

import (
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/goccy/go-yaml"
)

// ID names the schema; it changes only with what would refuse older documents.
const ID = "urn:patchbay:workflow:v1"

// Path is where a server shows the schema.
const Path = "/schemas/workflow.v1.json"

// Source is the schema.
//
//go:embed workflow.v1.json
var Source []byte

const at = "#/components/schemas/"

// needs are the fields without which a step of a type means nothing.
var needs = map[string][]string{
	"http_request": {"url"}, "action": {"component"}, "code": {"language", "code"}, "filter": {"if"},
	"if": {"if"}, "switch": {"cases"}, "parallel": {"branches"}, "for_each": {"items", "steps"},
}

// Build makes the schema of a contract.
func Build(contract []byte) ([]byte, error) {
	doc, err := yaml.YAMLToJSON(contract)
	if err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	var c struct {
		Components struct{ Schemas map[string]map[string]any }
	}
	if err := json.Unmarshal(doc, &c); err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	defs := map[string]any{}
	var take func(v any)
	take = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				take(item)
			}
		case map[string]any:
			maps.DeleteFunc(v, func(key string, _ any) bool { return key == "example" || strings.HasPrefix(key, "x-go-") })
			if ref, ok := v["$ref"].(string); ok {
				name := strings.TrimPrefix(ref, at)
				v["$ref"] = "#/$defs/" + name
				if defs[name] == nil {
					defs[name] = c.Components.Schemas[name]
					take(c.Components.Schemas[name])
				}
			}
			for _, item := range v {
				take(item)
			}
		}
	}
	root := c.Components.Schemas["WorkflowDefinition"]
	take(root)
	step, ok := defs["WorkflowStep"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the contract has no %sWorkflowStep", at)
	}
	step["allOf"] = conditions(step)
	root["$schema"], root["$id"], root["title"], root["$defs"] = "https://json-schema.org/draft/2020-12/schema", ID, "Workflow", defs
	out, err := json.MarshalIndent(root, "", " ")
	return append(out, '\n'), err
}

// conditions say which fields a type of step cannot do without.
func conditions(step map[string]any) []any {
	properties, _ := step["properties"].(map[string]any)
	kind, _ := properties["type"].(map[string]any)
	types, _ := kind["enum"].([]any)
	out := []any{}
	for _, name := range types {
		if fields := needs[fmt.Sprint(name)]; fields != nil {
			out = append(out, map[string]any{
				"if":   map[string]any{"properties": map[string]any{"type": map[string]any{"const": name}}, "required": []string{"type"}},
				"then": map[string]any{"required": fields},
			})
		}
	}
	return out
}
