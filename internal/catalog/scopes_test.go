package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// What was granted is compared as providers write it, and no scope is called
// missing that cannot be known to be.
func TestMissing(t *testing.T) {
	t.Parallel()
	s := &catalog.Scopes{Implies: map[string][]string{"repo": {"public_repo"}}}
	tests := map[string]struct{ granted, wanted, want []string }{
		"all of it":                     {[]string{"a", "b"}, []string{"b", "a"}, []string{}},
		"one is missing":                {[]string{"a"}, []string{"a", "b", "b"}, []string{"b"}},
		"nothing was granted":           {nil, []string{"a"}, []string{"a"}},
		"one that comes with another":   {[]string{"repo"}, []string{"public_repo"}, []string{}},
		"but not the other way round":   {[]string{"public_repo"}, []string{"repo"}, []string{"repo"}},
		"in other letters":              {[]string{"mail.read"}, []string{"Mail.Read"}, []string{}},
		"with the address of the API":   {[]string{"https://graph.example.com/Mail.Read"}, []string{"Mail.Read"}, []string{}},
		"an address is no shorter one":  {[]string{"https://a.example/auth/drive.file"}, []string{"https://a.example/auth/drive"}, []string{"https://a.example/auth/drive"}},
		"what tells of the user":        {[]string{"a"}, []string{"a", "openid", "email", "offline_access"}, []string{}},
		"a longer name is another name": {[]string{"contacts.read.all"}, []string{"contacts.read"}, []string{"contacts.read"}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, s.Missing(tt.granted, tt.wanted)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
