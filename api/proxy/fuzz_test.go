package proxy

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"
)

// A target is read as it was meant in either alphabet, padded or not, or refused
// by its code: it is a path or the URL of a web server, and nothing else.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"/users/me?x=1", "https://api.test/a b", "http://a", "//evil.test", `/\evil.test`, "file:///etc/passwd", "javascript:alert(1)", "https://", "/\x00", "%2f", "/~~~???>>>"} {
		f.Add(base64.URLEncoding.EncodeToString([]byte(s)), s)
	}
	f.Fuzz(func(t *testing.T, encoded, plain string) {
		got, err := decode(encoded, plain)
		if err != nil && !errors.Is(err, errTarget) {
			t.Fatalf("%q is refused by %v", encoded, err)
		}
		if u, bad := url.Parse(got); err == nil && (bad != nil || strings.ContainsAny(got, "\\\x00") || strings.HasPrefix(got, "//") || !strings.HasPrefix(got, "/") && (u.Host == "" || u.Scheme != "https" && u.Scheme != "http")) {
			t.Fatalf("%q is taken as %q", encoded, got)
		}
		if plain == "" {
			return
		}
		want, wrong := check(plain)
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			text := e.EncodeToString([]byte(plain))
			for _, sent := range []string{url.PathEscape(text), strings.ReplaceAll(text, "+", " ")} {
				if got, err := decode(sent, ""); got != want || (err == nil) != (wrong == nil) {
					t.Fatalf("%q as %q became %q (%v), want %q (%v)", plain, sent, got, err, want, wrong)
				}
			}
		}
	})
}
