package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/manifest"
)

var beginName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Init begins a workflow in a file: one that works, or one that is made of a
// template. Nothing that is there is written over.
func (f *Folder) Init(at, template string) error {
	if filepath.Ext(at) == "" {
		at += ".yaml"
	}
	key := strings.TrimSuffix(filepath.Base(at), filepath.Ext(at))
	switch ext := filepath.Ext(at); {
	case ext != ".yaml" && ext != ".yml":
		return fmt.Errorf("init: %s: a workflow is begun in YAML", at)
	case !beginName.MatchString(key):
		return fmt.Errorf("init: %q is no name: it has small letters, digits, - and _, such as refund-order", key)
	}
	if _, err := os.Lstat(at); err == nil {
		return fmt.Errorf("init: %s is there already", at)
	}
	source := strings.NewReplacer("KEY", key, "NAME", strings.ToUpper(key[:1])+strings.ReplaceAll(key[1:], "-", " ")).Replace(blank)
	if template != "" {
		t, err := manifest.TemplateOf(template)
		if err != nil {
			return errors.New("init: there is no template " + template + "; there are: " + templates())
		}
		source = strings.Replace(t.Source, "\nkey: "+t.Key+"\n", "\nkey: "+key+"\n", 1)
	}
	if err := write(at, SchemaLine(f.Base)+source); err != nil {
		return err
	}
	f.say(map[string]any{"written": at}, "%s is written. Next: patchbay workflows plan %s", at, at)
	return nil
}

func templates() string {
	var keys []string
	for _, t := range manifest.Templates() {
		keys = append(keys, t.Key)
	}
	return strings.Join(keys, ", ")
}

// List prints the templates.
func (f *Folder) List() {
	for _, t := range manifest.Templates() {
		f.say(map[string]any{"key": t.Key, "name": t.Name, "description": t.Description}, "%-24s %s", t.Key, t.Description)
	}
}

const blank = `key: KEY
name: NAME
description: Say in a sentence what it does.
triggers:
  - {name: http, type: http, auth: bearer}
steps:
  - name: answer
    type: respond
    body: {hello: '{{ trigger.body.name }}'}
settings:
  owner: who is asked when it fails
`
