package arch

import (
	"os"
	"strings"
	"testing"
)

// Two branches that each add a migration may give it one number, which only
// the start of a database would tell.
func TestMigrationsHaveNumbersOfTheirOwn(t *testing.T) {
	files, err := os.ReadDir("../../migrations")
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]string{}
	for _, f := range files {
		number, _, ok := strings.Cut(f.Name(), "_")
		if !ok || !strings.HasSuffix(f.Name(), ".sql") {
			continue
		}
		if other := by[number]; other != "" {
			t.Errorf("%s and %s have one number", other, f.Name())
		}
		by[number] = f.Name()
	}
	if len(by) == 0 {
		t.Error("no migrations were found")
	}
}
