package manifest

import (
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/patchbay-dev/patchbay/deploy/examples/workflows"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// ErrTemplate is the fault of a template that there is none of.
var ErrTemplate = fault.New(fault.NotFound, "workflow_template_not_found", "There is no such template.")

// Template is a workflow to begin with.
type Template struct {
	Key         string
	Name        string
	Description string
	Source      string // a document, with comments
	Triggers    []string
	Apps        []string
}

// Templates are all of them, by key.
var Templates = sync.OnceValue(func() (out []Template) {
	err := fs.WalkDir(workflows.Files, ".", func(at string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		src, err := fs.ReadFile(workflows.Files, at)
		if err != nil {
			return err //nolint:wrapcheck // they are embedded
		}
		d, err := workflow.ParseYAML(src)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		t := Template{Key: d.Key, Name: d.Name, Description: d.Description, Source: string(src), Triggers: []string{}, Apps: d.Apps()}
		for i := range d.Triggers {
			t.Triggers = append(t.Triggers, d.Triggers[i].Type)
		}
		out = append(out, t)
		return nil
	})
	if err != nil {
		panic(err) // they are embedded, and a test reads them
	}
	return out
})

// TemplateOf returns a template by its key.
func TemplateOf(key string) (*Template, error) {
	all := Templates()
	at := slices.IndexFunc(all, func(t Template) bool { return t.Key == key })
	if at < 0 {
		return nil, ErrTemplate
	}
	return &all[at], nil
}
