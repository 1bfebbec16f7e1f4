package run_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

func post(body string, headers ...string) *intake.Arrival {
	r := &inbound.Request{Method: http.MethodPost, URL: "https://patchbay.test/e/en1", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return &intake.Arrival{Request: r, Path: "/", IdempotencyKey: r.Header.Get("Idempotency-Key")}
}

func (r *rig) taking(workflowID string, in intake.Settings, secrets ...string) *intake.View {
	r.t.Helper()
	v, err := r.SetIntake(r.t.Context(), r.scope, workflowID, in, &intake.Secrets{Secrets: secrets})
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// took takes a request and returns the status that its caller is told.
func (r *rig) took(workflowID string, a *intake.Arrival) string {
	r.t.Helper()
	out, err := r.Take(r.t.Context(), r.scope, workflowID, "", a)
	if err != nil {
		r.t.Fatal(err)
	}
	var said struct{ Status string }
	if json.Unmarshal([]byte(out.Answer.Body), &said) != nil {
		return out.Answer.Body
	}
	return said.Status
}

// bodies are those of the requests that runs were started by, oldest first.
func (r *rig) bodies(workflowID string) string {
	r.t.Helper()
	page, err := r.List(r.t.Context(), r.scope, run.Filter{WorkflowID: workflowID}, db.Cursor{Limit: 100})
	if err != nil {
		r.t.Fatal(err)
	}
	var out []string
	for i := len(page.Items) - 1; i >= 0; i-- {
		var in struct{ Body json.RawMessage }
		if err := json.Unmarshal([]byte(whole(r, page.Items[i].ID)), &in); err != nil {
			r.t.Fatal(err)
		}
		out = append(out, string(in.Body))
	}
	return fmt.Sprint(out)
}

const noStep = `{"name":"answer","type":"filter","if":"{{ true }}"}`

// A workflow's address takes what is signed as its settings say, once, if the
// condition holds, and each part of it as a run; and an answer of the settings.
func TestTake(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(noStep)
	if got := r.took(w, post(`{"n":0}`)); got != intake.Accepted {
		t.Errorf("without settings: %s", got)
	}
	v := r.taking(w, intake.Settings{
		Verification: &intake.Verification{Scheme: "github"}, Dedupe: &intake.Dedupe{}, Filter: "trigger.body.n < 9",
	}, "s3cret")
	if v.Secrets != 1 || v.SetAt == nil {
		t.Errorf("%+v", v)
	}
	signed := func(body, id string) *intake.Arrival {
		mac := hmac.New(sha256.New, []byte("s3cret"))
		mac.Write([]byte(body))
		return post(body, "X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)), "X-GitHub-Delivery", id)
	}
	for _, step := range []struct{ body, id, want string }{
		{`{"n":1}`, "a", intake.Accepted}, {`{"n":1}`, "a", intake.Duplicate}, {`{"n":9}`, "b", intake.Filtered}, {`{"n":2}`, "c", intake.Accepted},
	} {
		if got := r.took(w, signed(step.body, step.id)); got != step.want {
			t.Errorf("%s as %s: %s", step.body, step.id, got)
		}
	}
	if _, err := r.Take(t.Context(), r.scope, w, "", post(`{"n":3}`)); !errors.Is(err, inbound.ErrSignature) {
		t.Errorf("unsigned: %v", err)
	}
	r.clock.Pass(11 * time.Minute)
	if got := r.took(w, signed(`{"n":1}`, "a")); got != intake.Accepted {
		t.Errorf("after its window: %s", got)
	}
	if got := r.bodies(w); got != `[{"n":0} {"n":1} {"n":2} {"n":1}]` {
		t.Error(got)
	}
	if err := r.Tally.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v, err := r.Intake(t.Context(), r.scope, w); err != nil || v.Counts.Received != 6 || v.Counts.Accepted != 3 || v.Counts.Rejected != 1 || v.Counts.Duplicate != 1 || v.Counts.Filtered != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	if v = r.taking(w, intake.Settings{Verification: &intake.Verification{Scheme: "github"}}); v.Secrets != 1 {
		t.Error("a secret that is not given anew is gone")
	}
	if v = r.taking(w, intake.Settings{Response: &intake.Response{Status: 202, Body: "taken"}}); v.Secrets != 0 {
		t.Error("another scheme keeps the secret")
	}
	out, err := r.Take(t.Context(), r.scope, w, "", post(`{}`))
	if err != nil || out.Answer.Status != 202 || out.Answer.Body != "taken" || len(out.Runs) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}

// The items of a request become runs, each for itself; too many that wait are
// told to wait; what may not be sent at all is refused.
func TestTakeParts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(noStep)
	r.taking(w, intake.Settings{Split: &intake.Split{Path: "/items", ID: "/id", Key: "/of"}, Dedupe: &intake.Dedupe{}, MaxWaiting: 3, MaxBody: 100})
	out, err := r.Take(t.Context(), r.scope, w, "", post(`{"items":[{"id":1,"of":"x"},{"id":1},{"id":2}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Accepted, Duplicate, Received int
		RunIDs                        []string `json:"run_ids"`
	}
	if err := json.Unmarshal([]byte(out.Answer.Body), &said); err != nil || said.Accepted != 2 || said.Duplicate != 1 || said.Received != 3 || len(said.RunIDs) != 2 {
		t.Fatalf("%s, %v", out.Answer.Body, err)
	}
	if got := r.bodies(w); got != `[{"id":1,"of":"x"} {"id":2}]` {
		t.Error(got)
	}
	r.took(w, post(`{"items":[{"id":3}]}`))
	if _, err := r.Take(t.Context(), r.scope, w, "", post(`{"items":[{"id":4}]}`)); !errors.Is(err, intake.ErrBusy) {
		t.Errorf("too much: %v", err)
	}
	r.advance(said.RunIDs[0])
	if got := r.took(w, post(`{"items":[{"id":4}]}`)); got != intake.Accepted {
		t.Errorf("when one has ended: %s", got)
	}
	if _, err := r.Take(t.Context(), r.scope, w, "", post(`{"items":["`+string(make([]byte, 100))+`"]}`)); !errors.Is(err, intake.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

// An idempotency key starts one run, whoever sends it again and however many do
// at once; a run that could not be for its user may be asked for again.
func TestTakeOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(noStep)
	var g sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		g.Go(func() {
			out, err := r.Take(t.Context(), r.scope, w, "", post(`{"a":1}`, "Idempotency-Key", "k"))
			if err == nil && len(out.Runs) == 1 {
				ids[i] = out.Runs[0]
			}
		})
	}
	g.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("%q", ids)
		}
	}
	if got := r.bodies(w); got != `[{"a":1}]` {
		t.Error(got)
	}
	needs := r.deploy(`{"name":"call","type":"http_request","account":{"of":"user","app":"acme_crm_key"},"url":"/api/contacts"}`)
	for range 2 {
		if out, err := r.Take(t.Context(), r.scope, needs, "nobody", post(`{}`, "Idempotency-Key", "k")); !errors.Is(err, run.ErrUnknownUser) || len(out.Runs) != 1 {
			t.Errorf("%+v, %v", out, err)
		}
	}
	quiet := post(`{"quiet":1}`)
	quiet.NoTrigger = true
	if got := r.took(w, quiet); got != intake.Accepted || r.bodies(w) != `[{"a":1}]` {
		t.Errorf("it was to start nothing: %s, %s", got, r.bodies(w))
	}
}

// What was seen in one environment is new in the other; another project has
// neither the workflow nor its settings, and they go with it.
func TestTakeElsewhere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(noStep)
	r.taking(w, intake.Settings{Dedupe: &intake.Dedupe{Place: catalog.Place{JSON: "/id"}}})
	if got := r.took(w, post(`{"id":1}`)); got != intake.Accepted {
		t.Error(got)
	}
	other := *r
	other.scope = r.production()
	if got := other.took(w, post(`{"id":1}`)); got != intake.Accepted {
		t.Errorf("in the other environment: %s", got)
	}
	stranger := testkit.Scope(t, r.DB)
	if _, err := r.Intake(t.Context(), stranger, w); !errors.Is(err, workflow.ErrNotFound) {
		t.Errorf("a stranger reads: %v", err)
	}
	if _, err := r.SetIntake(t.Context(), stranger, w, intake.Settings{}, nil); !errors.Is(err, workflow.ErrNotFound) {
		t.Errorf("a stranger sets: %v", err)
	}
	for _, in := range []intake.Settings{{ExpectEvery: 60}, {HearsApp: "slack"}, {Filter: "("}, {Response: &intake.Response{Status: 404}}, {Response: &intake.Response{ContentType: "text/html"}}} {
		if _, err := r.SetIntake(t.Context(), r.scope, w, in, nil); !errors.Is(err, intake.ErrSettings) {
			t.Errorf("%+v: %v", in, err)
		}
	}
	if err := r.workflows.Delete(t.Context(), r.scope.Project(), w); err != nil {
		t.Fatal(err)
	}
	var left int64
	if err := r.DB.System(t.Context(), func(tx *gorm.DB) error { return tx.Table("workflow_intakes").Count(&left).Error }); err != nil || left != 0 {
		t.Errorf("%d left, %v", left, err)
	}
}

// whole returns the input of a run, which a list leaves out.
func whole(r *rig, runID string) string {
	got, _ := r.get(runID)
	return got.Input
}
