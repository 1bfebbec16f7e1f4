package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The file is whole whoever writes beside, is its user's alone, and leaves nothing behind.
func TestProfilesAreWrittenWhole(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "new", "config.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for _, secret := range []string{strings.Repeat("a", 100_000), strings.Repeat("b", 50_000)} {
		wait.Go(func() {
			for range 20 {
				all := &profiles{All: map[string]*profile{"x": {ClientSecret: secret}}, file: file}
				if err := all.save(); err != nil {
					t.Error(err)
				}
				p := &Program{Err: &bytes.Buffer{}, Profiles: file}
				if read, err := p.profiles(); err != nil || len(read.All["x"].ClientSecret) < 50_000 {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Error(left, err)
	}
}

// What somebody wrote into the file by hand ends no command with a panic.
func TestProfilesOfAnyContent(t *testing.T) {
	t.Parallel()
	for content, says := range map[string]string{
		"":                                   "cannot be read",
		"[]":                                 "cannot be read",
		`{"profiles":3}`:                     "cannot be read",
		`{"profiles":{"default":null}}`:      "not logged in",
		`{"profiles":null}`:                  "not logged in",
		`{"current":"gone","profiles":{}}`:   "not logged in",
		`{"profiles":{"default":{"url":1}}}`: "cannot be read",
	} {
		file := filepath.Join(t.TempDir(), "config.json")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, notices bytes.Buffer
		p := Program{Out: &out, Err: &notices, Load: nothingSet, Profiles: file}
		if code := p.Run(t.Context(), []string{"projects", "list"}); code != exitFailed || !strings.Contains(notices.String(), says) {
			t.Errorf("%s: %d %s", content, code, notices.String())
		}
	}
	file := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(file, []byte(`{"profiles":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	var notices bytes.Buffer
	if _, err := (&Program{Err: &notices, Profiles: file}).profiles(); err != nil || !strings.Contains(notices.String(), "chmod 600") {
		t.Error(notices.String(), err)
	}
}
