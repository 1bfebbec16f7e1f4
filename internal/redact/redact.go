// Package redact takes out of texts and documents what a project's rules name,
// before they are written into a log. All that writes logs of customers' data
// uses it.
package redact

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrRule refuses rules that cannot hold.
var ErrRule = fault.New(fault.Invalid, "log_redactions", "A rule is wrong.").At("log_redactions")

// Kind is how a rule finds what it takes out.
type Kind string

// The kinds of rules.
const (
	Field   Kind = "field"   // values of fields and headers of a name, wherever they stand
	Path    Kind = "path"    // what stands at a JSON pointer; * is any name or number
	Values  Kind = "values"  // what looks like something well known
	Pattern Kind = "pattern" // what a regular expression fits
)

// Rule takes something out.
type Rule struct {
	Kind  Kind   `json:"kind"`
	Match string `json:"match"`
}

// Mark stands where something was taken out.
const Mark = "[redacted]"

const (
	mostRules = 50
	longest   = 200 // characters of a rule
)

// known are values that are found by how they look.
var known = map[string]*regexp.Regexp{
	"email":       regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`),
	"card_number": regexp.MustCompile(`\b\d(?:[ -]?\d){12,18}\b`),
	"iban":        regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b`),
	"phone":       regexp.MustCompile(`\+\d(?:[ ()./-]{0,2}\d){6,14}`),
	"ipv4":        regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`),
}

// Known are the names of values that are found by how they look.
var Known = []string{"email", "card_number", "iban", "phone", "ipv4"}

// Rules are a project's, ready for use. Those that are nil take nothing out.
type Rules struct {
	fields   map[string]bool
	named    *regexp.Regexp // in texts: the field's name, and its value
	paths    [][]string
	patterns []*regexp.Regexp
	all      bool
}

// Everything leaves nothing of what it is given: it stands for rules that are not known.
var Everything = &Rules{all: true}

var name = regexp.MustCompile(`^[A-Za-z0-9_$.-]+$`)

// New reads rules. Regular expressions are RE2's, which take time in proportion to
// what they read, whatever they say.
func New(all []Rule) (*Rules, error) {
	if len(all) == 0 {
		return nil, nil
	}
	wrong := func(format string, args ...any) error {
		return fault.New(ErrRule.Kind, ErrRule.Code, format, args...).At("log_redactions")
	}
	if len(all) > mostRules {
		return nil, wrong("A project has at most %d rules.", mostRules)
	}
	r := &Rules{fields: map[string]bool{}}
	var names []string
	for _, rule := range all {
		m := rule.Match
		if m == "" || len(m) > longest {
			return nil, wrong("A rule has 1 to %d characters.", longest)
		}
		switch rule.Kind {
		case Field:
			if !name.MatchString(m) {
				return nil, wrong("%q is no name of a field: letters, digits and _ $ . - are.", m)
			}
			r.fields[strings.ToLower(m)] = true
			names = append(names, regexp.QuoteMeta(m))
		case Path:
			if !strings.HasPrefix(m, "/") {
				return nil, wrong("%q is no path: it begins with /, like /user/email.", m)
			}
			steps := strings.Split(m[1:], "/")
			for i := range steps {
				steps[i] = strings.ReplaceAll(strings.ReplaceAll(steps[i], "~1", "/"), "~0", "~")
			}
			r.paths = append(r.paths, steps)
		case Values:
			re, ok := known[m]
			if !ok {
				return nil, wrong("%q is none of the values that are known: %s.", m, strings.Join(Known, ", "))
			}
			r.patterns = append(r.patterns, re)
		case Pattern:
			re, err := regexp.Compile(m)
			if err != nil {
				return nil, wrong("%q is no regular expression: %s.", m, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			}
			if re.MatchString("") {
				return nil, wrong("%q fits nothing at all, too, and so would be everywhere.", m)
			}
			r.patterns = append(r.patterns, re)
		default:
			return nil, wrong("%q is no kind of rule.", rule.Kind)
		}
	}
	if len(names) > 0 {
		r.named = regexp.MustCompile(`(?i)((?:^|[^A-Za-z0-9_$-])["']?(?:` + strings.Join(names, "|") + `)["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\r\n,;&}\])]+)`)
	}
	return r, nil
}

// Text returns a text as it may be kept. One that is JSON is taken apart.
func (r *Rules) Text(s string) string {
	if r == nil || s == "" {
		return s
	}
	if r.all {
		return Mark
	}
	if t := strings.TrimSpace(s); t[:min(1, len(t))] == "{" || t[:min(1, len(t))] == "[" {
		var doc any
		d := json.NewDecoder(strings.NewReader(t))
		d.UseNumber()
		if d.Decode(&doc) == nil && !d.More() {
			clean, err := json.Marshal(r.JSON(doc))
			if err == nil {
				return string(clean)
			}
		}
	}
	return r.plain(s)
}

// plain is Text for what is no document.
func (r *Rules) plain(s string) string {
	if r.named != nil {
		s = r.named.ReplaceAllString(s, "${1}"+Mark)
	}
	for _, re := range r.patterns {
		s = re.ReplaceAllLiteralString(s, Mark)
	}
	return s
}

// JSON returns a document as it may be kept; the one that is given is changed.
func (r *Rules) JSON(doc any) any {
	if r == nil {
		return doc
	}
	if r.all {
		return Mark
	}
	for _, p := range r.paths {
		doc = cut(doc, p)
	}
	return r.scrub(doc)
}

func (r *Rules) scrub(doc any) any {
	switch v := doc.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) { // and not those that are made on the way
			in, clean := v[k], r.plainName(k)
			if clean != k {
				delete(v, k)
			}
			if r.fields[strings.ToLower(k)] {
				v[clean] = Mark
			} else {
				v[clean] = r.scrub(in)
			}
		}
	case []any:
		for i := range v {
			v[i] = r.scrub(v[i])
		}
	case string:
		return r.Text(v) // a text may be a document, too
	case json.Number:
		if s := v.String(); r.plain(s) != s {
			return Mark
		}
	case float64:
		if s, err := json.Marshal(v); err == nil && r.plain(string(s)) != string(s) {
			return Mark
		}
	}
	return doc
}

// plainName is a name that may itself be what is taken out, such as an e-mail.
func (r *Rules) plainName(s string) string {
	for _, re := range r.patterns {
		s = re.ReplaceAllLiteralString(s, Mark)
	}
	return s
}

// cut takes out what stands at a path.
func cut(doc any, path []string) any {
	if len(path) == 0 {
		return Mark
	}
	switch v := doc.(type) {
	case map[string]any:
		for k := range v {
			if path[0] == "*" || path[0] == k {
				v[k] = cut(v[k], path[1:])
			}
		}
	case []any:
		for i := range v {
			if path[0] == "*" || path[0] == number(i) {
				v[i] = cut(v[i], path[1:])
			}
		}
	}
	return doc
}

func number(i int) string {
	b, _ := json.Marshal(i) // a number always marshals
	return string(b)
}

// Header returns the value of a header as it may be kept.
func (r *Rules) Header(name, value string) string {
	if r != nil && r.fields[strings.ToLower(name)] {
		return Mark
	}
	return r.Text(value)
}

// longestHidden is how many bytes a value has that is taken out of a text that was cut off.
const longestHidden = 500

// Head returns the beginning of a text as it may be kept. Half of what is to be
// taken out would fit no rule: the beginning loses its end.
func (r *Rules) Head(s string) string {
	if r == nil {
		return s
	}
	return r.Text(strings.ToValidUTF8(s[:max(0, len(s)-longestHidden)], "")) + "…"
}

// Path returns the path of a URL as it may be kept, in whichever way its bytes were escaped.
func (r *Rules) Path(s string) string {
	if r == nil {
		return s
	}
	if r.all {
		return Mark
	}
	for _, spelt := range []string{s, unescaped(s)} {
		if clean := r.plain(spelt); clean != spelt {
			return clean
		}
	}
	return s
}

func unescaped(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}
