package manifest_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/manifest"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

type rig struct {
	*manifest.Service
	t     *testing.T
	scope tenant.Scope
	flows *workflow.Service
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	known := component.NewRegistry([]*component.Component{{Key: "acme-say", App: "acme_crm", Type: component.Action, Version: "1.2.0"}})
	components := func(context.Context, string) (*component.Registry, error) { return known, nil }
	return &rig{&manifest.Service{DB: d, Components: components, Now: clock.Now}, t, testkit.Scope(t, d), &workflow.Service{DB: d, Now: clock.Now}}
}

func doc(file, more string) manifest.Document {
	return manifest.Document{File: file, Source: "name: Greet\nsteps: [{name: say, type: respond" + more + "}]\n"}
}

func (r *rig) apply(w manifest.Wish) *manifest.Plan {
	r.t.Helper()
	p, err := r.Apply(r.t.Context(), r.scope, w)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

func (r *rig) does(p *manifest.Plan, want ...string) {
	r.t.Helper()
	var got []string
	for _, it := range p.Items {
		got = append(got, it.Key+":"+it.Does)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		r.t.Fatalf("it does %v, want %v; %v", got, want, p.Problems)
	}
}

// What a plan says is what is done, and only once; a plan does nothing.
func TestApply(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	docs := []manifest.Document{doc("flows/a.yaml", ""), doc("b.yml", ", status: 202")}
	for range 2 {
		p := r.apply(manifest.Wish{Documents: docs, Dry: true})
		r.does(p, "a:create", "b:create")
		if p.Applied || p.Items[0].WorkflowID != "" || len(p.Items[0].Checks) == 0 {
			t.Fatalf("%+v", p.Items[0])
		}
	}
	p := r.apply(manifest.Wish{Documents: docs, Message: "first"})
	r.does(p, "a:create", "b:create")
	a := p.Items[0]
	if !p.Applied || a.Version != 1 || p.Changes() != 2 {
		t.Fatalf("%+v", p)
	}
	r.does(r.apply(manifest.Wish{Documents: docs}), "a:unchanged", "b:unchanged")

	docs[0] = doc("a.yaml", ", status: 201")
	p = r.apply(manifest.Wish{Documents: docs, Dry: true})
	r.does(p, "a:change", "b:unchanged")
	if c := p.Items[0].Changes; len(c) != 1 || c[0].String() != "+ steps.say.status: 201" {
		t.Fatalf("%+v", c)
	}
	if p = r.apply(manifest.Wish{Documents: docs}); p.Items[0].Version != 2 || p.Items[0].WorkflowID != a.WorkflowID {
		t.Fatalf("%+v", p.Items[0])
	}
	if _, v, err := r.flows.Version(t.Context(), r.scope.Project(), a.WorkflowID, 1); err != nil || v.Message != "first" {
		t.Error(v, err)
	}
}

// What somebody has switched off stays off; a draft that was not deployed is told of.
func TestApplyBesidePeople(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.apply(manifest.Wish{Documents: []manifest.Document{doc("a.yaml", "")}}).Items[0]
	if _, err := r.flows.Disable(t.Context(), r.scope.Project(), w.WorkflowID); err != nil {
		t.Fatal(err)
	}
	p := r.apply(manifest.Wish{Documents: []manifest.Document{doc("a.yaml", "")}})
	if r.does(p, "a:unchanged"); strings.Join(p.Items[0].Notes, "") != "it is switched off" {
		t.Error(p.Items[0].Notes)
	}
	p = r.apply(manifest.Wish{Documents: []manifest.Document{doc("a.yaml", ", status: 201")}})
	v, err := r.flows.Get(t.Context(), r.scope.Project(), w.WorkflowID)
	if r.does(p, "a:change"); err != nil || v.Active || v.Version != 2 {
		t.Errorf("%+v, %v", v, err)
	}
	// A draft by hand goes when a document comes.
	p = r.apply(manifest.Wish{Documents: []manifest.Document{doc("a.yaml", ", status: 207")}, Drafts: true})
	if r.does(p, "a:change"); p.Items[0].Version != 2 {
		t.Errorf("%+v", p.Items[0])
	}
	p = r.apply(manifest.Wish{Documents: []manifest.Document{doc("a.yaml", ", status: 201")}})
	if r.does(p, "a:unchanged"); !strings.Contains(strings.Join(p.Items[0].Notes, ";"), "not deployed") {
		t.Error(p.Items[0].Notes)
	}
}

// Without prune nothing goes; with it, what has a key and no document.
func TestPrune(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	byHand, err := workflow.ParseYAML([]byte(doc("", "").Source))
	if err != nil {
		t.Fatal(err)
	}
	byHand.Name = "By hand"
	if _, err := r.flows.Create(t.Context(), r.scope.Project(), byHand); err != nil {
		t.Fatal(err)
	}
	r.apply(manifest.Wish{Documents: []manifest.Document{doc("a.yaml", ""), doc("b.yaml", "")}})
	one := []manifest.Document{doc("a.yaml", "")}
	r.does(r.apply(manifest.Wish{Documents: one}), "a:unchanged")
	r.does(r.apply(manifest.Wish{Documents: one, Prune: true, Dry: true}), "a:unchanged", "b:delete")
	r.does(r.apply(manifest.Wish{Documents: one, Prune: true}), "a:unchanged", "b:delete")
	r.does(r.apply(manifest.Wish{Documents: one, Prune: true}), "a:unchanged")
}

// What is wrong or missing is told of each file, and then nothing is applied.
func TestProblems(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	docs := []manifest.Document{
		doc("good.yaml", ""),
		{File: "bad.yaml", Source: "name: B\nsteps:\n  - {name: a, type: respond, status: 99}\n"},
		{File: "Upper Case.yaml", Source: doc("", "").Source},
		{File: "again.yaml", Source: "key: good\n" + doc("", "").Source},
		{File: "reads.yaml", Source: `name: R
accounts: {crm: {app: acme_crm}}
steps:
  - {name: a, type: respond, body: '{{ env.TOKEN }}'}
  - {name: b, type: call_workflow, workflow: nobody}
  - {name: c, type: http_request, url: /api/me, account: {of: project, alias: crm}}
`},
		{File: "acts.yaml", Source: `name: A
triggers:
  - {name: heard, type: app_event, component: acme-say, external_user_id: ada}
steps:
  - {name: there, type: action, component: acme-say, version: 1.2.0}
  - {name: old, type: action, component: acme-say, version: 1.1.0}
  - {name: none, type: action, component: acme-shout}
`},
		{File: "self.yaml", Source: "name: S\nsteps: [{name: b, type: call_workflow, workflow: self}]\n"},
	}
	p := r.apply(manifest.Wish{Documents: docs, Dry: true})
	var got []string
	for _, q := range p.Problems {
		got = append(got, q.File+":"+q.Code)
	}
	want := "bad.yaml:field_value Upper Case.yaml:key again.yaml:key_taken reads.yaml:variable_missing reads.yaml:account_missing reads.yaml:workflow_missing acts.yaml:component_missing acts.yaml:component_missing acts.yaml:component_missing self.yaml:workflow_cycle"
	if strings.Join(got, " ") != want && strings.Join(got, " ") != strings.Replace(want, "field_value", "rule", 1) {
		t.Errorf("%v", got)
	}
	if _, err := r.Apply(t.Context(), r.scope, manifest.Wish{Documents: docs}); !errors.Is(err, manifest.ErrNotApplied) || fault.Of(err).Details == nil {
		t.Fatal(err)
	}
	if page, err := r.flows.List(t.Context(), r.scope.Project(), db.Cursor{}); err != nil || len(page.Items) != 0 {
		t.Errorf("%v %v", page, err)
	}
	r.does(r.apply(manifest.Wish{Documents: []manifest.Document{docs[0], docs[4], docs[5]}, Anyway: true}), "good:create", "reads:create", "acts:create")
}

// The same documents are of each project by themselves.
func TestAnotherProject(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one := []manifest.Document{doc("a.yaml", "")}
	mine := r.apply(manifest.Wish{Documents: one})
	other := testkit.Scope(t, r.DB)
	theirs, err := r.Apply(t.Context(), other, manifest.Wish{Documents: one, Prune: true})
	if err != nil || theirs.Items[0].Does != manifest.Create || theirs.Items[0].WorkflowID == mine.Items[0].WorkflowID {
		t.Fatal(theirs, err)
	}
	r.does(r.apply(manifest.Wish{Documents: one}), "a:unchanged")
}

// What is exported is the same when it is applied: also texts that YAML would take
// for something else, and a workflow that had no key.
func TestExport(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	odd, err := workflow.ParseJSON([]byte(`{"name":"Odd: texts #1","steps":[
		{"name":"a","type":"respond","body":{"yes":"no","n":"0123","big":12345678901234567890,"lines":"  one\n\ttwo \n\n","null":null,"date":"2026-01-01","emoji":"🚀","colon":"a: b","hash":"#"}},
		{"name":"b","type":"code","language":"bash","code":"if true; then\n  echo 'it''s'\nfi\n"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.flows.Create(t.Context(), r.scope.Project(), odd); err != nil {
		t.Fatal(err)
	}
	r.apply(manifest.Wish{Documents: []manifest.Document{doc("a.yaml", "")}})
	all, err := r.Export(t.Context(), r.scope.Project(), false)
	if err != nil || len(all) != 2 || all[0].File != "odd-texts-1.yaml" {
		t.Fatal(all, err)
	}
	docs := []manifest.Document{all[0].Document, all[1].Document}
	p := r.apply(manifest.Wish{Documents: docs})
	r.does(p, "odd-texts-1:change", "a:unchanged") // it was never deployed, and has a key now
	if p.Items[0].WorkflowID != all[0].WorkflowID {
		t.Error("what was exported was not found again")
	}
	r.does(r.apply(manifest.Wish{Documents: docs}), "odd-texts-1:unchanged", "a:unchanged")
	again, err := r.Export(t.Context(), r.scope.Project(), false)
	if err != nil || again[0].Source != all[0].Source {
		t.Errorf("%v\n%s\n%s", err, all[0].Source, again[0].Source)
	}
	other := testkit.Scope(t, r.DB)
	if p, err = r.Apply(t.Context(), other, manifest.Wish{Documents: docs}); err != nil || p.Changes() != 2 {
		t.Error(p, err)
	}
}

// Workflows of one name and without keys are told apart by what they are exported as.
func TestExportOfOneName(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d, err := workflow.ParseYAML([]byte(doc("", "").Source))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := r.flows.Create(t.Context(), r.scope.Project(), d); err != nil {
			t.Fatal(err)
		}
	}
	all, err := r.Export(t.Context(), r.scope.Project(), false)
	if err != nil || len(all) != 3 {
		t.Fatal(all, err)
	}
	// In any order, and when the first of them has its key already.
	for _, docs := range [][]manifest.Document{{all[2].Document, all[1].Document}, {all[0].Document, all[2].Document}} {
		p := r.apply(manifest.Wish{Documents: docs})
		for i := range p.Items {
			if it := &p.Items[i]; it.Does == manifest.Create {
				t.Errorf("%s is taken for a new one", it.Key)
			}
		}
	}
	if again, err := r.Export(t.Context(), r.scope.Project(), false); err != nil || len(again) != 3 || again[1].Key != "greet-2" || again[1].WorkflowID != all[1].WorkflowID {
		t.Error(again, err)
	}
}

// Each template is a document that can be applied.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, tpl := range manifest.Templates() {
		if !strings.HasPrefix(tpl.Source, "# ") || !strings.Contains(tpl.Source, "\nkey: "+tpl.Key+"\n") || tpl.Description == "" {
			t.Errorf("%s does not say what it shows", tpl.Key)
		}
	}
	if _, err := manifest.TemplateOf("none"); !errors.Is(err, manifest.ErrTemplate) {
		t.Error(err)
	}
}
