package webhook_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// The wait after an attempt is its rung of the ladder, spread by a fifth to
// either side; a receiver may lengthen it, to a day at most, and never shorten it.
func TestBackoff(t *testing.T) {
	t.Parallel()
	ladder := []time.Duration{10 * time.Second, time.Minute}
	const day = 24 * time.Hour
	tests := map[string]struct {
		attempt    int
		retryAfter time.Duration
		low, high  time.Duration
		more       bool
	}{
		"after the first attempt":              {1, 0, 8 * time.Second, 12 * time.Second, true},
		"after the second":                     {2, 0, 48 * time.Second, 72 * time.Second, true},
		"after the last there is no more":      {3, 0, 0, 0, false},
		"far beyond the ladder":                {40, 0, 0, 0, false},
		"a receiver that asks for longer":      {1, time.Hour, time.Hour, time.Hour, true},
		"a receiver that asks for less":        {2, time.Second, 48 * time.Second, 72 * time.Second, true},
		"a receiver that asks for a week":      {1, 7 * day, day, day, true},
		"a wish does not add rungs":            {3, time.Hour, 0, 0, false},
		"a wish from the past changes nothing": {1, -time.Hour, 8 * time.Second, 12 * time.Second, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := map[time.Duration]bool{}
			for range 200 {
				got, more := webhook.Backoff(ladder, tt.attempt, tt.retryAfter)
				if more != tt.more || got < tt.low || got > tt.high {
					t.Fatalf("backoff() = %v, %v, want %v to %v, %v", got, more, tt.low, tt.high, tt.more)
				}
				seen[got] = true
			}
			if tt.low != tt.high && len(seen) < 50 {
				t.Errorf("%d different waits in 200: receivers that failed together come back together", len(seen))
			}
		})
	}
}

// The ladder tries for most of a day, and each rung is longer than the one before.
func TestLadder(t *testing.T) {
	t.Parallel()
	var sum time.Duration
	for i, rung := range webhook.Ladder {
		if i > 0 && rung <= webhook.Ladder[i-1] {
			t.Errorf("rung %d is not longer than the one before", i)
		}
		sum += rung
	}
	if sum < 20*time.Hour || sum > 24*time.Hour {
		t.Errorf("the ladder is %v long", sum)
	}
}

// The signature is what other languages make of the same key, time and body:
// the vector was made with Python's hmac.
func TestSignature(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 987, time.UTC)
	const body = `{"event":"CONNECTION_SUCCESS","name":"Grüße"}`
	tests := map[string]struct {
		keys []secret.Text
		want string
	}{
		"one key": {
			[]secret.Text{"0123456789abcdef"},
			"t=1772366400,v1=7f5f78947b77c0da598af5d17a8bbc32fbcb7932c8b72ddab60025b79d3601ac",
		},
		"two keys while one retires": {
			[]secret.Text{"fedcba9876543210", "0123456789abcdef"},
			"t=1772366400,v1=da7a9dc1ad3f0b68745f8a681f6b282d89b786a06409f4c8c5b58e820b8f5cfa,v1=7f5f78947b77c0da598af5d17a8bbc32fbcb7932c8b72ddab60025b79d3601ac",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := webhook.Signature(tt.keys, at, body); got != tt.want {
				t.Errorf("Signature() =\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

// The second signature is what the libraries of Standard Webhooks check, with
// the key as they take it: the vector was made with Python's hmac.
func TestStandardSignature(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 987, time.UTC)
	const body = `{"event":"CONNECTION_SUCCESS","name":"Grüße"}`
	got := webhook.StandardSignature([]secret.Text{"0123456789abcdef", "fedcba9876543210"}, "evt_1", at, body)
	if want := "v1,MseHOZj9sjXXcj4VrUjGeFSwp7DiAO6qembEQbJh2Js= v1,rZVECxpw8+iJxGOZKUiRnetd6/a1d4cFbuHEHOLY1tQ="; got != want {
		t.Errorf("StandardSignature() =\n%s, want\n%s", got, want)
	}
	if got := webhook.StandardSecret("0123456789abcdef").Reveal(); got != "whsec_MDEyMzQ1Njc4OWFiY2RlZg==" {
		t.Error(got)
	}
}

// Retry-After is seconds or an HTTP date; what is neither is no wish.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	tests := map[string]struct {
		header string
		want   time.Duration
	}{
		"none":                          {"", 0},
		"seconds":                       {"120", 2 * time.Minute},
		"none to wait":                  {"0", 0},
		"a negative number":             {"-5", 0},
		"more seconds than time has":    {"9223372036854775807", day},
		"more digits than a number has": {"99999999999999999999999", 0},
		"a date to come":                {"Sun, 01 Mar 2026 12:05:00 GMT", 5 * time.Minute},
		"a date that is past":           {"Sun, 01 Mar 2026 11:00:00 GMT", 0},
		"a fraction":                    {"1.5", 0},
		"a word":                        {"soon", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := min(webhook.ParseRetryAfter(tt.header, now), day); got != tt.want {
				t.Errorf("parseRetryAfter(%q) = %v, want %v", tt.header, got, tt.want)
			}
		})
	}
}

// What is kept of an answer is text that PostgreSQL takes, of bounded length.
func TestExcerpt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"short":              {"no such order", "no such order"},
		"zero bytes go":      {"a\x00b", "ab"},
		"broken UTF-8":       {"a\xffb", "a\uFFFDb"},
		"long, by character": {strings.Repeat("ü", 1500), strings.Repeat("ü", 1000)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := webhook.Clip(tt.in); got != tt.want || !utf8.ValidString(got) {
				t.Errorf("clip() = %q", got)
			}
		})
	}
}
