package check

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files anew")

// top is where the repository begins.
const top = "../.."

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{top}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	inTable = regexp.MustCompile("`([A-Z][A-Z0-9_]+)`")
	named   = regexp.MustCompile(`PATCHBAY_([A-Z][A-Z0-9_]*[A-Z0-9])`)
)

// settings are those of SETTINGS.md, by their names without PATCHBAY_, each with
// the section that it stands in.
func settings(t *testing.T) map[string]string {
	t.Helper()
	out, section := map[string]string{}, ""
	for line := range strings.Lines(read(t, "SETTINGS.md")) {
		if s, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(s)
		}
		if cells := strings.Split(line, "|"); len(cells) > 2 && strings.HasPrefix(line, "| `") {
			for _, m := range inTable.FindAllStringSubmatch(cells[1], -1) {
				out[m[1]] = section
			}
		}
	}
	if len(out) < 40 {
		t.Fatalf("SETTINGS.md has %d settings: its tables are not read as they are written", len(out))
	}
	return out
}

// What is not the server's, and yet named like its settings.
var notSettings = map[string]bool{
	"PORT": true, "VERSION": true, "IMAGE": true, // of the compose file
}

// Whatever in deploy/ names a setting names one that there is.
func TestSettingsAreKnown(t *testing.T) {
	t.Parallel()
	known := settings(t)
	for _, place := range []string{"docker-compose.yml", ".goreleaser.yaml", "deploy/Dockerfile", "deploy/helm", "deploy/systemd", "deploy/terraform", "deploy/packages", "web/docs/pages/deploy.md"} {
		found := 0
		err := filepath.WalkDir(filepath.Join(top, place), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range named.FindAllStringSubmatch(string(text), -1) {
				found++
				if _, ok := known[m[1]]; !ok && !notSettings[m[1]] {
					t.Errorf("%s names PATCHBAY_%s, which SETTINGS.md does not", path, m[1])
				}
			}
			return nil
		})
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
