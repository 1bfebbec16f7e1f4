package notify

import (
	"net/http"
	"time"

	"github.com/patchbay-dev/patchbay/internal/egress"
)

// Code says why something was not sent.
type Code string

// The codes.
const (
	SendFailed      Code = "SEND_FAILED"
	RateLimited     Code = "RATE_LIMITED"
	CircuitOpen     Code = "CIRCUIT_OPEN"
	InvalidWebhook  Code = "INVALID_WEBHOOK"
	TimedOut        Code = "TIMEOUT"
	PayloadTooLarge Code = "PAYLOAD_TOO_LARGE"
	InvalidPayload  Code = "INVALID_PAYLOAD"
	NotFound        Code = "NOT_FOUND"
	Forbidden       Code = "FORBIDDEN"
	SigningFailed   Code = "SIGNING_FAILED"
)

// sentences say the codes to people.
var sentences = map[Code]string{
	SendFailed:      "The receiver failed or could not be reached.",
	RateLimited:     "The receiver asks for fewer messages.",
	CircuitOpen:     "The receiver failed five times in a row. What there is to tell is held until it answers again.",
	InvalidWebhook:  "The target is no address that takes notifications.",
	TimedOut:        "The receiver did not answer in time.",
	PayloadTooLarge: "The receiver says that the message is too large.",
	InvalidPayload:  "The receiver does not take the message.",
	NotFound:        "The receiver says that the target is no more. The route was switched off.",
	Forbidden:       "The receiver does not allow it.",
	SigningFailed:   "The message could not be signed.",
}

// Retry reports whether trying again may help.
func (c Code) Retry() bool { return c == SendFailed || c == RateLimited || c == TimedOut }

// Sentence says the code to people.
func (c Code) Sentence() string { return sentences[c] }

// blames reports whether a code speaks against the receiver as such, and not
// against one message.
func (c Code) blames() bool {
	return c != "" && c != RateLimited && c != PayloadTooLarge && c != InvalidPayload && c != SigningFailed
}

// Outcome is what came of sending one message.
type Outcome struct {
	Code   Code // "" = it was sent
	Detail string
	Status int           // of the receiver's answer; 0 = there was none
	Wait   time.Duration // before the next message, as the receiver asks
}

// Sent reports whether the message was taken.
func (o *Outcome) Sent() bool { return o.Code == "" }

// byStatus reads an HTTP answer.
func byStatus(status int) Code {
	switch status {
	case http.StatusTooManyRequests:
		return RateLimited
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return InvalidPayload
	case http.StatusForbidden:
		return Forbidden
	case http.StatusNotFound, http.StatusGone:
		return NotFound
	case http.StatusRequestEntityTooLarge:
		return PayloadTooLarge
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return TimedOut
	}
	switch {
	case status >= 200 && status < 300:
		return ""
	case status >= 300 && status < 500:
		return InvalidWebhook
	default:
		return SendFailed
	}
}

// byError reads the error of a request that got no answer. What it says stays
// out of the detail, for it names the target.
func byError(err error) Outcome {
	class := egress.Class(err)
	switch class {
	case "timeout":
		return Outcome{Code: TimedOut, Detail: class}
	case "blocked_address":
		return Outcome{Code: InvalidWebhook, Detail: class}
	}
	return Outcome{Code: SendFailed, Detail: class}
}
