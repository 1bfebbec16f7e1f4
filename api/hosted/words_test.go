package hosted

import (
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/web"
)

// Every category that a shipped app has is called something in every language.
func TestCategoriesHaveWords(t *testing.T) {
	t.Parallel()
	all, err := readWords(web.Connect)
	if err != nil {
		t.Fatal(err)
	}
	apps, err := catalog.Load("https://patchbay.test", "http://localhost:1")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range apps.List(catalog.Filter{}) {
		for _, c := range a.Categories {
			for locale, of := range all {
				if of["category."+c] == "" {
					t.Errorf("%s: nothing is said of category.%s", locale, c)
				}
			}
		}
	}
}
