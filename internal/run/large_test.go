package run_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/erasure"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// stored has a rig keep outputs of more than a thousand bytes in a folder.
func stored(t *testing.T) (r *rig, dir string) {
	t.Helper()
	r = newRig(t)
	r.worker.Steps.Payloads, dir = testkit.Payloads(t, r.DB, r.clock.Now)
	return r, dir
}

// swept deletes blobs that nobody has, and returns how many are left.
func (r *rig) swept(dir string) int {
	r.t.Helper()
	r.clock.Pass(2 * time.Hour)
	if err := r.worker.Steps.Payloads.Sweep(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	return len(testkit.Blobs(r.t, dir))
}

const (
	fetching = `{"name":"get","type":"http_request","url":"OUT/large"}`
	looking  = `{"name":"say","type":"respond","body":"{{ len(steps.get.body.text) }}"}`
)

// bring has the server that steps call answer with a text.
func (r *rig) bring(bytes int) {
	r.brings(`{"text":"` + strings.Repeat("x", bytes) + `"}`)
}

func (r *rig) brings(body string) {
	r.out.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	})
}

// What a step brings that is too large for its row lies in the store: steps behind a
// wait find it there, whoever goes on, and with the run it goes.
func TestLargeOutputs(t *testing.T) {
	t.Parallel()
	r, dir := stored(t)
	r.bring(6 << 20) // more than a row may have
	id := r.start(`{}`, fetching, `{"name":"wait","type":"delay","for":"1h"}`, looking)
	r.advance(id)
	_, steps := r.get(id)
	if s := steps[0]; s.Output != nil || s.Stored == nil || s.Stored.Size < 6<<20 || len(testkit.Blobs(t, dir)) != 1 {
		t.Fatalf("%+v, with %d blobs", s.Stored, len(testkit.Blobs(t, dir)))
	}
	if n := r.swept(dir); n != 1 {
		t.Fatalf("%d blobs are left of a run under way", n)
	}
	r.advance(id)
	if said, err := r.Answer(t.Context(), r.scope, id); err != nil || said.Body != float64(6<<20) {
		t.Fatalf("answered %+v, %v", said, err)
	}
	step, body, err := r.Output(t.Context(), r.scope, r.worker.Steps.Payloads, steps[0].Subject())
	if err != nil || step.Name != "get" {
		t.Fatal(step, err)
	}
	_ = body.Close()
	stranger := testkit.Scope(t, r.DB)
	if _, _, err := r.Output(t.Context(), stranger, r.worker.Steps.Payloads, steps[0].Subject()); err == nil {
		t.Error("another tenant reads it")
	}
	r.exec("DELETE FROM runs WHERE id = ?", id)
	if n := r.swept(dir); n != 0 {
		t.Errorf("%d blobs outlive their run", n)
	}
}

// A run that takes up what another one recorded has the same blob, which goes with
// the last of them.
func TestLargeOutputsOfReplays(t *testing.T) {
	t.Parallel()
	r, dir := stored(t)
	r.bring(5000)
	id := r.start(`{}`, fetching, looking)
	r.advance(id)
	again, err := r.Replay(t.Context(), r.scope, id, run.Manner{From: "say"})
	if err != nil {
		t.Fatal(err)
	}
	r.exec("DELETE FROM runs WHERE id = ?", id)
	if n := r.swept(dir); n != 1 {
		t.Fatalf("%d blobs are left of two runs, of which one is gone", n)
	}
	r.advance(again.ID)
	if said, err := r.Answer(t.Context(), r.scope, again.ID); err != nil || said.Body != float64(5000) {
		t.Errorf("answered %+v, %v", said, err)
	}
	err = r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM environments WHERE id = ?", r.scope.Environment()).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := r.swept(dir); n != 0 {
		t.Errorf("%d blobs outlive both", n)
	}
}

// With a run that keeps nothing, and with a user who goes, the blobs go.
func TestLargeOutputsAreForgotten(t *testing.T) {
	t.Parallel()
	r, dir := stored(t)
	r.bring(5000)
	r.user("gone", "")
	r.advance(r.begin(r.settled(`{}`, fetching), "gone", `{}`))
	id := r.begin(r.settled(`{"store":"none"}`, fetching, looking), "", `{}`)
	r.advance(id)
	if got, steps := r.get(id); got.Status != run.Succeeded || steps[0].Stored != nil {
		t.Errorf("%s, and keeps %+v", got.Status, steps[0].Stored)
	}
	if n := r.swept(dir); n != 1 {
		t.Errorf("%d blobs are left of two runs, of which one keeps nothing", n)
	}
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		var id string
		if err := tx.Raw("SELECT id FROM external_users WHERE external_id = 'gone'").Scan(&id).Error; err != nil {
			return err
		}
		if _, err := erasure.Begin(tx, r.scope, id, "gone", r.clock.Now()); err != nil {
			return err
		}
		return tx.Exec("DELETE FROM external_users WHERE id = ?", id).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := (&erasure.Service{DB: r.DB, Now: r.clock.Now}).Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := r.swept(dir); n != 0 {
		t.Errorf("%d blobs are left of a user who is gone", n)
	}
}

// Where the blob is gone the run fails and says so; where the store does not
// answer, what fits is in the row, and the rest fails.
func TestLargeOutputsWithoutTheirStore(t *testing.T) {
	t.Parallel()
	r, dir := stored(t)
	r.settings = `{"retry":{"attempts":3}}`
	r.bring(5000)
	id := r.start(`{}`, fetching, `{"name":"wait","type":"delay","for":"1h"}`, looking)
	r.advance(id)
	for _, file := range testkit.Blobs(t, dir) {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	r.clock.Pass(2 * time.Hour)
	r.advance(id)
	got, steps := r.get(id)
	if got.Status != run.DeadLettered || got.Attempts != 1 || got.Error.Code != event.ErrPayloadGone.Code || *got.Error.Step != "get" || steps[0].Status != run.Succeeded {
		t.Fatalf("%s %+v", got.Status, got.Error)
	}
	if _, _, err := r.Output(t.Context(), r.scope, r.worker.Steps.Payloads, steps[0].Subject()); err == nil {
		t.Error("what is gone is read")
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // nothing can be put there
		t.Fatal(err)
	}
	if got, steps = r.done(`{}`, fetching, looking); got.Status != run.Succeeded || steps[0].Output == nil {
		t.Errorf("%s %+v without a store", got.Status, got.Error)
	}
	r.settings = `{"retry":{"attempts":0}}`
	r.bring(6 << 20)
	if got, _ = r.done(`{}`, fetching, looking); got.Status != run.Failed || got.Error.Code != event.ErrStore.Code {
		t.Errorf("%s %+v, with more than a row may have", got.Status, got.Error)
	}
}

// What is too large for the store, or too deep for anything, fails its step, which
// may have something else in its place.
func TestOutputsAreBounded(t *testing.T) {
	t.Parallel()
	r, dir := stored(t)
	deep := strings.Repeat("[", 300) + strings.Repeat("]", 300)
	for name, tt := range map[string]struct {
		body, step, code string
		without          bool
	}{
		"too large":             {`"` + strings.Repeat("x", 26<<20) + `"`, fetching, "answer_too_large", false},
		"too large for a row":   {`"` + strings.Repeat("x", 6<<20) + `"`, fetching, "answer_too_large", true},
		"too deep":              {deep, fetching, "output_too_deep", false},
		"as deep as it may be":  {deep[:250] + deep[350:], fetching, "", false},
		"something else for it": {deep, `{"name":"get","type":"http_request","url":"OUT/large","on_error":"fallback","fallback":{"body":{"text":"none"}}}`, "", false},
	} {
		r.brings(tt.body)
		payloads := r.worker.Steps.Payloads
		if tt.without {
			r.worker.Steps.Payloads = nil
		}
		got, _ := r.done(`{}`, tt.step)
		r.worker.Steps.Payloads = payloads
		code := ""
		if got.Error != nil {
			code = got.Error.Code
		}
		if code != tt.code {
			t.Errorf("%s: %s %+v, want %q", name, got.Status, got.Error, tt.code)
		}
	}
	if n := r.swept(dir); n != 0 {
		t.Errorf("%d blobs of steps that failed", n)
	}
}
