package run_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/plan"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/usage"
)

// used is what is noted of a run's workflow.
func (r *rig) used(runID string) (out struct{ Count, Credits, Ms int64 }) {
	r.t.Helper()
	err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error {
		return tx.Raw(`SELECT sum(n.count)::bigint AS count, sum(n.credits)::bigint AS credits, sum(n.ms)::bigint AS ms
			FROM usage_notes n JOIN runs r ON r.workflow_id = n.workflow_id WHERE n.kind = 'workflow_run' AND r.id = ?`, runID).Scan(&out).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// The code of a step costs a credit for each 30 seconds that it began, every time
// that it ran; a step without code costs none, and neither does a test.
func TestCreditsOfCode(t *testing.T) {
	t.Parallel()
	r := codeRig(t)
	id := r.start(`{}`, coded(`throw new Error("no")`, `"retry":{"attempts":2,"delay":"1h","on":["other"]}`))
	r.advance(id)
	if got := r.used(id); got.Count != 1 || got.Credits != 1 || got.Ms != 1 {
		t.Errorf("after one attempt: %+v", got)
	}
	r.clock.Pass(2 * time.Hour)
	r.advance(id)
	if got := r.used(id); got.Count != 1 || got.Credits != 2 || got.Ms != 2 {
		t.Errorf("after two: %+v", got)
	}
	r.exec(`UPDATE run_steps SET code_ms = code_ms + 31000 WHERE run_id = ?`, id)
	r.exec(`UPDATE run_steps SET output = output WHERE run_id = ?`, id)
	if got := r.used(id); got.Count != 1 || got.Credits != 4 || got.Ms != 31_002 {
		t.Errorf("after one of half a minute: %+v", got)
	}
	r.exec(`UPDATE runs SET test = true WHERE id = ?`, id)
	r.exec(`UPDATE run_steps SET code_ms = code_ms + 31000 WHERE run_id = ?`, id)
	if got := r.used(id); got.Credits != 4 {
		t.Errorf("of a test: %+v", got)
	}
}

// Code does not begin when a quota of credits is used up.
func TestCodeOverQuota(t *testing.T) {
	t.Parallel()
	r := codeRig(t)
	plans := &plan.Service{DB: r.DB, Now: r.clock.Now}
	r.worker.Steps.Plans = plans
	if err := plans.Set(t.Context(), r.scope, plan.Terms{Quotas: map[string]plan.Quota{usage.Credits: {Most: 0, Refuse: true}}}); err != nil {
		t.Fatal(err)
	}
	id := r.start(`{}`, coded(`return 1`))
	r.advance(id)
	if got, _ := r.get(id); got.Status != run.Failed || got.Error.Code != "quota_exceeded" {
		t.Fatalf("%s: %+v", got.Status, got.Error)
	}
	if got := r.used(id); got.Credits != 0 {
		t.Errorf("%+v", got)
	}
}
