package patchbay

import "fmt"

// WebhookErrorCode says what is wrong with a webhook. The codes are the same in all of Patchbay's libraries.
type WebhookErrorCode string

// The codes.
const (
	NoSignature     WebhookErrorCode = "no_signature"     // it was not signed: somebody else sent it
	MalformedHeader WebhookErrorCode = "malformed_header" // a header is missing or cannot be read
	TooOld          WebhookErrorCode = "too_old"          // it was signed longer ago than is tolerated
	TooNew          WebhookErrorCode = "too_new"          // it was signed in the future: a clock is wrong
	WrongSignature  WebhookErrorCode = "wrong_signature"  // another secret, or something changed on the way
	MalformedBody   WebhookErrorCode = "malformed_body"   // it is signed, and not JSON
	MalformedSecret WebhookErrorCode = "malformed_secret" // the receiver's own configuration is wrong
)

// WebhookError is why a webhook is not to be believed. It never holds a secret.
type WebhookError struct {
	Code    WebhookErrorCode
	Message string // a sentence
}

func (e *WebhookError) Error() string { return "patchbay: " + string(e.Code) + ": " + e.Message }

func refuse(code WebhookErrorCode, format string, args ...any) *WebhookError {
	return &WebhookError{code, fmt.Sprintf(format, args...)}
}
