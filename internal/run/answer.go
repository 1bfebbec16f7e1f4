package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// callFault words a failed call for the owner of the workflow, without the
// addresses that an error text would show.
func callFault(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	class := egress.Class(err)
	words := map[string]string{
		"timeout": "The call was not answered in time.", "tls": "The server's certificate was not accepted.",
		"dns": "The host's name could not be resolved.", "connection": "The connection could not be made, or broke off.",
		"url": "The address is none that can be called: it begins with https:// and a host.", "blocked_address": "The address is not open to workflows.",
		"protocol": "What was answered is no HTTP.", "proxy": "The proxy on the way out did not let the call through.",
	}
	return fault.New(fault.Unavailable, "call_"+class, "%s", words[class]).Because(err)
}

func flat(h http.Header) map[string]string {
	out := make(map[string]string, len(h))
	for k, v := range h {
		out[strings.ToLower(k)] = strings.Join(v, ", ")
	}
	return out
}

// decode reads an answer as JSON when it says that it is, else as text.
func decode(contentType string, body []byte) any {
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind == "application/json" || strings.HasSuffix(kind, "+json") {
		var v any
		if json.Unmarshal(body, &v) == nil {
			return v
		}
	}
	if !utf8.Valid(body) {
		return fmt.Sprintf("%d bytes that are not text", len(body))
	}
	return strings.ReplaceAll(string(body), "\x00", "")
}
