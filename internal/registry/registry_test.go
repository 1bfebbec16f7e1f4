package registry_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

var shipped = sync.OnceValue(func() *component.Registry {
	all, err := component.Shipped()
	if err != nil {
		panic(err)
	}
	return component.NewRegistry(all)
})

type rig struct {
	*registry.Service
	t           *testing.T
	d           *db.DB
	clock       *testkit.Clock
	mine, other string // workspaces
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, d: testkit.DB(t), clock: testkit.NewClock(), mine: id.New("o"), other: id.New("o")}
	r.Service = r.process()
	err := r.d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO workspaces (id, name, created_at) VALUES (?, 'Mine', now()), (?, 'Theirs', now())", r.mine, r.other).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// process is the service as another process of the installation has it.
func (r *rig) process() *registry.Service {
	r.t.Helper()
	c, err := catalog.Load("https://patchbay.test", "https://acme.test")
	if err != nil {
		r.t.Fatal(err)
	}
	return &registry.Service{DB: r.d, Apps: &appfile.Service{DB: r.d, Shipped: c, Now: r.clock.Now}, Shipped: shipped, Now: r.clock.Now}
}

// file is an operation that greets a contact.
func file(version, summary string) string {
	return `schema: operation/v1
type: action
name: Greet Contact
description: Write a note that says hello.
version: ` + version + `
effect: {read_only: false, destructive: false, idempotent: false}
props:
  - {name: contact_id, use: contact}
request: {post: '/api/contacts/{{ props.contact_id }}/notes', json: {text: Hello}}
summary: ` + summary + `
examples:
  - name: a greeting
    props: {contact_id: con_1}
    calls: [{method: POST, url: /api/contacts/con_1/notes, json: {text: Hello}, answer: {status: 201, json: {id: n1}}}]
    returns: {id: n1}
    summary: ` + summary + `
sources: [{about: everything, url: 'https://crm.example.com/docs'}]
`
}

func (r *rig) save(source string, dev bool, base ...string) (*registry.Release, error) {
	r.t.Helper()
	up := registry.Upload{App: "acme_crm_key", Source: source, Dev: dev, Author: "ada"}
	if len(base) > 0 {
		up.Base = &base[0]
	}
	v, problems, err := r.Save(r.t.Context(), r.mine, "greet", up)
	if len(problems) > 0 {
		r.t.Fatal(problems)
	}
	return v, err
}

// get returns the version and the summary of the greeting that a workspace has.
func (r *rig) get(s *registry.Service, workspace, version string) (string, error) {
	r.t.Helper()
	all, err := s.Of(r.t.Context(), workspace)
	if err != nil {
		r.t.Fatal(err)
	}
	c, err := all.Get("~/greet", version)
	if err != nil {
		return "", err //nolint:wrapcheck // the caller's to look at
	}
	return c.Version + " " + c.Operation.Summary, nil
}

// What a workspace saves it has at once, beside what ships; other processes have
// it within a second, and other workspaces never.
func TestOwnComponents(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	beside := r.process()
	if _, err := r.get(beside, r.mine, ""); !errors.Is(err, component.ErrNotFound) {
		t.Fatal(err)
	}
	if v, err := r.save(file("0.1.0", "Hello"), false); err != nil || v.Key != "~/greet" || v.Version != "0.1.0" || v.Type != component.Action {
		t.Fatal(v, err)
	}
	if got, err := r.get(r.Service, r.mine, ""); err != nil || got != "0.1.0 Hello" {
		t.Error(got, err)
	}
	r.clock.Pass(2 * time.Second)
	if got, err := r.get(beside, r.mine, "0.1.0"); err != nil || got != "0.1.0 Hello" {
		t.Error(got, err)
	}
	if got, err := r.get(r.Service, r.other, ""); !errors.Is(err, component.ErrNotFound) {
		t.Error(got, err)
	}
	all, err := r.Of(t.Context(), r.mine)
	if err != nil {
		t.Fatal(err)
	}
	c, err := all.Get("~/greet", "")
	if err != nil || c.Operation.Examples != nil || c.Props[1].Options == nil {
		t.Error("it is kept with its examples, or without what its app has in common:", err)
	}
	if own := all.List(component.Filter{From: component.Private}); len(own) != 1 || own[0].Key != "~/greet" {
		t.Error(own)
	}
	if pub := all.List(component.Filter{From: component.Public}); slices.ContainsFunc(pub, func(c *component.Component) bool { return c.Key == "~/greet" }) || len(pub) != len(shipped().List(component.Filter{})) {
		t.Error("it is among those that ship")
	}
}

// Of two who edit a component the second is told of what the first made of it; the
// same file sent twice is one version all the same.
func TestBegunWith(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, x := range []struct {
		base, version, summary string
		dev                    bool
		want                   error
	}{
		{"", "0.9.0", "a", false, nil},
		{"", "0.9.0", "a", false, nil},
		{"", "0.9.1", "b", false, fault.ErrChanged},
		{"0.9.0", "0.10.0", "c", false, nil},
		{"0.9.0", "0.10.0", "c", false, nil},
		{"0.9.0", "0.10.0", "d", false, fault.ErrChanged},
		{"0.9.0", "0.11.0", "d", true, fault.ErrChanged},
		{"0.10.0", "0.10.0", "d", false, registry.ErrExists},
		{"0.10.0", "0.11.0", "d", false, nil},
	} {
		if _, err := r.save(file(x.version, x.summary), x.dev, x.base); !errors.Is(err, x.want) {
			t.Errorf("%s of %q: %v", x.version, x.base, err)
		}
	}
}

// Versions stand side by side, and none of them changes but that which is being
// worked on, which is not the newest while there is another.
func TestVersions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, x := range []struct {
		version, summary string
		dev              bool
		want             error
		newest           string
	}{
		{"0.9.0", "a", true, nil, "0.9.0-dev a"},
		{"0.9.0", "b", true, nil, "0.9.0-dev b"},
		{"0.9.0", "c", false, nil, "0.9.0 c"},
		{"0.9.0", "c", false, nil, "0.9.0 c"},
		{"0.9.0", "d", false, registry.ErrExists, "0.9.0 c"},
		{"0.10.0", "e", false, nil, "0.10.0 e"},
		{"0.9.1", "f", false, nil, "0.10.0 e"},
		{"0.11.0", "g", true, nil, "0.10.0 e"},
	} {
		if _, err := r.save(file(x.version, x.summary), x.dev); !errors.Is(err, x.want) {
			t.Errorf("%s %s: %v", x.version, x.summary, err)
		}
		if got, err := r.get(r.Service, r.mine, ""); err != nil || got != x.newest {
			t.Errorf("after %s %s the newest is %q, %v", x.version, x.summary, got, err)
		}
	}
	v, all, _, err := r.Get(t.Context(), r.mine, "greet", "")
	if err != nil || v.Version != "0.10.0" || len(all) != 5 || !strings.Contains(*v.Source, "summary: e") {
		t.Error(v, all, err)
	}
	trigger := `schema: operation/v1
type: trigger
name: New Contact
description: Emit an event for each contact that is added.
version: 1.0.0
poll: {request: {get: /api/contacts}, items: '{{ body.data }}'}
emit: {id: '{{ item.id }}', summary: New}
sample: {id: con_1}
examples:
  - {name: none, calls: [{url: /api/contacts, answer: {json: {data: []}}}], emits: []}
sources: [{about: everything, url: 'https://crm.example.com/docs'}]
`
	if _, problems, err := r.Save(t.Context(), r.mine, "greet", registry.Upload{App: "acme_crm_key", Source: trigger}); !errors.Is(err, registry.ErrKind) {
		t.Error("an action became a trigger:", problems, err)
	}
	if _, _, err := r.Save(t.Context(), r.mine, "greet", registry.Upload{App: "acme_crm", Source: file("1.0.0", "x")}); !errors.Is(err, registry.ErrKind) {
		t.Error("it became one of another app:", err)
	}
}

// A file is taken once, by however many it is sent at the same time.
func TestSavedAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if v, err := r.save(file("0.1.0", "Hello"), false); err != nil || v.Version != "0.1.0" {
				t.Error(v, err)
			}
		})
	}
	wg.Wait()
	if _, all, _, err := r.Get(t.Context(), r.mine, "greet", ""); err != nil || len(all) != 1 {
		t.Error(all, err)
	}
}

// What is wrong with a file is said with its line and a code that does not change,
// and such a file is not taken.
func TestWrongFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	good := file("0.1.0", "Hello")
	for name, x := range map[string]struct {
		source, code string
		line         int
	}{
		"no YAML":              {"a: [", "yaml", 1},
		"no operation":         {"schema: operation/v1", "field_missing", 1},
		"a field of nobody":    {strings.Replace(good, "summary: Hello\nex", "colour: red\nex", 1), "field_unknown", 10},
		"a version of nobody":  {strings.Replace(good, "0.1.0", "one", 1), "field_value", 5},
		"a prop of nobody":     {strings.Replace(good, "props.contact_id }}/n", "props.contact }}/n", 1), "prop_unknown", 9},
		"a half expression":    {strings.Replace(good, "{{ props.contact_id }}", "{{ props. }}", 1), "expression", 9},
		"a prop not shared":    {strings.Replace(good, "use: contact", "use: company", 1), "shared_unknown", 8},
		"a body of two kinds":  {strings.Replace(good, "json: {text: Hello}}\n", "json: {text: Hello}, text: x}\n", 1), "request", 9},
		"an example that lies": {strings.Replace(good, "returns: {id: n1}", "returns: {id: n2}", 1), "example", 12},
		"too deep":             {strings.Repeat("[", 100), "too_deep", 1},
		"an auth of nobody":    {strings.Replace(good, "effect:", "auth: [magic]\neffect:", 1), "auth_unknown", 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems, err := r.Save(t.Context(), r.mine, "wrong", registry.Upload{App: "acme_crm_key", Source: x.source})
			if err != nil || len(problems) == 0 || problems[0].Code != x.code || problems[0].Line != x.line || problems[0].Text == "" {
				t.Errorf("%+v, %v; want %s on line %d", problems, err, x.code, x.line)
			}
			if _, _, _, err := r.Get(t.Context(), r.mine, "wrong", ""); !errors.Is(err, registry.ErrNotFound) {
				t.Error("it was taken:", err)
			}
		})
	}
	for name, x := range map[string]struct {
		called, app, source string
		want                error
	}{
		"a way out":     {"../greet", "acme_crm_key", good, registry.ErrName},
		"a shipped key": {"~/greet", "acme_crm_key", good, registry.ErrName},
		"no name":       {"", "acme_crm_key", good, registry.ErrName},
		"no app":        {"greet", "nothing", good, catalog.ErrNotFound},
		"too large":     {"greet", "acme_crm_key", strings.Repeat("#", 200<<10), registry.ErrTooLarge},
	} {
		if _, _, err := r.Save(t.Context(), r.mine, x.called, registry.Upload{App: x.app, Source: x.source}); !errors.Is(err, x.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	problems, played, err := r.Check(t.Context(), r.mine, "greet", registry.Upload{App: "acme_crm_key", Source: strings.Replace(good, "text: Hello}, answer", "text: Bye}, answer", 1)})
	if err != nil || len(problems) > 0 || len(played) != 1 || played[0].Line != 12 || !strings.Contains(played[0].Wrong[0], `{"text":"Hello"}, not {"text":"Bye"}`) {
		t.Error(problems, played, err)
	}
	if _, _, _, err := r.Get(t.Context(), r.mine, "greet", ""); !errors.Is(err, registry.ErrNotFound) {
		t.Error("what was checked was taken:", err)
	}
}

// A component that is taken away is gone, in one version or in all; other
// workspaces cannot take it away.
func TestRemove(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, v := range []string{"0.1.0", "0.2.0"} {
		if _, err := r.save(file(v, v), false); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Remove(t.Context(), r.other, "greet", "", true); !errors.Is(err, registry.ErrNotFound) {
		t.Error(err)
	}
	if err := r.Remove(t.Context(), r.mine, "greet", "0.2.0", false); err != nil {
		t.Error(err)
	}
	if got, err := r.get(r.Service, r.mine, ""); err != nil || got != "0.1.0 0.1.0" {
		t.Error(got, err)
	}
	if err := r.Remove(t.Context(), r.mine, "greet", "0.2.0", false); !errors.Is(err, registry.ErrVersion) {
		t.Error(err)
	}
	if err := r.Remove(t.Context(), r.mine, "greet", "", false); err != nil {
		t.Error(err)
	}
	if got, err := r.get(r.Service, r.mine, ""); !errors.Is(err, component.ErrNotFound) {
		t.Error(got, err)
	}
	if err := r.Remove(t.Context(), r.mine, "greet", "", false); !errors.Is(err, registry.ErrNotFound) {
		t.Error(err)
	}
}

// A component of an app that its workspace takes away is told of, and is not used;
// when the app is back, so is it.
func TestAppTakenAway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	app := `schema: app/v1
slug: our_crm
name: Our CRM
description: An app of our own.
categories: [crm]
hosts: {production: {api: 'https://api.example.com'}}
auth:
  - {id: api_key, type: key, title: Use an API key, inputs: {api_key: {kind: secret, ask: {title: API key}}}}
inject: {default: {in: header, name: X-Key, value: '{{ input.api_key }}'}}
identity: {request: {get: '{{ host.api }}/me'}, id: /id, name: /name}
sources: [{about: everything, url: 'https://crm.example.com/docs'}]
`
	if _, problems, err := r.Apps.Save(t.Context(), r.mine, "our_crm", appfile.Upload{Source: app}); err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	source := strings.Replace(file("0.1.0", "Hello"), "use: contact", "type: string, label: Contact", 1)
	if _, problems, err := r.Save(t.Context(), r.mine, "greet", registry.Upload{App: "our_crm", Source: source}); err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	if err := r.Apps.Remove(t.Context(), r.mine, "our_crm", "ada", nil, false); err != nil {
		t.Fatal(err)
	}
	if got, err := r.get(r.Service, r.mine, ""); !errors.Is(err, component.ErrNotFound) {
		t.Error(got, err)
	}
	if all, err := r.List(t.Context(), r.mine); err != nil || len(all) != 1 || len(all[0].Problems) != 1 || all[0].Problems[0].Code != "app_unknown" || all[0].Title != "~/greet" {
		t.Error(all, err)
	}
	if _, _, err := r.Apps.Restore(t.Context(), r.mine, "our_crm", 1, "ada", nil, false); err != nil {
		t.Fatal(err)
	}
	if got, err := r.get(r.Service, r.mine, ""); err != nil || got != "0.1.0 Hello" {
		t.Error(got, err)
	}
}
