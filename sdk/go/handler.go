package patchbay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// DefaultMaxBody is the largest body that Handler and Middleware read, in bytes.
const DefaultMaxBody = 8 << 20

type contextKey struct{}

// EventFrom returns the event that Middleware verified, or nil.
func EventFrom(ctx context.Context) *Event {
	e, _ := ctx.Value(contextKey{}).(*Event)
	return e
}

// Handler answers webhooks: 204 once handle has returned, and 500 when it returns an error, whereupon Patchbay sends
// the webhook again later. What is not to be believed never reaches handle. Handle is done within ten seconds or so:
// write the event down, and work on it afterwards.
func (w *Webhooks) Handler(handle func(context.Context, *Event) error) http.Handler {
	return w.Middleware(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if err := handle(r.Context(), EventFrom(r.Context())); err != nil {
			answer(rw, http.StatusInternalServerError, "not_handled", "The event could not be handled.")
			return
		}
		rw.WriteHeader(http.StatusNoContent)
	}))
}

// Middleware lets next see only requests that verify: EventFrom has the event, and the body can be read again. Others
// are answered with 401 (400 where the request cannot be read, 413 where it is too large, 500 where the secrets are
// malformed) and a JSON of "error" and "code".
func (w *Webhooks) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		most := w.MaxBody
		if most == 0 {
			most = DefaultMaxBody
		}
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, most))
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			answer(rw, http.StatusRequestEntityTooLarge, "body_too_large", "The body is too large.")
			return
		} else if err != nil {
			answer(rw, http.StatusBadRequest, "broken_off", "The body broke off.")
			return
		}
		e, err := w.Verify(r.Header, body)
		if why := (*WebhookError)(nil); errors.As(err, &why) {
			answer(rw, statusOf(why.Code), string(why.Code), why.Message)
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), contextKey{}, e))
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(rw, r)
	})
}

func statusOf(code WebhookErrorCode) int {
	switch code {
	case MalformedHeader, MalformedBody:
		return http.StatusBadRequest
	case MalformedSecret:
		return http.StatusInternalServerError
	default:
		return http.StatusUnauthorized
	}
}

func answer(w http.ResponseWriter, status int, code, sentence string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": sentence, "code": code}) // who hung up hears nothing
}
