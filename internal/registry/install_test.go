package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/bundle"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// withRunner gives a rig what installing packages takes.
func withRunner(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	r.Bundles = &bundle.Store{DB: r.d, Dir: dir, Now: r.clock.Now}
	modules, err := runner.Open(t.Context(), runner.Settings{
		Most: 2, Idle: time.Minute, Runs: 1000, Memory: 512 << 20, Tier: sandbox.Plain, Start: sandbox.Start, Folder: r.Bundles.Folder, Now: time.Now,
	})
	if errors.Is(err, runner.ErrMissing) {
		t.Skipf("components need Node.js: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(modules.Close)
	r.Runner = func() (registry.Describer, error) { return modules, nil }
	return r
}

// packed packs files, by their paths.
func packed(t *testing.T, files map[string]string) io.Reader {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := bundle.Pack(dir, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

func module(key, version, returns string) string {
	return fmt.Sprintf(`export default {key: %q, name: "Say", description: "Says it.", version: %q, type: "action",
		annotations: {readOnlyHint: true}, props: {text: {type: "string", label: "Text"}}, run() { return %q }}`, key, version, returns)
}

func manifest(name, version, more string) string {
	return fmt.Sprintf(`{"name": %q, "version": %q, "private": true%s}`, name, version, more)
}

func (r *rig) install(t *testing.T, dev bool, files map[string]string) (*registry.Package, error) {
	t.Helper()
	return r.Install(t.Context(), r.mine, registry.Install{Archive: packed(t, files), Dev: dev, Author: "ada"}) //nolint:wrapcheck // the caller's to look at
}

// A package's modules are components of the workspace, each with what it says of
// itself; what is none is told; installed again, it is the same, and a newer version
// takes its place.
func TestInstall(t *testing.T) {
	t.Parallel()
	r := withRunner(t)
	files := map[string]string{
		"package.json":             manifest("@acme/ours", "1.0.0", ""),
		"actions/say/say.mjs":      `import { word } from "../../common/words.mjs"; import base from "../common/base.mjs"; export default {...base, key: "acme-say", version: "0.0.1", run() { return word }}`,
		"actions/common/base.mjs":  `export default {name: "Say", description: "Says it.", type: "action", props: {}}`,
		"actions/typed/typed.ts":   `const n: number = 1; export default {key: "typed", name: "Typed", version: "0.0.1", type: "action", props: {}, run() { return n }}`,
		"actions/broken.mjs":       `export default {key: "broken"`,
		"actions/twice.mjs":        module("acme-say", "0.0.1", "x"),
		"actions/lies.mjs":         module("../../etc", "0.0.1", "x"),
		"sources/tick/tick.mjs":    `export default {key: "tick", name: "Tick", version: "0.1.0", type: "source", dedupe: "unique", props: {db: "$.service.db", timer: {type: "$.interface.timer"}}, run() {}}`,
		"common/words.mjs":         `export const word = "hello"`,
		"sources/none/none.mjs":    `export default 7`,
		"actions/exits/exits.mjs":  `process.exit(3)`,
		"node_modules/x/index.mjs": module("hidden", "0.0.1", "x"),
	}
	p, err := r.install(t, false, files)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, c := range p.Components {
		got[c.Key+" "+c.Version+" "+string(c.Type)] = true
	}
	if len(got) != 3 || !got["~/acme-say 0.0.1 action"] || !got["~/typed 0.0.1 action"] || !got["~/tick 0.1.0 trigger"] {
		t.Error(got)
	}
	why := map[string]string{}
	for _, x := range p.Refused {
		why[x.Path] = x.Why
	}
	if len(why) != 5 || !strings.Contains(why["actions/twice.mjs"], "another module") || !strings.Contains(why["actions/lies.mjs"], "key") || why["actions/broken.mjs"] == "" || why["sources/none/none.mjs"] == "" || why["actions/exits/exits.mjs"] == "" {
		t.Error(why)
	}
	all, err := r.Of(t.Context(), r.mine)
	if err != nil {
		t.Fatal(err)
	}
	c, err := all.Get("~/tick", "")
	if err != nil || c.Type != component.Trigger || c.Code.Bundle != p.Bundle || c.Code.Path != "sources/tick/tick.mjs" || c.Code.Dedupe != component.Unique || len(c.Props) != 2 {
		t.Error(c, err)
	}
	if theirs, err := r.Of(t.Context(), r.other); err != nil || len(theirs.List(component.Filter{From: component.Private})) != 0 {
		t.Error("another workspace has them, too:", err)
	}
	if again, err := r.install(t, false, files); err != nil || again.Bundle != p.Bundle {
		t.Error(again, err)
	}
	files["actions/say/say.mjs"] += "\n"
	if _, err := r.install(t, false, files); !errors.Is(err, registry.ErrReplaced) {
		t.Error(err)
	}
	files["package.json"] = manifest("@acme/ours", "1.1.0", "")
	newer, err := r.install(t, false, files)
	if err != nil || newer.Bundle == p.Bundle {
		t.Fatal(newer, err)
	}
	installed, err := r.Packages(t.Context(), r.mine)
	if err != nil || len(installed) != 1 || installed[0].Version != "1.1.0" || len(installed[0].Components) != 3 || *installed[0].Components[0].Bundle != newer.Bundle {
		t.Error(installed, err)
	}
	if ok, err := r.Intact(t.Context(), r.mine, &installed[0]); err != nil || !ok {
		t.Error(ok, err)
	}
	if err := r.Uninstall(t.Context(), r.other, "@acme/ours", true); !errors.Is(err, registry.ErrNoSuch) {
		t.Error(err)
	}
	if err := r.Uninstall(t.Context(), r.mine, "@acme/ours", false); err != nil {
		t.Error(err)
	}
	if all, err = r.Of(t.Context(), r.mine); err != nil || len(all.List(component.Filter{From: component.Private})) != 0 {
		t.Error("they are there still:", err)
	}
}

// What cannot be installed leaves everything as it was.
func TestNotInstalled(t *testing.T) {
	t.Parallel()
	r := withRunner(t)
	if _, err := r.install(t, false, map[string]string{"package.json": manifest("first", "1.0.0", ""), "index.mjs": module("one", "0.0.1", "first")}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.save(file("0.1.0", "Hello"), false); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		files map[string]string
		want  error
		says  string
	}{
		"no manifest":         {map[string]string{"index.mjs": module("two", "0.0.1", "x")}, registry.ErrNoName, "package.json"},
		"a lying manifest":    {map[string]string{"package.json": manifest("../first", "1.0.0", ""), "index.mjs": module("two", "0.0.1", "x")}, registry.ErrNoName, "package.json"},
		"a version of nobody": {map[string]string{"package.json": manifest("first", "one", ""), "index.mjs": module("two", "0.0.1", "x")}, registry.ErrNoName, "version"},
		"a license":           {map[string]string{"package.json": `{"name": "theirs", "version": "1.0.0", "license": "MIT"}`, "index.mjs": module("two", "0.0.1", "x")}, registry.ErrLicense, "MIT"},
		"no module":           {map[string]string{"package.json": manifest("empty", "1.0.0", "")}, registry.ErrNothing, "no component"},
		"a main outside":      {map[string]string{"package.json": manifest("outside", "1.0.0", `, "main": "../../../etc/passwd"`)}, registry.ErrNothing, "no component"},
		"no component":        {map[string]string{"package.json": manifest("none", "1.0.0", ""), "index.mjs": "export default 1"}, registry.ErrNothing, "index.mjs"},
		"another's key":       {map[string]string{"package.json": manifest("second", "1.0.0", ""), "index.mjs": module("one", "0.0.2", "x")}, registry.ErrKind, "of the package first"},
		"an operation's key":  {map[string]string{"package.json": manifest("third", "1.0.0", ""), "index.mjs": module("greet", "0.2.0", "x")}, registry.ErrKind, "operation file"},
	} {
		if p, err := r.install(t, false, x.files); !errors.Is(err, x.want) || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	if _, _, err := r.Save(t.Context(), r.mine, "one", registry.Upload{App: "acme_crm_key", Source: file("0.0.1", "x")}); !errors.Is(err, registry.ErrPackage) && !errors.Is(err, registry.ErrKind) {
		t.Error("a file took the place of a package's component:", err)
	}
	all, err := r.Packages(t.Context(), r.mine)
	if err != nil || len(all) != 1 || all[0].Name != "first" {
		t.Error(all, err)
	}
	left, _ := filepath.Glob(filepath.Join(r.Bundles.Dir, "draft-*"))
	if len(left) > 0 {
		t.Error("drafts are left:", left)
	}
	accepted, err := r.Install(t.Context(), r.mine, registry.Install{Archive: packed(t, map[string]string{"package.json": `{"name": "theirs", "version": "1.0.0", "license": "MIT"}`, "index.mjs": module("two", "0.0.1", "x")}), Accept: true, Author: "ada"})
	if err != nil || accepted.License != "MIT" || accepted.AcceptedAt == nil || accepted.Author != "ada" {
		t.Error(accepted, err)
	}
}

// What is worked on is written anew as often as it is sent, and does not take the
// place of what is installed.
func TestInstallDev(t *testing.T) {
	t.Parallel()
	r := withRunner(t)
	files := func(returns string) map[string]string {
		return map[string]string{"package.json": manifest("ours", "1.0.0", ""), "index.mjs": module("say", "0.0.1", returns)}
	}
	for _, x := range []struct {
		returns string
		dev     bool
		newest  string
	}{{"a", true, "0.0.1-dev"}, {"b", true, "0.0.1-dev"}, {"c", false, "0.0.1"}, {"d", true, "0.0.1"}} {
		p, err := r.install(t, x.dev, files(x.returns))
		if err != nil {
			t.Fatal(x, err)
		}
		all, err := r.Of(t.Context(), r.mine)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := all.Get("~/say", ""); err != nil || c.Version != x.newest {
			t.Error(x, c, err)
		}
		if c, err := all.Get("~/say", p.Components[0].Version); err != nil || c.Code.Bundle != p.Bundle {
			t.Error(x, c, err)
		}
	}
	if all, err := r.Packages(t.Context(), r.mine); err != nil || len(all) != 1 || all[0].Version != "1.0.0" || len(all[0].Components) != 2 {
		t.Error(all, err)
	}
}
