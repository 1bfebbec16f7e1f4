package audit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// written are the actions that this package names.
func written(t *testing.T) (out []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "audit.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			for _, e := range v.Values {
				if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
					if s, err := strconv.Unquote(l.Value); err == nil && strings.Contains(s, ".") {
						out = append(out, s)
					}
				}
			}
		}
		return true
	})
	slices.Sort(out)
	return out
}

// The contract names every action, and no other; so does the console's filter.
func TestActionsAreNamed(t *testing.T) {
	t.Parallel()
	actions := written(t)
	if len(actions) < 80 || len(slices.Compact(slices.Clone(actions))) != len(actions) {
		t.Fatalf("%d actions, some of them twice or not found: %v", len(actions), actions)
	}
	for file, x := range map[string]struct{ from, to, name string }{
		"../../openapi/openapi.yaml":    {"The actions are ", "x-permission: audit:read", "`([a-z_]+\\.[a-z_]+)`"},
		"../../web/src/lib/auditing.ts": {"export const actions", "];", `"([a-z_]+\.[a-z_]+)"`},
	} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(raw), x.from)
		list, _, ok := strings.Cut(after, x.to)
		if !ok {
			t.Fatalf("%s: no list between %q and %q", file, x.from, x.to)
		}
		var named []string
		for _, m := range regexp.MustCompile(x.name).FindAllStringSubmatch(list, -1) {
			named = append(named, m[1])
		}
		slices.Sort(named)
		for _, a := range actions {
			if !slices.Contains(named, a) {
				t.Errorf("%s does not name %s", file, a)
			}
		}
		for _, a := range named {
			if !slices.Contains(actions, a) {
				t.Errorf("%s names %s, which nothing writes", file, a)
			}
		}
	}
}
