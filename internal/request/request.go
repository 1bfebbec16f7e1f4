// Package request keeps what was called through the proxy: by whom, where, and
// how it went. Bodies are kept where the project asks for it, sealed.
package request

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrNotFound is returned for a request that is not in the log, or not any more.
var ErrNotFound = fault.New(fault.NotFound, "request_not_found", "There is no such request in the log.")

// Request is one call through the proxy.
type Request struct {
	ID             string
	EnvironmentID  string
	RequestID      string // as in the answer's header
	AccountID      string // as the caller named it
	ExternalUserID string
	App            string // slug; "" = it did not come to that
	Method         string
	Host           string
	Path           string  // with the names of the query's parameters, without their values
	Status         int     // as answered to the caller; 0 = they hung up before
	Error          *string // our code; nil = the app's own answer
	DurationMs     int64   // until the answer's end
	BytesIn        int64   // of the caller's body
	BytesOut       int64   // of the answer's body
	Refreshed      bool
	Retried        bool
	Redirects      int
	Bodies         []byte // sealed Bodies
	CreatedAt      time.Time
}

// TableName maps the noun to its table.
func (Request) TableName() string { return "proxy_requests" }

// Bodies are what went both ways, redacted.
type Bodies struct {
	Request  *Body `json:"request"`
	Response *Body `json:"response"`
}

// Body is a kept body, or why it was not kept.
type Body struct {
	Type    string `json:"type"` // content type
	Text    string `json:"text"`
	Omitted string `json:"omitted"` // "" | empty | too_long | not_text | unreadable
}

func associated(environmentID, requestID string) string {
	return "proxy_request|" + environmentID + "|" + requestID
}
