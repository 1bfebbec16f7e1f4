package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
)

// hidden stands where a request's credential was.
const hidden = "[hidden]"

// shown is what came in as the caller may see it. The request that an event was made
// of keeps the credentials in its headers, since a workflow or a receiver may go by
// them: programs are shown them, and people only that there were some.
func shown(ctx context.Context, doc any) any {
	if principal(ctx).Member == nil {
		return doc
	}
	return withoutCredentials(doc)
}

// shownText is shown for a document that is text. What is no JSON stays as it is.
func shownText(ctx context.Context, text string) string {
	if principal(ctx).Member == nil || !strings.Contains(strings.ToLower(text), "authorization") {
		return text
	}
	var doc any
	in := json.NewDecoder(strings.NewReader(text))
	in.UseNumber()
	if in.Decode(&doc) != nil {
		return text
	}
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	if to.Encode(withoutCredentials(doc)) != nil {
		return text
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func withoutCredentials(doc any) any {
	switch v := doc.(type) {
	case map[string]any:
		for k := range v {
			if headers, ok := v[k].(map[string]any); ok && k == "headers" {
				for name := range headers {
					if n := strings.ToLower(name); n == "authorization" || n == "proxy-authorization" {
						headers[name] = hidden
					}
				}
			}
			v[k] = withoutCredentials(v[k])
		}
	case []any:
		for i := range v {
			v[i] = withoutCredentials(v[i])
		}
	}
	return doc
}
