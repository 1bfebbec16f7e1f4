package webhook

import (
	"net/http"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/internal/secret"
)

// Sign gives a message that is no delivery the headers that a delivery has, so
// that who checks the one can check the other.
func Sign(h http.Header, key secret.Text, id string, now time.Time, body string) {
	SignAll(h, []secret.Text{key}, id, now, body)
}

// SignAll is Sign with more than one key, while one takes over from another.
func SignAll(h http.Header, keys []secret.Text, id string, now time.Time, body string) {
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	h.Set("Webhook-Signature", StandardSignature(keys, id, now, body))
	h.Set("X-Pd-Signature", Signature(keys, now, body))
	h.Set("X-Pd-Timestamp", now.UTC().Format(time.RFC3339))
}
