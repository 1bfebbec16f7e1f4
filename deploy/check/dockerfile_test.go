package check

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// The Dockerfile is read as BuildKit reads it, with its own warnings for errors.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	result, err := parser.Parse(strings.NewReader(read(t, "deploy/Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range result.Warnings {
		t.Errorf("%s", w.Short)
	}
	stages, _, err := instructions.Parse(result.AST, linter.New(&linter.Config{Warn: func(rule, _, _, says string, _ []parser.Range) { t.Errorf("%s: %s", rule, says) }}))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range stages {
		s := &stages[i]
		names = append(names, s.Name)
		if _, tag, ok := strings.Cut(s.BaseName, ":"); !ok || tag == "latest" {
			t.Errorf("%s begins with %s, whose version nobody chose", s.Name, s.BaseName)
		}
		said := map[string]string{}
		for _, c := range s.Commands {
			said[strings.ToLower(c.Name())] = strings.TrimSpace(c.(interface{ String() string }).String())
			if copied, ok := c.(*instructions.CopyCommand); ok && copied.From != "" && !slices.Contains(names, copied.From) {
				t.Errorf("%s copies from %s, which is no stage before it", s.Name, copied.From)
			}
			if copied, ok := c.(*instructions.CopyCommand); ok && copied.From == "" {
				for _, path := range copied.SourcePaths {
					if found, err := filepath.Glob(filepath.Join(top, path)); err != nil || len(found) == 0 {
						t.Errorf("%s copies %s, which is not there", s.Name, path)
					}
				}
			}
		}
		if s.Name != "server" && s.Name != "full" {
			if s.Platform != "$BUILDPLATFORM" {
				t.Errorf("%s is built on %s, and once for each machine", s.Name, s.Platform)
			}
			continue
		}
		if !strings.HasPrefix(said["user"], "USER 65532") || !strings.Contains(said["entrypoint"], "/patchbay") || !strings.Contains(said["healthcheck"], "ready") {
			t.Errorf("%s is another user, another program, or is watched by nobody: %v", s.Name, said)
		}
	}
	if want := []string{"console", "build", "server", "full"}; !slices.Equal(names, want) {
		t.Errorf("the stages are %v, want %v", names, want)
	}
}

// The image builds with the Go that the module asks for.
func TestDockerfileGo(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile(filepath.Join(top, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	if wanted == nil || !strings.Contains(read(t, "deploy/Dockerfile"), "golang:"+string(wanted[1])+"-") {
		t.Errorf("go.mod asks for Go %s, the Dockerfile builds with another", wanted[1])
	}
}
