package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	lru "github.com/hashicorp/golang-lru/v2"
)

// Values is what expressions can see: trigger, steps and user.
type Values map[string]any

// Expressions are compiled once. They are bounded in length and, by the
// language, in time: it has no loops but over what it is given.
const maxExpression = 4000

var compiled, _ = lru.New[string, *vm.Program](4096) // fails for a size below one only

func compile(src string) (*vm.Program, error) {
	if p, ok := compiled.Get(src); ok {
		return p, nil
	}
	if len(src) > maxExpression {
		return nil, fmt.Errorf("an expression has at most %d characters", maxExpression)
	}
	p, err := expr.Compile(src, expr.Env(map[string]any{"trigger": map[string]any{}, "steps": map[string]any{}, "user": map[string]any{}}))
	if err != nil {
		return nil, errors.New(firstLine(err))
	}
	compiled.Add(src, p)
	return p, nil
}

// split cuts a text into what stands outside {{ }} and what stands inside:
// even parts are text, odd parts are expressions. Braces inside an expression's
// strings and maps are its own.
func split(text string) ([]string, error) {
	var parts []string
	for {
		before, rest, ok := strings.Cut(text, "{{")
		parts = append(parts, before)
		if !ok {
			return parts, nil
		}
		end := closing(rest)
		if end < 0 {
			return nil, errors.New("{{ has no }}")
		}
		parts = append(parts, strings.TrimSpace(rest[:end]))
		text = rest[end+2:]
	}
}

func closing(s string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			switch c {
			case '\\':
				i++
			case quote:
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}' && i+1 < len(s) && s[i+1] == '}':
			return i
		}
	}
	return -1
}

func isHole(text string) bool {
	parts, err := split(strings.TrimSpace(text))
	return err == nil && len(parts) == 3 && parts[0] == "" && parts[2] == ""
}

func checkText(text string) error {
	parts, err := split(text)
	if err != nil {
		return err
	}
	for i := 1; i < len(parts); i += 2 {
		if _, err := compile(parts[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkJSON(doc json.RawMessage) error {
	if len(doc) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		return err //nolint:wrapcheck // says it all
	}
	var walk func(any) error
	walk = func(v any) error {
		switch v := v.(type) {
		case string:
			return checkText(v)
		case []any:
			for _, item := range v {
				if err := walk(item); err != nil {
					return err
				}
			}
		case map[string]any:
			for _, item := range v {
				if err := walk(item); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return walk(v)
}

// Evaluate fills a text in. A text that is one expression gives its value, of
// whatever type; in any other, values are written as text.
func (v Values) Evaluate(text string) (any, error) {
	parts, err := split(text)
	if err != nil {
		return nil, err
	}
	if len(parts) == 1 {
		return text, nil
	}
	if isHole(text) {
		return v.run(parts[1])
	}
	var b strings.Builder
	for i, part := range parts {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		value, err := v.run(part)
		if err != nil {
			return nil, err
		}
		b.WriteString(AsText(value))
	}
	return b.String(), nil
}

// Text is Evaluate for where only text will do.
func (v Values) Text(text string) (string, error) {
	value, err := v.Evaluate(text)
	return AsText(value), err
}

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

// Any fills in every string within a value.
func (v Values) Any(x any) (any, error) {
	switch x := x.(type) {
	case string:
		return v.Evaluate(x)
	case []any:
		out := make([]any, len(x))
		for i := range x {
			var err error
			if out[i], err = v.Any(x[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(x))
		for k := range x {
			var err error
			if out[k], err = v.Any(x[k]); err != nil {
				return nil, err
			}
		}
		return out, nil
	default:
		return x, nil
	}
}

func (v Values) run(src string) (any, error) {
	p, err := compile(src)
	if err != nil {
		return nil, err
	}
	out, err := expr.Run(p, map[string]any(v))
	if err != nil {
		return nil, fmt.Errorf("{{ %s }}: %s", src, firstLine(err))
	}
	return out, nil
}

// AsText writes a value as text: null as nothing, a number as it is written in
// JSON (1000000, not 1e+06), a list or an object as JSON.
func AsText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case map[string]any, []any, float64:
		b, err := json.Marshal(v)
		if err != nil { // infinity, or something within that JSON has no word for
			return fmt.Sprint(v)
		}
		return string(b)
	default:
		return fmt.Sprint(v)
	}
}

// CheckExpression refuses an expression, written without braces, that cannot be
// run.
func CheckExpression(src string) error {
	_, err := compile(src)
	return err
}

// Run returns the value of an expression, written without braces.
func (v Values) Run(src string) (any, error) { return v.run(src) }

// Holds reports whether a condition, written without braces, is true.
func (v Values) Holds(src string) (bool, error) {
	out, err := v.run(src)
	if err != nil {
		return false, err
	}
	holds, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("%s is %s, and neither true nor false", src, AsText(out))
	}
	return holds, nil
}
