package runner

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// shortest is how long a secret has to be to be looked for: shorter ones are in
// many words.
const shortest = 6

const redacted = "(redacted)"

// Redact takes secrets out of what is logged and told of a failure, in the forms
// in which they are written into requests.
func Redact(res *Result, secrets []string) {
	var pairs []string
	for _, s := range lines(secrets) {
		if len(s) < shortest {
			continue
		}
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s)), base64.StdEncoding.EncodeToString([]byte(s + ":"))} {
			pairs = append(pairs, form, redacted)
		}
	}
	if len(pairs) == 0 {
		return
	}
	clean := strings.NewReplacer(pairs...).Replace
	for i := range res.Logs {
		res.Logs[i].Text = clean(res.Logs[i].Text)
	}
	if f := res.Failure; f != nil {
		f.Name, f.Message, f.Stack = clean(f.Name), clean(f.Message), clean(f.Stack)
	}
	if s, ok := res.Exports["$summary"].(string); ok {
		res.Exports["$summary"] = clean(s)
	}
}

// lines are secrets, and the lines of those that have several: logs are cut there.
func lines(secrets []string) []string {
	all := secrets[:len(secrets):len(secrets)]
	for _, s := range secrets {
		if strings.Contains(s, "\n") {
			all = append(all, strings.Split(s, "\n")...)
		}
	}
	return all
}
