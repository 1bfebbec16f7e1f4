package provider

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// judge says why an answer of a token endpoint is none, or returns nil. The
// file's rules come first, then those of RFC 6749, 5.2.
func judge(auth *catalog.Auth, res *http.Response, doc any, parsed bool) *Refusal {
	good := res.StatusCode >= 200 && res.StatusCode < 300
	if good && !parsed {
		return &Refusal{Class: Malformed, Status: res.StatusCode, cause: errors.New("a good status with an answer that is not JSON")}
	}
	s := auth.Success
	if good && s.JSON != "" {
		v, _ := catalog.Pointer(doc, s.JSON)
		good = fmt.Sprint(v) == fmt.Sprint(s.Equals)
	}
	if good && s.NotJSON != "" {
		_, there := catalog.Pointer(doc, s.NotJSON)
		good = !there
	}
	if good {
		return nil
	}
	code := ""
	if v, ok := catalog.Pointer(doc, "/error"); ok {
		code, _ = v.(string)
	}
	out := &Refusal{Status: res.StatusCode, Code: clip(code), Class: standard(res.StatusCode, code), cause: errors.New("refused")}
	for _, rule := range auth.Errors {
		if Fits(rule.Match, res.StatusCode, res.Header, doc) {
			out.Class, out.Reason = Class(rule.Class), rule.Reason
			break
		}
	}
	return out
}

func standard(status int, code string) Class {
	switch {
	case status == http.StatusTooManyRequests:
		return Throttled
	case code == "temporarily_unavailable" || code == "slow_down":
		return Transient // it says itself that it did nothing
	case status >= 500:
		return Ambiguous // it may have been done before it failed
	}
	switch code {
	case "invalid_grant":
		return Reauth
	case "invalid_client", "unauthorized_client", "unsupported_grant_type":
		return ClientConfig
	case "invalid_scope":
		return ScopeLost
	case "server_error":
		return Transient
	}
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return ClientConfig
	}
	return Malformed
}

// Fits reports whether an answer meets a condition. Of several parts all must
// hold; "also" lists further conditions of which one is enough.
func Fits(m catalog.Match, status int, h http.Header, doc any) bool {
	if slices.ContainsFunc(m.Also, func(also catalog.Match) bool { return Fits(also, status, h, doc) }) {
		return true
	}
	if len(m.Status) == 0 && m.JSON == "" && m.Header == "" {
		return false
	}
	if len(m.Status) > 0 && !slices.Contains(m.Status, status) {
		return false
	}
	if m.Header != "" && (h.Get(m.Header) == "" || !same(m, h.Get(m.Header))) {
		return false
	}
	if m.JSON != "" {
		v, ok := catalog.Pointer(doc, m.JSON)
		if !ok || !same(m, v) {
			return false
		}
	}
	if len(m.DescriptionHas) > 0 {
		v, _ := catalog.Pointer(doc, "/error_description")
		text := strings.ToLower(fmt.Sprint(v))
		return slices.ContainsFunc(m.DescriptionHas, func(s string) bool { return strings.Contains(text, strings.ToLower(s)) })
	}
	return true
}

func same(m catalog.Match, v any) bool {
	if m.Equals == nil && len(m.In) == 0 {
		return true
	}
	is := func(want any) bool { return fmt.Sprint(want) == fmt.Sprint(v) }
	return m.Equals != nil && is(m.Equals) || slices.ContainsFunc(m.In, is)
}

func clip(code string) string {
	if len(code) > 60 {
		return code[:60]
	}
	return code
}

// maxHint bounds how long a provider can make us wait by one answer.
const maxHint = 24 * time.Hour

// hint reads Retry-After (RFC 9110, 10.2.3), or returns 0.
func hint(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return min(max(0, time.Duration(seconds)*time.Second), maxHint)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, at.Sub(now)), maxHint)
	}
	return 0
}
