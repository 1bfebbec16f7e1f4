package expression

import (
	"errors"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"
)

// Names that no expression can write, by which guarded ones call what guards them.
const (
	turning   = "\x00turn"  // (value of one turn of a loop)
	calling   = "\x00call"  // (name of a built-in function, its arguments…)
	spending  = "\x00spend" // (what a function made)
	showing   = "\x00show"  // (what a function is given)
	adding    = "\x00add"
	equating  = "\x00equal"
	searching = "\x00match"
)

var guards = []string{turning, calling, spending, showing, adding, equating, searching}

// fast is the form of functions that the language calls without reflection.
type fast = func(...any) any

// guarding are the options by which expressions are compiled that are guarded.
func guarding(names []string, p *patch) []expr.Option {
	known := types.Map{}
	for _, name := range names {
		known[name] = types.Any
	}
	for _, name := range guards {
		known[name] = types.TypeOf(fast(nil))
	}
	// Optimized, 1..1000000 would be a list that is kept as long as the expression.
	return []expr.Option{expr.Env(known), expr.Optimize(false), expr.MaxNodes(maxNodes), expr.Patch(p)}
}

// large are the built-in functions that may make much of little, or go through all
// that is within a value.
var large = []string{
	"string", "trim", "trimPrefix", "trimSuffix", "upper", "lower", "split", "splitAfter", "replace", "repeat", "join", "max", "min", "mean", "median", "toJSON",
	"fromJSON", "toBase64", "fromBase64", "take", "keys", "values", "toPairs", "fromPairs", "reverse", "uniq", "concat", "flatten", "sort",
}

// deep are those that go through all that is within a value.
var deep = []string{"string", "max", "min", "mean", "median", "toJSON", "flatten", "uniq", "sort", "fromPairs"}

// patch has all that may take long, or become large, call its guard.
type patch struct {
	any  bool // there was something of the kind
	made bool // it makes values, and does not only read them
	bad  error
}

// Visit is told of each node after those below it.
func (p *patch) Visit(at *ast.Node) {
	instead := func(name string, args ...ast.Node) {
		p.any = true
		ast.Patch(at, &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args})
	}
	switch n := (*at).(type) {
	case *ast.IdentifierNode:
		if n.Value == "$env" {
			p.bad = errors.New("$env is not known: an expression names what it reads")
		}
	case *ast.ArrayNode, *ast.MapNode:
		p.made = true
	case *ast.PredicateNode:
		p.any, p.made = true, true
		n.Node = &ast.CallNode{Callee: &ast.IdentifierNode{Value: turning}, Arguments: []ast.Node{n.Node}}
	case *ast.BuiltinNode:
		if slices.Contains(large, n.Name) {
			p.made = true
			instead(calling, append([]ast.Node{&ast.StringNode{Value: n.Name}}, n.Arguments...)...)
		}
	case *ast.CallNode:
		p.made = true
		for i, arg := range n.Arguments {
			n.Arguments[i] = &ast.CallNode{Callee: &ast.IdentifierNode{Value: showing}, Arguments: []ast.Node{arg}}
		}
		instead(spending, n)
	case *ast.BinaryNode:
		p.binary(n, instead)
	}
}

func (p *patch) binary(n *ast.BinaryNode, instead func(string, ...ast.Node)) {
	switch {
	case n.Operator == "matches":
		instead(searching, n.Left, n.Right)
	case n.Operator == "+" && !number(n.Left) && !number(n.Right):
		p.made = true
		instead(adding, n.Left, n.Right)
	case (n.Operator == "==" || n.Operator == "!=" || n.Operator == "in") && !plain(n.Left) && !plain(n.Right):
		p.any = true
		n.Left = &ast.CallNode{Callee: &ast.IdentifierNode{Value: equating}, Arguments: []ast.Node{n.Left}}
		if n.Operator != "in" { // one by one against what is on the left
			n.Right = &ast.CallNode{Callee: &ast.IdentifierNode{Value: equating}, Arguments: []ast.Node{n.Right}}
		}
	}
}

func number(n ast.Node) bool {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return true
	default:
		return false
	}
}

func plain(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.BoolNode, *ast.NilNode:
		return true
	default:
		return number(n)
	}
}
