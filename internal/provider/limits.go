package provider

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

const (
	// longestWait is how long an app is believed at once. After that one call
	// learns anew.
	longestWait = time.Hour
	// peeked is how much of an error is read to see whether it means "too often", in bytes.
	peeked = 64 << 10
)

// Wait returns until when the app wants no more calls, by what its answer says,
// or the zero time. The answer's body stays whole.
func Wait(app *catalog.App, res *http.Response, now time.Time) time.Time {
	l := &app.Limits
	until := exhausted(l, res.Header, now)
	if t := retryAt(l, res.Header, now); t.After(until) && throttled(l, res) {
		until = t
	}
	if latest := now.Add(longestWait); until.After(latest) {
		return latest
	}
	return until
}

// exhausted reads the headers that count down, on good answers too.
func exhausted(l *catalog.Limits, h http.Header, now time.Time) (until time.Time) {
	for _, r := range l.Remaining {
		left, err := strconv.ParseFloat(strings.TrimSpace(h.Get(r.Header)), 64)
		if r.Reset.Header == "" || err != nil || left > 0 {
			continue
		}
		if t := named(h.Get(r.Reset.Header), r.Reset.As, now); t.After(until) && t.After(now) {
			until = t
		}
	}
	return until
}

// retryAt reads the first of the app's headers that names a moment to come, and
// else the one that every server may send (RFC 9110, 10.2.3).
func retryAt(l *catalog.Limits, h http.Header, now time.Time) time.Time {
	for _, r := range l.RetryAfter {
		if t := named(h.Get(r.Header), r.As, now); t.After(now) {
			return t
		}
	}
	return named(h.Get("Retry-After"), "seconds_or_date", now)
}

func throttled(l *catalog.Limits, res *http.Response) bool {
	if res.StatusCode == http.StatusTooManyRequests {
		return true
	}
	var doc any
	if res.StatusCode >= 400 && strings.Contains(res.Header.Get("Content-Type"), "json") && readsJSON(l.Throttled) {
		head, err := io.ReadAll(io.LimitReader(res.Body, peeked))
		rest := io.Reader(res.Body)
		if err != nil {
			rest = broken{err}
		}
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(head), rest), res.Body}
		_ = json.Unmarshal(head, &doc) // what is no JSON meets no condition on it
	}
	return Fits(l.Throttled, res.StatusCode, res.Header, doc)
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func readsJSON(m catalog.Match) bool {
	for _, also := range m.Also {
		if readsJSON(also) {
			return true
		}
	}
	return m.JSON != ""
}

// named reads a header's value; the zero time when it says nothing.
func named(text, as string, now time.Time) time.Time {
	if text = strings.TrimSpace(text); text == "" {
		return time.Time{}
	}
	if as == "seconds_or_date" {
		if t, err := http.ParseTime(text); err == nil {
			return t
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || n <= 0 || n > 1e14 {
		return time.Time{}
	}
	switch as {
	case "epoch":
		return time.UnixMilli(int64(n * 1000))
	case "epoch_ms":
		return time.UnixMilli(int64(n))
	case "ms":
		return now.Add(span(n, time.Millisecond))
	default:
		return now.Add(span(n, time.Second))
	}
}

// span is n units; a number beyond all sense is as good as longestWait.
func span(n float64, unit time.Duration) time.Duration {
	if n > float64(longestWait/unit) {
		return longestWait
	}
	return time.Duration(n * float64(unit))
}
