package catalog

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
)

// hole is {{ name }}, {{ name/pointer }} or {{ name | filter: argument }}.
var hole = regexp.MustCompile(`\{\{\s*([a-zA-Z_][a-zA-Z0-9_.\-]*(?:/[^\s|}]*)?)\s*((?:\|[^}]*)?)\}\}`)

// Expand fills the holes of a text with values, by name. A hole without a value
// is an error, unless a filter says what to do.
//
// Filters: default: text · omit_empty · urlquery · base64 · lower · json.
func Expand(text string, values map[string]string) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	var out strings.Builder
	var missing error
	for _, p := range piecesOf(text) {
		out.WriteString(p.before)
		if p.name == "" {
			continue
		}
		v, ok := values[p.name]
		if ok && p.pointer != "" {
			v, ok = within(v, p.pointer)
		}
		v, ok = filter(v, ok, p.filters)
		if !ok && missing == nil {
			missing = fmt.Errorf("nothing is known of %s", p.name+p.pointer)
		}
		out.WriteString(v)
	}
	return out.String(), missing
}

// piece is a part of a text: some words and the hole after them.
type piece struct {
	before, name, pointer, filters string // name "" = no hole follows
}

// cut are the pieces of texts that were met: every call to an app expands a few.
var cut, _ = lru.New[string, []piece](4096) // it fails at sizes below one

func piecesOf(text string) []piece {
	if out, ok := cut.Get(text); ok {
		return out
	}
	var out []piece
	end := 0
	for _, m := range hole.FindAllStringSubmatchIndex(text, -1) {
		p := piece{before: text[end:m[0]], name: text[m[2]:m[3]], filters: text[m[4]:m[5]]}
		if i := strings.IndexByte(p.name, '/'); i >= 0 {
			p.name, p.pointer = p.name[:i], p.name[i:]
		}
		out, end = append(out, p), m[1]
	}
	out = append(out, piece{before: text[end:]})
	cut.Add(text, out)
	return out
}

func filter(v string, ok bool, filters string) (string, bool) {
	for f := range strings.SplitSeq(filters, "|") {
		name, arg, _ := strings.Cut(strings.TrimSpace(f), ":")
		switch strings.TrimSpace(name) {
		case "default":
			if v == "" {
				v, ok = strings.TrimSpace(arg), true
			}
		case "omit_empty":
			ok = true
		case "urlquery":
			v = url.QueryEscape(v)
		case "base64":
			v = base64.StdEncoding.EncodeToString([]byte(v))
		case "lower":
			v = strings.ToLower(v)
		case "json":
			b, _ := json.Marshal(v) // a string always marshals
			v = string(b)
		}
	}
	return v, ok
}

func within(doc, pointer string) (string, bool) {
	var v any
	if json.Unmarshal([]byte(doc), &v) != nil {
		return "", false
	}
	found, ok := Pointer(v, pointer)
	if !ok {
		return "", false
	}
	return Text(found), true
}

// Pointer returns what stands at a JSON pointer (RFC 6901). "" is the whole.
func Pointer(doc any, p string) (any, bool) {
	if p == "" {
		return doc, true
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(p, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch v := doc.(type) {
		case map[string]any:
			next, ok := v[part]
			if !ok {
				return nil, false
			}
			doc = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			doc = v[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

// Text writes a JSON value as text: null as nothing, numbers without an exponent.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		b, _ := json.Marshal(v) // came from JSON
		return string(b)
	}
}

// Joined reads "pointer + text + pointer" from an answer, or "" when a pointer
// leads nowhere.
func Joined(doc any, expression string) string {
	if expression == "" {
		return ""
	}
	var b strings.Builder
	for part := range strings.SplitSeq(expression, " + ") {
		if !strings.HasPrefix(part, "/") {
			b.WriteString(part)
			continue
		}
		v, ok := Pointer(doc, part)
		if !ok || v == nil {
			return ""
		}
		b.WriteString(Text(v))
	}
	return b.String()
}
