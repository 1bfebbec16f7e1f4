package manifest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/variable"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// project is all workflows of one.
type project []workflow.Workflow

func load(tx *gorm.DB) (all project, err error) {
	if err := tx.Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("load workflows: %w", err)
	}
	return all, nil
}

// find finds the workflows that documents are of; those of the others are new. One
// without a key is known by its name and by what it is exported as.
func (all project) find(items []Item) {
	keys := all.keys()
	for i := range items {
		it := &items[i]
		if at := slices.Index(keys, it.Key); at >= 0 && (all[at].Key != nil || all[at].Name == it.Name) {
			it.was = &all[at]
		}
	}
}

// keys are the keys of the workflows. One without gets one of its name that nobody
// has: the same each time, as long as none comes before it.
func (all project) keys() []string {
	taken, keys := map[string]bool{}, make([]string, len(all))
	for i := range all {
		if w := &all[i]; w.Key != nil {
			keys[i], taken[*w.Key] = *w.Key, true
		}
	}
	for i := range all {
		if keys[i] != "" {
			continue
		}
		name := slug(all[i].Name)
		keys[i] = name
		for n := 2; taken[keys[i]]; n++ {
			keys[i] = name + "-" + strconv.Itoa(n)
		}
		taken[keys[i]] = true
	}
	return keys
}

// has reports whether there is a workflow of an id or a key.
func (all project) has(name string) bool {
	return slices.ContainsFunc(all, func(w workflow.Workflow) bool { return w.ID == name || w.Key != nil && *w.Key == name })
}

// missing says what the documents read that is not there: variables and accounts of
// an environment, components, and workflows that are called.
func (p *Plan) missing(tx *gorm.DB, all project, known *component.Registry, environment string) (out []Problem, err error) {
	variables, err := variable.Names(tx)
	if err != nil {
		return nil, err //nolint:wrapcheck // of our own
	}
	rows, err := account.Aliases(tx)
	if err != nil {
		return nil, err //nolint:wrapcheck // of our own
	}
	apps := map[string]string{}
	for _, a := range rows {
		apps[a.Alias] = a.App
	}
	for i := range p.Items {
		it := &p.Items[i]
		say := func(at, code, format string, args ...any) {
			out = append(out, problem(it.File, at, code, fmt.Sprintf(format, args...)))
		}
		names, err := it.doc.Names()
		if err != nil {
			return nil, err //nolint:wrapcheck // of our own
		}
		for _, name := range names.Asked {
			if !slices.Contains(variables, name) {
				say("", NoVariable, "env.%s is read, and %s has no variable %s", name, environment, name)
			}
		}
		for _, alias := range slices.Sorted(maps.Keys(it.doc.Accounts)) {
			switch want, has := it.doc.Accounts[alias].App, apps[alias]; {
			case has == "":
				say("accounts."+alias, NoAccount, "%s has no account of the alias %s, which is to be one of %s", environment, alias, want)
			case want != has:
				say("accounts."+alias, WrongAccount, "%s is an account of %s in %s, and the workflow needs one of %s", alias, has, environment, want)
			}
		}
		for _, u := range it.doc.Components() {
			switch _, err := known.Of(u.Type, u.Key, u.Version); {
			case errors.Is(err, component.ErrVersion):
				say("", NoComponent, "%s names version %s of %s, which there is not", u.Where, u.Version, u.Key)
			case err != nil:
				say("", NoComponent, "%s names %s, and there is no such %s", u.Where, u.Key, u.Type)
			}
		}
		for _, name := range it.doc.Calls() {
			inDocs := slices.ContainsFunc(p.Items, func(other Item) bool { return other.Key == name })
			if !inDocs && !all.has(name) {
				say("", NoWorkflow, "it runs the workflow %s, which is neither among the documents nor in the project", name)
			}
		}
	}
	return out, nil
}
