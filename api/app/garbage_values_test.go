package app_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// chance makes values of which some fit a schema and others do not.
type chance struct {
	*rand.Rand
	known map[string]string // things that there are, by the name of a parameter
}

func pick[T any](c *chance, from ...T) T { return from[c.IntN(len(from))] }

// odd are texts that programs have stumbled over.
var odd = []string{
	"", " ", "0", "-1", "1e999", "NaN", "null", "true", "undefined", "-", "..", "../../etc/passwd", "a/b", "%00", "%", "%25%32%66", "\x00", "\x7f", "\xff\xfe", "\u202e", "\ufeff", "😀", "İ", "ß",
	"' OR 1=1 --", "$1", "\\", "\"", "{{ 1 }}", "${{ 1 }}", "<script>alert(1)</script>", "=1+1", "*", "(", "[", "_w", "e30", "eyJhIjoxfQ", "2026-02-30T25:61:61Z", "0000-00-00", "9999-12-31T23:59:59Z",
	"999999999999999999999", "9223372036854775807", "-9223372036854775808", "https://", "http://[::1", "javascript:alert(1)", "http://169.254.169.254/", strings.Repeat("a", 300), strings.Repeat("é", 5000), "proj_", "apn_" + strings.Repeat("0", 26), "a,b,,c", "a&b=c", "#", "?", ";", "\t",
}

// text is one for a parameter: what there is, what fits, or an odd one.
func (c *chance) text(name string, s *openapi3.Schema) string {
	if v, ok := c.known[name]; ok && c.IntN(10) < 8 {
		return v
	}
	if s != nil && c.IntN(10) < 7 {
		if raw, err := json.Marshal(c.fits(s, 0)); err == nil {
			return strings.Trim(string(raw), `"`)
		}
	}
	if c.IntN(6) == 0 {
		for _, v := range c.known {
			return v // of another kind
		}
	}
	return pick(c, odd...)
}

// value is one for a schema, and for a part of them one of another schema.
func (c *chance) value(s *openapi3.Schema, depth int) any {
	if s == nil || c.IntN(12) == 0 {
		return c.anything(depth)
	}
	return c.fits(s, depth)
}

func (c *chance) fits(s *openapi3.Schema, depth int) any {
	switch {
	case len(s.Enum) > 0:
		return pick(c, s.Enum...)
	case s.Example != nil && c.IntN(2) == 0:
		return s.Example
	case s.Nullable && c.IntN(4) == 0, s.Type != nil && s.Type.Includes("null") && c.IntN(4) == 0:
		return nil
	}
	for _, any := range [][]*openapi3.SchemaRef{s.OneOf, s.AnyOf} {
		if len(any) > 0 {
			return c.value(pick(c, any...).Value, depth+1)
		}
	}
	t := s.Type
	switch {
	case t == nil && len(s.AllOf) == 0 && len(s.Properties) == 0:
		return c.anything(depth)
	case t == nil || t.Includes("object"):
		return c.object(s, depth)
	case t.Includes("array"):
		var out []any
		for range c.IntN(4) {
			out = append(out, c.value(s.Items.Value, depth+1))
		}
		return append([]any{}, out...)
	case t.Includes("boolean"):
		return c.IntN(2) == 0
	case t.Includes("integer"), t.Includes("number"):
		return c.number(s)
	}
	return c.written(s)
}

func (c *chance) number(s *openapi3.Schema) any {
	low, high := 0.0, 100.0
	if s.Min != nil {
		low = *s.Min
	}
	if s.Max != nil {
		high = *s.Max
	}
	return int64(pick(c, low, high, low-1, high+1, (low+high)/2))
}

func (c *chance) written(s *openapi3.Schema) string {
	switch s.Format {
	case "date-time":
		return pick(c, "2026-01-02T03:04:05Z", "1969-12-31T23:59:59.999999999-23:59", "2026-13-01T00:00:00Z")
	case "uri":
		return pick(c, "https://example.com/x?y=z", "http://localhost", "ftp://x", "http://127.0.0.1:9/")
	case "email":
		return pick(c, "ada@example.com", "a@b", "<a@b.c>\r\nBcc: x@y.z")
	}
	if c.IntN(3) == 0 {
		return pick(c, odd...)
	}
	n := 1
	if s.MaxLength != nil {
		n = int(pick(c, 1, s.MinLength, *s.MaxLength, min(*s.MaxLength+1, 70_000)))
	}
	return strings.Repeat(pick(c, "a", "Z", "7", "é"), max(n, 0))
}

// object has what a schema names: all of it, or a part, or more.
func (c *chance) object(s *openapi3.Schema, depth int) any {
	out := map[string]any{}
	c.properties(out, s, depth)
	for _, part := range s.AllOf {
		c.properties(out, part.Value, depth)
	}
	if c.IntN(8) == 0 {
		out[pick(c, "extra", "__proto__", "", "$ref", "id\x00")] = c.anything(depth + 1)
	}
	return out
}

func (c *chance) properties(out map[string]any, s *openapi3.Schema, depth int) {
	for name, p := range s.Properties {
		required := false
		for _, r := range s.Required {
			required = required || r == name
		}
		if required && c.IntN(15) > 0 || !required && depth < 4 && c.IntN(3) == 0 {
			if v, ok := c.known[name]; ok && c.IntN(2) == 0 {
				out[name] = v
			} else {
				out[name] = c.value(p.Value, depth+1)
			}
		}
	}
}

func (c *chance) anything(depth int) any {
	switch c.IntN(9) {
	case 0:
		return nil
	case 1:
		return c.IntN(2) == 0
	case 2:
		return pick[any](c, 0, -1, 1.5, 1e308, int64(1)<<62, json.Number("123456789012345678901234567890"))
	case 3:
		return []any{}
	case 4:
		return map[string]any{}
	case 5:
		if depth < 4 {
			return []any{c.anything(depth + 1), c.anything(depth + 1)}
		}
	case 6:
		if depth < 4 {
			return map[string]any{pick(c, odd...): c.anything(depth + 1)}
		}
	case 7:
		var deep any = 1
		for range 300 {
			deep = []any{deep}
		}
		return deep
	}
	return pick(c, odd...)
}

// body is a text that may be what an operation takes.
func (c *chance) body(s *openapi3.Schema) string {
	raw, err := json.Marshal(c.value(s, 0))
	if err != nil {
		return "{"
	}
	text := string(raw)
	switch c.IntN(20) {
	case 0:
		return text[:c.IntN(len(text))]
	case 1:
		return text + text
	case 2:
		return pick(c, "", " ", "null", "[]", "0", `""`, "{", "\xff", "a=b&c=d", `{"a":1,"a":2}`, strings.Repeat("[", 20_000), `{"a":`+strings.Repeat("9", 5000)+`}`)
	}
	return text
}

// path fills the holes of a path.
func (c *chance) path(path string) string {
	for {
		before, rest, ok := strings.Cut(path, "{")
		if !ok {
			return path
		}
		name, after, _ := strings.Cut(rest, "}")
		v := url.PathEscape(c.text(name, nil))
		path = before + v + after
	}
}
