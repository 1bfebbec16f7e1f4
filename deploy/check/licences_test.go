package check

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// phrases tell a licence by words that stand in it and in no other that counts.
var phrases = []struct{ licence, says string }{
	{"Apache-2.0", "Apache License"},
	{"MPL-2.0", "Mozilla Public License"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"BSD", "Redistribution and use in source and binary forms"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software"},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose"},
	{"Unlicense", "free and unencumbered software released into the public domain"},
	{"CC0-1.0", "CC0 1.0 Universal"},
}

// bound are words of licences that bind who passes a program on to more than to name
// its authors, or that are open in name alone.
var bound = regexp.MustCompile(`(?i)GNU (affero|lesser|general)|server side public|business source|elastic license|commons clause|functional source|polyform`)

var space = regexp.MustCompile(`\s+`)

// Whatever is linked into the program, or into what browsers are sent, may be passed
// on under Apache-2.0 by whoever names its authors.
func TestLicences(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}`, "./api")
	list.Dir, list.Env = top, append(os.Environ(), "GOFLAGS=-buildvcs=false")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := slices.Compact(slices.Sorted(strings.Lines(string(out))))
	for _, line := range modules {
		module, dir, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		if found := licenceIn(t, dir); found == "" {
			t.Errorf("%s has no licence that is known here, or one that binds: look at %s, and take another library or add to this test", module, dir)
		}
	}
	if len(modules) < 50 {
		t.Errorf("only %d modules were looked at", len(modules))
	}
}

// licenceIn is the licence in a folder; "" = none that is known, or one that binds.
func licenceIn(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "[LlCc][IiOo][CcPp][EeYy]*"))
	if err != nil {
		t.Fatal(err)
	}
	found := ""
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a folder
		}
		plain := space.ReplaceAllString(string(text), " ")
		for _, p := range phrases {
			if found == "" && strings.Contains(strings.ToLower(plain), strings.ToLower(p.says)) {
				found = p.licence
			}
		}
		if head := plain[:min(len(plain), 400)]; bound.MatchString(head) {
			return ""
		}
	}
	return found
}

// A licence is told by what it says, whatever its file is called.
func TestLicenceIsTold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"                  Apache License\n  Version 2.0": "Apache-2.0", "MIT License\n\nPermission is hereby granted,\nfree of charge, to any": "MIT",
		"GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3": "", "Business Source License 1.1\nPermission is hereby granted, free of charge": "", "All rights reserved.": "",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "License.md"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := licenceIn(t, dir); got != want {
			t.Errorf("%q is told as %q, want %q", text, got, want)
		}
	}
}

// The same of the packages that browsers and customers' programs get.
func TestLicencesOfPackages(t *testing.T) {
	t.Parallel()
	free := []string{"MIT", "MIT-0", "Apache-2.0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Unlicense", "BlueOak-1.0.0", "Python-2.0", "CC0-1.0"}
	for _, place := range []string{"web", "web/docs", "sdk"} {
		var lock struct {
			Packages map[string]struct {
				License string
				Dev     bool
				Link    bool
			}
		}
		if err := json.Unmarshal([]byte(read(t, place, "package-lock.json")), &lock); err != nil {
			t.Fatal(err)
		}
		if len(lock.Packages) < 50 {
			t.Errorf("%s has %d packages: its lock is not read as it is written", place, len(lock.Packages))
		}
		for name, p := range lock.Packages {
			if name == "" || p.Link || p.Dev && p.License != "" && !bound.MatchString(p.License) {
				continue
			}
			if !p.Dev && !slices.Contains(free, p.License) {
				t.Errorf("%s: %s is under %q", place, name, p.License)
			}
		}
	}
}
