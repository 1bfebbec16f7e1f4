package run_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// due has workers go on with every run that is due, until none is.
func (r *rig) due() {
	r.t.Helper()
	for range 2000 {
		var ids []string
		err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
			return tx.Raw("SELECT id FROM runs WHERE finished_at IS NULL AND lease_until <= ? ORDER BY id", r.clock.Now()).Scan(&ids).Error
		})
		if err != nil {
			r.t.Fatal(err)
		}
		if len(ids) == 0 {
			return
		}
		for _, id := range ids {
			r.advance(id)
		}
	}
	r.t.Fatal("runs are due for ever")
}

func (r *rig) called(workflowID string) (runs []run.Run) {
	r.t.Helper()
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Where("workflow_id = ?", workflowID).Order("id").Find(&runs).Error })
	if err != nil {
		r.t.Fatal(err)
	}
	return runs
}

// A workflow calls another one, waits as a row, and has what that brought; or only
// sets it off.
func TestCallWorkflow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	child := r.deploy(`{"name":"rest","type":"delay","for":"1h"}`, `{"name":"say","type":"respond","status":201,"body":{"twice":"{{ trigger.body.n * 2 }}"}}`)
	id := r.start(`{"n":4}`, `{"name":"call","type":"call_workflow","workflow":"`+child+`","input":{"n":"{{ trigger.n }}"}}`,
		`{"name":"say","type":"respond","body":["{{ steps.call.status }}","{{ steps.call.response.body.twice }}","{{ steps.call.output.status }}"]}`)
	r.due()
	if got, _ := r.get(id); got.Status != run.Waiting {
		t.Fatalf("%s %+v", got.Status, got.Error)
	}
	r.clock.Pass(2 * time.Hour)
	r.due()
	got, _ := r.get(id)
	if got.Status != run.Succeeded {
		t.Fatalf("%s %+v", got.Status, got.Error)
	}
	if diff := cmp.Diff([]any{"succeeded", 8.0, 201.0}, read(t, got.Response).(map[string]any)["body"]); diff != "" {
		t.Error(diff)
	}
	kid := r.called(child)[0]
	if *kid.ParentID != id || kid.ParentPath != "call" || kid.Depth != 1 {
		t.Errorf("%+v", kid)
	}
	fired, _ := r.done(`{}`, `{"name":"call","type":"call_workflow","workflow":"`+child+`","fire":true}`)
	if fired.Status != run.Succeeded || len(r.called(child)) != 2 {
		t.Errorf("%s, %d called", fired.Status, len(r.called(child)))
	}
}

// What goes wrong below is the step's own failure, with a stable code.
func TestCallWorkflowFails(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	broken := r.deploy(`{"name":"bad","type":"http_request","url":"http://10.0.0.1/"}`)
	needy := r.deploy(`{"name":"mine","type":"http_request","url":"/x","account":{"of":"user","app":"acme_crm_key"}}`)
	for call, code := range map[string]string{
		`"workflow":"` + broken + `"`:                      "called_run_failed",
		`"workflow":"` + needy + `"`:                       "called_run_failed",
		`"workflow":"p_06h00m4t6n8k9w3qv2xz5y7abc"`:        "workflow_not_found",
		`"workflow":"` + broken + `","workflow_version":9`: "workflow_not_found",
	} {
		id := r.start(`{}`, `{"name":"call","type":"call_workflow",`+call+`}`)
		r.due()
		if got, _ := r.get(id); got.Status != run.Failed || got.Error.Code != code {
			t.Errorf("%s: %s %+v", call, got.Status, got.Error)
		}
	}
	id := r.start(`{}`, `{"name":"call","type":"call_workflow","workflow":"`+broken+`","on_error":"continue"}`, `{"name":"say","type":"respond","body":"{{ steps.call.output.error.code }}"}`)
	r.due()
	if got, _ := r.get(id); got.Status != run.Succeeded || read(t, got.Response).(map[string]any)["body"] != "address_blocked" {
		t.Errorf("%s %+v %v", got.Status, got.Error, *got.Response)
	}
}

// Workflows that lead back to themselves are refused when they are deployed, or
// end where they are too deep.
func TestCallWorkflowInACircle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.deploy(`{"name":"ok","type":"respond","body":1}`)
	update := func(steps string) error {
		d, err := workflow.ParseJSON([]byte(`{"name":"Flow","settings":{"retry":{"attempts":0}},"steps":[` + steps + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.workflows.Update(t.Context(), r.scope.Project(), id, d); err != nil {
			t.Fatal(err)
		}
		_, err = r.workflows.Deploy(t.Context(), r.scope.Project(), id)
		return err
	}
	call := `{"name":"call","type":"call_workflow","workflow":"` + id + `","input":"{{ (trigger.body ?? 0) + 1 }}"}`
	other := r.deploy(call)
	if update(call) == nil || update(`{"name":"call","type":"call_workflow","workflow":"`+other+`"}`) == nil {
		t.Error("a circle was deployed")
	}
	if err := update(`{"name":"go","type":"if","if":"{{ (trigger.body ?? 0) < 100 }}","then":[` + call + `]}`); err != nil {
		t.Fatal(err)
	}
	first, err := r.Start(t.Context(), r.scope, id, "", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	r.due()
	got, _ := r.get(first.ID)
	if runs := r.called(id); got.Status != run.Failed || len(runs) != 11 || runs[10].Error.Code != "call_depth" {
		t.Errorf("%s after %d runs", got.Status, len(runs))
	}
}

// A workflow is run for 500 users, some at a time, each in a run of its own; what
// came of them is told together, and a failure is its user's alone.
func TestForEachUser(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const users = 500
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		for i := range users {
			if _, err := account.EnsureUser(tx, fmt.Sprintf("u%03d", i), r.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	child := r.deploy(`{"name":"odd","type":"if","if":"{{ user.external_id == 'u007' }}","then":[{"name":"bad","type":"http_request","url":"http://10.0.0.1/"}]}`, `{"name":"say","type":"respond","body":"{{ trigger.body.greeting }} {{ user.external_id }}"}`)
	id := r.start(`{}`, `{"name":"all","type":"for_each_user","workflow":"`+child+`","input":{"greeting":"hello"},"concurrency":50,"on_item_error":"continue"}`)
	r.due()
	got, steps := r.get(id)
	if got.Status != run.Succeeded {
		t.Fatalf("%s %+v", got.Status, got.Error)
	}
	out := read(t, steps[0].Output).(map[string]any)
	if out["started"] != 500.0 || out["succeeded"] != 499.0 || out["failed"] != 1.0 || out["limited"] != false || out["failures"].([]any)[0].(map[string]any)["external_user_id"] != "u007" {
		t.Errorf("%v", out)
	}
	seen := map[string]bool{}
	for _, kid := range r.called(child) {
		seen[*kid.ExternalUserID] = true
	}
	if len(seen) != users {
		t.Errorf("runs for %d users", len(seen))
	}
}

// Who is run for can be listed, chosen and bounded; without isolation the first
// failure ends it.
func TestForEachUserChosen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.user("ada", "key")
	for _, name := range []string{"bob", "cleo"} {
		r.user(name, "")
	}
	child := r.deploy(`{"name":"say","type":"respond","body":"{{ user.external_id }}"}`)
	for users, want := range map[string]string{
		`"users":{"app":"acme_crm_key"}`:                         `["ada"]`,
		`"users":{"list":["cleo","ada","cleo"]}`:                 `["cleo","ada"]`,
		`"users":{"list":"{{ trigger.who }}"},"limit":1`:         `["bob"]`,
		`"users":{"if":"{{ user.external_id startsWith 'c' }}"}`: `["cleo"]`,
		`"concurrency":1`: `["ada","bob","cleo"]`,
	} {
		id := r.start(`{"who":["bob","ada"]}`, `{"name":"all","type":"for_each_user","workflow":"`+child+`","collect":true,`+users+`}`, `{"name":"say","type":"respond","body":"{{ map(steps.all.results, .response.body) }}"}`)
		r.due()
		got, _ := r.get(id)
		if got.Status != run.Succeeded {
			t.Fatalf("%s: %s %+v", users, got.Status, got.Error)
		}
		if diff := cmp.Diff(read(t, &want), read(t, got.Response).(map[string]any)["body"]); diff != "" {
			t.Errorf("%s: %s", users, diff)
		}
	}
	id := r.start(`{}`, `{"name":"all","type":"for_each_user","workflow":"`+child+`","users":{"list":["nobody","ada"]},"concurrency":1}`)
	r.due()
	if got, _ := r.get(id); got.Status != run.Failed || got.Error.Code != "called_run_failed" {
		t.Errorf("%s %+v", got.Status, got.Error)
	}
	id = r.start(`{}`, `{"name":"all","type":"for_each_user","workflow":"`+child+`","users":{"list":"{{ 3 }}"}}`)
	r.due()
	if got, _ := r.get(id); got.Status != run.Failed || got.Error.Code != "users_list" {
		t.Errorf("%s %+v", got.Status, got.Error)
	}
}
