package webhook

import (
	"context"
	"net/http"
	"time"

	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// MakeKey makes a signing key.
func MakeKey() secret.Text { return secret.Text(token.Hex("", 32)) }

// Message is signed and sent as deliveries are, and is none.
type Message struct {
	ID, Body string
	Keys     []secret.Text // the present one first
	Test     bool
}

// Post sends a message and says what came of it, within timeout; wish is the
// receiver's Retry-After. err is why there was no answer.
func Post(ctx context.Context, client *http.Client, url string, m *Message, timeout time.Duration, now func() time.Time) (a Attempt, wish time.Duration, err error) {
	began := now()
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Patchbay-Webhooks/1")
	if m.Test {
		h.Set("X-Patchbay-Test", "1")
	}
	SignAll(h, m.Keys, m.ID, began, m.Body)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	got, err := post(ctx, client, url, h, m.Body, nil, nil, began)
	return attemptOf(&got, err, began, now()), got.wish, err
}

// attemptOf is what is kept of a request.
func attemptOf(got *answer, err error, began, ended time.Time) Attempt {
	a := Attempt{
		Number: 1, StartedAt: began, DurationMs: int(ended.Sub(began) / time.Millisecond), ResponseExcerpt: got.excerpt, RemoteAddress: got.remote,
		RequestHeaders: got.sent, ResponseHeaders: got.heard,
	}
	if got.status != 0 {
		a.Status = &got.status
	}
	if err != nil || got.status < 200 || got.status > 299 {
		class := classOf(err)
		a.Error = &class
	}
	return a
}

// Wait is how long to wait after the attempt with a number (from 1), for what is
// tried again for as long as it takes: the ladder's last step is repeated.
func Wait(ladder []time.Duration, attempt int, wish time.Duration) time.Duration {
	wait, _ := backoff(ladder, min(attempt, len(ladder)), wish)
	return wait
}
