package listen

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/internal/remote"
)

// Waits of a listener.
const (
	wait        = 25 // seconds for which the server holds a question without an answer
	shortestGap = 500 * time.Millisecond
	longestGap  = 30 * time.Second
)

// event is one as the server tells it.
type event struct {
	ID             string    `json:"id"`
	Type           string    `json:"type"`
	SubjectID      string    `json:"subject_id"`
	ExternalUserID string    `json:"external_user_id"`
	CreatedAt      time.Time `json:"created_at"`
	Body           string    `json:"body"`
	Hops           int       `json:"hops"`
	Payload        *payload  `json:"payload_reference"` // where the body is that is too large to be told; nil = Body is all
}

// batch is an answer of the feed.
type batch struct {
	Data   []event `json:"data"`
	Cursor string  `json:"cursor"`
}

// follow reads the feed and forwards it, in its order and one event at a time:
// a slow receiver is asked for no more until it is through. The place in the
// feed is written down after each event, so that of a listener that is killed
// at most the event that was on its way comes again.
func (l *Listener) follow(ctx context.Context) error {
	at, err := l.resume()
	if err != nil {
		return err
	}
	away, greeted, gap := false, false, shortestGap
	for !over(ctx) {
		b, err := l.read(ctx, &at)
		if over(ctx) {
			break
		}
		if err != nil && !remote.Passing(err) {
			return explain(err)
		}
		if err != nil {
			if !away {
				l.notice("%s; trying again until it does", err)
			}
			away = true
			pause(ctx, max(gap/2+rand.N(gap), wish(err))) //nolint:gosec // jitter, not a secret
			gap = min(2*gap, longestGap)
			continue
		}
		if away {
			l.notice("The server answers again.")
		}
		if away, gap = false, shortestGap; !greeted {
			l.greet()
			greeted = true
		}
		if err := l.hand(ctx, &at, b.Data); err != nil {
			return err
		}
		if over(ctx) {
			break // what was cut off is not done
		}
		at = place{After: b.Cursor}
		if err := l.keep(at); err != nil {
			return err
		}
	}
	return nil
}

// hand forwards what was not forwarded before, until ctx ends.
func (l *Listener) hand(ctx context.Context, at *place, events []event) error {
	for i := range events {
		if slices.Contains(at.Done, events[i].ID) {
			continue
		}
		l.forward(ctx, &events[i], false)
		if over(ctx) {
			break
		}
		at.Done = append(at.Done, events[i].ID)
		if err := l.keep(*at); err != nil {
			return err
		}
	}
	return nil
}

// read asks for what comes after a place. The first question is answered at
// once, so that from then on there is a cursor to come back with.
func (l *Listener) read(ctx context.Context, at *place) (*batch, error) {
	q := url.Values{"limit": {"50"}}
	switch {
	case at.After != "":
		q.Set("after", at.After)
		q.Set("wait", strconv.Itoa(wait))
	case at.Since != nil:
		q.Set("since", at.Since.Format(time.RFC3339))
	}
	if l.Types != "" {
		q.Set("types", l.Types)
	}
	if l.User != "" {
		q.Set("external_user_id", l.User)
	}
	var b batch
	err := l.Server.Call(ctx, http.MethodGet, l.path("/feed?"+q.Encode()), l.header(), nil, &b)
	return &b, err
}

func (l *Listener) path(rest string) string {
	return "/projects/" + url.PathEscape(l.Project) + "/events" + rest
}

func (l *Listener) header() http.Header { return http.Header{"X-Pd-Environment": {l.Environment}} }

// wish is how long the server asked to be left alone.
func wish(err error) time.Duration {
	if r, ok := errors.AsType[*remote.Refused](err); ok {
		return min(r.RetryAfter, longestGap)
	}
	return 0
}

// over reports whether the listener was told to stop, which is no error.
func over(ctx context.Context) bool { return ctx.Err() != nil }

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// explain adds what helps against some refusals.
func explain(err error) error {
	r, ok := errors.AsType[*remote.Refused](err)
	if !ok {
		return err
	}
	switch r.Code {
	case "cursor_gone":
		return fmt.Errorf("%w. Listen without --resume", err)
	case "event_type":
		return fmt.Errorf("%w. --types are separated by commas, such as CONNECTION_SUCCESS,ACCOUNT_DEAD", err)
	}
	return err
}
