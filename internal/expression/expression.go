// Package expression fills in texts that have expressions in {{ }}: those of
// workflows, of filters and of operations.
package expression

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
	lru "github.com/hashicorp/golang-lru/v2"
)

// Language is what expressions may speak of, and what they may call. They are
// compiled once. They are bounded in length, in time and in what they make: one that
// goes beyond is stopped (ErrBounds).
type Language struct {
	names    []string
	must     string // "" = none
	options  []expr.Option
	compiled *lru.Cache[string, *compiled]
}

// compiled is an expression that can be run.
type compiled struct {
	program *vm.Program
	needs   []string // the members that must has to have
	guarded bool     // it calls what counts what it uses
	makes   bool     // it gives what it made, and not a part of what is known alone
}

const (
	maxExpression = 4000
	keepCompiled  = 4096
)

// New returns a language that knows the names, each for a value of any kind.
func New(names []string, options ...expr.Option) *Language {
	known := types.Map{}
	for _, name := range names {
		known[name] = types.Any
	}
	kept, _ := lru.New[string, *compiled](keepCompiled) // fails for a size below one only
	return &Language{names: names, options: append([]expr.Option{expr.Env(known)}, options...), compiled: kept}
}

// Demand makes it an error to read a member of a name that is not there, which is
// nothing otherwise. It is called before the language is used.
func (l *Language) Demand(name string) *Language {
	l.must = name
	return l
}

func (l *Language) compile(src string) (*compiled, error) {
	if p, ok := l.compiled.Get(src); ok {
		return p, nil
	}
	if len(src) > maxExpression {
		return nil, fmt.Errorf("an expression has at most %d characters", maxExpression)
	}
	// First as it stands, for what is wrong with it; then with all guarded that may take long.
	if _, err := expr.Compile(src, append(l.options[:len(l.options):len(l.options)], expr.Optimize(false), expr.MaxNodes(maxNodes))...); err != nil {
		return nil, errors.New(firstLine(err))
	}
	guards := &patch{}
	p, err := expr.Compile(src, append(l.options[:len(l.options):len(l.options)], guarding(l.names, guards)...)...)
	if err = errors.Join(guards.bad, err); err != nil {
		return nil, errors.New(firstLine(err))
	}
	c := &compiled{program: p, guarded: guards.any, makes: guards.made}
	if l.must != "" {
		refs, err := l.Refs(src)
		if err != nil {
			return nil, err
		}
		for _, r := range refs {
			if r.Root == l.must && len(r.Path) > 0 {
				c.needs = append(c.needs, r.Path[0])
			}
		}
	}
	l.compiled.Add(src, c)
	return c, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// Check refuses a text with an expression that cannot be run.
func (l *Language) Check(text string) error {
	parts, err := split(text)
	if err != nil {
		return err
	}
	for i := 1; i < len(parts); i += 2 {
		if _, err := l.compile(parts[i]); err != nil {
			return err
		}
	}
	return nil
}

// CheckAll is Check for every text within a value.
func (l *Language) CheckAll(v any) error {
	switch v := v.(type) {
	case string:
		return l.Check(v)
	case []any:
		for _, item := range v {
			if err := l.CheckAll(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, item := range v {
			if err := l.CheckAll(item); err != nil {
				return err
			}
		}
	}
	return nil
}

// Evaluate fills a text in. A text that is one expression gives its value, of
// whatever type; in any other, values are written as text.
func (l *Language) Evaluate(text string, known map[string]any) (any, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	if IsHole(text) {
		parts, _ := split(text)
		return l.Run(parts[1], known)
	}
	composed, err := l.Compose(text, known, func(v any) (string, error) { return AsText(v), nil })
	if err != nil {
		return nil, err
	}
	return composed, nil
}

// Compose fills a text in with values as write writes them.
func (l *Language) Compose(text string, known map[string]any, write func(any) (string, error)) (string, error) {
	parts, err := split(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i, part := range parts {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		value, err := l.Run(part, known)
		if err != nil {
			return "", err
		}
		written, err := write(value)
		if err != nil {
			return "", err
		}
		b.WriteString(written)
	}
	return b.String(), nil
}

// Text is Evaluate for where only text will do.
func (l *Language) Text(text string, known map[string]any) (string, error) {
	value, err := l.Evaluate(text, known)
	return AsText(value), err
}

// All fills in every text within a value.
func (l *Language) All(x any, known map[string]any) (any, error) {
	switch x := x.(type) {
	case string:
		return l.Evaluate(x, known)
	case []any:
		out := make([]any, len(x))
		for i := range x {
			var err error
			if out[i], err = l.All(x[i], known); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(x))
		for k := range x {
			var err error
			if out[k], err = l.All(x[k], known); err != nil {
				return nil, err
			}
		}
		return out, nil
	default:
		return x, nil
	}
}

// Run returns the value of an expression, written without braces.
func (l *Language) Run(src string, known map[string]any) (any, error) {
	p, err := l.compile(src)
	if err != nil {
		return nil, err
	}
	if len(p.needs) > 0 {
		have, _ := known[l.must].(map[string]any)
		for _, name := range p.needs {
			if _, ok := have[name]; !ok {
				return nil, fmt.Errorf("{{ %s }}: %s.%s is not set", src, l.must, name)
			}
		}
	}
	if p.guarded {
		known = new(guard).within(known)
	}
	out, err := expr.Run(p.program, known)
	switch {
	case err != nil && strings.Contains(err.Error(), "memory budget exceeded"):
		return nil, fmt.Errorf("{{ %s }}: %w", src, stop("its lists have more than 1,000,000 parts"))
	case errors.Is(err, ErrBounds):
		return nil, fmt.Errorf("{{ %s }}: %w: %s", src, ErrBounds, reason(err))
	case err != nil:
		return nil, fmt.Errorf("{{ %s }}: %s", src, firstLine(err))
	}
	if p.makes {
		if err := Bounded(out); err != nil {
			return nil, fmt.Errorf("{{ %s }}: %w", src, err)
		}
	}
	return keyed(out), nil
}

// keyed gives what fromPairs and groupBy make the keys that JSON has.
func keyed(v any) any {
	switch v := v.(type) {
	case map[any]any:
		return byText(v)
	case map[any][]any:
		return byText(v)
	default:
		return v
	}
}

func byText[V any](m map[any]V) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[AsText(k)] = v
	}
	return out
}

// Holds reports whether a condition, written without braces, is true.
func (l *Language) Holds(src string, known map[string]any) (bool, error) {
	out, err := l.Run(src, known)
	if err != nil {
		return false, err
	}
	holds, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("%s is %s, and neither true nor false", src, AsText(out))
	}
	return holds, nil
}

// CheckExpression refuses an expression, written without braces, that cannot be
// run.
func (l *Language) CheckExpression(src string) error {
	_, err := l.compile(src)
	return err
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
