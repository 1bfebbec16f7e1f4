package run_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const usersStep = `{"name":"a","type":"http_request","url":"/x","account":{"of":"user","app":"acme_crm_key"}}`

// production is the other environment of the rig's project.
func (r *rig) production() tenant.Scope {
	r.t.Helper()
	s, err := (&project.Service{DB: r.DB}).Find(r.t.Context(), r.scope.Project(), tenant.Production)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// A call that cannot run for its user is refused in the words that existing
// clients know, and its owner sees a failed run with the same words.
func TestStartRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		user       string
		production bool
		kind       fault.Kind
		code, text string
	}{
		"no user where one is needed": {
			"", false, fault.Invalid, "external_user_required",
			"No external user ID passed, but one or more steps require it. Send x-pd-external-user-id.",
		},
		"a user that is not known": {"nobody", false, fault.NotFound, "external_user_not_found", "No matching external user ID."},
		"a user without the account": {
			"abc-123", false, fault.Invalid, "required_account_not_found",
			"Pipedream Connect Error: Required account for acme_crm_key not found for external user ID abc-123 in development",
		},
		"a user of production, where the plan has none": {
			"abc-123", true, fault.Forbidden, "plan_required", "Running workflows for your users in production requires a higher tier plan.",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if tt.production {
				r.scope = r.production()
				err := r.DB.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec("UPDATE projects SET workflows_in_production = false").Error })
				if err != nil {
					t.Fatal(err)
				}
			}
			r.user("abc-123", "")
			refused, err := r.Start(t.Context(), r.scope, r.deploy(usersStep), tt.user, []byte(`{"body":1}`))
			f := fault.Of(err)
			if err == nil || f.Kind != tt.kind || f.Code != tt.code || f.Message != tt.text {
				t.Fatalf("Start() = %v", err)
			}
			got, steps := r.get(refused.ID)
			if got.Status != run.Failed || got.FinishedAt == nil || len(steps) != 0 || got.Input != `{"body":1}` {
				t.Fatalf("%+v", got)
			}
			if diff := cmp.Diff(&run.Problem{Code: tt.code, Message: tt.text}, got.Error); diff != "" {
				t.Fatal(diff)
			}
			r.advance(refused.ID)
			if again, _ := r.get(refused.ID); again.StartedAt != nil {
				t.Fatal("a run that was refused has been begun")
			}
		})
	}
}

// A user who has what the workflow needs is not refused, in either environment.
func TestStart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(usersStep)
	for _, s := range []tenant.Scope{r.scope, r.production()} {
		r.scope = s
		r.user("abc-123", "acme_x")
		queued, err := r.Start(t.Context(), s, w, "abc-123", []byte(`{}`))
		if err != nil || queued.Status != run.Queued || *queued.ExternalUserID != "abc-123" {
			t.Fatalf("%s: %+v, %v", s.EnvironmentName(), queued, err)
		}
	}
}

// A workflow that is off, unknown or another's is not there, and leaves no run.
func TestStartNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	on, off := r.deploy(after), r.deploy(after)
	if _, err := r.workflows.Disable(t.Context(), r.scope.Project(), off); err != nil {
		t.Fatal(err)
	}
	stranger := testkit.Scope(t, r.DB)
	for name, tt := range map[string]struct {
		scope tenant.Scope
		id    string
	}{"off": {r.scope, off}, "unknown": {r.scope, "p_zzz"}, "another project's": {stranger, on}} {
		if _, err := r.Start(t.Context(), tt.scope, tt.id, "", []byte(`{}`)); !errors.Is(err, workflow.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if page, err := r.List(t.Context(), tt.scope, run.Filter{}, db.Cursor{}); err != nil || page.Total != 0 {
			t.Errorf("%s: %d runs, %v", name, page.Total, err)
		}
	}
}

// A list is narrowed by workflow, status and user; to another tenant, and to
// the other environment, a run is not there, and a forged task does nothing.
func TestListAndAnotherTenant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.user("user-1", "")
	w := r.deploy(`{"name":"a","type":"http_request","url":"OUT"}`)
	mine, err := r.Start(t.Context(), r.scope, w, "user-1", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	r.done(`{}`, `{"name":"a","type":"filter","if":"{{ false }}"}`)
	for name, tt := range map[string]struct {
		filter run.Filter
		want   int
	}{
		"all": {run.Filter{}, 2}, "of a workflow": {run.Filter{WorkflowID: w}, 1}, "of a status": {run.Filter{Statuses: []run.Status{run.Ended}}, 1},
		"of a user": {run.Filter{ExternalUserID: "user-1"}, 1}, "of nobody": {run.Filter{ExternalUserID: "user-2"}, 0},
	} {
		if page, err := r.List(t.Context(), r.scope, tt.filter, db.Cursor{}); err != nil || page.Total != tt.want {
			t.Errorf("%s: %d, want %d, %v", name, page.Total, tt.want, err)
		}
	}
	for name, s := range map[string]tenant.Scope{"another tenant": testkit.Scope(t, r.DB), "the other environment": r.production()} {
		if _, _, err := r.Get(t.Context(), s, mine.ID); !errors.Is(err, run.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if page, err := r.List(t.Context(), s, run.Filter{}, db.Cursor{}); err != nil || page.Total != 0 {
			t.Errorf("%s: %d runs, %v", name, page.Total, err)
		}
		if err := r.worker.Advance(t.Context(), s, mine.ID); err != nil || len(r.out.Calls()) != 0 {
			t.Errorf("%s: %v after %d calls", name, err, len(r.out.Calls()))
		}
	}
}

// Which of several accounts is meant is said by the call. What was the only one when
// the run began, and is not any more, fails the step and is not guessed.
func TestAmbiguousAccount(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	step := `{"name":"me","type":"http_request","url":"/api/me","account":{"of":"user","app":"acme_crm_key"}}`
	w := r.deploy(step)
	good := r.user("ada", demo.DemoKey)
	begun, err := r.Start(t.Context(), r.scope, w, "ada", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	other := r.user("ada", "acme_other")
	r.advance(begun.ID)
	if got, _ := r.get(begun.ID); got.Error == nil || got.Error.Code != "account_ambiguous" || !strings.Contains(got.Error.Message, good) || !strings.Contains(got.Error.Message, other) {
		t.Errorf("%+v", got.Error)
	}
	if _, err := r.Start(t.Context(), r.scope, w, "ada", []byte(`{}`)); !errors.Is(err, account.ErrAmbiguous) {
		t.Errorf("Start() = %v", err)
	}
	chosen, err := r.Invoke(t.Context(), r.scope, w, run.Invocation{ExternalUserID: "ada", Accounts: map[string]string{"acme_crm_key": good}, Input: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	r.advance(chosen.ID)
	if got, steps := r.get(chosen.ID); got.Status != run.Succeeded || *steps[0].AccountID != good {
		t.Errorf("%s, %+v", got.Status, got.Error)
	}
	err = r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE accounts SET dead = true, healthy = false, cause = 'revoked' WHERE id = ?", other).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Start(t.Context(), r.scope, w, "ada", []byte(`{}`)); err != nil {
		t.Errorf("beside a dead one: %v", err)
	}
}
