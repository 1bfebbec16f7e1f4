package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The threat model names tests that there are, and each threat has one.
func TestThreatsAreHeld(t *testing.T) {
	t.Parallel()
	top := filepath.Join("..", "..")
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, folder := range []string{"api", "internal"} {
		err := filepath.WalkDir(filepath.Join(top, folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
				there[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(top, "web", "docs", "pages", "threats.md"))
	if err != nil {
		t.Fatal(err)
	}
	threats, held := 0, false
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| threat ") {
			held = true
			continue
		}
		if held = held && strings.HasPrefix(line, "|"); !held || strings.HasPrefix(line, "| ---") {
			continue
		}
		threats++
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for _, name := range strings.Split(strings.TrimSpace(cells[len(cells)-1]), ", ") {
			if !there[name] {
				t.Errorf("%s: there is no test %q", strings.TrimSpace(cells[0]), name)
			}
		}
	}
	if threats < 30 {
		t.Errorf("%d threats were read: the tables are not as they were", threats)
	}
}
