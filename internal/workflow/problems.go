package workflow

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/patchbay-dev/patchbay/internal/document"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow/schema"
)

var form = document.MustForm(schema.ID, schema.Source)

// Problem is one rule that a definition breaks.
type Problem struct {
	Line int    `json:"line"` // from 1; 0 = not known
	Path string `json:"path"`
	Code string `json:"code"`
	Text string `json:"text"`
}

// broken is a rule that a definition breaks, and where.
type broken struct{ path, text string }

func (b *broken) Error() string { return b.path + ": " + b.text }

// invalid is a definition's fault: where it is, and what.
func invalid(where, format string, args ...any) error {
	return &broken{where, fmt.Sprintf(format, args...)}
}

// refused is the fault of a definition, with all that is wrong with it.
func refused(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	first, more := problems[0], ""
	if n := len(problems) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	where := first.Path + ": "
	switch {
	case first.Code == document.Syntax:
		where = "yaml: "
	case first.Path == "":
		where = "definition: "
	}
	if first.Line > 0 {
		more = fmt.Sprintf(" (line %d%s)", first.Line, strings.TrimSuffix(strings.Replace(more, " (", "; ", 1), ")"))
	}
	return fault.New(fault.Invalid, "definition", "%s%s%s", where, first.Text, more).With(map[string]any{"problems": problems})
}

// list takes joined errors apart. What is no problem of the definition is
// returned as it is.
func list(err error, lines *document.Lines) (problems []Problem, other error) {
	if err == nil {
		return nil, nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			found, other := list(e, lines)
			if other != nil {
				return nil, other
			}
			problems = append(problems, found...)
		}
		return problems, nil
	}
	b, ok := errors.AsType[*broken](err)
	if !ok {
		return nil, err
	}
	p := Problem{Path: b.path, Code: document.Rule, Text: b.text}
	if lines != nil {
		p.Line = lines.Line(b.path)
	}
	return []Problem{p}, nil
}

// Parse reads a definition that people write, in YAML or JSON, and returns all
// that is wrong with it, in the order of the lines.
func Parse(src []byte) (*Definition, []Problem, error) {
	var doc any
	lines, found := form.Read(src, &doc)
	if len(found) > 0 {
		problems := make([]Problem, len(found))
		for i, p := range found {
			problems[i] = Problem(p)
		}
		return nil, problems, nil
	}
	text, err := yaml.YAMLToJSON(src)
	if err != nil {
		return nil, []Problem{{Code: document.Syntax, Text: firstLine(err)}}, nil
	}
	d, err := decode(text)
	if err == nil {
		err = d.check()
	}
	problems, err := list(err, lines)
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return d, problems, err
}

// ParseYAML reads a definition that people write, in YAML or JSON. Its fault
// holds all that is wrong with it.
func ParseYAML(src []byte) (*Definition, error) {
	d, problems, err := Parse(src)
	if err != nil {
		return nil, err
	}
	return d, refused(problems)
}

// ParseJSON reads a definition that programs write, and whose form was checked.
func ParseJSON(src []byte) (*Definition, error) {
	d, err := decode(src)
	if err == nil {
		err = d.check()
	}
	problems, err := list(err, nil)
	if err != nil {
		return nil, err
	}
	return d, refused(problems)
}
