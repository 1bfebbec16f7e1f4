package app_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// component runs patchbay component in a folder, as the workspace's client.
func (w *workspace) component(ctx context.Context, out *talk, args ...string) error {
	c := w.g.config
	c.BaseURL, c.ClientID, c.ClientSecret, c.ProjectID = w.g.api, w.client, w.key, w.project
	return w.g.typed(ctx, c, out, io.Discard, append([]string{"component"}, args...)...)
}

// talk is what a command says, which may be read while it speaks.
type talk struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *talk) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p) //nolint:wrapcheck // a writer's
}

func (o *talk) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func rewrite(t *testing.T, name, from, to string) {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(src), from) {
		t.Fatal(name, err)
	}
	if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(src), from, to)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A developer begins a component in a fresh folder, tries it while they write it, with
// a user's account, installs it, and it is run through the API.
func TestComponentStory(t *testing.T) {
	t.Parallel()
	g := newRig(t, sandboxed(t))
	w, greet := g.home, filepath.Join(t.TempDir(), "greet")
	w.account(t, "ada")
	do := func(says string, args ...string) {
		t.Helper()
		var out talk
		if err := w.component(t.Context(), &out, args...); err != nil || !strings.Contains(out.String(), says) {
			t.Fatalf("%v: %v\n%s", args, err, out.String())
		}
	}
	do("greet", "init", greet, "--app", "acme_crm_key", "--code")
	module := filepath.Join(greet, "actions", "greet", "greet.mjs")
	do("passed   actions/greet/greet.mjs: greet 0.1.0", "test", greet)

	ctx, stop := context.WithCancel(t.Context())
	var out talk
	done := make(chan error, 1)
	go func() { done <- w.component(ctx, &out, "dev", greet, "--user", "ada", "--props", `{"text":"hello"}`) }()
	soon(t, "the first run", func() bool { return strings.Contains(out.String(), "Sent hello") })
	rewrite(t, module, "Sent ${", "Said ${")
	soon(t, "the run after a change", func() bool { return strings.Contains(out.String(), "Said hello") })
	rewrite(t, module, "export default {", "export default {{")
	soon(t, "what is wrong", func() bool { return strings.Contains(out.String(), "greet.mjs: ") })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	rewrite(t, module, "export default {{", "export default {")

	do("~/greet 0.1.0, action acme_crm_key", "install", greet)
	do("~/greet", "list")
	do("is as it was installed", "verify")
	do(`"name":"greet"`, "verify", "--json")
	account := w.account(t, "grace")
	run := `{"id":"~/greet","external_user_id":"grace","configured_props":{"app":{"authProvisionId":"` + account + `"},"text":"hi"}}`
	if r := w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", run).is(t, http.StatusOK); r.text(t, "ret", "text") != "hi" || r.text(t, "ret", "axios") != "function" || r.text(t, "exports", "$summary") != "Said hi" {
		t.Error(r.Body)
	}
	do("greet is removed", "remove", "greet")
	w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", run).refused(t, http.StatusNotFound, "component_not_found")
}

// An operation file is begun, played, run while it is written, and installed by the
// same commands; what is wrong is said with its line.
func TestComponentFile(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, folder := g.home, t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	w.account(t, "ada")
	try := func(args ...string) (string, error) {
		var out talk
		err := w.component(t.Context(), &out, args...)
		return out.String(), err
	}
	for _, of := range []string{"action", "trigger"} {
		if said, err := try("init", in("my-"+of), "--app", "acme_crm_key", "--type", of); err != nil {
			t.Fatal(said, err)
		}
		if said, err := try("test", in("my-"+of+".yaml")); err != nil || !strings.Contains(said, "passed") {
			t.Error(said, err)
		}
	}
	if said, err := try("init", in("my-action"), "--app", "acme_crm_key"); err == nil {
		t.Error("a file was written over:", said)
	}
	if err := os.WriteFile(in("add.yaml"), []byte("# app: acme_crm_key\n"+ownOperation("0.1.0")), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := try("dev", in("add.yaml"), "--once", "--user", "ada", "--props", `{"name":"Grace"}`); err != nil || !strings.Contains(said, "Added Grace") || !strings.Contains(said, "~/add 0.1.0-dev") {
		t.Error(said, err)
	}
	if said, err := try("install", in("add.yaml")); err != nil || !strings.Contains(said, "~/add 0.1.0 is installed") {
		t.Error(said, err)
	}
	rewrite(t, in("add.yaml"), "props.name", "props.nobody")
	for _, command := range []string{"test", "install"} {
		if said, err := try(command, in("add.yaml")); err == nil || !strings.Contains(said, "[prop_unknown]") || !strings.Contains(said, "9") {
			t.Error(command, said, err)
		}
	}
	for _, bad := range [][]string{{"install", "/nowhere/x"}, {"install", "git+https://example.com/x"}, {"dev", "nowhere.yaml"}, {"update", "."}, {"init", in("X y"), "--app", "y"}, {"init", in("z")}, {"dev", in("add.yaml"), "--props", "[]"}} {
		if said, err := try(bad...); err == nil {
			t.Errorf("%v: %s", bad, said)
		}
	}
}

// A package is fetched from the registry that npm is told of, with what it depends on
// and without its scripts, once its license is accepted; the platform's package is not
// fetched.
func TestComponentFromNpm(t *testing.T) {
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("npm is not installed here")
	}
	g := newRig(t, sandboxed(t))
	ran := filepath.Join(t.TempDir(), "ran")
	registry := newNpm(t, ran)
	t.Setenv("npm_config_registry", registry.URL+"/")
	t.Setenv("npm_config_cache", t.TempDir())
	w := g.home
	var out talk
	if err := w.component(t.Context(), &out, "install", "@acme/theirs@1.0.0"); err == nil || !strings.Contains(err.Error(), "MIT") {
		t.Fatal(out.String(), err)
	}
	for _, args := range [][]string{{"install", "@acme/theirs@1.0.0", "--accept-license"}, {"update", "@acme/theirs", "--accept-license"}} {
		if err := w.component(t.Context(), &out, args...); err != nil || !strings.Contains(out.String(), "~/theirs-say 0.0.1") {
			t.Fatal(args, out.String(), err)
		}
	}
	if r := w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"~/theirs-say","external_user_id":"ada"}`).is(t, http.StatusOK); r.text(t, "ret") != "a newer word" {
		t.Error(r.Body)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a script of a package was run")
	}
	if registry.asked("platform") {
		t.Error("the platform's package was asked for")
	}
}

// A package's lockfile says what it is installed with; and what npm has fetched once is
// installed again although nobody answers.
func TestComponentLockedAndOffline(t *testing.T) {
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("npm is not installed here")
	}
	g := newRig(t, sandboxed(t))
	registry := newNpm(t, filepath.Join(t.TempDir(), "ran"))
	t.Setenv("npm_config_registry", registry.URL+"/")
	t.Setenv("npm_config_cache", t.TempDir())
	t.Setenv("npm_config_fetch_retries", "0")
	w := g.home
	dir := t.TempDir()
	for name, text := range map[string]string{
		"package.json":      `{"name":"locked","version":"1.0.0","type":"module","main":"say.mjs","dependencies":{"words":"^1.0.0"}}`,
		"package-lock.json": `{"name":"locked","version":"1.0.0","lockfileVersion":3,"requires":true,"packages":{"":{"name":"locked","version":"1.0.0","dependencies":{"words":"^1.0.0"}},"node_modules/words":{"version":"1.0.0"}}}`,
		"say.mjs":           `import { word } from "words"; export default {key: "locked-say", name: "Say", description: "Says it.", version: "0.0.1", type: "action", props: {}, run() { return word }}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said := func(key, want string) {
		t.Helper()
		if r := w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"~/`+key+`","external_user_id":"ada"}`).is(t, http.StatusOK); r.text(t, "ret") != want {
			t.Error(r.Body)
		}
	}
	var out talk
	install := func(args ...string) {
		t.Helper()
		if err := w.component(t.Context(), &out, append([]string{"install"}, args...)...); err != nil {
			t.Fatal(out.String(), err)
		}
	}
	install(dir, "--accept-license")
	said("locked-say", "a word of another package")
	install("@acme/theirs@1.0.0", "--accept-license")
	registry.Close()
	if err := w.component(t.Context(), &out, "remove", "@acme/theirs"); err != nil {
		t.Fatal(out.String(), err)
	}
	install("@acme/theirs@1.0.0", "--accept-license")
	said("theirs-say", "a newer word")
	install(dir, "--accept-license")
}

// The components that COMPONENTS.md shows are components, as they stand there.
func TestComponentsOfTheGuide(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../COMPONENTS.md")
	if err != nil {
		t.Fatal(err)
	}
	w, folder := newRig(t, sandboxed(t)).home, t.TempDir()
	files := []struct{ holds, name string }{{`key: "acme-write-note"`, "actions/write-note/write-note.mjs"}, {`type: "app", app: "acme"`, "acme.app.mjs"}, {`key: "acme-render"`, "actions/render/render.mjs"}}
	for block := range strings.SplitSeq(string(text), "```js\n") {
		code, _, _ := strings.Cut(block, "\n```")
		for i, f := range files {
			if f.name == "" || !strings.Contains(code, f.holds) || strings.HasPrefix(code, "#") {
				continue
			}
			code = strings.ReplaceAll(code, `"./acme.app.mjs"`, `"../../acme.app.mjs"`)
			if !strings.Contains(code, "import acme") && strings.HasPrefix(f.name, "actions") {
				code = "import acme from \"../../acme.app.mjs\";\n" + code
			}
			name := filepath.Join(folder, f.name)
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(code), 0o600); err != nil {
				t.Fatal(err)
			}
			files[i].name = ""
		}
	}
	for _, f := range files {
		if f.name != "" {
			t.Errorf("COMPONENTS.md does not show %s any more", f.name)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "package.json"), []byte(`{"name":"acme","version":"0.1.0","type":"module"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var out talk
	if err := w.component(t.Context(), &out, "test", folder); err != nil {
		t.Fatal(err, out.String())
	}
	for _, says := range []string{"acme-write-note 0.1.0", "acme-render 0.1.0"} {
		if !strings.Contains(out.String(), says) {
			t.Errorf("%s is missing: %s", says, out.String())
		}
	}
}
