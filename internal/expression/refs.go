package expression

import (
	"errors"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// Ref is something that an expression reads of what is known: steps.get.body is
// Root steps with the Path get, body.
type Ref struct {
	Root     string
	Path     []string
	Computed bool // what follows the path is worked out when the expression runs
}

// Refs returns what an expression, written without braces, reads of the names
// that the language knows, in no order and each once or more.
func (l *Language) Refs(src string) ([]Ref, error) {
	tree, err := parser.Parse(src)
	if err != nil {
		return nil, errors.New(firstLine(err))
	}
	v := &refs{found: map[ast.Node]Ref{}}
	ast.Walk(&tree.Node, v)
	var out []Ref
	for _, r := range v.found {
		if slices.Contains(l.names, r.Root) {
			out = append(out, r)
		}
	}
	return out, nil
}

// refs is told of each node after those below it.
type refs struct{ found map[ast.Node]Ref }

// Visit takes what a node reads over from the node below it.
func (v *refs) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		v.found[n] = Ref{Root: n.Value}
	case *ast.ChainNode:
		v.take(n, n.Node, func(r *Ref) {})
	case *ast.MemberNode:
		v.take(n, n.Node, func(r *Ref) {
			switch p := n.Property.(type) {
			case *ast.StringNode:
				r.Path = append(slices.Clone(r.Path), p.Value)
			case *ast.IntegerNode:
				r.Path = append(slices.Clone(r.Path), strconv.Itoa(p.Value))
			default:
				r.Computed = true
			}
		})
	}
}

func (v *refs) take(to, from ast.Node, grow func(*Ref)) {
	r, ok := v.found[from]
	if !ok {
		return
	}
	if r.Computed { // what comes after that is of no use
		return
	}
	grow(&r)
	delete(v.found, from)
	v.found[to] = r
}
