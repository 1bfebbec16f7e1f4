package component

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/mod/semver"
)

// Registry is a set of components, each in its versions, in the order of their
// keys. It does not change.
type Registry struct {
	newest   []*Component            // of each key
	versions map[string][]*Component // by key, newest first
	words    map[string]string       // what is searched, by key
	apps     map[string]has
}

type has struct{ actions, triggers bool }

// NewRegistry returns a registry of the components. Of two with one key and one
// version the first is in it.
func NewRegistry(all []*Component) *Registry {
	r := &Registry{versions: map[string][]*Component{}, words: map[string]string{}, apps: map[string]has{}}
	for _, c := range all {
		if !slices.ContainsFunc(r.versions[c.Key], func(o *Component) bool { return o.Version == c.Version }) {
			r.versions[c.Key] = append(r.versions[c.Key], c)
		}
	}
	for key, versions := range r.versions {
		slices.SortFunc(versions, func(a, b *Component) int { return Older(a.Version, b.Version) })
		c := versions[0]
		r.newest = append(r.newest, c)
		r.words[key] = strings.ToLower(key + " " + c.Name + " " + c.Desc)
		h := r.apps[c.App]
		h.actions, h.triggers = h.actions || c.Type == Action, h.triggers || c.Type == Trigger
		r.apps[c.App] = h
	}
	slices.SortFunc(r.newest, func(a, b *Component) int { return strings.Compare(a.Key, b.Key) })
	return r
}

// Older sorts versions from the newest on. One that is not finished, such as
// 1.0.0-dev, comes after every one that is.
func Older(a, b string) int {
	unfinished := func(v string) int { return min(1, len(semver.Prerelease("v"+v))) }
	return cmp.Or(unfinished(a)-unfinished(b), semver.Compare("v"+b, "v"+a))
}

// With returns a registry that has more components, or more versions of them.
func (r *Registry) With(more ...*Component) *Registry {
	all := slices.Clone(more)
	for _, c := range r.newest {
		all = append(all, r.versions[c.Key]...)
	}
	return NewRegistry(all)
}

// Get returns a component. version "" is the newest.
func (r *Registry) Get(key, version string) (*Component, error) {
	versions, ok := r.versions[key]
	if !ok {
		return nil, ErrNotFound
	}
	if version == "" {
		return versions[0], nil
	}
	i := slices.IndexFunc(versions, func(c *Component) bool { return c.Version == version })
	if i < 0 {
		return nil, ErrVersion
	}
	return versions[i], nil
}

// Of is Get for a component that has to be of a type; "" = of any.
func (r *Registry) Of(of Type, key, version string) (*Component, error) {
	c, err := r.Get(key, version)
	if err == nil && of != "" && c.Type != of {
		return nil, ErrNotFound
	}
	return c, err
}

// Kept is Of for what was deployed: the version that it was deployed with, or the
// newest where that version is no longer there, since what ships is there in one
// version.
func (r *Registry) Kept(of Type, key, version string) (*Component, error) {
	if c, err := r.Of(of, key, version); err == nil {
		return c, nil
	}
	return r.Of(of, key, "")
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
	From Origin
}

// Origin is where components are from.
type Origin string

// Where components are from.
const (
	Public  Origin = "public"  // they ship
	Private Origin = "private" // they are a workspace's own
)

// Own begins the keys of a workspace's own components: none that ships has such a
// key, so that neither stands before the other.
const Own = "~/"

// Origin says where the component is from.
func (c *Component) Origin() Origin {
	if strings.HasPrefix(c.Key, Own) {
		return Private
	}
	return Public
}

// List returns the components that fit, in their newest versions: those that are
// named as was asked first, then by key.
func (r *Registry) List(f Filter) []*Component {
	words := strings.Fields(strings.ToLower(f.Q))
	var out []*Component
	for _, c := range r.newest {
		fits := (f.App == "" || c.App == f.App) && (f.Type == "" || c.Type == f.Type) && (f.From == "" || c.Origin() == f.From)
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

// Near returns the components that come closest to what was asked for in words, the
// closest first, at most so many: not every word has to be found. What the words
// name weighs more than what is said about it.
func (r *Registry) Near(f Filter, most int) []*Component {
	words := slices.DeleteFunc(strings.FieldsFunc(strings.ToLower(f.Q), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }), func(w string) bool {
		return slices.Contains(filler, w)
	})
	f.Q = ""
	all := r.List(f)
	if len(words) > 0 {
		weight := map[*Component]int{}
		all = slices.DeleteFunc(slices.Clone(all), func(c *Component) bool {
			name := strings.ToLower(c.Name + " " + c.Key)
			for _, w := range words {
				switch stem := strings.TrimSuffix(w, "s"); {
				case c.App == w:
					weight[c] += 4
				case strings.Contains(name, stem):
					weight[c] += 3
				case strings.Contains(r.words[c.Key], stem):
					weight[c]++
				}
			}
			return weight[c] == 0
		})
		slices.SortStableFunc(all, func(a, b *Component) int { return cmp.Compare(weight[b], weight[a]) })
	}
	return all[:min(len(all), most)]
}

// filler are words that say nothing of what is looked for.
var filler = []string{"a", "an", "and", "for", "from", "i", "in", "into", "me", "my", "of", "on", "or", "the", "to", "with"}
