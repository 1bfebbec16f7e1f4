package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// Filter narrows and orders List; empty fields do not.
type Filter struct {
	Q          string // words; small mistakes are forgiven
	Categories []string
	SortKey    string // name, name_slug or featured_weight; "" = the best match first
	Descending bool
}

// List returns the apps that fit. Without a sort key the best match comes
// first, and of equal ones the app that more people look for.
func (c *Catalog) List(f Filter) []*App {
	type found struct {
		app   *App
		score int
	}
	words := strings.Fields(strings.ToLower(f.Q))
	var hits []found
	for _, a := range c.apps {
		if len(f.Categories) > 0 && !slices.ContainsFunc(f.Categories, func(id string) bool { return slices.Contains(a.Categories, id) || slices.Contains(a.categoryIDs(), id) }) {
			continue
		}
		if score, ok := c.words[a.Slug].match(words); ok {
			hits = append(hits, found{a, score})
		}
	}
	slices.SortStableFunc(hits, func(x, y found) int {
		by := 0
		switch f.SortKey {
		case "name":
			by = strings.Compare(strings.ToLower(x.app.Name), strings.ToLower(y.app.Name))
		case "name_slug":
			by = strings.Compare(x.app.Slug, y.app.Slug)
		case "featured_weight":
			by = x.app.Weight - y.app.Weight
		default:
			return cmp.Or(y.score-x.score, y.app.Weight-x.app.Weight)
		}
		if f.Descending {
			return -by
		}
		return by
	})
	out := make([]*App, len(hits))
	for i, h := range hits {
		out[i] = h.app
	}
	return out
}

// text is what is searched of an app, made once.
type text struct {
	slug, name  string
	names       []string // words of slug and name
	description string
}

func textOf(a *App) text {
	t := text{slug: a.Slug, name: strings.ToLower(a.Name), description: strings.ToLower(a.Description)}
	t.names = strings.FieldsFunc(t.slug+" "+t.name, func(r rune) bool { return r == '_' || r == ' ' || r == '(' || r == ')' || r == '-' || r == '.' })
	return t
}

// match reports how well all words are found. Each counts by where it is.
func (t text) match(words []string) (score int, ok bool) {
	for _, w := range words {
		s := t.word(w)
		if s == 0 {
			return 0, false
		}
		score += s
	}
	return score, true
}

func (t text) word(w string) int {
	best := 0
	for _, name := range t.names {
		switch {
		case name == w:
			best = max(best, 100)
		case strings.HasPrefix(name, w):
			best = max(best, 80)
		case near(name, w):
			best = max(best, 40)
		}
	}
	switch {
	case t.slug == w || t.name == w:
		return 120
	case best > 0:
		return best
	case strings.Contains(t.slug, w) || strings.Contains(t.name, w):
		return 60
	case strings.Contains(t.description, w):
		return 20
	}
	return 0
}

// near reports whether two words are a slip of the fingers apart: one change in
// four letters or more, two in eight or more. A swap of neighbours is one change.
func near(a, b string) bool {
	allowed := 0
	switch n := min(len(a), len(b)); {
	case n >= 8:
		allowed = 2
	case n >= 4:
		allowed = 1
	}
	if allowed == 0 || len(a)-len(b) > allowed || len(b)-len(a) > allowed {
		return false
	}
	return distance(a, b) <= allowed
}

// distance is the optimal string alignment distance of two words, in bytes.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// Category is a kind of app.
type Category struct{ ID, Name string }

// categoryID is the id of a category on the wire.
func categoryID(name string) string { return "appcat_" + strings.ReplaceAll(name, "_", "") }

func (a *App) categoryIDs() []string {
	ids := make([]string, len(a.Categories))
	for i, name := range a.Categories {
		ids[i] = categoryID(name)
	}
	return ids
}

// Categories returns the categories that have apps, by name.
func (c *Catalog) Categories() []Category {
	seen := map[string]bool{}
	out := []Category{}
	for _, a := range c.apps {
		for _, name := range a.Categories {
			if !seen[name] {
				seen[name] = true
				out = append(out, Category{categoryID(name), Title(name)})
			}
		}
	}
	slices.SortFunc(out, func(x, y Category) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// Title writes a category as people read it.
func Title(category string) string {
	switch category {
	case "ai", "hr", "crm":
		return strings.ToUpper(category)
	case "e_signature":
		return "E-signature"
	}
	words := strings.ReplaceAll(category, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}
