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
	keys := []secret.Text{key}
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	h.Set("Webhook-Signature", StandardSignature(keys, id, now, body))
	h.Set("X-Pd-Signature", Signature(keys, now, body))
	h.Set("X-Pd-Timestamp", now.UTC().Format(time.RFC3339))
}
