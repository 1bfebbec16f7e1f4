package workflow

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/expression"
)

// Names are the variables that a definition reads.
type Names struct {
	Asked []string        // by expressions: env.NAME
	words map[string]bool // all that stands in code
	Code  bool            // whether there is any
}

// Reads reports whether the variable of a name is read: an expression asks for it,
// or its name stands in the code of a step.
func (n *Names) Reads(name string) bool { return slices.Contains(n.Asked, name) || n.words[name] }

// InCode reports whether a name stands in a piece of code.
func InCode(code, name string) bool { return slices.Contains(word.FindAllString(code, -1), name) }

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// Names returns the variables that the definition reads.
func (d *Definition) Names() (*Names, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode definition: %w", err)
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("decode definition: %w", err)
	}
	n := &Names{words: map[string]bool{}}
	n.add(doc)
	slices.Sort(n.Asked)
	n.Asked = slices.Compact(n.Asked)
	return n, nil
}

func (n *Names) add(v any) {
	switch v := v.(type) {
	case string:
		for _, hole := range expression.Holes(v) {
			n.ask(hole)
		}
	case []any:
		for _, item := range v {
			n.add(item)
		}
	case map[string]any:
		source, isCode := v["code"].(string)
		if isCode = isCode && v["type"] == Code; isCode {
			n.Code = true
			for _, w := range word.FindAllString(source, -1) {
				n.words[w] = true
			}
		}
		for k, item := range v {
			if k != "code" || !isCode {
				n.add(item)
			}
		}
	}
}

func (n *Names) ask(hole string) {
	refs, err := language.Refs(hole)
	if err != nil {
		return // it was checked when it was written
	}
	for _, r := range refs {
		if r.Root == "env" && len(r.Path) > 0 {
			n.Asked = append(n.Asked, r.Path[0])
		}
	}
}

// Reader is a workflow that may read variables.
type Reader struct {
	ID, Name string
	Draft    *Names // what is edited
	Running  *Names // nil: it was never deployed
}

// Readers returns the workflows of tx's project, by name.
func Readers(tx *gorm.DB) ([]Reader, error) {
	var rows []struct {
		ID, Name   string
		Draft      Definition  `gorm:"serializer:json"`
		Definition *Definition `gorm:"serializer:json"`
	}
	err := tx.Raw(`SELECT w.id, w.name, w.draft, v.definition FROM workflows w
		LEFT JOIN workflow_versions v ON v.workflow_id = w.id AND v.version = w.version ORDER BY w.name, w.id`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("load workflows: %w", err)
	}
	out := make([]Reader, len(rows))
	for i := range rows {
		out[i] = Reader{ID: rows[i].ID, Name: rows[i].Name}
		if out[i].Draft, err = rows[i].Draft.Names(); err != nil {
			return nil, err
		}
		if rows[i].Definition != nil {
			if out[i].Running, err = rows[i].Definition.Names(); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// Use is where a definition names a component.
type Use struct {
	Where   string // such as "the step notify"
	Type    component.Type
	Key     string
	Version string // "" = the newest
}

// Components returns where the definition names components.
func (d *Definition) Components() (uses []Use) {
	for i := range d.Triggers {
		if t := &d.Triggers[i]; t.Type == AppEvent {
			uses = append(uses, Use{"the trigger " + t.Name, component.Trigger, t.Component, t.Version})
		}
	}
	d.Each(func(s *Step) {
		if s.Type == Action {
			uses = append(uses, Use{"the step " + s.Name, component.Action, s.Component, s.Version})
		}
	})
	return uses
}
