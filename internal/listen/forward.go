package listen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	happened "github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// patience is how long a delivery waits for an answer. A listener waits longer,
// for a person may sit in a debugger, and says so.
const patience = 10 * time.Second

// outcome is what became of an event here: a line of the output.
type outcome struct {
	Time           time.Time `json:"time"`
	EventID        string    `json:"event_id"`
	Type           string    `json:"type"`
	ExternalUserID string    `json:"external_user_id"`
	Again          bool      `json:"again"`
	Status         *int      `json:"status"` // null = there was no answer
	DurationMs     int64     `json:"duration_ms"`
	Error          string    `json:"error"` // why there was none, or what a failure said

	slow bool
}

// forward sends the event and prints what came of it. It reports whether the
// answer was 2xx.
func (l *Listener) forward(ctx context.Context, e *event, again bool) bool {
	began := l.Now()
	status, said, err := l.send(ctx, e, began)
	took := l.Now().Sub(began)
	if ctx.Err() != nil {
		return false
	}
	o := outcome{Time: began, EventID: e.ID, Type: e.Type, ExternalUserID: e.ExternalUserID, Again: again, DurationMs: took.Milliseconds(), slow: took > patience}
	taken := err == nil && status >= 200 && status < 300
	switch {
	case err != nil:
		o.Error = reason(err)
	case taken:
		o.Status = &status
	default:
		o.Status, o.Error = &status, said
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = e
	l.forwarded++
	if !taken {
		l.sour++
	}
	l.print(&o)
	return taken
}

// send makes the request that a delivery would be.
func (l *Listener) send(ctx context.Context, e *event, now time.Time) (status int, said string, err error) {
	if err := e.complete(ctx, l.Local); err != nil {
		return 0, "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Forward, strings.NewReader(e.Body))
	if err != nil {
		return 0, "", fmt.Errorf("build request: %w", err)
	}
	scope := tenant.NewScope(l.Project, "-", l.Environment)
	req.Header = webhook.Headers(scope, &happened.Event{
		ID: e.ID, Type: e.Type, SubjectID: e.SubjectID, ExternalUserID: e.ExternalUserID, Body: e.Body, Hops: e.Hops, CreatedAt: e.CreatedAt,
	}, l.Key(), now)
	res, err := l.Local.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	read, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10)) // an answer that breaks off is still an answer
	return res.StatusCode, string(read), nil
}

// reason is an error without what the line says anyway.
func reason(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return "no answer: " + err.Error()
}

// print writes a line. What others wrote is shown so that it cannot steer a terminal.
func (l *Listener) print(o *outcome) {
	if l.JSON {
		_ = json.NewEncoder(l.Out).Encode(o)
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %-19s %s", o.Time.Format(time.TimeOnly), o.Type, o.EventID)
	if o.ExternalUserID != "" {
		b.WriteString("  " + plain(o.ExternalUserID, 40))
	}
	if o.Again {
		b.WriteString("  again")
	}
	if o.Status != nil {
		b.WriteString("  " + strconv.Itoa(*o.Status))
	}
	fmt.Fprintf(&b, "  %d ms", o.DurationMs)
	if o.slow {
		fmt.Fprintf(&b, " (a delivery waits %s)", patience)
	}
	if o.Error != "" {
		b.WriteString("  " + plain(o.Error, 200))
	}
	_, _ = fmt.Fprintln(l.Out, b.String())
}

// plain returns text in one line of at most most characters, with nothing in it but what can be seen.
func plain(text string, most int) string {
	out := []rune(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " "))
	if len(out) > most {
		out = append(out[:most-1], '…')
	}
	return string(out)
}
