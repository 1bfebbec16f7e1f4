package inbound

import (
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Call is a request as a workflow or a webhook sees it.
type Call struct {
	Method   string            `json:"method"`
	Path     string            `json:"path"`
	Query    map[string]any    `json:"query"`
	Headers  map[string]string `json:"headers"`
	Body     any               `json:"body"`
	ClientIP string            `json:"client_ip"`
	URL      string            `json:"url"`
	Batch    *Batch            `json:"batch,omitempty"` // it came with others in one request
}

// Batch says of an event which request it came with.
type Batch struct {
	ID    string `json:"id"`
	Index int    `json:"index"` // from 0
	Of    int    `json:"of"`
	Key   string `json:"key,omitempty"` // what it belongs to, as the trigger's settings say
}

// Call returns the request as it is shown. Where the credential was for us it is
// left out: what is stored can be seen by people who may not have it.
func (r *Request) Call(path, clientIP string, ours bool) *Call {
	c := &Call{
		Method: r.Method, Path: path, Query: map[string]any{}, Headers: map[string]string{}, ClientIP: clientIP, URL: r.URL,
	}
	if c.Body = r.doc; !r.shown {
		c.Body = decode(r.Header.Get("Content-Type"), r.Body)
	}
	for k, v := range r.query() {
		c.Query[k] = one(v)
	}
	for k, v := range r.Header {
		if k = strings.ToLower(k); k != "cookie" && (k != "authorization" || !ours) {
			c.Headers[k] = strings.Join(v, ", ")
		}
	}
	return c
}

func one(v []string) any {
	if len(v) == 1 {
		return v[0]
	}
	return v
}

// decode reads a body by its type: JSON and forms as values, text as text, and
// anything else in base64. JSON that is none is kept as the text it is.
func decode(contentType string, raw []byte) any {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case len(raw) == 0:
		return nil
	case kind == "application/x-www-form-urlencoded":
		if form, err := url.ParseQuery(string(raw)); err == nil {
			out := map[string]any{}
			for k, v := range form {
				out[k] = one(v)
			}
			return out
		}
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		var v any
		if json.Unmarshal(raw, &v) == nil {
			return v
		}
	}
	if utf8.Valid(raw) {
		return strings.ReplaceAll(string(raw), "\x00", "")
	}
	return map[string]any{"base64": base64.StdEncoding.EncodeToString(raw)}
}

// Hide takes out of c what proves the caller, where v says that the proof is the
// secret itself.
func (c *Call) Hide(v *catalog.EventVerify) {
	switch v.Kind {
	case "basic":
		delete(c.Headers, "authorization")
	case "token", "jwt":
		delete(c.Headers, strings.ToLower(v.Header))
		if v.Query == "" {
			return
		}
		delete(c.Query, v.Query)
		if at, err := url.Parse(c.URL); err == nil {
			q := at.Query()
			q.Del(v.Query)
			at.RawQuery = q.Encode()
			c.URL = at.String()
		}
	}
}
