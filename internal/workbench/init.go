package workbench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Begin is what a component is begun as.
type Begin struct {
	At   string // its name, and the folder that it is to lie in
	Type string // action | trigger
	Code bool   // a module, and not a file
}

var beginName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,60}$`)

// Init writes a component that works, to be changed. Nothing that is there is
// written over.
func (b *Bench) Init(in Begin) error {
	name := filepath.Base(in.At)
	if !beginName.MatchString(name) {
		return fmt.Errorf("init: %q is no name: it has small letters, digits and -, such as create-invoice", name)
	}
	if in.Type != "action" && in.Type != "trigger" {
		return fmt.Errorf("init: --type is %q, want action or trigger", in.Type)
	}
	if b.App == "" {
		return errors.New("init: give --app, the slug of the app that it is of, such as slack")
	}
	title := strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "-", " ")
	fill := strings.NewReplacer("NAME", name, "TITLE", title, "APP", b.App).Replace
	if !in.Code {
		text := actionFile
		if in.Type == "trigger" {
			text = triggerFile
		}
		return b.write(map[string]string{in.At + ".yaml": fill(text)}, "patchbay component test "+in.At+".yaml")
	}
	module, at := actionModule, "actions"
	if in.Type == "trigger" {
		module, at = triggerModule, "sources"
	}
	return b.write(map[string]string{
		filepath.Join(in.At, "package.json"):        fill(packageJSON),
		filepath.Join(in.At, at, name, name+".mjs"): fill(module),
	}, "patchbay component test "+in.At)
}

func (b *Bench) write(files map[string]string, next string) error {
	for name := range files {
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("init: %s is there already", name)
		}
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // the developer's own
			return fmt.Errorf("init: %w", err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil { //nolint:gosec // likewise
			return fmt.Errorf("init: %w", err)
		}
		b.say(map[string]any{"written": name}, "%s is written", name)
	}
	if !b.JSON {
		b.say(nil, "Next: %s", next)
	}
	return nil
}

const actionFile = `# app: APP
schema: operation/v1
type: action
name: TITLE
description: Say in a sentence what it does.
version: 0.1.0
effect: {read_only: false, destructive: false, idempotent: false}
props:
  - {name: text, type: string, label: Text}
request: {post: /path, json: {text: '{{ props.text }}'}}
summary: Sent {{ props.text }}
examples:
  - name: a text
    props: {text: hello}
    calls: [{method: POST, url: /path, json: {text: hello}, answer: {json: {id: 1}}}]
    returns: {id: 1}
    summary: Sent hello
sources: [{about: everything, url: 'https://example.com/docs'}]
`

const triggerFile = `# app: APP
schema: operation/v1
type: trigger
name: TITLE
description: Emit an event for each thing that is new.
version: 0.1.0
poll: {request: {get: /path}, items: '{{ body.items }}'}
emit: {id: '{{ item.id }}', summary: 'New: {{ item.name }}'}
sample: {id: 1, name: One}
examples:
  - name: one thing
    calls: [{url: /path, answer: {json: {items: [{id: 1, name: One}]}}}]
    emits: [{id: '1', summary: 'New: One'}]
sources: [{about: everything, url: 'https://example.com/docs'}]
`

const packageJSON = `{
  "name": "NAME",
  "version": "0.1.0",
  "private": true,
  "type": "module"
}
`

const actionModule = `import { axios } from "@pipedream/platform";

export default {
  key: "NAME",
  name: "TITLE",
  description: "Say in a sentence what it does.",
  version: "0.1.0",
  type: "action",
  annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
  props: {
    app: { type: "app", app: "APP" },
    text: { type: "string", label: "Text" },
  },
  async run({ $ }) {
    // const sent = await axios($, { method: "POST", url: "https://api.example.com/path", headers: {}, data: { text: this.text } });
    $.export("$summary", ` + "`Sent ${this.text}`" + `);
    return { text: this.text, axios: typeof axios };
  },
};
`

const triggerModule = `export default {
  key: "NAME",
  name: "TITLE",
  description: "Emit an event for each thing that is new.",
  version: "0.1.0",
  type: "source",
  dedupe: "unique",
  props: {
    app: { type: "app", app: "APP" },
    db: "$.service.db",
    timer: { type: "$.interface.timer", default: { intervalSeconds: 900 } },
  },
  async run() {
    for (const item of [{ id: 1, name: "One" }]) {
      this.$emit(item, { id: item.id, summary: ` + "`New: ${item.name}`" + `, ts: Date.now() });
    }
  },
};
`
