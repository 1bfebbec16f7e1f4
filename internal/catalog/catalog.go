// Package catalog knows the apps that users can connect: how each signs its
// users in, how a credential travels, and which hosts may receive it. An app is
// a file, the same for all tenants; nothing in it is code.
package catalog

import (
	"crypto/sha256"
	"embed"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

//go:embed apps
var files embed.FS

// ErrNotFound is returned for an app that the catalogue does not have. Its
// message is the public sentence of the hosted flow.
var ErrNotFound = fault.New(fault.NotFound, "app_not_found", "App not found. Please check your app id.")

// Catalog is the set of apps, in the order of their slugs. It does not change.
type Catalog struct {
	apps    []*App
	bySlug  map[string]*App
	baseURL string
}

// Load reads every app file and checks it. An app that speaks of the demo
// provider is left out when demoURL is empty. baseURL is where logos are served.
func Load(baseURL, demoURL string) (*Catalog, error) {
	c := &Catalog{bySlug: map[string]*App{}, baseURL: baseURL}
	err := fs.WalkDir(files, "apps", func(name string, e fs.DirEntry, err error) error {
		if err != nil || path.Base(name) != "app.yaml" {
			return err
		}
		src, err := files.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if strings.Contains(string(src), "{{ instance.demo_url }}") {
			if demoURL == "" {
				return nil
			}
			src = []byte(strings.ReplaceAll(string(src), "{{ instance.demo_url }}", demoURL))
		}
		a, err := Parse(src)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if a.Slug != path.Base(path.Dir(name)) {
			return fmt.Errorf("%s: the slug is %q, want the folder's name", name, a.Slug)
		}
		c.apps = append(c.apps, a)
		c.bySlug[a.Slug] = a
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load catalogue: %w", err)
	}
	slices.SortFunc(c.apps, func(a, b *App) int { return strings.Compare(a.Slug, b.Slug) })
	return c, nil
}

// Parse reads one app file and returns the first rule that it breaks.
func Parse(src []byte) (*App, error) {
	var a App
	if err := yaml.UnmarshalWithOptions(src, &a, yaml.DisallowUnknownField()); err != nil {
		return nil, fmt.Errorf("not an app file: %w", err)
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte("app " + a.Slug))
	a.ID = "app_" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
	return &a, nil
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

// Filter narrows and orders List; empty fields do not.
type Filter struct {
	Q          string
	Categories []string
	SortKey    string // name, name_slug or featured_weight
	Descending bool
}

// List returns the apps that fit.
func (c *Catalog) List(f Filter) []*App {
	q := strings.ToLower(f.Q)
	out := []*App{}
	for _, a := range c.apps {
		text := strings.ToLower(a.Slug + " " + a.Name + " " + a.Description)
		inCategory := len(f.Categories) == 0 || slices.ContainsFunc(f.Categories, func(id string) bool { return slices.Contains(a.Categories, id) })
		if strings.Contains(text, q) && inCategory {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b *App) int {
		by := strings.Compare(a.Slug, b.Slug)
		switch f.SortKey {
		case "name":
			by = strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		case "featured_weight":
			by = a.Weight - b.Weight
		}
		if f.Descending {
			return -by
		}
		return by
	})
	return out
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

// Public returns the app as the world sees it.
func (c *Catalog) Public(a *App) Public {
	p := Public{
		ID: a.ID, NameSlug: a.Slug, Name: a.Name, AuthType: a.AuthType(), Description: a.Description,
		ImgSrc: c.baseURL + "/_static/apps/" + a.Slug + "/logo.svg", Categories: append([]string{}, a.Categories...),
		FeaturedWeight: a.Weight, ScopeProfiles: []ScopeProfile{},
		Connect: PublicConnect{ProxyEnabled: true, AllowedDomains: []string{}, BaseProxyTargetURL: a.Hosts.Production["api"]},
	}
	for _, h := range append([]string{a.Hosts.Production["api"]}, a.Hosts.Extra...) {
		if u, err := url.Parse(h); err == nil && u.Host != "" {
			p.Connect.AllowedDomains = append(p.Connect.AllowedDomains, u.Hostname())
		}
	}
	auth := a.Auth[0]
	fields, _ := json.Marshal(auth.Fields()) // plain strings always marshal
	p.CustomFieldsJSON = string(fields)
	for _, name := range []string{"read_only", "read_write", "admin"} {
		if scopes, ok := auth.Scopes.Profiles[name]; ok {
			p.ScopeProfiles = append(p.ScopeProfiles, ScopeProfile{name, scopes})
		}
	}
	return p
}
