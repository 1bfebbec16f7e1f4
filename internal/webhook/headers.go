package webhook

import (
	"encoding/json"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/patchbay-dev/patchbay/internal/secret"
)

// An endpoint's own headers may hold the receiver's key, so they are sealed
// together, and shown by their names alone.

const (
	maxHeaders     = 20
	maxHeaderName  = 100
	maxHeaderValue = 4000
)

// Mask stands for what is not shown.
const Mask = "********"

// reserved are headers that belong to the connection or to us; so do those that begin so.
var (
	reserved = []string{
		"Host", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Connection", "Keep-Alive", "Te", "Trailer",
		"Upgrade", "Expect", "Accept-Encoding", "Forwarded", "Via", "User-Agent",
	}
	reservedBeginnings = []string{"Webhook-", "X-Pd-", "X-Patchbay-", "Proxy-", "X-Forwarded-", "Sec-", ":"}
)

func headersAssociated(endpointID string) string { return "webhook_headers|" + endpointID }

// checkHeaders returns why the headers cannot be an endpoint's own.
func checkHeaders(headers map[string]string) error {
	if len(headers) > maxHeaders {
		return invalid("headers", "An endpoint has at most %d headers of its own.", maxHeaders)
	}
	for name, v := range headers {
		switch {
		case len(name) > maxHeaderName || !httpguts.ValidHeaderFieldName(name):
			return invalid("headers", "%q is no name of a header.", clipTo(name, maxHeaderName))
		case slices.Contains(reserved, name) || slices.ContainsFunc(reservedBeginnings, func(b string) bool { return strings.HasPrefix(name, b) }):
			return invalid("headers", "The header %s is not yours to set: it belongs to the connection or to Patchbay.", name)
		case v == "" || len(v) > maxHeaderValue || strings.ContainsFunc(v, notInHeader):
			return invalid("headers", "The value of %s is empty, longer than %d characters, or holds what a header cannot.", name, maxHeaderValue)
		case v == Mask:
			return invalid("headers", "The value of %s is the mask that stands for it. Leave the header out to keep it as it is.", name)
		}
	}
	return nil
}

// mergeHeaders changes headers as a person asked: a value sets, nil removes,
// and what is not named stays.
func mergeHeaders(headers map[string]string, changes map[string]*string) map[string]string {
	out := map[string]string{}
	for name, v := range headers {
		out[name] = v
	}
	for name, v := range changes {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if v == nil {
			delete(out, name)
		} else {
			out[name] = *v
		}
	}
	return out
}

func sealHeaders(box *secret.Box, endpointID string, headers map[string]string) ([]byte, error) {
	if len(headers) == 0 {
		return nil, nil
	}
	plain, err := json.Marshal(headers)
	if err != nil {
		return nil, fmt.Errorf("encode headers: %w", err)
	}
	sealed, err := box.Seal(plain, headersAssociated(endpointID))
	if err != nil {
		return nil, fmt.Errorf("seal headers: %w", err)
	}
	return sealed, nil
}

// ownHeaders returns the endpoint's own headers in the clear.
func (e *Endpoint) ownHeaders(box *secret.Box) (map[string]string, error) {
	if e.Headers == nil {
		return nil, nil
	}
	plain, err := box.Open(e.Headers, headersAssociated(e.ID))
	if err != nil {
		return nil, fmt.Errorf("open headers of %s: %w", e.ID, err)
	}
	var out map[string]string
	if err := json.Unmarshal(plain, &out); err != nil {
		return nil, fmt.Errorf("decode headers of %s: %w", e.ID, err)
	}
	return out, nil
}
