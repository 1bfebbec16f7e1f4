package secret

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Shortest is how long a secret has to be, in bytes, to be looked for: shorter
// ones are in many words.
const Shortest = 6

const hidden = "(redacted)"

// Hider takes secrets out of what is kept and shown, in the forms in which they
// are written into requests. A nil Hider hides nothing.
type Hider struct{ replacer *strings.Replacer }

// NewHider returns what hides the secrets, or nil if there is nothing to hide.
// Each line of a secret is one by itself, since logs are cut there.
func NewHider(secrets []string) *Hider {
	var forms []string
	for _, s := range secrets {
		for _, line := range append([]string{s}, strings.Split(s, "\n")...) {
			if len(line) < Shortest {
				continue
			}
			quoted, _ := json.Marshal(line) // texts always marshal
			forms = append(forms, line, url.QueryEscape(line), url.PathEscape(line), string(quoted[1:len(quoted)-1]),
				base64.StdEncoding.EncodeToString([]byte(line)), base64.StdEncoding.EncodeToString([]byte(line+":")))
		}
	}
	if len(forms) == 0 {
		return nil
	}
	slices.SortStableFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // one that holds another goes first
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range forms {
		pairs = append(pairs, form, hidden)
	}
	return &Hider{strings.NewReplacer(pairs...)}
}

// Text returns a text without the secrets.
func (h *Hider) Text(s string) string {
	if h == nil {
		return s
	}
	return h.replacer.Replace(s)
}

// Value returns a value of JSON without the secrets in its texts and names. What
// it is given is left as it was.
func (h *Hider) Value(v any) any {
	if h == nil {
		return v
	}
	switch v := v.(type) {
	case string:
		return h.Text(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = h.Value(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[h.Text(k)] = h.Value(v[k])
		}
		return out
	case float64:
		if text := strconv.FormatFloat(v, 'f', -1, 64); h.Text(text) != text {
			return hidden
		}
		return v
	default:
		return v
	}
}
