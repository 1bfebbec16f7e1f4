package catalog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Every app file that ships is sound and has a guide for the operator, and
// every app that is offered can be asked for by its slug.
func TestShipped(t *testing.T) {
	t.Parallel()
	folders, err := os.ReadDir("apps")
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) < 150 {
		t.Errorf("there are %d apps, want 150 or more", len(folders))
	}
	for _, folder := range folders {
		src, err := os.ReadFile(filepath.Join("apps", folder.Name(), "app.yaml"))
		if err != nil {
			t.Error(err)
			continue
		}
		a, problems := catalog.Lint([]byte(strings.ReplaceAll(string(src), "{{ instance.demo_url }}", "https://demo.test")))
		for _, p := range problems {
			t.Errorf("%s: %s", folder.Name(), p)
		}
		if a == nil || a.Slug != folder.Name() {
			t.Errorf("%s: the slug is not the folder's name", folder.Name())
			continue
		}
		guide, err := os.ReadFile(filepath.Join("apps", folder.Name(), "SETUP.md"))
		if err != nil && !strings.HasPrefix(folder.Name(), "acme_") {
			t.Errorf("%s: there is no guide: %v", folder.Name(), err)
		}
		if a.AuthType() == "oauth" && err == nil && !strings.Contains(string(guide), "{{ redirect_uri }}") {
			t.Errorf("%s: the guide does not name the redirect URI", folder.Name())
		}
	}
	c := load(t)
	for _, a := range c.List(catalog.Filter{}) {
		if got, err := c.Get(a.Slug); err != nil || got != a {
			t.Errorf("Get(%s) = %v, %v", a.Slug, got, err)
		}
		if c.Public(a).Description == "" {
			t.Errorf("%s has no description", a.Slug)
		}
	}
	t.Logf("%d files, %d offered", len(folders), len(c.List(catalog.Filter{})))
}
