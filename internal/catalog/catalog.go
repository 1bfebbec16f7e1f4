// Package catalog knows the apps that users can connect: how each signs its
// users in, how a credential travels, and which hosts may receive it. An app is
// a file; nothing in it is code. The files that ship are here; those of a
// workspace, which stand over them, are internal/appfile's.
package catalog

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base32"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

//go:embed apps
var files embed.FS

// ErrNotFound is returned for an app that the catalogue does not have. Its
// message is the public sentence of the hosted flow.
var ErrNotFound = fault.New(fault.NotFound, "app_not_found", "App not found. Please check your app id.")

// ErrNoCategory is returned for a category that no app has.
var ErrNoCategory = fault.New(fault.NotFound, "category_not_found", "There is no such category.")

// Catalog is the set of apps, in the order of their slugs. It does not change.
type Catalog struct {
	apps    []*App
	bySlug  map[string]*App
	words   map[string]text // what is searched, by slug
	baseURL string
	demoURL string
	public  *lru.Cache[*App, Public] // what was made of an app once: each list shows dozens
}

// demoHole stands in files that speak of the demo provider.
const demoHole = "{{ instance.demo_url }}"

// Load reads every app file and checks it. An app that speaks of the demo
// provider is left out when demoURL is empty. baseURL is where logos are served.
func Load(baseURL, demoURL string) (*Catalog, error) {
	apps, err := shipped()
	if err != nil {
		return nil, fmt.Errorf("load catalogue: %w", err)
	}
	apps = slices.Clone(apps)
	for _, slug := range []string{"acme_crm", "acme_crm_desk", "acme_crm_key"} {
		if demoURL == "" {
			break
		}
		a, err := readApp(slug, demoURL)
		if err != nil {
			return nil, fmt.Errorf("load catalogue: %w", err)
		}
		apps = append(apps, a)
	}
	return setOf(apps, baseURL, demoURL), nil
}

func setOf(apps []*App, baseURL, demoURL string) *Catalog {
	slices.SortFunc(apps, func(a, b *App) int { return strings.Compare(a.Slug, b.Slug) })
	c := &Catalog{apps: apps, bySlug: map[string]*App{}, words: map[string]text{}, baseURL: baseURL, demoURL: demoURL}
	c.public, _ = lru.New[*App, Public](2 * max(len(apps), 1)) // workspaces' own apps, too; it fails at sizes below one
	for _, a := range apps {
		c.bySlug[a.Slug] = a
		c.words[a.Slug] = textOf(a)
	}
	return c
}

// With returns a catalogue that has own besides c's apps, and instead of those
// of the same slug. c stays as it is.
func (c *Catalog) With(own ...*App) *Catalog {
	apps := slices.Clone(own)
	for _, a := range c.apps {
		if !slices.ContainsFunc(own, func(o *App) bool { return o.Slug == a.Slug }) {
			apps = append(apps, a)
		}
	}
	return setOf(apps, c.baseURL, c.demoURL)
}

// shipped are the apps that are the same everywhere, read once and side by side.
var shipped = sync.OnceValues(func() ([]*App, error) {
	folders, err := fs.ReadDir(files, "apps")
	if err != nil {
		return nil, err //nolint:wrapcheck // Load says it
	}
	apps := make([]*App, len(folders))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, folder := range folders {
		g.Go(func() (err error) {
			apps[i], err = readApp(folder.Name(), "")
			return err
		})
	}
	err = g.Wait()
	return slices.DeleteFunc(apps, func(a *App) bool { return a == nil || !a.offer() }), err
})

// offer keeps the methods that this version can sign a user in by, and reports
// whether there are any: what cannot be done is not offered.
func (a *App) offer() bool {
	a.Auth = slices.DeleteFunc(a.Auth, func(auth Auth) bool { return !a.usable(&auth) })
	return len(a.Auth) > 0
}

// readApp reads the app of a folder. It is nil when it speaks of the demo
// provider and there is none.
func readApp(folder, demoURL string) (*App, error) {
	name := path.Join("apps", folder, "app.yaml")
	src, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if strings.Contains(string(src), demoHole) {
		if demoURL == "" {
			return nil, nil
		}
		src = []byte(strings.ReplaceAll(string(src), demoHole, demoURL))
	}
	a, err := Parse(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if a.Slug != folder {
		return nil, fmt.Errorf("%s: the slug is %q, want the folder's name", name, a.Slug)
	}
	err = a.checkFixtures(func(file string) error {
		_, err := fs.Stat(files, path.Join("apps", folder, "fixtures", file))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

// Parse reads one app file and returns the first rule that it breaks.
func Parse(src []byte) (*App, error) {
	a, problems := Lint(src)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s", problems[0])
	}
	a.ID = idOf(a.Slug)
	return a, nil
}

func idOf(slug string) string {
	sum := sha256.Sum256([]byte("app " + slug))
	return "app_" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}

// Read reads an app file of a workspace: one that may speak of the demo
// provider, as a shipped one may. The app is nil when there are problems.
func (c *Catalog) Read(src []byte) (*App, []Problem) {
	if c.demoURL != "" {
		src = bytes.ReplaceAll(src, []byte(demoHole), []byte(c.demoURL))
	}
	a, problems := Lint(src)
	if len(problems) > 0 {
		return nil, problems
	}
	a.ID = idOf(a.Slug)
	if !a.offer() {
		return nil, []Problem{{Line: 1, Path: "auth", Text: "this version of Patchbay can sign a user in by none of the methods"}}
	}
	return a, nil
}

func (a *App) checkFixtures(stat func(file string) error) error {
	for auth, byUse := range a.Fixtures {
		for use, file := range byUse {
			if err := stat(file); err != nil {
				return fmt.Errorf("fixtures.%s.%s: there is no file fixtures/%s", auth, use, file)
			}
		}
	}
	return nil
}

// Get returns an app by slug or id.
func (c *Catalog) Get(slugOrID string) (*App, error) {
	if a, ok := c.bySlug[slugOrID]; ok {
		return a, nil
	}
	for _, a := range c.apps {
		if a.ID == slugOrID {
			return a, nil
		}
	}
	return nil, ErrNotFound
}

// Shown returns the app with the slug, or one that has the slug for a name and
// can do nothing: what is left of an app to be shown once its file is gone.
func (c *Catalog) Shown(slug string) *App {
	if a, ok := c.bySlug[slug]; ok {
		return a
	}
	return &App{ID: idOf(slug), Slug: slug, Name: slug, Auth: []Auth{{Type: None}}}
}

// Public is an app in the form of the wire contract, which the API and
// webhooks share.
type Public struct {
	ID               string         `json:"id"`
	NameSlug         string         `json:"name_slug"`
	Name             string         `json:"name"`
	AuthType         string         `json:"auth_type"`
	Description      string         `json:"description"`
	ImgSrc           string         `json:"img_src"`
	CustomFieldsJSON string         `json:"custom_fields_json"`
	Categories       []string       `json:"categories"`
	FeaturedWeight   int            `json:"featured_weight"`
	ScopeProfiles    []ScopeProfile `json:"scope_profiles"`
	Connect          PublicConnect  `json:"connect"`
	AuthMethods      []PublicMethod `json:"auth_methods"`
}

// ScopeProfile is a named set of scopes.
type ScopeProfile struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`
}

// PublicConnect says where calls with an account may go.
type PublicConnect struct {
	ProxyEnabled       bool     `json:"proxy_enabled"`
	AllowedDomains     []string `json:"allowed_domains"`
	BaseProxyTargetURL string   `json:"base_proxy_target_url"`
}

// Public returns the app as the world sees it. It is shared: it must not be changed.
func (c *Catalog) Public(a *App) Public {
	p, ok := c.public.Get(a)
	if !ok {
		p = c.publish(a)
		c.public.Add(a, p)
	}
	return p
}

func (c *Catalog) publish(a *App) Public {
	p := Public{
		ID: a.ID, NameSlug: a.Slug, Name: a.Name, AuthType: a.AuthType(), Description: a.Description,
		ImgSrc: c.baseURL + a.Picture(), Categories: append([]string{}, a.Categories...),
		FeaturedWeight: a.Weight, ScopeProfiles: []ScopeProfile{},
		Connect: PublicConnect{ProxyEnabled: a.Proxied(), AllowedDomains: []string{}, BaseProxyTargetURL: wireTemplate(a.Hosts.Production()["api"])},
	}
	for _, h := range append([]string{a.Hosts.Production()["api"]}, a.Hosts.Extra...) {
		if u, err := url.Parse(h); err == nil && u.Host != "" {
			p.Connect.AllowedDomains = append(p.Connect.AllowedDomains, u.Hostname())
		}
	}
	auth := &a.Auth[0]
	for i := range a.Auth {
		p.AuthMethods = append(p.AuthMethods, a.publicMethod(&a.Auth[i]))
	}
	p.CustomFieldsJSON = p.AuthMethods[0].CustomFieldsJSON
	for _, name := range []string{"read_only", "read_write", "admin"} {
		if scopes, ok := auth.Scopes.Profiles[name]; ok {
			p.ScopeProfiles = append(p.ScopeProfiles, ScopeProfile{name, scopes})
		}
	}
	return p
}

// Picture is the path of the app's logo, or of its monogram, on this server.
func (a *App) Picture() string { return cmp.Or(a.Logo, "/_static/apps/"+a.Slug+"/logo.svg") }

// wireTemplate writes a base URL's holes as existing clients know them.
func wireTemplate(text string) string {
	return hole.ReplaceAllStringFunc(text, func(m string) string {
		name := hole.FindStringSubmatch(m)[1]
		if v, ok := strings.CutPrefix(name, "var."); ok {
			return "{{custom_fields." + v + "}}"
		}
		return m
	})
}
