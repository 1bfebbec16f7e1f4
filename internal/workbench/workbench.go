// Package workbench is what a developer of components has on their own machine: it
// begins one, tries it, and brings it to a server. It is a client of the API like any
// other; what it fetches, the developer has named.
package workbench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/remote"
	"github.com/patchbay-dev/patchbay/internal/runner"
)

// Bench is one command at work.
type Bench struct {
	Server *remote.Client // nil = the command asks none
	Out    io.Writer
	JSON   bool // Out is for programs
	App    string
	Accept bool // licenses
	Force  bool

	Project     string
	Environment string
	User        string         // for whom dev runs an action; "" = it runs none
	Props       map[string]any // with which
	Once        bool           // dev ends after the first run

	Describe func(ctx context.Context, dir string, paths []string) ([]Module, error)
	Npm      string // the program
	Every    time.Duration
}

// Module is what a module of a package said of itself.
type Module struct {
	Path      string               `json:"path"`
	Component *component.Component `json:"-"`
	Key       string               `json:"key,omitempty"`
	Version   string               `json:"version,omitempty"`
	Wrong     string               `json:"wrong,omitempty"` // "" = nothing
}

// say writes a line for people, or a value for programs.
func (b *Bench) say(v any, format string, args ...any) {
	if b.JSON {
		_ = json.NewEncoder(b.Out).Encode(v)
		return
	}
	_, _ = fmt.Fprintf(b.Out, format+"\n", args...)
}

// release is a version of a component, as the server tells of it.
type release struct {
	Key     string `json:"key"`
	Version string `json:"version"`
	Type    string `json:"type"`
	App     string `json:"app"`
}

type pack struct {
	Name       string    `json:"name"`
	Version    string    `json:"version"`
	Bundle     string    `json:"bundle"`
	License    string    `json:"license"`
	Components []release `json:"components"`
	Refused    []struct {
		Path string `json:"path"`
		Why  string `json:"why"`
	} `json:"refused"`
	Intact *bool `json:"intact"`
}

// operationFile is a file with an operation, and the app that it is of.
type operationFile struct {
	at, name, app, source string
}

// appLine begins the line in which a file says of which app it is.
const appLine = "# app: "

func (b *Bench) readOperation(at string) (*operationFile, error) {
	src, err := os.ReadFile(at) //nolint:gosec // the file that the developer names
	if err != nil {
		return nil, fmt.Errorf("read operation: %w", err)
	}
	f := &operationFile{at: at, name: strings.TrimSuffix(filepath.Base(at), filepath.Ext(at)), app: b.App, source: string(src)}
	for line := range strings.Lines(f.source) {
		if app, ok := strings.CutPrefix(line, appLine); ok && f.app == "" {
			f.app = strings.TrimSpace(app)
		}
	}
	if f.app == "" {
		return nil, fmt.Errorf("%s does not say of which app it is: give --app, or write %sslug into it", at, appLine)
	}
	return f, nil
}

// Test plays the examples of operation files, and has the modules of packages say
// what they are. Nothing leaves the machine.
func (b *Bench) Test(ctx context.Context, paths []string) error {
	failed := 0
	for _, at := range paths {
		n, err := b.test(ctx, at)
		if err != nil {
			return err
		}
		failed += n
	}
	if failed > 0 {
		return fmt.Errorf("%d to mend", failed)
	}
	return nil
}

func (b *Bench) test(ctx context.Context, at string) (failed int, err error) {
	if !isOperation(at) {
		return b.testPackage(ctx, at)
	}
	f, err := b.readOperation(at)
	if err != nil {
		return 0, err
	}
	apps, err := catalog.Load("", "http://127.0.0.1")
	if err != nil {
		return 0, err //nolint:wrapcheck // says what it did
	}
	app, err := apps.Get(f.app)
	if err != nil {
		return 0, fmt.Errorf("%s: no app %q ships. What is of an app of your own is tested by its server: patchbay component install", at, f.app)
	}
	shared, err := component.SharedOf(app.Slug)
	if err != nil {
		return 0, err //nolint:wrapcheck // names the file
	}
	c, problems := component.Lint(app, shared, f.name, []byte(f.source))
	for _, p := range problems {
		b.say(map[string]any{"file": at, "line": p.Line, "code": p.Code, "path": p.Path, "text": p.Text}, "%s: %s [%s]", at, p, p.Code)
	}
	if len(problems) > 0 {
		return len(problems), nil
	}
	for i := range c.Operation.Examples {
		e := &c.Operation.Examples[i]
		wrong := operation.Play(ctx, c, e)
		result := "passed"
		if len(wrong) > 0 {
			result, failed = "failed", failed+1
		}
		b.say(map[string]any{"file": at, "example": e.Name, "result": result, "wrong": wrong}, "%-7s  %s: %s", result, e.Name, strings.Join(append(wrong, "")[:max(1, len(wrong))], "; "))
	}
	return failed, nil
}

func (b *Bench) testPackage(ctx context.Context, at string) (failed int, err error) {
	dir, done, err := b.ready(ctx, at)
	if err != nil {
		return 0, err
	}
	defer done()
	if _, err := runner.Compile(dir); err != nil {
		return 0, err //nolint:wrapcheck // names the line
	}
	modules, err := b.Describe(ctx, dir, nil)
	if err != nil {
		return 0, err
	}
	if len(modules) == 0 {
		return 0, fmt.Errorf("%s has no component: one lies in actions/name/name.mjs, in sources/name/name.mjs, or is the package's main module", at)
	}
	for _, m := range modules {
		if m.Wrong != "" {
			failed++
			b.say(m, "failed   %s: %s", m.Path, m.Wrong)
			continue
		}
		b.say(m, "passed   %s: %s %s", m.Path, m.Key, m.Version)
	}
	return failed, nil
}

// List lists the workspace's own components.
func (b *Bench) List(ctx context.Context) error {
	var out struct {
		Data []struct {
			release

			Name     string   `json:"name"`
			Versions []string `json:"versions"`
			Triggers int      `json:"triggers"`
			Problems []any    `json:"problems"`
		} `json:"data"`
	}
	if err := b.Server.Call(ctx, http.MethodGet, "/private_components", nil, nil, &out); err != nil {
		return err //nolint:wrapcheck // a sentence of the server
	}
	if len(out.Data) == 0 && !b.JSON {
		_, _ = fmt.Fprintln(b.Out, "The workspace has no components of its own. Begin one: patchbay component init NAME")
	}
	for _, c := range out.Data {
		b.say(c, "%-40s %-12s %-8s %-20s %d deployed", c.Key, c.Version, c.Type, c.App, c.Triggers)
	}
	return nil
}

// Remove takes components (~/name), or packages (their names), away.
func (b *Bench) Remove(ctx context.Context, names []string) error {
	for _, name := range names {
		at := "/component_packages/" + url.PathEscape(name)
		if own, ok := strings.CutPrefix(name, component.Own); ok {
			at = "/private_components/" + url.PathEscape(own)
		}
		if err := b.Server.Call(ctx, http.MethodDelete, fmt.Sprintf("%s?force=%t", at, b.Force), nil, nil, nil); err != nil {
			return err //nolint:wrapcheck // a sentence of the server
		}
		b.say(map[string]any{"removed": name}, "%s is removed", name)
	}
	return nil
}

// Verify has the server hold each package's content against its hash.
func (b *Bench) Verify(ctx context.Context) error {
	var out struct {
		Data []pack `json:"data"`
	}
	if err := b.Server.Call(ctx, http.MethodGet, "/component_packages?verify=true", nil, nil, &out); err != nil {
		return err //nolint:wrapcheck // a sentence of the server
	}
	for _, p := range out.Data {
		what := "is as it was installed"
		if p.Intact == nil || !*p.Intact {
			what = "is damaged: install it again"
		}
		b.say(p, "%s %s (%s…) %s", p.Name, p.Version, p.Bundle[:12], what)
	}
	if slices.ContainsFunc(out.Data, func(p pack) bool { return p.Intact == nil || !*p.Intact }) {
		return fmt.Errorf("a package is damaged")
	}
	return nil
}
