package patchbay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// What errors.Is finds in an [*Error] by its status.
var (
	ErrBadRequest      = errors.New("patchbay: bad request")       // 400 and 422: the request is not right
	ErrUnauthorized    = errors.New("patchbay: unauthorized")      // 401: the credential is not, or no longer, good
	ErrForbidden       = errors.New("patchbay: forbidden")         // 403: the credential may not do this
	ErrNotFound        = errors.New("patchbay: not found")         // 404
	ErrConflict        = errors.New("patchbay: conflict")          // 409: it does not fit what is there
	ErrTooManyRequests = errors.New("patchbay: too many requests") // 429, also after it was tried again
	ErrServer          = errors.New("patchbay: server error")      // 500 and above, also after it was tried again
	ErrNetwork         = errors.New("patchbay: network")           // the server could not be reached
	ErrTimeout         = errors.New("patchbay: timeout")           // the answer did not begin in time
)

// Error is a call that failed.
type Error struct {
	Status     int           // of the answer; 0 if there was none
	Code       string        // stable, for programs: network, timeout, not_json, redirected and http_… are ours, the rest is the API's
	Message    string        // a sentence
	RequestID  string        // quote it when you ask for help
	Body       []byte        // what was answered, as it came
	RetryAfter time.Duration // until it is worth trying again, where the API said so; else -1
	cause      error
}

func (e *Error) Error() string {
	about := e.Code
	if e.Status != 0 {
		about = strconv.Itoa(e.Status) + ", " + about
	}
	if e.RequestID != "" {
		about += ", " + e.RequestID
	}
	return "patchbay: " + e.Message + " (" + about + ")"
}

func (e *Error) Unwrap() error { return e.cause }

// Is reports whether the error is of a kind, such as [ErrNotFound].
func (e *Error) Is(target error) bool {
	switch target {
	case ErrBadRequest:
		return e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrConflict:
		return e.Status == http.StatusConflict
	case ErrTooManyRequests:
		return e.Status == http.StatusTooManyRequests
	case ErrServer:
		return e.Status >= http.StatusInternalServerError
	case ErrNetwork:
		return e.Code == "network"
	case ErrTimeout:
		return e.Code == "timeout"
	}
	return false
}

// maxError is how much of an error is read, in bytes.
const maxError = 1 << 20

// failed returns the error of an answer of 400 and above; of an app's, through the proxy, there may be no code.
func failed(res *http.Response, now time.Time) *Error {
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxError)) // what broke off is shown as far as it came
	var said struct {
		Error   string
		Code    string
		Details struct {
			RequestID string `json:"request_id"`
		}
	}
	if json.Unmarshal(body, &said) != nil {
		_ = json.Unmarshal(body, &struct{ Error *string }{&said.Error}) // an app's error may have another form
	}
	e := &Error{Status: res.StatusCode, Code: said.Code, Message: said.Error, RequestID: res.Header.Get("X-Request-Id"), Body: body, RetryAfter: wait(res.Header, now)}
	if e.Code == "" {
		e.Code = fmt.Sprintf("http_%d", res.StatusCode)
	}
	if e.Message == "" {
		e.Message = fmt.Sprintf("The answer was %d.", res.StatusCode)
	}
	if e.RequestID == "" {
		e.RequestID = said.Details.RequestID
	}
	return e
}

// wait is how long an answer asks to wait: Retry-After as seconds or as a date, else X-RateLimit-Reset.
func wait(h http.Header, now time.Time) time.Duration {
	if after := h.Get("Retry-After"); after != "" {
		if seconds, err := strconv.ParseFloat(after, 64); err == nil {
			return max(0, time.Duration(seconds*float64(time.Second)))
		}
		if at, err := http.ParseTime(after); err == nil {
			return max(0, at.Sub(now))
		}
	}
	if reset, err := strconv.ParseFloat(h.Get("X-Ratelimit-Reset"), 64); err == nil && reset > 0 {
		return max(0, time.UnixMilli(int64(reset*1000)).Sub(now))
	}
	return -1
}
