package rest

import (
	"net/url"
	"strings"
	"testing"
)

// The contract's spelling of a path is spelled no further, and keeps what stands
// behind the project as it was: no id becomes two.
func FuzzSpell(f *testing.F) {
	for _, s := range []string{"/v1/connect//accounts", "/v1/connect/proj_1/users/a%2Fb+c", "/v1/apps/x", "/v1/connect/-/-/-", "/v1/connect///", "/v1/connect/%2F%2e%2e", "/v1/connect/apps/a/accounts", "/v1/connect/projects/info", "/v2", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || !strings.HasPrefix(path, "/") {
			return
		}
		once := spell(u.EscapedPath())
		if twice := spell(once); twice != once {
			t.Fatalf("%q became %q, and that %q", path, once, twice)
		}
		if _, err := url.PathUnescape(once); err != nil {
			t.Fatalf("%q became %q: %v", path, once, err)
		}
		was, is := segments(u.EscapedPath()), segments(once)
		if len(is) < len(was) || len(is) > len(was)+1 {
			t.Fatalf("%q became %q", path, once)
		}
	})
}

// segments are the parts of a path, without those that are empty, and without
// /connect, which older spellings leave out.
func segments(path string) []string {
	return strings.FieldsFunc(strings.Replace(path, "/v1/connect", "/v1", 1), func(r rune) bool { return r == '/' })
}
