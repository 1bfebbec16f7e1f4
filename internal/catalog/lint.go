package catalog

import (
	_ "embed"
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

//go:embed schema/app.v1.yaml
var schemaSource []byte

var schema = mustSchema()

func mustSchema() *jsonschema.Schema {
	doc, err := yaml.YAMLToJSON(schemaSource)
	if err != nil {
		panic(err) // the file is embedded
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(doc)))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("app.v1.json", parsed); err != nil {
		panic(err)
	}
	return c.MustCompile("app.v1.json")
}

// Problem is one rule that an app file breaks.
type Problem struct {
	Line int    // from 1; 0 = the file as a whole
	Path string // such as auth[0].token.url
	Text string // one sentence
}

func (p Problem) String() string {
	if p.Path == "" {
		return fmt.Sprintf("line %d: %s", p.Line, p.Text)
	}
	return fmt.Sprintf("line %d: %s: %s", p.Line, p.Path, p.Text)
}

// Lint returns every rule that an app file breaks, in the order of its lines.
// The app is nil when the file cannot be read at all.
func Lint(src []byte) (*App, []Problem) {
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, []Problem{syntax(err)}
	}
	doc, err := yaml.YAMLToJSON(src)
	if err != nil {
		return nil, []Problem{syntax(err)}
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(doc)))
	if err != nil {
		return nil, []Problem{{Text: err.Error()}}
	}
	at := lines{file}
	if err := schema.Validate(parsed); err != nil {
		return nil, at.explain(err)
	}
	var a App
	if err := yaml.Unmarshal(src, &a); err != nil {
		return nil, []Problem{syntax(err)}
	}
	var found []Problem
	a.rules(func(path, format string, args ...any) {
		found = append(found, Problem{at.line(path), path, fmt.Sprintf(format, args...)})
	})
	slices.SortStableFunc(found, func(x, y Problem) int { return x.Line - y.Line })
	return &a, found
}

func syntax(err error) Problem {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil {
		return Problem{Line: e.GetToken().Position.Line, Text: e.GetMessage()}
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return Problem{Text: text}
}

// lines finds where in the file a value stands.
type lines struct{ file *ast.File }

// line returns the line of a path such as auth[0].token.url, or of the nearest
// part of it that is in the file.
func (l lines) line(path string) int {
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

func (l lines) explain(err error) []Problem {
	top, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []Problem{{Text: err.Error()}}
	}
	var found []Problem
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			path := spell(e.InstanceLocation)
			found = append(found, Problem{l.line(path), path, sentence(e)})
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(top)
	slices.SortStableFunc(found, func(x, y Problem) int { return x.Line - y.Line })
	return found
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
