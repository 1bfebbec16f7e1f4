package workflow

import (
	"encoding/json"
	"fmt"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// Values is what expressions can see: trigger, steps, user, state, instance, run,
// and env, which is asked for by fixed names.
type Values map[string]any

var language = expression.New([]string{"trigger", "steps", "user", "env", "item", "index", "state", "instance", "run"}).Demand("env")

// Evaluate fills a text in. A text that is one expression gives its value, of
// whatever type; in any other, values are written as text.
func (v Values) Evaluate(text string) (any, error) { return language.Evaluate(text, v) } //nolint:wrapcheck // says it all

// Text is Evaluate for where only text will do.
func (v Values) Text(text string) (string, error) { return language.Text(text, v) } //nolint:wrapcheck // says it all

// Any fills in every string within a value.
func (v Values) Any(x any) (any, error) { return language.All(x, v) } //nolint:wrapcheck // says it all

// JSON fills in every string of a JSON document.
func (v Values) JSON(doc json.RawMessage) (any, error) {
	if len(doc) == 0 {
		return nil, nil
	}
	var parsed any
	if err := json.Unmarshal(doc, &parsed); err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	return v.Any(parsed)
}

func checkJSON(doc json.RawMessage) error {
	if len(doc) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		return err //nolint:wrapcheck // says it all
	}
	return language.CheckAll(v) //nolint:wrapcheck // says it all
}
