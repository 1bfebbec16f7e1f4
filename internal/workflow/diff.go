package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Change is one thing in which two definitions differ.
type Change struct {
	Path   string // such as steps.notify.url: what has a name is known by it
	Kind   string // added | removed | changed | moved
	Before any    // JSON; nil of what was added
	After  any
}

// String returns the change as a line that people read.
func (c Change) String() string {
	switch c.Kind {
	case "added":
		return fmt.Sprintf("+ %s: %s", c.Path, brief(c.After))
	case "removed":
		return fmt.Sprintf("- %s: %s", c.Path, brief(c.Before))
	case "moved":
		return fmt.Sprintf("~ %s: in another order: %s", c.Path, brief(c.After))
	default:
		return fmt.Sprintf("~ %s: %s -> %s", c.Path, brief(c.Before), brief(c.After))
	}
}

const briefly = 120

func brief(v any) string {
	text, _ := json.Marshal(v) // it came from JSON
	if len(text) <= briefly {
		return string(text)
	}
	return strings.ToValidUTF8(string(text[:briefly]), "") + "…"
}

// Diff returns in what after differs from before, by path.
func Diff(before, after *Definition) ([]Change, error) {
	var plain [2]any
	for i, d := range []*Definition{before, after} {
		text, err := json.Marshal(d)
		if err != nil {
			return nil, fmt.Errorf("encode definition: %w", err)
		}
		if err := json.Unmarshal(text, &plain[i]); err != nil {
			return nil, fmt.Errorf("decode definition: %w", err)
		}
	}
	return diff("", plain[0], plain[1]), nil
}

func diff(path string, before, after any) []Change {
	if reflect.DeepEqual(before, after) {
		return nil
	}
	x, y := object(before), object(after)
	if a, ok := before.([]any); ok && x == nil {
		if b, ok := after.([]any); ok {
			return lists(path, a, b)
		}
	}
	if x == nil || y == nil {
		return []Change{{path, "changed", before, after}}
	}
	return fields(path, x, y)
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func fields(path string, before, after map[string]any) (out []Change) {
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, k := range slices.Sorted(maps.Keys(all)) {
		at := strings.TrimPrefix(path+"."+k, ".")
		a, was := before[k]
		b, is := after[k]
		switch {
		case !was:
			out = append(out, Change{at, "added", nil, b})
		case !is:
			out = append(out, Change{at, "removed", a, nil})
		default:
			out = append(out, diff(at, a, b)...)
		}
	}
	return out
}

// lists compares lists of what has names by these, and any others as a whole.
func lists(path string, before, after []any) []Change {
	was, order, ok := named(before)
	is, newOrder, ok2 := named(after)
	if !ok || !ok2 {
		return []Change{{path, "changed", before, after}}
	}
	out := fields(path, was, is)
	common := func(names []string, in map[string]any) (kept []any) {
		for _, n := range names {
			if in[n] != nil {
				kept = append(kept, n)
			}
		}
		return kept
	}
	if a, b := common(order, is), common(newOrder, was); !reflect.DeepEqual(a, b) {
		out = append(out, Change{path, "moved", a, b})
	}
	return out
}

func named(list []any) (map[string]any, []string, bool) {
	out, order := map[string]any{}, []string{}
	for _, item := range list {
		name, ok := object(item)["name"].(string)
		if !ok || out[name] != nil {
			return nil, nil, false
		}
		out[name], order = item, append(order, name)
	}
	return out, order, true
}
