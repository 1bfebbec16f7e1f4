package component

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// Language is what the texts of operations are written in. OPERATIONS.md says
// what the names stand for, and which of them are there when.
var Language = expression.New(
	[]string{"props", "account", "steps", "body", "raw", "status", "headers", "item", "items", "index", "page", "query", "context", "state", "event", "hook", "now", "run"},
	expr.DisableBuiltin("now"),       // a name of ours, so that a run can be played again
	expr.DisableBuiltin("fromPairs"), // its keys are of any type, which JSON does not know
	expr.Function("fromPairs", func(args ...any) (any, error) { return fromPairs(args[0].([]any)) }, new(func([]any) map[string]any)),
	expr.Function("path", func(args ...any) (any, error) { return pathOf(args[0]), nil }, new(func(any) Raw)),
	expr.Function("base64url", func(args ...any) (any, error) {
		return base64.RawURLEncoding.EncodeToString([]byte(expression.AsText(args[0]))), nil
	}, new(func(any) string)),
	expr.Function("fromBase64url", func(args ...any) (any, error) {
		text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(expression.AsText(args[0]), "="))
		return string(text), err
	}, new(func(any) string)),
	expr.Function("ms", func(args ...any) (any, error) { return Milliseconds(args[0]) }, new(func(any) int)),
	expr.Function("iso", func(args ...any) (any, error) {
		ms, err := Milliseconds(args[0])
		return time.UnixMilli(int64(ms)).UTC().Format("2006-01-02T15:04:05Z"), err
	}, new(func(any) string)),
	expr.Function("email", func(args ...any) (any, error) { return message(args[0]) }, new(func(map[string]any) string)),
)

// fromPairs makes an object of a list of keys with their values.
func fromPairs(pairs []any) (map[string]any, error) {
	out := make(map[string]any, len(pairs))
	for _, p := range pairs {
		if of, ok := p.([2]any); ok { // as toPairs makes them
			p = of[:]
		}
		pair, ok := p.([]any)
		if !ok || len(pair) != 2 {
			return nil, fmt.Errorf("%s is no pair of a key and a value", expression.AsText(p))
		}
		out[expression.AsText(pair[0])] = pair[1]
	}
	return out, nil
}

// Raw is text that goes into an address as it is: it is escaped already.
type Raw string

// pathOf escapes each part of a path, and leaves what parts them.
func pathOf(v any) Raw {
	parts := strings.Split(strings.TrimPrefix(expression.AsText(v), "/"), "/")
	for i, p := range parts {
		parts[i] = Segment(p)
	}
	return Raw(strings.Join(parts, "/"))
}

// Segment escapes a part of a path, so that it leads neither up nor elsewhere.
func Segment(text string) string {
	if text == "." || text == ".." {
		return strings.ReplaceAll(text, ".", "%2E")
	}
	return url.PathEscape(text)
}

// Milliseconds reads a moment: an ISO date or time, a number of seconds or of
// milliseconds since 1970 (numbers from 10^11 on are milliseconds), or a number
// as text, as some apps write it.
func Milliseconds(v any) (int, error) {
	switch v := v.(type) {
	case time.Time:
		return int(v.UnixMilli()), nil
	case int:
		return Milliseconds(float64(v))
	case int64:
		return Milliseconds(float64(v))
	case float64:
		if math.Abs(v) >= 1e11 {
			return int(v), nil
		}
		return int(math.Round(v * 1000)), nil
	case string:
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return Milliseconds(n)
		}
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02", time.RFC1123Z, time.RFC1123, "2006-01-02T15:04Z07:00"} {
			if t, err := time.Parse(layout, v); err == nil {
				return int(t.UnixMilli()), nil
			}
		}
	}
	return 0, fmt.Errorf("%s is not a moment", expression.AsText(v))
}

// used returns the members of a name that a text's expressions speak of, such
// as the props.
func used(text, name string) []string {
	var found []string
	for _, src := range expression.Holes(text) {
		if tree, err := parser.Parse(src); err == nil {
			ast.Walk(&tree.Node, &members{name, &found})
		}
	}
	return found
}

// speaks reports whether a text's expressions use a name.
func speaks(text, name string) bool {
	return slices.ContainsFunc(expression.Holes(text), func(src string) bool {
		refs, err := Language.Refs(src)
		return err == nil && slices.ContainsFunc(refs, func(r expression.Ref) bool { return r.Root == name })
	})
}

type members struct {
	of    string
	found *[]string
}

// Visit notes a member of the name.
func (m *members) Visit(node *ast.Node) {
	member, ok := (*node).(*ast.MemberNode)
	if !ok {
		return
	}
	of, ok := member.Node.(*ast.IdentifierNode)
	if !ok || of.Value != m.of {
		return
	}
	if name, ok := member.Property.(*ast.StringNode); ok && !slices.Contains(*m.found, name.Value) {
		*m.found = append(*m.found, name.Value)
	}
}

var errNoMail = errors.New("email wants to, subject, and text or html")
