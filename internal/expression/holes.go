package expression

import (
	"errors"
	"strings"
)

// split cuts a text into what stands outside {{ }} and what stands inside:
// even parts are text, odd parts are expressions. Braces inside an expression's
// strings and maps are its own.
func split(text string) ([]string, error) {
	var parts []string
	for {
		before, rest, ok := strings.Cut(text, "{{")
		parts = append(parts, before)
		if !ok {
			return parts, nil
		}
		end := closing(rest)
		if end < 0 {
			return nil, errors.New("{{ has no }}")
		}
		parts = append(parts, strings.TrimSpace(rest[:end]))
		text = rest[end+2:]
	}
}

func closing(s string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			switch c {
			case '\\':
				i++
			case quote:
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}' && i+1 < len(s) && s[i+1] == '}':
			return i
		}
	}
	return -1
}

// IsHole reports whether a text is one expression and nothing else.
func IsHole(text string) bool {
	parts, err := split(strings.TrimSpace(text))
	return err == nil && len(parts) == 3 && parts[0] == "" && parts[2] == ""
}

// Holes are the expressions of a text, without their braces. There are none in a
// text that cannot be read.
func Holes(text string) []string {
	parts, err := split(text)
	if err != nil {
		return nil
	}
	var found []string
	for i := 1; i < len(parts); i += 2 {
		found = append(found, parts[i])
	}
	return found
}
