package run_test

import (
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/instance"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

func (r *rig) instances() *instance.Service {
	return &instance.Service{DB: r.DB, Now: r.clock.Now}
}

// put gives a user an instance of a workflow.
func (r *rig) put(workflowID, user string, w instance.Wish) *instance.Instance {
	r.t.Helper()
	i, err := r.instances().Put(r.t.Context(), r.scope, workflowID, user, w)
	if err != nil {
		r.t.Fatal(err)
	}
	return i
}

// deployWith makes a workflow of steps with settings and switches it on.
func (r *rig) deployWith(settings string, steps ...string) (workflowID string) {
	r.t.Helper()
	src := `{"name":"Flow","settings":` + settings + `,"steps":[` + strings.Join(steps, ",") + `]}`
	d, err := workflow.ParseJSON([]byte(strings.ReplaceAll(src, "OUT", r.out.URL)))
	if err != nil {
		r.t.Fatal(err)
	}
	v, err := r.workflows.Create(r.t.Context(), r.scope.Project(), d)
	if err == nil {
		_, err = r.workflows.Deploy(r.t.Context(), r.scope.Project(), v.ID)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return v.ID
}

// A run has what its user had of the workflow when it began: settings, accounts and
// a state of its own. Another user has their own, or none.
func TestInstanceOfRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	good, other := r.user("ada", demo.DemoKey), r.user("ada", "acme_other")
	r.user("bob", demo.DemoKey)
	w := r.deploy(`{"name":"n","type":"state","op":"increment","scope":"instance","key":"n","on_error":"continue"}`,
		`{"name":"me","type":"http_request","url":"/api/me","account":{"of":"user","app":"acme_crm_key"}}`,
		`{"name":"say","type":"respond","body":["{{ instance.config.channel ?? 'none' }}","{{ user.config.channel ?? 'none' }}"]}`)
	i := r.put(w, "ada", instance.Wish{Active: true, Config: map[string]any{"channel": "#ops"}, Accounts: map[string]string{"acme_crm_key": good}})
	begun, err := r.Start(t.Context(), r.scope, w, "ada", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if again := r.put(w, "ada", instance.Wish{Active: true, Config: map[string]any{"channel": "#new"}, Accounts: map[string]string{"acme_crm_key": other}}); again.ID != i.ID {
		t.Errorf("%s, want %s", again.ID, i.ID)
	}
	r.advance(begun.ID)
	got, steps := r.get(begun.ID)
	if got.Status != run.Succeeded || !strings.Contains(*got.Response, `["#ops","#ops"]`) || *steps[1].AccountID != good || !strings.Contains(*steps[0].Output, `"value":1`) {
		t.Fatalf("%s %+v", got.Status, got.Error)
	}
	bobs, err := r.Start(t.Context(), r.scope, w, "bob", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	r.advance(bobs.ID)
	if got, steps := r.get(bobs.ID); got.Status != run.Succeeded || !strings.Contains(*got.Response, `["none","none"]`) || steps[0].Error.Code != "instance_required" {
		t.Errorf("%s %+v", got.Status, got.Error)
	}
}

// Nothing is run for a user who has switched a workflow off, nor, where one has to
// have an instance, for one who has none. That is no failure: no run tells of it.
func TestInstanceOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.user("ada", "")
	r.user("bob", "")
	free, strict := r.deploy(after), r.deployWith(`{"instances":{"required":true}}`, after)
	r.put(free, "ada", instance.Wish{})
	for name, tt := range map[string]struct {
		workflow, user string
		want           error
	}{
		"off": {free, "ada", instance.ErrOff}, "none": {free, "bob", nil}, "required": {strict, "bob", instance.ErrRequired}, "required, nobody": {strict, "", run.ErrNoUser},
	} {
		if _, err := r.Start(t.Context(), r.scope, tt.workflow, tt.user, []byte(`{}`)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.put(strict, "bob", instance.Wish{Active: true})
	if _, err := r.Start(t.Context(), r.scope, strict, "bob", []byte(`{}`)); err != nil {
		t.Errorf("with an instance: %v", err)
	}
	if page, err := r.List(t.Context(), r.scope, run.Filter{}, db.Cursor{}); err != nil || page.Total != 2 {
		t.Errorf("%d runs, %v", page.Total, err)
	}
	// A fan-out passes over who has switched the workflow off.
	id := r.start(`{}`, `{"name":"all","type":"for_each_user","workflow":"`+free+`","users":{"list":["ada","bob"]}}`)
	r.advance(id)
	page, err := r.List(t.Context(), r.scope, run.Filter{ParentID: id}, db.Cursor{})
	if err != nil || page.Total != 1 || *page.Items[0].ExternalUserID != "bob" {
		t.Errorf("%+v, %v", page, err)
	}
}

// Instances are of one environment of one tenant, and go with their user, their
// workflow, or by themselves, with their state.
func TestInstancesGo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	keep, gone := r.deploy(after), r.deploy(after)
	r.put(keep, "ada", instance.Wish{Active: true})
	r.put(gone, "ada", instance.Wish{Active: true})
	bob := r.put(keep, "bob", instance.Wish{})
	s := r.instances()
	list := func(f instance.Filter) (n int) {
		t.Helper()
		page, err := s.List(t.Context(), r.scope, f, db.Cursor{})
		if err != nil {
			t.Fatal(err)
		}
		return page.Total
	}
	yes := true
	if all, of, on := list(instance.Filter{}), list(instance.Filter{WorkflowID: keep, ExternalUserID: "bob"}), list(instance.Filter{Active: &yes}); all != 3 || of != 1 || on != 2 {
		t.Errorf("%d, %d of bob, %d on", all, of, on)
	}
	stranger := testkit.Scope(t, r.DB)
	if _, err := s.Get(t.Context(), stranger, keep, "ada"); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("of a stranger: %v", err)
	}
	if _, err := s.Put(t.Context(), stranger, keep, "ada", instance.Wish{}); !errors.Is(err, workflow.ErrNotFound) {
		t.Errorf("by a stranger: %v", err)
	}
	if _, err := s.Put(t.Context(), r.scope, keep, "ada", instance.Wish{Config: map[string]any{"x": strings.Repeat("x", 65<<10)}}); !errors.Is(err, instance.ErrConfig) {
		t.Errorf("too large: %v", err)
	}
	if _, err := s.Put(t.Context(), r.scope, keep, "ada", instance.Wish{Accounts: map[string]string{"slack": "apn_1"}}); !errors.Is(err, account.ErrMap) {
		t.Errorf("an account of nobody: %v", err)
	}
	if err := r.workflows.Delete(t.Context(), r.scope.Project(), gone); err != nil || list(instance.Filter{}) != 2 {
		t.Errorf("with the workflow: %d, %v", list(instance.Filter{}), err)
	}
	if err := s.Delete(t.Context(), r.scope, keep, "bob", false); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(t.Context(), r.scope, keep, "bob"); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("%s is still there: %v", bob.ID, err)
	}
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Exec("DELETE FROM external_users WHERE external_id = 'ada'").Error })
	if err != nil || list(instance.Filter{}) != 0 {
		t.Errorf("with the user: %d, %v", list(instance.Filter{}), err)
	}
}
