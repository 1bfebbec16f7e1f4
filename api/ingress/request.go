package ingress

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Request is a call as a workflow or a webhook sees it.
type Request struct {
	Method   string            `json:"method"`
	Path     string            `json:"path"`
	Query    map[string]any    `json:"query"`
	Headers  map[string]string `json:"headers"`
	Body     any               `json:"body"`
	ClientIP string            `json:"client_ip"`
	URL      string            `json:"url"`
}

// read takes a request in. The credential that was for us is left out: what is
// stored can be seen by people who may not have it.
func read(c *gin.Context, path string, ours bool) (*Request, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, errTooLarge
		}
		return nil, fault.New(fault.Invalid, "body", "The body broke off.").Because(err)
	}
	scheme := "http"
	if c.Request.TLS != nil {
		scheme = "https"
	}
	r := &Request{
		Method: c.Request.Method, Path: path, Query: map[string]any{}, Headers: map[string]string{}, ClientIP: c.ClientIP(),
		URL: scheme + "://" + c.Request.Host + c.Request.URL.RequestURI(), Body: decode(c.GetHeader("Content-Type"), raw),
	}
	for k, v := range c.Request.URL.Query() {
		r.Query[k] = one(v)
	}
	for k, v := range c.Request.Header {
		if k = strings.ToLower(k); k != "cookie" && (k != "authorization" || !ours) {
			r.Headers[k] = strings.Join(v, ", ")
		}
	}
	return r, nil
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
