package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// viewer checks that steps and triggers name only accounts that the definition does, and that
// expressions read only what can be seen from where they stand: a step sees those before it in its own list and in the lists around it.
type viewer struct {
	all      map[string]bool // every step's name
	accounts map[string]Needs
	errs     []error
}

// checkViews returns what expressions read that is not there.
func (d *Definition) checkViews() error {
	v := &viewer{all: map[string]bool{}, accounts: d.Accounts}
	d.Each(func(s *Step) { v.all[s.Name] = true })
	for i := range d.Triggers {
		v.account(d.Triggers[i].Account, fmt.Sprintf("triggers[%d]", i))
	}
	v.list(d.Steps, "steps", map[string]bool{}, false)
	return errors.Join(v.errs...)
}

func (v *viewer) list(steps []Step, where string, seen map[string]bool, item bool) {
	seen = maps.Clone(seen)
	for i := range steps {
		s, at := steps[i], fmt.Sprintf("%s[%d]", where, i)
		v.list(s.Then, at+".then", seen, item)
		v.list(s.Else, at+".else", seen, item)
		for k := range s.Cases {
			under := fmt.Sprintf("%s.cases[%d]", at, k)
			v.text(s.Cases[k].If, under+".if", seen, item)
			v.list(s.Cases[k].Steps, under+".steps", seen, item)
		}
		v.list(s.Default, at+".default", seen, item)
		for k := range s.Branches {
			under := fmt.Sprintf("%s.branches[%d]", at, k)
			v.text(s.Branches[k].If, under+".if", seen, item)
			v.list(s.Branches[k].Steps, under+".steps", seen, item)
		}
		v.list(s.Steps, at+".steps", seen, true)
		name := s.Name
		s.Then, s.Else, s.Cases, s.Default, s.Branches, s.Steps, s.Code = nil, nil, nil, nil, nil, nil, ""
		v.own(&s, at, seen, item)
		seen[name] = true
	}
}

// own looks at all texts of a step itself.
func (v *viewer) own(s *Step, where string, seen map[string]bool, item bool) {
	v.account(s.Account, where)
	text, err := json.Marshal(s)
	if err != nil {
		v.errs = append(v.errs, invalid(where, "%s", err))
		return
	}
	var doc any
	if json.Unmarshal(text, &doc) == nil { // it was just written
		v.value(doc, where, seen, item)
	}
}

func (v *viewer) account(a *Account, where string) {
	if a != nil && a.Alias != "" && v.accounts[a.Alias] == (Needs{}) {
		v.errs = append(v.errs, invalid(where+".account.alias", "%q is none of the workflow's accounts: say in accounts of which app it is", a.Alias))
	}
}

func (v *viewer) value(doc any, where string, seen map[string]bool, item bool) {
	switch doc := doc.(type) {
	case string:
		v.text(doc, where, seen, item)
	case []any:
		for i := range doc {
			v.value(doc[i], fmt.Sprintf("%s[%d]", where, i), seen, item)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(doc)) {
			v.value(doc[k], where+"."+k, seen, item)
		}
	}
}

func (v *viewer) text(text, where string, seen map[string]bool, item bool) {
	for _, hole := range expression.Holes(text) {
		refs, err := language.Refs(hole)
		if err != nil {
			continue // that it is no expression is said elsewhere
		}
		for _, r := range refs {
			if wrong := v.wrong(r, seen, item); wrong != "" {
				v.errs = append(v.errs, invalid(where, "%s", wrong))
			}
		}
	}
}

func (v *viewer) wrong(r expression.Ref, seen map[string]bool, item bool) string {
	named := len(r.Path) > 0
	switch {
	case r.Root == "env" && !named:
		return "env is asked for by a fixed name, such as env.API_KEY"
	case (r.Root == "item" || r.Root == "index") && !item:
		return r.Root + " is there only within a for_each"
	case r.Root != "steps" || !named || seen[r.Path[0]]:
		return ""
	case v.all[r.Path[0]]:
		return fmt.Sprintf("steps.%s cannot be seen from here: it comes later, or stands within a block", r.Path[0])
	default:
		return fmt.Sprintf("there is no step %q", r.Path[0])
	}
}
