package runner_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/runner"
)

func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TypeScript becomes modules, with what they import of their package.
func TestCompile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, map[string]string{
		"acme.app.ts":           `export default { type: "app" as const, app: "acme" };`,
		"actions/a/a.ts":        `import acme from "../../acme.app"; import { axios } from "@pipedream/platform"; interface N { n: number } const x: N = { n: 1 }; export default { key: "acme-a", props: { acme }, x, axios };`,
		"actions/b/b.mts":       `export default { key: "acme-b" } satisfies object;`,
		"actions/c/c.ts":        `no code at all`,
		"actions/c/c.mjs":       `export default {};`,
		"types.d.ts":            `declare const x: 1;`,
		"node_modules/x/src.ts": `this is not looked at`,
	})
	got, err := runner.Compile(folder)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if want := []string{"acme.app.mjs", "actions/a/a.mjs", "actions/b/b.mjs"}; !slices.Equal(got, want) {
		t.Errorf("it made %v, want %v", got, want)
	}
	made, err := os.ReadFile(filepath.Join(folder, "actions/a/a.mjs"))
	if err != nil || !strings.Contains(string(made), `from "@pipedream/platform"`) || !strings.Contains(string(made), `app: "acme"`) {
		t.Errorf("it made %s, %v", made, err)
	}
	if again, err := runner.Compile(folder); err != nil || len(again) != 0 {
		t.Errorf("the second time it made %v, %v", again, err)
	}
}

// What cannot be compiled says where, and what lies elsewhere is not taken in.
func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	write(t, outside, map[string]string{"secret.txt": "hidden words"})
	tests := map[string]struct{ text, want string }{
		"syntax":   {"export default {\n  key: ,\n};", "a.ts:2"},
		"missing":  {`import x from "./nowhere"; export default x;`, "nowhere"},
		"outside":  {`import x from "` + filepath.Join(outside, "secret.txt") + `"; export default x;`, "outside"},
		"upwards":  {`import x from "UP/secret.txt"; export default x;`, "outside"},
		"symlinks": {`import x from "./link.txt"; export default x;`, "outside"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			up, err := filepath.Rel(folder, outside)
			if err != nil {
				t.Fatal(err)
			}
			write(t, folder, map[string]string{"a.ts": strings.ReplaceAll(tt.text, "UP", up)})
			if err := os.Symlink(filepath.Join(outside, "secret.txt"), filepath.Join(folder, "link.txt")); err != nil {
				t.Fatal(err)
			}
			_, err = runner.Compile(folder)
			if !errors.Is(err, runner.ErrModule) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("it said %v, want %q", err, tt.want)
			}
			if made, _ := os.ReadFile(filepath.Join(folder, "a.mjs")); strings.Contains(string(made), "hidden") {
				t.Errorf("it took in %s", made)
			}
		})
	}
}
