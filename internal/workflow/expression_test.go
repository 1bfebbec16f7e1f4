package workflow_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/workflow"
)

func values(t *testing.T) workflow.Values {
	t.Helper()
	v := workflow.Values{}
	err := json.Unmarshal([]byte(`{
		"trigger": {"body": {"n": 3, "big": 12345678901, "half": 0.5, "yes": true, "name": "Ada", "list": [1, "b"], "none": null, "inner": {"k": "v"}}},
		"steps": {"one": {"status": 200}}, "user": {"external_id": null, "environment": "development"}}`), &v)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A text that is one expression keeps its type; within other text a value is
// written out; braces and quotes inside an expression are its own; what is not
// there is null.
func TestEvaluate(t *testing.T) {
	t.Parallel()
	v := values(t)
	tests := map[string]struct {
		text string
		want any
	}{
		"plain text":                          {"hello", "hello"},
		"nothing":                             {"", ""},
		"single braces":                       {"a { b } c", "a { b } c"},
		"a closing without an opening":        {"a }} b", "a }} b"},
		"a number":                            {"{{ trigger.body.n }}", 3.0},
		"a number, spaces around the hole":    {"  {{ trigger.body.n }} ", 3.0},
		"a truth":                             {"{{trigger.body.yes}}", true},
		"a list":                              {"{{ trigger.body.list }}", []any{1.0, "b"}},
		"an object":                           {"{{ trigger.body.inner }}", map[string]any{"k": "v"}},
		"a text":                              {"{{ trigger.body.name }}", "Ada"},
		"null":                                {"{{ trigger.body.none }}", nil},
		"a field that is missing":             {"{{ trigger.body.zzz }}", nil},
		"a field of a field that is missing":  {"{{ trigger.zzz?.body?.deep }}", nil},
		"a step that was not run":             {"{{ steps.zzz }}", nil},
		"a comparison":                        {`{{ trigger.body.n > 2 && trigger.body.name == "Ada" }}`, true},
		"a value in text":                     {"n={{ trigger.body.n }}", "n=3"},
		"a large number in text":              {"n={{ trigger.body.big }}", "n=12345678901"},
		"a round number in text":              {"n={{ trigger.body.n * 1000000 }}", "n=3000000"},
		"what is no number in text":           {"n={{ 1 / 0 }}", "n=+Inf"},
		"a fraction in text":                  {"n={{ trigger.body.half }}", "n=0.5"},
		"a truth in text":                     {"is {{ trigger.body.yes }}", "is true"},
		"null in text":                        {"<{{ trigger.body.none }}>", "<>"},
		"an object in text":                   {"o={{ trigger.body.inner }}", `o={"k":"v"}`},
		"a list in text":                      {"l={{ trigger.body.list }}", `l=[1,"b"]`},
		"two values":                          {"{{ trigger.body.name }}{{ trigger.body.n }}", "Ada3"},
		"text between two values":             {"{{ trigger.body.name }} and {{ user.environment }}", "Ada and development"},
		"a map in an expression":              {`{{ {"a": {"b": 1}}.a.b }}`, 1},
		"a map that ends beside the hole":     {`{{ {"a": {"b": 1}}}}`, map[string]any{"a": map[string]any{"b": 1}}},
		"closing braces in a string":          {`{{ "}}" + trigger.body.name }}`, "}}Ada"},
		"an opening brace in a string":        {`{{ "{" }}`, "{"},
		"an escaped quote in a string":        {`{{ "\"}}" }}`, `"}}`},
		"single quotes":                       {`{{ 'it is }}' }}`, "it is }}"},
		"what a value holds is not evaluated": {`{{ "{{ trigger.body.n }}" }}`, "{{ trigger.body.n }}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := v.Evaluate(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// What cannot be worked out is an error of one line, in words that its author
// can act on, and never a value.
func TestEvaluateErrors(t *testing.T) {
	t.Parallel()
	v := values(t)
	tests := map[string]struct{ text, says string }{
		"a hole that is not closed":     {"a {{ trigger", "{{ has no }}"},
		"an empty hole":                 {"{{ }}", "unexpected token"},
		"an unknown name":               {"{{ nobody.SECRET }}", "unknown name nobody"},
		"a function that is not there":  {"{{ exec('rm') }}", "unknown name exec"},
		"types that do not go together": {"{{ trigger.body.name - 1 }}", "invalid operation"},
		"a field of null":               {"{{ trigger.zzz.deep }}", "cannot fetch deep from"},
		"too long":                      {"{{ " + strings.Repeat("1+", 2000) + "1 }}", "at most 4000 characters"},
		"a loop without an end":         {"{{ len(filter(1..100000000, true)) }}", "was stopped"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := v.Evaluate(tt.text)
			if err == nil || got != nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("Evaluate() = %v, %v, want an error that says %q", got, err, tt.says)
			}
		})
	}
}

// Every string of a document is filled in, whatever it lies in; keys and other
// values are left as they are.
func TestJSON(t *testing.T) {
	t.Parallel()
	v := values(t)
	got, err := v.JSON(json.RawMessage(`{"{{ key }}": "{{ trigger.body.n }}", "list": ["{{ trigger.body.name }}!", 1, null, {"deep": "{{ trigger.body.list }}"}], "n": 2}`))
	want := map[string]any{"{{ key }}": 3.0, "list": []any{"Ada!", 1.0, nil, map[string]any{"deep": []any{1.0, "b"}}}, "n": 2.0}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatal(diff, err)
	}
	if got, err := v.JSON(nil); got != nil || err != nil {
		t.Fatal(got, err)
	}
	for _, src := range []string{`{"a": "{{ zzz }}"}`, `["{{ zzz }}"]`, `"{{ zzz }}"`, `{`} {
		if _, err := v.JSON(json.RawMessage(src)); err == nil {
			t.Errorf("%s was filled in", src)
		}
	}
	if text, err := v.Text("{{ trigger.body.list }}"); err != nil || text != `[1,"b"]` {
		t.Errorf("Text() = %s, %v", text, err)
	}
}
