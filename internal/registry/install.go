package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/internal/bundle"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/runner"
)

// Faults of packages.
var (
	ErrPackage  = fault.New(fault.Conflict, "component_of_package", "This component is of a package. Install that again, or remove it.")
	ErrNoName   = fault.New(fault.Invalid, "package_json", "The package has no package.json with a name and a version.")
	ErrLicense  = fault.New(fault.Conflict, "license_not_accepted", "The package's license has to be accepted.")
	ErrNothing  = fault.New(fault.Invalid, "package_empty", "The package has no component: they are looked for at actions/NAME/NAME.mjs and sources/NAME/NAME.mjs, or it is the main module that package.json names.")
	ErrNoSuch   = fault.New(fault.NotFound, "package_not_found", "The workspace has no such package.")
	ErrReplaced = fault.New(fault.Conflict, "package_version_exists", "This version of the package is installed already, with other content. Give it a higher version.")
)

// Package is a package that was installed, in its newest version.
type Package struct {
	WorkspaceID string
	Name        string
	Version     string
	Bundle      string
	License     string     // as the package names it; "" = it names none
	AcceptedAt  *time.Time // when the license was; nil = it needed no accepting
	Author      string
	Refused     []Refused `gorm:"serializer:json"`
	CreatedAt   time.Time

	Components []Release `gorm:"-"`
}

// TableName maps the noun to its table.
func (Package) TableName() string { return "component_packages" }

// Refused is a module that is no component.
type Refused struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

// Install is a package as an operator sends it.
type Install struct {
	Archive io.Reader // a .tgz
	Accept  bool      // the license
	Dev     bool      // it is being worked on: its components' versions become …-dev
	Author  string
}

// manifest is what is read of a package.json.
type manifest struct {
	Name    string          `json:"name"`
	Version string          `json:"version"`
	License json.RawMessage `json:"license"`
	Private bool            `json:"private"`
	Main    string          `json:"main"`
}

// Install unpacks a package, compiles it, has each of its modules say what it is,
// and makes them components of the workspace. Sent twice, it is installed once.
// Whatever fails on the way, what was there before is there still.
func (s *Service) Install(ctx context.Context, workspaceID string, in Install) (*Package, error) {
	draft, err := s.Bundles.Draft()
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it did
	}
	defer func() { _ = os.RemoveAll(draft) }()
	if err := bundle.Unpack(in.Archive, draft); err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	m, err := readManifest(draft)
	if err != nil {
		return nil, err
	}
	p := &Package{Name: m.Name, Version: m.Version, License: m.license(), Author: in.Author, Refused: []Refused{}, CreatedAt: s.Now()}
	if err := p.accept(m, in.Accept || in.Dev && m.Private); err != nil {
		return nil, err
	}
	if _, err := runner.Compile(draft); err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	paths := Modules(draft)
	if len(paths) == 0 {
		return nil, ErrNothing
	}
	if p.Bundle, err = s.Bundles.Keep(ctx, workspaceID, draft); err != nil {
		return nil, err //nolint:wrapcheck // says what it did
	}
	if err := s.describe(ctx, p, paths, in.Dev); err != nil {
		return nil, err
	}
	return p, s.enter(ctx, workspaceID, p, in.Dev)
}

// accept refuses a package of others whose license nobody accepted.
func (p *Package) accept(m *manifest, accepted bool) error {
	switch {
	case m.Private && !accepted:
		return nil // it says of itself that it is not for others
	case accepted:
		p.AcceptedAt = &p.CreatedAt
		return nil
	}
	f := *ErrLicense
	f.Message = fmt.Sprintf("%s %s is under the license %s. Read it, and accept it (--accept-license) to install the package.", p.Name, p.Version, cmp.Or(p.License, "of its author, who names none"))
	return &f
}

var packageName = regexp.MustCompile(`^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*$`)

func readManifest(dir string) (*manifest, error) {
	src, err := os.ReadFile(filepath.Join(dir, "package.json")) //nolint:gosec // a folder of ours
	var m manifest
	if err != nil || json.Unmarshal(src, &m) != nil || len(m.Name) > 200 || !packageName.MatchString(m.Name) || !semver(m.Version) {
		return nil, ErrNoName
	}
	return &m, nil
}

// license is the package's license, which old packages write as an object.
func (m *manifest) license() string {
	var text string
	if json.Unmarshal(m.License, &text) != nil {
		var old struct{ Type string }
		_ = json.Unmarshal(m.License, &old)
		text = old.Type
	}
	return text[:min(len(text), 200)]
}

// layouts are where components lie in a package, by the order of trial.
var layouts = []string{
	"actions/*/*.mjs", "sources/*/*.mjs", "triggers/*/*.mjs", "actions/*/*.js", "sources/*/*.js", "triggers/*/*.js",
	"actions/*.mjs", "sources/*.mjs", "triggers/*.mjs", "actions/*.js", "sources/*.js", "triggers/*.js",
}

// Modules returns the paths of what may be components in a package: those of
// actions/name/name.mjs, and what else is in such folders, but for what several of
// them share. A package without such folders is one component, its main module.
func Modules(dir string) []string {
	entry := ""
	if m, err := readManifest(dir); err == nil {
		entry = m.Main
	}
	var out []string
	for _, root := range []string{"", "dist"} {
		for _, layout := range layouts {
			found, _ := filepath.Glob(filepath.Join(dir, root, filepath.FromSlash(layout))) // fails on a bad pattern alone
			for _, at := range found {
				name, err := filepath.Rel(dir, at)
				if err != nil || slices.Contains([]string{"common", "shared", "utils", "lib", "test", "tests"}, filepath.Base(filepath.Dir(at))) || helper.MatchString(filepath.Base(at)) {
					continue
				}
				out = append(out, filepath.ToSlash(name))
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, name := range []string{path.Clean("/" + entry)[1:], "index.mjs", "index.js"} {
		if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err == nil && info.Mode().IsRegular() {
			return []string{name}
		}
	}
	return nil
}

// helper are modules beside components that several of them share.
var helper = regexp.MustCompile(`^(test-event|common.*|constants|utils?|.*\.test)\.m?js$`)

// describe has each module say what it is.
func (s *Service) describe(ctx context.Context, p *Package, paths []string, working bool) error {
	if s.Runner == nil {
		return runner.ErrMissing
	}
	modules, err := s.Runner()
	if err != nil {
		return err
	}
	for _, at := range paths {
		c, err := modules.Describe(ctx, runner.Module{Bundle: p.Bundle, Path: at})
		if f := fault.Of(err); err != nil && f.Code == runner.ErrModule.Code {
			p.Refused = append(p.Refused, Refused{at, f.Message})
			continue
		}
		if err != nil {
			return err //nolint:wrapcheck // a fault
		}
		r, why := release(p, c)
		if why == "" && slices.ContainsFunc(p.Components, func(o Release) bool { return o.Key == r.Key }) {
			why = "another module of the package has the key " + c.Key
		}
		if why != "" {
			p.Refused = append(p.Refused, Refused{at, why})
			continue
		}
		if working {
			r.Version += dev
		}
		p.Components = append(p.Components, r)
	}
	if len(p.Components) > 0 {
		return nil
	}
	f := *ErrNothing
	f.Message = "The package has no component that can be used. " + p.Refused[0].Why
	return &f
}

func release(p *Package, c *component.Component) (Release, string) {
	key, err := keyOf(c.Key)
	switch {
	case err != nil:
		return Release{}, fmt.Sprintf("its key is %q: %s", c.Key, ErrName.Message)
	case !semver(c.Version):
		return Release{}, fmt.Sprintf("its version is %q, and not such as 1.2.0", c.Version)
	}
	return Release{
		Key: key, Version: c.Version, Type: c.Type, App: c.App, Package: &p.Name, Bundle: &p.Bundle, Author: p.Author, CreatedAt: p.CreatedAt,
		Described: &described{Name: c.Name, Desc: c.Desc, Effect: c.Effect, Props: append([]component.Prop{}, c.Props...), Code: c.Code},
	}, ""
}
