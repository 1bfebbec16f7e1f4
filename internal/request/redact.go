package request

import (
	"encoding/json"
	"mime"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// MaxBody is the longest body that is kept, in bytes.
const MaxBody = 16 << 10

const redacted = "[redacted]"

// secretName fits names of fields whose values are not kept. It rather hides too much.
var secretName = regexp.MustCompile(`(?i)secret|token|passw|passphrase|authorization|credential|cookie|session|private|signature|api[_-]?key|access[_-]?key|^key$|^pin$|^otp$|^ssn$|^cvc$|^cvv$|card[_-]?number|^iban$`)

// Redact returns a body as it may be kept: short, text, and without the values
// of fields that look secret. hide takes out what is known to be secret. whole
// says whether raw is all of the body.
func Redact(kind string, raw []byte, whole bool, hide func(string) string) *Body {
	b := &Body{Type: kind}
	media, _, _ := mime.ParseMediaType(kind)
	switch {
	case len(raw) == 0 && whole:
		b.Omitted = "empty"
	case !whole || len(raw) > MaxBody:
		b.Omitted = "too_long" // half a document cannot be redacted
	case strings.HasSuffix(media, "json"):
		var doc any
		if json.Unmarshal(raw, &doc) != nil {
			b.Omitted = "unreadable"
			return b
		}
		clean, _ := json.Marshal(scrub(doc)) // came from JSON
		b.Text = hide(string(clean))
	case media == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			b.Omitted = "unreadable"
			return b
		}
		for name := range form {
			if secretName.MatchString(name) {
				form[name] = []string{redacted}
			}
			for i, v := range form[name] {
				form[name][i] = hide(v) // before it is escaped
			}
		}
		b.Text = hide(form.Encode())
	case strings.HasPrefix(media, "text/") && utf8.Valid(raw):
		b.Text = hide(strings.ReplaceAll(string(raw), "\x00", ""))
	default:
		b.Omitted = "not_text"
	}
	return b
}

func scrub(doc any) any {
	switch v := doc.(type) {
	case map[string]any:
		for k := range v {
			if secretName.MatchString(k) {
				v[k] = redacted
			} else {
				v[k] = scrub(v[k])
			}
		}
	case []any:
		for i := range v {
			v[i] = scrub(v[i])
		}
	}
	return doc
}

// Path returns a URL's path with the names of its parameters.
func Path(u *url.URL) string {
	path := u.EscapedPath()
	if u.RawQuery != "" {
		sep := "?"
		for pair := range strings.SplitSeq(u.RawQuery, "&") {
			name, _, valued := strings.Cut(pair, "=")
			if valued {
				path += sep + name + "="
			} else {
				path += sep + "…" // a value without a name
			}
			sep = "&"
		}
	}
	path = strings.ToValidUTF8(path, "�")
	if len(path) > maxPath {
		path = strings.ToValidUTF8(path[:maxPath], "") + "…"
	}
	return path
}

const maxPath = 1000
