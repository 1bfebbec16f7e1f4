package provider_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

func TestWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	limits := map[string]catalog.Limits{
		"plain":  {Throttled: catalog.Match{Status: []int{429}}, RetryAfter: []catalog.HeaderTime{{Header: "retry-after", As: "seconds"}, {Header: "x-reset", As: "epoch"}}},
		"none":   {},
		"millis": {RetryAfter: []catalog.HeaderTime{{Header: "x-wait", As: "ms"}, {Header: "x-at", As: "epoch_ms"}}},
		"body":   {Throttled: catalog.Match{Also: []catalog.Match{{Status: []int{403}, JSON: "/error", In: []any{"slow"}}}}},
		"down":   {Remaining: []catalog.Remaining{{Header: "x-left", Reset: catalog.HeaderTime{Header: "x-reset", As: "epoch"}}}},
	}
	for name, tt := range map[string]struct {
		limits string
		status int
		header string // name: value, separated by commas
		body   string
		want   time.Duration // 0 = no wait
	}{
		"seconds":                   {"plain", 429, "Retry-After: 7", "", 7 * time.Second},
		"the second header":         {"plain", 429, "X-Reset: " + in(time.Minute), "", time.Minute},
		"the first that is to come": {"plain", 429, "Retry-After: 0,X-Reset: " + in(time.Minute), "", time.Minute},
		"a good answer":             {"plain", 200, "Retry-After: 7,X-Reset: " + in(time.Minute), "", 0},
		"another error":             {"plain", 503, "Retry-After: 7", "", 0},
		"it does not say":           {"plain", 429, "", "", 0},
		"nonsense":                  {"plain", 429, "Retry-After: soon", "", 0},
		"a negative":                {"plain", 429, "Retry-After: -5", "", 0},
		"too much":                  {"plain", 429, "Retry-After: 99999999999999", "", time.Hour},
		"infinitely much":           {"plain", 429, "Retry-After: Inf", "", 0},
		"by the standard":           {"none", 429, "Retry-After: 7", "", 7 * time.Second},
		"a date":                    {"none", 429, "Retry-After: Sat\x00 21 Nov 2026 12:00:30 GMT", "", 30 * time.Second},
		"milliseconds":              {"millis", 429, "X-Wait: 1500", "", 1500 * time.Millisecond},
		"a moment in milliseconds":  {"millis", 429, "X-At: " + in(time.Minute) + "000", "", time.Minute},
		"told in the body":          {"body", 403, "Retry-After: 7,Content-Type: application/json", `{"error":"slow"}`, 7 * time.Second},
		"told else in the body":     {"body", 403, "Retry-After: 7,Content-Type: application/json", `{"error":"no"}`, 0},
		"half a body":               {"body", 403, "Retry-After: 7,Content-Type: application/json", `{"error":`, 0},
		"none left":                 {"down", 200, "X-Left: 0,X-Reset: " + in(time.Minute), "", time.Minute},
		"some left":                 {"down", 200, "X-Left: 1,X-Reset: " + in(time.Minute), "", 0},
		"none left, long ago":       {"down", 200, "X-Left: 0,X-Reset: " + in(-time.Minute), "", 0},
	} {
		res := &http.Response{StatusCode: tt.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(tt.body))}
		for pair := range strings.SplitSeq(tt.header, ",") {
			if k, v, ok := strings.Cut(pair, ": "); ok {
				res.Header.Set(k, strings.ReplaceAll(v, "\x00", ","))
			}
		}
		until := provider.Wait(&catalog.App{Limits: limits[tt.limits]}, res, now)
		got := until.Sub(now)
		if until.IsZero() {
			got = 0
		}
		body, err := io.ReadAll(res.Body)
		if got != tt.want || err != nil || string(body) != tt.body {
			t.Errorf("%s: waits %s, want %s; the body is %q (%v)", name, got, tt.want, body, err)
		}
	}
}

// A redirect takes the credential along to the app's own hosts alone, and there
// only if the app's file lets it; nothing goes from https to http.
func TestHop(t *testing.T) {
	t.Parallel()
	file := &catalog.Redirects{Max: 3, KeepAuth: "none"}
	same := &catalog.Redirects{Max: 3, KeepAuth: "same_host"}
	for name, tt := range map[string]struct {
		rule     *catalog.Redirects
		method   string
		status   int
		to       string
		want     string // method, body, auth; "" = the caller's to follow
		location string // what the caller is shown; "" = as it came
	}{
		"a path":                        {nil, "GET", 302, "/b", "GET false true", "https://api.test/b"},
		"another host of the app":       {nil, "GET", 302, "https://files.test/b", "GET false true", ""},
		"a stranger":                    {nil, "GET", 302, "https://evil.test/b", "", ""},
		"a stranger that looks like it": {nil, "GET", 302, "https://api.test@evil.test/b", "", ""},
		"the key in it":                 {nil, "GET", 302, "https://evil.test/b?a=1&key=s3cret", "", "https://evil.test/b?a=1"},
		"without a place":               {nil, "GET", 302, "", "", ""},
		"a script":                      {nil, "GET", 302, "javascript:alert(1)", "", ""},
		"not modified":                  {nil, "GET", 304, "/b", "", ""},
		"choices":                       {nil, "GET", 300, "/b", "", ""},
		"POST 301":                      {nil, "POST", 301, "/b", "GET false true", "https://api.test/b"},
		"POST 302":                      {nil, "POST", 302, "/b", "GET false true", "https://api.test/b"},
		"POST 303":                      {nil, "POST", 303, "/b", "GET false true", "https://api.test/b"},
		"DELETE 303":                    {nil, "DELETE", 303, "/b", "GET false true", "https://api.test/b"},
		"POST 307":                      {nil, "POST", 307, "/b", "POST true true", "https://api.test/b"},
		"PATCH 301":                     {nil, "PATCH", 301, "/b", "PATCH true true", "https://api.test/b"},
		"PUT 308":                       {nil, "PUT", 308, "/b", "PUT true true", "https://api.test/b"},
		"none: the same host":           {file, "GET", 302, "/b", "GET false false", "https://api.test/b"},
		"none: a stranger":              {file, "GET", 302, "https://evil.test/b", "GET false false", ""},
		"none: a stranger and a body":   {file, "POST", 307, "https://evil.test/b", "", ""},
		"same_host: the same":           {same, "GET", 302, "/b", "GET false true", "https://api.test/b"},
		"same_host: another":            {same, "GET", 302, "https://files.test/b", "GET false false", ""},
		"to http":                       {nil, "GET", 302, "http://api.test/b", "refused", ""},
		"to a stranger by http":         {file, "GET", 302, "http://evil.test/b", "refused", ""},
	} {
		app := &catalog.App{
			Hosts:   catalog.Hosts{Variants: map[string]map[string]string{"production": {"api": "https://api.test"}}, Extra: []string{"https://files.test", "http://api.test"}},
			Inject:  map[string]catalog.Inject{"default": {In: "query", Name: "key", Value: "s3cret"}},
			Request: catalog.Request{Redirects: tt.rule},
		}
		c := &provider.Connection{App: app, Auth: &catalog.Auth{ID: "key", Type: catalog.Key}}
		req, err := http.NewRequestWithContext(t.Context(), tt.method, "https://api.test/a?key=s3cret", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		if tt.method == http.MethodGet {
			req.Body, req.ContentLength = http.NoBody, 0
		}
		res := &http.Response{StatusCode: tt.status, Header: http.Header{"Location": {tt.to}}}
		h, err := c.Hop(req, res)
		got := ""
		switch {
		case err != nil:
			got = "refused"
		case h != nil:
			got = h.Method + " " + strconv.FormatBool(h.Body) + " " + strconv.FormatBool(h.Auth)
		}
		c.Elsewhere(req, res)
		want := tt.location
		if want == "" {
			want = tt.to
		}
		if got != tt.want || res.Header.Get("Location") != want {
			t.Errorf("%s: %q, want %q; Location %q, want %q", name, got, tt.want, res.Header.Get("Location"), want)
		}
	}
}
