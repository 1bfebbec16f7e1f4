package component

import (
	"cmp"
	"slices"
	"strings"
)

// Registry is a set of components, in the order of their keys. It does not change.
type Registry struct {
	all   []*Component
	byKey map[string]*Component
	words map[string]string // what is searched, by key
	apps  map[string]has
}

type has struct{ actions, triggers bool }

// NewRegistry returns a registry of the components.
func NewRegistry(all []*Component) *Registry {
	r := &Registry{all: slices.Clone(all), byKey: map[string]*Component{}, words: map[string]string{}, apps: map[string]has{}}
	slices.SortFunc(r.all, func(a, b *Component) int { return strings.Compare(a.Key, b.Key) })
	for _, c := range r.all {
		r.byKey[c.Key] = c
		r.words[c.Key] = strings.ToLower(c.Key + " " + c.Name + " " + c.Desc)
		h := r.apps[c.App]
		h.actions, h.triggers = h.actions || c.Type == Action, h.triggers || c.Type == Trigger
		r.apps[c.App] = h
	}
	return r
}

// Get returns a component. version "" is whichever there is.
func (r *Registry) Get(key, version string) (*Component, error) {
	c, ok := r.byKey[key]
	switch {
	case !ok:
		return nil, ErrNotFound
	case version != "" && version != c.Version:
		return nil, ErrVersion
	}
	return c, nil
}

// Of is Get for a component that has to be of a type; "" = of any.
func (r *Registry) Of(of Type, key, version string) (*Component, error) {
	c, err := r.Get(key, version)
	if err == nil && of != "" && c.Type != of {
		return nil, ErrNotFound
	}
	return c, err
}

// Has reports whether there are actions and triggers of an app.
func (r *Registry) Has(app string) (actions, triggers bool) {
	h := r.apps[app]
	return h.actions, h.triggers
}

// Filter narrows List; empty fields do not.
type Filter struct {
	Q    string // words, each of which has to be found
	App  string // slug
	Type Type
}

// List returns the components that fit: those that are named as was asked first,
// then by key.
func (r *Registry) List(f Filter) []*Component {
	words := strings.Fields(strings.ToLower(f.Q))
	var out []*Component
	for _, c := range r.all {
		fits := (f.App == "" || c.App == f.App) && (f.Type == "" || c.Type == f.Type)
		for _, w := range words {
			fits = fits && strings.Contains(r.words[c.Key], w)
		}
		if fits {
			out = append(out, c)
		}
	}
	if len(words) > 0 {
		named := func(c *Component) int {
			n := 0
			for _, w := range words {
				if strings.Contains(strings.ToLower(c.Name+" "+c.App), w) {
					n++
				}
			}
			return n
		}
		slices.SortStableFunc(out, func(a, b *Component) int { return cmp.Compare(named(b), named(a)) })
	}
	return out
}
