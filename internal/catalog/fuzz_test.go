package catalog_test

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Wherever a caller asks for, a credential goes to a host of its app alone, and
// the address says the same to whoever reads it once more.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{
		"/chat.postMessage", "https://slack.com/api/x", "https://slack.com@evil.test/", `https://slack.com\@evil.test/`, "//evil.test/x", "https://evil.test#slack.com", "https://slack.com.evil.test/",
		"https://SLACK.COM:443/", "http://slack.com/", "https://acme.zendesk.com/api", "/../..//evil.test", "https://[::1]/", "https://slack.com%2eevil.test/", "https://slack.com:@evil.test/", "/\t/evil.test", "/%0d%0aHost: evil.test",
	} {
		f.Add(s)
	}
	shipped, err := catalog.Load("https://patchbay.test", "")
	if err != nil {
		f.Fatal(err)
	}
	hosts := map[string][]string{"slack": {"slack.com", "files.slack.com"}, "zendesk": {"acme.zendesk.com"}}
	f.Fuzz(func(t *testing.T, target string) {
		for slug, own := range hosts {
			app, err := shipped.Get(slug)
			if err != nil {
				t.Fatal(err)
			}
			u, ok := app.Target(target, map[string]string{"subdomain": "acme"})
			if !ok {
				continue
			}
			again, err := url.Parse(u.String())
			if err != nil || again.Scheme != "https" || again.User != nil || !slices.Contains(own, strings.ToLower(again.Host)) {
				t.Errorf("%q of %s leads to %s (%v)", target, slug, again, err)
			}
		}
	})
}

// An app file is taken or refused with a line for each rule that it breaks,
// whatever it holds; one that is taken can be shown and expanded.
func FuzzRead(f *testing.F) {
	shipped, err := catalog.Load("https://patchbay.test", "")
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", "a", "schema: 1", "slug: x\nname: X\nauth: []", "a: &a [*a]", "a: &a {b: *a}\n<<: *a", "{", "- - - -", "? ? ?", "hosts: {production: {api: 'https://{{ x }}.test'}}", "a: !!binary x", "\xff\xfe", "slug: " + strings.Repeat("a", 300)} {
		f.Add(s)
	}
	for _, slug := range []string{"slack", "zendesk", "stripe"} {
		source, err := os.ReadFile("apps/" + slug + "/app.yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source))
	}
	f.Fuzz(func(t *testing.T, source string) {
		app, problems := shipped.Read([]byte(source))
		if (app == nil) == (len(problems) == 0) {
			t.Fatalf("%d problems, and an app: %v", len(problems), app != nil)
		}
		for _, p := range problems {
			if p.Line < 0 || p.Text == "" {
				t.Errorf("%q is no problem that one can find", p)
			}
		}
		if app != nil {
			_ = shipped.Public(app)
			app.Target("/x", nil)
		}
	})
}
