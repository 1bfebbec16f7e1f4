// Package document reads files that people write in YAML, and says on which line
// a file breaks which rule.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Form is what a kind of file has to look like.
type Form struct{ schema *jsonschema.Schema }

// MustForm returns the form with the $id that a JSON Schema, written in YAML,
// describes; others are those that it speaks of. It panics if that is none: such
// files are embedded.
func MustForm(id string, source []byte, others ...[]byte) *Form {
	c := jsonschema.NewCompiler()
	for _, src := range append(others, source) {
		doc, err := yaml.YAMLToJSON(src)
		if err != nil {
			panic(err)
		}
		parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(doc)))
		if err != nil {
			panic(err)
		}
		named, _ := parsed.(map[string]any)
		if err := c.AddResource(fmt.Sprint(named["$id"]), parsed); err != nil {
			panic(err)
		}
	}
	return &Form{c.MustCompile(id)}
}

// Problem is one rule that a file breaks.
type Problem struct {
	Line int    // from 1; 0 = the file as a whole
	Path string // such as auth[0].token.url
	Code string // which rule, for programs: it does not change
	Text string // one sentence
}

// The codes of problems that every kind of file can have.
const (
	Syntax  = "yaml"          // it cannot be read
	Deep    = "too_deep"      // its parts are nested too deep, or it repeats itself too often
	Missing = "field_missing" // a field that has to be there is not
	Unknown = "field_unknown" // there is no such field
	Shape   = "field_type"    // the field is of another type
	Value   = "field_value"   // the field has a value that it cannot have
	Rule    = "rule"          // it breaks a rule beyond its form
)

func (p Problem) String() string {
	if p.Path == "" {
		return fmt.Sprintf("line %d: %s", p.Line, p.Text)
	}
	return fmt.Sprintf("line %d: %s: %s", p.Line, p.Path, p.Text)
}

// Read reads a file into what into points to. The problems are those of the
// form, in the order of the lines; there are none where the file was read.
func (f *Form) Read(src []byte, into any) (*Lines, []Problem) {
	if line := nested(src); line > 0 {
		return nil, []Problem{{Line: line, Code: Deep, Text: fmt.Sprintf("parts are nested more than %d deep", maxDepth)}}
	}
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, []Problem{syntax(err)}
	}
	if p, ok := overblown(file); ok {
		return nil, []Problem{p}
	}
	doc, err := yaml.YAMLToJSON(src)
	if err != nil {
		return nil, []Problem{syntax(err)}
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(doc)))
	if err != nil {
		return nil, []Problem{{Code: Syntax, Text: err.Error()}}
	}
	at := &Lines{file}
	if err := f.schema.Validate(parsed); err != nil {
		return nil, at.explain(err)
	}
	if err := yaml.Unmarshal(src, into); err != nil {
		return nil, []Problem{syntax(err)}
	}
	return at, nil
}

// Judge collects what rules beyond the form find, in the order of the lines.
func (l *Lines) Judge(rules func(bad func(path, format string, args ...any))) []Problem {
	return l.JudgeBy(func(bad func(code, path, format string, args ...any)) {
		rules(func(path, format string, args ...any) { bad(Rule, path, format, args...) })
	})
}

// JudgeBy is Judge for rules that have codes of their own.
func (l *Lines) JudgeBy(rules func(bad func(code, path, format string, args ...any))) []Problem {
	var found []Problem
	rules(func(code, path, format string, args ...any) {
		found = append(found, Problem{l.Line(path), path, code, fmt.Sprintf(format, args...)})
	})
	slices.SortStableFunc(found, func(x, y Problem) int { return x.Line - y.Line })
	return found
}

// maxDepth is how deep a file nests its parts. The parser's work grows with the
// square of it.
const maxDepth = 60

// nested returns the line on which brackets or list marks go too deep, or 0. It
// looks at the text alone, before anything is parsed.
func nested(src []byte) int {
	depth := 0
	for i, line := range bytes.Split(src, []byte("\n")) {
		marks := line
		for n := 0; bytes.HasPrefix(bytes.TrimLeft(marks, " "), []byte("- ")); n++ {
			if n >= maxDepth {
				return i + 1
			}
			marks = bytes.TrimLeft(marks, " ")[2:]
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
			if depth > maxDepth {
				return i + 1
			}
		}
	}
	return 0
}

// maxAliases is how often a file may repeat a part of itself by name.
const maxAliases = 50

// overblown finds a file that is small and would be large once its aliases are
// filled in.
func overblown(file *ast.File) (Problem, bool) {
	v := &aliases{}
	for _, doc := range file.Docs {
		ast.Walk(v, doc)
	}
	if v.bad == nil {
		return Problem{}, false
	}
	return Problem{Line: v.bad.GetToken().Position.Line, Code: Deep, Text: fmt.Sprintf("a file repeats parts of itself at most %d times, and no part within another", maxAliases)}, true
}

type aliases struct {
	n   int
	bad ast.Node
}

// Visit counts aliases, and looks for one within an anchor.
func (v *aliases) Visit(node ast.Node) ast.Visitor {
	switch n := node.(type) {
	case *ast.AliasNode:
		if v.n++; v.n > maxAliases && v.bad == nil {
			v.bad = n
		}
	case *ast.AnchorNode:
		within := &aliases{}
		ast.Walk(within, n.Value)
		if within.n > 0 && v.bad == nil {
			v.bad = n
		}
	}
	return v
}

func syntax(err error) Problem {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil {
		return Problem{Line: e.GetToken().Position.Line, Code: Syntax, Text: e.GetMessage()}
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return Problem{Code: Syntax, Text: text}
}

// Lines finds where in a file a value stands.
type Lines struct{ file *ast.File }

// LineOf is Line for a file that is read for nothing else.
func LineOf(src []byte, path string) int {
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		return 1
	}
	return (&Lines{file}).Line(path)
}

// Line returns the line of a path such as auth[0].token.url, or of the nearest
// part of it that is in the file.
func (l *Lines) Line(path string) int {
	for path != "" {
		p, err := yaml.PathString("$." + path)
		if err == nil {
			if node, err := p.FilterFile(l.file); err == nil && node != nil && node.GetToken() != nil {
				return node.GetToken().Position.Line
			}
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			break
		}
		path = path[:cut]
	}
	return 1
}

func (l *Lines) explain(err error) []Problem {
	top, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []Problem{{Code: Value, Text: err.Error()}}
	}
	var found []Problem
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			path := spell(e.InstanceLocation)
			at := path
			if k, ok := e.ErrorKind.(*kind.AdditionalProperties); ok && len(k.Properties) > 0 {
				at = spell(append(slices.Clone(e.InstanceLocation), k.Properties[0]))
			}
			found = append(found, Problem{l.Line(at), path, codeOf(e), sentence(e)})
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(top)
	slices.SortStableFunc(found, func(x, y Problem) int { return x.Line - y.Line })
	return found
}

func codeOf(e *jsonschema.ValidationError) string {
	switch e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		return Unknown
	case *kind.Required:
		return Missing
	case *kind.Type:
		return Shape
	default:
		return Value
	}
}

var printer = message.NewPrinter(language.English)

func sentence(e *jsonschema.ValidationError) string {
	if k, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
		return fmt.Sprintf("there is no field %s here", strings.Join(k.Properties, ", "))
	}
	return e.ErrorKind.LocalizedString(printer)
}

var digits = regexp.MustCompile(`^[0-9]+$`)

func spell(location []string) string {
	var b strings.Builder
	for _, part := range location {
		switch {
		case digits.MatchString(part):
			b.WriteString("[" + part + "]")
		case b.Len() == 0:
			b.WriteString(part)
		default:
			b.WriteString("." + part)
		}
	}
	return b.String()
}
