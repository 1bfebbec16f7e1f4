package webhook

import (
	"net/http"
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Headers are what a delivery of the event carries to an endpoint without
// wishes of its own, signed with key in both ways, when its body is sent as it is.
func Headers(scope tenant.Scope, e *event.Event, key secret.Text, now time.Time) http.Header {
	p := parcel{scope: scope, endpoint: &Endpoint{Level: LevelProject, Settings: defaults()}, keys: []secret.Text{key}, event: e}
	return p.headers(e.Body, now)
}
