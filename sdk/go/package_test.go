package patchbay_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	patchbay "github.com/patchbay-dev/patchbay/sdk/go"
)

const module = "github.com/patchbay-dev/patchbay/sdk/go"

const use = `package main

import (
	"context"
	"errors"
	"os"

	patchbay "github.com/patchbay-dev/patchbay/sdk/go"
)

func main() {
	client, err := patchbay.New(patchbay.Config{BaseURL: "http://127.0.0.1:1", Token: "t", ProjectID: "p", MaxRetries: -1})
	if err != nil {
		panic(err)
	}
	for account, err := range client.Accounts.All(context.Background(), patchbay.AccountsListRequest{ExternalUserID: "ada"}) {
		if !errors.Is(err, patchbay.ErrNetwork) {
			panic(account.App.NameSlug)
		}
	}
	_, _ = os.Stdout.WriteString(patchbay.Version)
}
`

// The module as it is published: packed, fetched from a proxy that is a folder, and used from another module.
func TestModuleInACleanFolder(t *testing.T) {
	t.Parallel()
	place := t.TempDir()
	version := "v" + patchbay.Version
	versions := filepath.Join(place, "proxy", filepath.FromSlash(module), "@v")
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		filepath.Join(versions, "list"): version + "\n", filepath.Join(versions, version+".info"): `{"Version":"` + version + `"}`, filepath.Join(versions, version+".mod"): string(mod),
		filepath.Join(place, "use", "main.go"): use, filepath.Join(place, "use", "go.mod"): "module example.test/use\n\ngo 1.24\n\nrequire " + module + " " + version + "\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pack(t, filepath.Join(versions, version+".zip"), module+"@"+version+"/")
	run := exec.Command("go", "run", ".")
	run.Dir = filepath.Join(place, "use")
	run.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=mod -modcacherw", "GOPROXY=file://"+filepath.Join(place, "proxy"), "GOSUMDB=off", "GONOSUMDB=*", "GOTOOLCHAIN=local", "GOWORK=off", "GOMODCACHE="+filepath.Join(place, "cache"))
	var wrong strings.Builder
	run.Stderr = &wrong
	said, err := run.Output()
	if err != nil || string(said) != patchbay.Version {
		t.Fatalf("%v\n%s%s", err, said, wrong.String())
	}
}

// pack writes the module's zip.
func pack(t *testing.T, to, prefix string) {
	t.Helper()
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue // a folder; internal/check is a tool of ours
		}
		w, err := z.Create(prefix + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
