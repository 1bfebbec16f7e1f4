package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	_ "embed"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// What the bodies of each type of events hold is said once, in bodies.json: from
// there come the schemas, the samples, and what a test of an endpoint sends.

//go:embed bodies.json
var bodiesJSON []byte

type bodies struct {
	Definitions map[string]json.RawMessage `json:"definitions"`
	Samples     map[string]any             `json:"samples"`
	Types       map[string]*bodyOf         `json:"types"`
}

// bodyOf is what a body holds besides that which every body holds.
type bodyOf struct {
	Text       string         `json:"text"`
	User       bool           `json:"user"` // it is about a user
	Bare       bool           `json:"bare"` // the body is not ours: it is what a trigger emitted
	Subject    string         `json:"subject"`
	Required   []string       `json:"required"`
	Properties map[string]any `json:"properties"`
	Sample     map[string]any `json:"sample"`
}

var read = sync.OnceValue(func() *bodies {
	var b bodies
	if err := json.Unmarshal(bodiesJSON, &b); err != nil {
		panic(err) // a file of ours, which a test reads
	}
	return &b
})

// Text says when events of a type happen and whom they are told.
func (k Kind) Text() string { return read().Types[k.Type].Text }

// Schema is the JSON schema (2020-12) of the bodies of a type. More properties
// may come with time.
func (k Kind) Schema() map[string]any {
	b := read()
	t := b.Types[k.Type]
	out := map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": k.Type, "description": t.Text}
	if t.Bare {
		return out
	}
	properties := map[string]any{
		"event": map[string]any{"const": k.Type}, "event_id": map[string]any{"type": "string", "description": "The header webhook-id, the same in every attempt."},
		"environment": map[string]any{"enum": []string{"development", "production"}}, "created_at": map[string]any{"$ref": "#/$defs/time"},
	}
	required := []string{"event", "event_id", "environment", "created_at"}
	if t.User {
		properties["external_user_id"] = map[string]any{"type": "string", "description": "Your own id of the user."}
		required = append(required, "external_user_id")
	}
	maps.Copy(properties, t.Properties)
	out["type"], out["properties"], out["required"] = "object", properties, append(required, t.Required...)
	if defs := b.used(properties); len(defs) > 0 {
		out["$defs"] = defs
	}
	return out
}

// used returns the definitions to which v refers, and to which these refer.
func (b *bodies) used(v any) map[string]any {
	out := map[string]any{}
	var look func(v any)
	look = func(v any) {
		text, _ := json.Marshal(v)
		for name, def := range b.Definitions {
			if _, there := out[name]; !there && strings.Contains(string(text), `"#/$defs/`+name+`"`) {
				out[name] = def
				look(def)
			}
		}
	}
	look(v)
	return out
}

// Sample returns a body of a type as it would be sent at that moment, with the
// id of its subject; and false for a type that there is not.
func Sample(eventType, eventID, environment string, now time.Time) (subjectID, body string, ok bool) {
	b := read()
	t, ok := b.Types[eventType]
	if !ok {
		return "", "", false
	}
	what, _ := b.fill(t.Sample).(map[string]any)
	if !t.Bare {
		what["event"], what["event_id"], what["environment"], what["created_at"] = eventType, eventID, environment, now.UTC().Format(Millis)
		if t.User {
			what["external_user_id"] = "user-1"
		}
	}
	text, err := json.Marshal(what)
	return t.Subject, string(text), err == nil
}

// fill puts samples in for their names, =name.
func (b *bodies) fill(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, x := range v {
			out[key] = b.fill(x)
		}
		return out
	case string:
		if name, ok := strings.CutPrefix(v, "="); ok {
			return b.fill(b.Samples[name])
		}
	}
	return v
}

// Fits returns in what a body breaks the schema of its type. Tests hold what is
// really sent against it.
func Fits(eventType, body string) error {
	k, ok := KindOf(eventType)
	if !ok {
		return fmt.Errorf("there is no type of events %q", eventType)
	}
	text, err := json.Marshal(k.Schema())
	if err != nil {
		return fmt.Errorf("encode schema: %w", err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("body.json", schema); err != nil {
		return fmt.Errorf("add schema: %w", err)
	}
	compiled, err := c.Compile("body.json")
	if err != nil {
		return fmt.Errorf("compile schema: %w", err)
	}
	return compiled.Validate(value) //nolint:wrapcheck // it says where
}

// Described reports the types that bodies.json describes, for the test that
// holds it against Kinds.
func Described() []string { return slices.Sorted(maps.Keys(read().Types)) }
