package workbench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/bundle"
	"github.com/patchbay-dev/patchbay/internal/remote"
)

// isOperation reports whether a path names an operation file.
func isOperation(at string) bool {
	return strings.HasSuffix(at, ".yaml") || strings.HasSuffix(at, ".yml")
}

// Install brings operation files and packages to the server: a folder, a .tgz, or
// what npm knows under a name.
func (b *Bench) Install(ctx context.Context, specs []string) error {
	for _, spec := range specs {
		if err := b.install(ctx, spec, false); err != nil {
			return err
		}
	}
	return nil
}

// install brings one to the server; working says that it is not finished.
func (b *Bench) install(ctx context.Context, spec string, working bool) error {
	if isOperation(spec) {
		f, err := b.readOperation(spec)
		if err != nil {
			return err
		}
		return b.save(ctx, f, working)
	}
	dir, done, err := b.ready(ctx, spec)
	if err != nil {
		return err
	}
	defer done()
	var archive bytes.Buffer
	if err := bundle.Pack(dir, &archive); err != nil {
		return err //nolint:wrapcheck // a sentence
	}
	var p pack
	at := fmt.Sprintf("/component_packages?accept_license=%t&dev=%t", b.Accept, working)
	if err := b.Server.Call(ctx, http.MethodPost, at, nil, remote.Archive(archive.Bytes()), &p); err != nil {
		return err //nolint:wrapcheck // a sentence of the server
	}
	if b.JSON {
		b.say(p, "")
		return nil
	}
	b.say(nil, "%s %s is installed (%s…)", p.Name, p.Version, p.Bundle[:12])
	for _, c := range p.Components {
		b.say(nil, "  %s %s, %s %s", c.Key, c.Version, c.Type, c.App)
	}
	for _, r := range p.Refused {
		b.say(nil, "  not used: %s: %s", r.Path, r.Why)
	}
	return nil
}

// save brings an operation file to the server, which checks it before it takes it.
func (b *Bench) save(ctx context.Context, f *operationFile, working bool) error {
	in := map[string]any{"app": f.app, "source": f.source}
	var checked struct {
		Problems []struct {
			Line int    `json:"line"`
			Path string `json:"path"`
			Code string `json:"code"`
			Text string `json:"text"`
		} `json:"problems"`
		Examples []struct {
			Name  string   `json:"name"`
			Line  int      `json:"line"`
			Wrong []string `json:"wrong"`
		} `json:"examples"`
	}
	at := "/private_components/" + url.PathEscape(f.name)
	if err := b.Server.Call(ctx, http.MethodPost, at+"/check", nil, in, &checked); err != nil {
		return err //nolint:wrapcheck // a sentence of the server
	}
	wrong := 0
	for _, p := range checked.Problems {
		wrong++
		b.say(p, "%s:%d: %s: %s [%s]", f.at, p.Line, p.Path, p.Text, p.Code)
	}
	for _, e := range checked.Examples {
		if len(e.Wrong) > 0 {
			wrong++
			b.say(e, "%s:%d: the example %q does not come out: %s", f.at, e.Line, e.Name, strings.Join(e.Wrong, "; "))
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%s: %d to mend", f.at, wrong)
	}
	in["dev"] = working
	var r release
	if err := b.Server.Call(ctx, http.MethodPut, at, nil, in, &r); err != nil {
		return err //nolint:wrapcheck // a sentence of the server
	}
	b.say(r, "%s %s is installed, %s of %s", r.Key, r.Version, r.Type, r.App)
	return nil
}

// Update installs the newest version that npm knows of packages.
func (b *Bench) Update(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return errors.New("update: name the packages that are to be fetched anew from npm")
	}
	for _, name := range names {
		if _, err := os.Stat(name); err == nil || !npmSpec.MatchString(name) {
			return fmt.Errorf("update: %q is no name of a package. What lies in a folder is installed again: patchbay component install", name)
		}
		if err := b.install(ctx, name+"@latest", false); err != nil {
			return err
		}
	}
	return nil
}

// npmSpec are the specs that are fetched: names with a version or a tag. What npm
// would fetch from elsewhere, such as a git repository, is none.
var npmSpec = regexp.MustCompile(`^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*(@[A-Za-z0-9^~<>=.*+_-]+)?$`)

// exact are the specs that name one version.
var exact = regexp.MustCompile(`.@[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)

// ready makes a package ready to be packed, in a folder of its own: with all that its
// modules import, and without what a server has instead. done removes the folder.
func (b *Bench) ready(ctx context.Context, spec string) (dir string, done func(), err error) {
	scratch, err := os.MkdirTemp("", "patchbay-component-")
	if err != nil {
		return "", nil, fmt.Errorf("make folder: %w", err)
	}
	remove := func() { _ = os.RemoveAll(scratch) }
	defer func() {
		if err != nil {
			remove()
		}
	}()
	if err = os.Chmod(scratch, 0o755); err != nil { //nolint:gosec // modules are read by another user
		return "", nil, fmt.Errorf("make folder: %w", err)
	}
	archive := filepath.Join(scratch, "package.tgz")
	info, serr := os.Stat(spec)
	switch {
	case serr == nil && info.IsDir():
		err = packTo(spec, archive)
	case serr == nil:
		archive = spec
	case npmSpec.MatchString(spec):
		archive, err = b.fetch(ctx, spec, scratch)
	default:
		err = fmt.Errorf("%s is no folder, no .tgz, no .yaml, and no name that npm knows packages by", spec)
	}
	if err != nil {
		return "", nil, err
	}
	dir = filepath.Join(scratch, "package")
	if err = os.Mkdir(dir, 0o755); err != nil { //nolint:gosec // likewise
		return "", nil, fmt.Errorf("make folder: %w", err)
	}
	f, err := os.Open(archive) //nolint:gosec // what the developer names
	if err != nil {
		return "", nil, fmt.Errorf("read package: %w", err)
	}
	err = errors.Join(bundle.Unpack(f, dir), f.Close())
	if err == nil {
		err = b.dependencies(ctx, dir)
	}
	return dir, remove, err
}

func packTo(dir, archive string) error {
	f, err := os.Create(archive) //nolint:gosec // in a folder of ours
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return errors.Join(bundle.Pack(dir, f), f.Close())
}

// fetch fetches a package by npm, which holds it against the registry's hash.
func (b *Bench) fetch(ctx context.Context, spec, into string) (string, error) {
	how := []string{"pack", "--json", "--pack-destination", into, spec}
	if exact.MatchString(spec) { // what it is does not change: what was fetched once will do
		how = append(how, "--prefer-offline")
	}
	out, err := b.npm(ctx, into, how...)
	if err != nil {
		return "", err
	}
	var packed []struct {
		Filename string `json:"filename"`
	}
	if json.Unmarshal(out, &packed) != nil || len(packed) != 1 {
		return "", fmt.Errorf("npm does not say what it fetched of %s", spec)
	}
	return filepath.Join(into, filepath.Base(packed[0].Filename)), nil
}

// ours are packages that a server has instead of those that npm would fetch.
var ours = []string{"@pipedream/platform", "@pipedream/types"}

// dependencies installs what a package depends on, by its own lockfile if it has one.
// No script of any package is run.
func (b *Bench) dependencies(ctx context.Context, dir string) error {
	at := filepath.Join(dir, "package.json")
	src, err := os.ReadFile(at) //nolint:gosec // in a folder of ours
	if err != nil {
		return fmt.Errorf("the package has no package.json: %w", err)
	}
	var m map[string]any
	if err := json.Unmarshal(src, &m); err != nil {
		return fmt.Errorf("package.json cannot be read: %w", err)
	}
	needs, _ := m["dependencies"].(map[string]any)
	for _, name := range ours {
		delete(needs, name)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); len(needs) == 0 || err == nil {
		return nil // there is nothing to be fetched, or all is there
	}
	empty := filepath.Join(filepath.Dir(dir), "empty")
	if err := os.MkdirAll(empty, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	overrides := map[string]any{}
	for _, name := range ours {
		overrides[name] = "file:" + empty
	}
	if err := os.WriteFile(filepath.Join(empty, "package.json"), []byte(`{"name":"empty","version":"0.0.0"}`), 0o600); err != nil {
		return fmt.Errorf("write package.json: %w", err)
	}
	m["overrides"] = overrides
	changed, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write package.json: %w", err)
	}
	if err := os.WriteFile(at, changed, 0o600); err != nil {
		return fmt.Errorf("write package.json: %w", err)
	}
	if _, err := b.npm(ctx, dir, "install", "--omit=dev", "--no-audit", "--no-fund", "--install-links", "--prefer-offline"); err != nil {
		return err
	}
	for _, name := range ours {
		if err := os.RemoveAll(filepath.Join(dir, "node_modules", filepath.FromSlash(name))); err != nil {
			return fmt.Errorf("remove %s: %w", name, err)
		}
	}
	if err := os.WriteFile(at, src, 0o600); err != nil { //nolint:gosec // as its author wrote it, in a folder of ours
		return fmt.Errorf("write package.json: %w", err)
	}
	return nil
}

// npm runs npm, as it is configured here, but without scripts.
func (b *Bench) npm(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, b.Npm, append(args, "--ignore-scripts", "--loglevel=error")...) //nolint:gosec // what the developer named
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("npm is not installed here, which fetches packages and what they depend on")
	}
	if err != nil {
		return nil, fmt.Errorf("npm %s did not come to an end: %w\n%s", args[0], err, strings.TrimSpace(said.String()))
	}
	return out, nil
}
