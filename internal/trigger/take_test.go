package trigger_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/trigger"
)

// taking deploys a trigger for user-1 with settings.
func (r *rig) taking(in intake.Settings, secrets ...string) *trigger.Trigger {
	r.t.Helper()
	tr, _, err := r.Deploy(r.t.Context(), r.scope, trigger.Deploy{
		ComponentKey: trigger.HTTPNewRequests, ExternalUserID: "user-1", WebhookURL: r.hook.URL, Intake: &in, Secrets: &intake.Secrets{Secrets: secrets},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return tr
}

// post is a request with a JSON body.
func post(body string, headers ...string) *intake.Arrival {
	r := &inbound.Request{Method: http.MethodPost, URL: "https://patchbay.test/e/en1", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return &intake.Arrival{Request: r, Path: "/", IdempotencyKey: r.Header.Get("Idempotency-Key")}
}

func signature(secret, body string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

// status takes a request and returns the status that its caller was told.
func (r *rig) status(tr *trigger.Trigger, a *intake.Arrival) string {
	r.t.Helper()
	out, err := r.Take(r.t.Context(), r.scope, tr.ID, a)
	if err != nil {
		r.t.Fatal(err)
	}
	var said struct{ Status string }
	if err := json.Unmarshal([]byte(out.Body), &said); err != nil || out.Status != http.StatusOK {
		r.t.Fatal(out, err)
	}
	return said.Status
}

// bodies are the bodies of a trigger's events, oldest first.
func (r *rig) bodies(tr *trigger.Trigger) (out []string) {
	r.t.Helper()
	rows, err := r.Events(r.t.Context(), r.scope, tr.ID, "user-1", 100)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range rows {
		var e struct{ Body json.RawMessage }
		if err := json.Unmarshal([]byte(rows[len(rows)-1-i].Body), &e); err != nil {
			r.t.Fatal(err)
		}
		out = append(out, string(e.Body))
	}
	return out
}

func (r *rig) counts(tr *trigger.Trigger) inbound.Counts {
	r.t.Helper()
	if err := r.Tally.Flush(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	v, err := r.Intake(r.t.Context(), r.scope, tr.ID, "user-1")
	if err != nil {
		r.t.Fatal(err)
	}
	return v.Counts
}

func (r *rig) refused(tr *trigger.Trigger, a *intake.Arrival, want error) {
	r.t.Helper()
	if _, err := r.Take(r.t.Context(), r.scope, tr.ID, a); !errors.Is(err, want) {
		r.t.Errorf("%v, want %v", err, want)
	}
}

// A trigger without settings takes a request as Accept does; one that gets some
// keeps to them from the next request on, and one that loses them does not.
func TestTakeAsItComes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr, _ := r.deploy(r.hook.URL)
	if got := r.status(tr, post(`{"n":1}`)); got != intake.Accepted {
		t.Error(got)
	}
	set := func(in intake.Settings) {
		t.Helper()
		if _, err := r.SetIntake(t.Context(), r.scope, tr.ID, "user-1", in, nil); err != nil {
			t.Fatal(err)
		}
	}
	set(intake.Settings{Filter: "trigger.body.n > 1"})
	if got := r.status(tr, post(`{"n":1}`)); got != intake.Filtered {
		t.Error(got)
	}
	set(intake.Settings{})
	if got := r.status(tr, post(`{"n":1}`)); got != intake.Accepted {
		t.Error(got)
	}
	if got := fmt.Sprint(r.bodies(tr)); got != `[{"n":1} {"n":1}]` {
		t.Error(got)
	}
}

// What is not signed is refused and counted, and neither stored nor told; what is
// signed by either of two secrets is taken, until one of them goes.
func TestTakeVerified(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr := r.taking(intake.Settings{Verification: &intake.Verification{Scheme: "github"}}, "new", "old")
	signed := func(secret string) *intake.Arrival {
		return post(`{"a":1}`, "X-Hub-Signature-256", signature(secret, `{"a":1}`))
	}
	for _, secret := range []string{"new", "old"} {
		if got := r.status(tr, signed(secret)); got != intake.Accepted {
			t.Error(got)
		}
	}
	if _, err := r.SetIntake(t.Context(), r.scope, tr.ID, "user-1", intake.Settings{Verification: &intake.Verification{Scheme: "github"}}, &intake.Secrets{Secrets: []string{"new"}}); err != nil {
		t.Fatal(err)
	}
	r.refused(tr, signed("old"), inbound.ErrSignature)
	r.refused(tr, post(`{"a":1}`), inbound.ErrSignature)
	r.refused(tr, post(`{"a":2}`, "X-Hub-Signature-256", signature("new", `{"a":1}`)), inbound.ErrSignature)
	c := r.counts(tr)
	if len(r.bodies(tr)) != 2 || c.Received != 5 || c.Accepted != 2 || c.Rejected != 3 || c.LastRejectedAt == nil {
		t.Errorf("%d events, %+v", len(r.bodies(tr)), c)
	}
	v, err := r.Intake(t.Context(), r.scope, tr.ID, "user-1")
	if err != nil || v.Secrets != 1 || v.Kept != "" {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := r.SetIntake(t.Context(), r.scope, tr.ID, "user-1", intake.Settings{Verification: &intake.Verification{Scheme: "stripe"}}, nil); err != nil {
		t.Fatal(err)
	}
	r.refused(tr, signed("new"), inbound.ErrNoSecret)
}

// A secret that proves the caller is not stored with what they sent.
func TestTakeHidesTheSecret(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	schemes := map[string]struct {
		how  catalog.EventVerify
		call *intake.Arrival
	}{
		"header": {catalog.EventVerify{Kind: "token", Header: "X-Token"}, post(`{}`, "X-Token", "s3cret")},
		"basic":  {catalog.EventVerify{Kind: "basic"}, post(`{}`, "Authorization", "Basic czNjcmV0")},
		"query":  {catalog.EventVerify{Kind: "token", Query: "key"}, post(`{}`)},
	}
	schemes["query"].call.Request.URL += "?key=s3cret&a=1"
	for name, s := range schemes {
		tr := r.taking(intake.Settings{Verification: &intake.Verification{Scheme: intake.SchemeCustom, Custom: &s.how}}, "s3cret")
		r.refused(tr, post(`{}`), inbound.ErrSignature)
		if got := r.status(tr, s.call); got != intake.Accepted {
			t.Error(name, got)
		}
		rows, err := r.Events(t.Context(), r.scope, tr.ID, "user-1", 1)
		if err != nil || strings.Contains(rows[0].Body, "s3cret") || strings.Contains(rows[0].Body, "czNjcmV0") {
			t.Errorf("%s: %s, %v", name, rows[0].Body, err)
		}
	}
}

// A provider that sends its secret itself is believed once.
func TestTakeKeepsASecret(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr := r.taking(intake.Settings{Verification: &intake.Verification{Scheme: "notion"}})
	out, err := r.Take(t.Context(), r.scope, tr.ID, post(`{"verification_token":"secret_1"}`))
	if err != nil || out.Status != http.StatusOK {
		t.Fatal(out, err)
	}
	r.refused(tr, post(`{"verification_token":"secret_2"}`), inbound.ErrSignature)
	if got := r.status(tr, post(`{"id":"1"}`, "X-Notion-Signature", signature("secret_1", `{"id":"1"}`))); got != intake.Accepted {
		t.Error(got)
	}
	if v, err := r.Intake(t.Context(), r.scope, tr.ID, "user-1"); err != nil || v.Kept.Reveal() != "secret_1" {
		t.Errorf("%+v, %v", v, err)
	}
	if got := fmt.Sprint(r.bodies(tr)); got != `[{"id":"1"}]` {
		t.Error(got)
	}
}

// The same id is taken once within its window, by whatever says it, also of
// requests that come at the same moment; without an id each is taken.
func TestTakeOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, d := range map[string]intake.Dedupe{"json": {Place: catalog.Place{JSON: "/id"}}, "header": {Place: catalog.Place{Header: "X-Id"}}, "expression": {Expression: "trigger.body.id"}} {
		tr := r.taking(intake.Settings{Dedupe: &d})
		same := func() *intake.Arrival { return post(`{"id":7}`, "X-Id", "7") }
		var wg sync.WaitGroup
		var mu sync.Mutex
		told := map[string]int{}
		for range 8 {
			wg.Go(func() {
				out, err := r.Take(t.Context(), r.scope, tr.ID, same())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				told[out.Body]++
			})
		}
		wg.Wait()
		if told[`{"status":"accepted"}`] != 1 || told[`{"status":"duplicate"}`] != 7 {
			t.Errorf("%s: %v", name, told)
		}
		r.clock.Pass(10*time.Minute - time.Second)
		if got := r.status(tr, same()); got != intake.Duplicate {
			t.Error(name, got)
		}
		r.clock.Pass(2 * time.Second)
		if got := r.status(tr, same()); got != intake.Accepted {
			t.Error(name, got)
		}
		for range 2 {
			if got := r.status(tr, post(`{}`)); got != intake.Accepted {
				t.Error(name, got)
			}
		}
		if c := r.counts(tr); c.Accepted != 4 || c.Duplicate != 8 {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// A request with several events is several events: what is wrong with one of
// them is no other's fault, and a summary says what became of them.
func TestTakeApart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr := r.taking(intake.Settings{
		Split: &intake.Split{Path: "/events", ID: "/id", Key: "/order"}, Filter: `trigger.body.n > 1`, Dedupe: &intake.Dedupe{},
	})
	body := `{"events":[{"id":"a","n":2,"order":9},{"id":"b","n":1},{"id":"a","n":3},{"id":"c","n":"x"},{"n":5},{"n":5}]}`
	out, err := r.Take(t.Context(), r.scope, tr.ID, post(body))
	if err != nil {
		t.Fatal(err)
	}
	var sum intake.Summary
	if err := json.Unmarshal([]byte(out.Body), &sum); err != nil {
		t.Fatal(err)
	}
	if sum.Received != 6 || sum.Accepted != 3 || sum.Duplicate != 1 || sum.Filtered != 1 || sum.Rejected != 1 || len(sum.Errors) != 1 || sum.Errors[0].Index != 3 {
		t.Errorf("%s", out.Body)
	}
	if got := fmt.Sprint(r.bodies(tr)); got != `[{"id":"a","n":2,"order":9} {"n":5} {"n":5}]` {
		t.Error(got)
	}
	rows, err := r.Events(t.Context(), r.scope, tr.ID, "user-1", 100)
	if err != nil || !strings.Contains(rows[2].Body, fmt.Sprintf(`"batch":{"id":%q,"index":0,"of":6,"key":"9"}`, sum.ID)) {
		t.Errorf("%s, %v", rows[2].Body, err)
	}
	again, err := r.Take(t.Context(), r.scope, tr.ID, post(body))
	if err != nil || !strings.Contains(again.Body, `"accepted":2,`) || !strings.Contains(again.Body, `"duplicate":2,`) {
		t.Errorf("%+v, %v", again, err)
	}
	if got := r.status(tr, post(`{"n":2}`)); got != intake.Accepted {
		t.Errorf("without the list: %s", got)
	}
	batches, err := r.Batches(t.Context(), r.scope, tr.ID, "user-1", 10)
	if err != nil || len(batches) != 2 || batches[1].ID != sum.ID || batches[1].Errors[0].Error == "" {
		t.Errorf("%+v, %v", batches, err)
	}
	if err := r.Webhooks.Deliver(t.Context(), r.scope, r.endpoint(tr)); err != nil || len(r.hook.Calls()) != 6 {
		t.Errorf("%d calls, %v", len(r.hook.Calls()), err)
	}
	r.refused(tr, post(`{"events":[`+strings.Repeat("1,", 1000)+`1]}`), intake.ErrTooMany)
}

// An idempotency key is answered as the first time, and is good for one request.
func TestTakeIdempotently(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr, _ := r.deploy(r.hook.URL)
	first, err := r.Take(t.Context(), r.scope, tr.ID, post(`{"a":1}`, "Idempotency-Key", "k"))
	if err != nil || first.Replayed {
		t.Fatal(first, err)
	}
	second, err := r.Take(t.Context(), r.scope, tr.ID, post(`{"a":1}`, "Idempotency-Key", "k"))
	if err != nil || !second.Replayed || second.Body != first.Body || second.Status != first.Status {
		t.Errorf("%+v, %v", second, err)
	}
	r.refused(tr, post(`{"a":2}`, "Idempotency-Key", "k"), inbound.ErrReused)
	other, _ := r.deploy(r.hook.URL)
	if out, err := r.Take(t.Context(), r.scope, other.ID, post(`{"a":2}`, "Idempotency-Key", "k")); err != nil || out.Replayed {
		t.Errorf("another trigger's key: %+v, %v", out, err)
	}
	r.clock.Pass(25 * time.Hour)
	if out, err := r.Take(t.Context(), r.scope, tr.ID, post(`{"a":2}`, "Idempotency-Key", "k")); err != nil || out.Replayed {
		t.Errorf("a day later: %+v, %v", out, err)
	}
	if got := fmt.Sprint(r.bodies(tr)); got != `[{"a":1} {"a":2}]` {
		t.Error(got)
	}
}

// When too much waits, callers are told to wait, and what they sent leaves no trace.
func TestTakeWhenTooMuchWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr := r.taking(intake.Settings{MaxWaiting: 2, Dedupe: &intake.Dedupe{Place: catalog.Place{JSON: "/id"}}, MaxBody: 20})
	r.status(tr, post(`{"id":1}`))
	r.status(tr, post(`{"id":2}`))
	r.refused(tr, post(`{"id":3}`), intake.ErrBusy)
	if err := r.Webhooks.Deliver(t.Context(), r.scope, r.endpoint(tr)); err != nil {
		t.Fatal(err)
	}
	if got := r.status(tr, post(`{"id":3}`)); got != intake.Accepted {
		t.Errorf("it was taken for a second one: %s", got)
	}
	r.refused(tr, post(`{"id":"a long one, too long"}`), intake.ErrTooLarge)
	if c := r.counts(tr); c.Refused != 1 || c.Accepted != 3 {
		t.Errorf("%+v", c)
	}
}

// A caller may ask that an event is told to nobody, or kept by nobody.
func TestTakeForNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr, hook := r.deploy(r.hook.URL)
	quiet, fleeting := post(`"quiet"`), post(`"fleeting"`)
	quiet.NoTrigger, fleeting.NoStore = true, true
	r.status(tr, quiet)
	r.status(tr, fleeting)
	r.sweep()
	if got := fmt.Sprint(r.bodies(tr)); got != `["quiet" "fleeting"]` {
		t.Errorf("before it was delivered: %s", got)
	}
	if err := r.Webhooks.Deliver(t.Context(), r.scope, hook.ID); err != nil || len(r.hook.Calls()) != 1 || !strings.Contains(r.hook.Calls()[0].Body, "fleeting") {
		t.Fatalf("%+v, %v", r.hook.Calls(), err)
	}
	r.sweep()
	if got := fmt.Sprint(r.bodies(tr)); got != `["quiet"]` {
		t.Errorf("after it was delivered: %s", got)
	}
}

// sweep sweeps, as a worker that did not for a while.
func (r *rig) sweep() {
	r.t.Helper()
	r.clock.Pass(time.Minute)
	if err := r.Sweep(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// told are the types of the events that the trigger's environment told of itself.
func (r *rig) told(tr *trigger.Trigger) (out []string) {
	r.t.Helper()
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Model(&event.Event{}).Where("subject_id = ? AND type <> ?", tr.ID, event.TriggerEmitted).Order("id").Pluck("type", &out).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// A trigger from which events are expected is told of once when there are none,
// and once when they are back.
func TestSilence(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr, quiet := r.taking(intake.Settings{ExpectEvery: 3600}), r.taking(intake.Settings{Filter: "true"})
	want := func(when string, types ...string) {
		t.Helper()
		if got := r.told(tr); fmt.Sprint(got) != fmt.Sprint(types) {
			t.Errorf("%s: %v", when, got)
		}
	}
	r.sweep()
	want("at first")
	r.clock.Pass(time.Hour)
	r.sweep()
	r.sweep()
	want("after an hour", event.TriggerSilent)
	if v, err := r.Intake(t.Context(), r.scope, tr.ID, "user-1"); err != nil || v.Silent == nil {
		t.Errorf("%+v, %v", v, err)
	}
	r.status(tr, post(`{}`))
	r.sweep()
	r.sweep()
	want("after an event", event.TriggerSilent, event.TriggerHeard)
	r.clock.Pass(2 * time.Hour)
	r.sweep()
	want("after two more", event.TriggerSilent, event.TriggerHeard, event.TriggerSilent)
	if got := r.told(quiet); len(got) != 0 {
		t.Errorf("one that may be silent: %v", got)
	}
}

// Of requests that were not signed an environment hears once an hour.
func TestRejectedIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr := r.taking(intake.Settings{Verification: &intake.Verification{Scheme: "github"}}, "s")
	bad := func() {
		t.Helper()
		r.refused(tr, post(`{}`), inbound.ErrSignature)
		r.counts(tr)
		r.sweep()
	}
	bad()
	bad()
	if got := r.told(tr); fmt.Sprint(got) != "["+event.RequestsRejected+"]" {
		t.Errorf("%v", got)
	}
	r.clock.Pass(time.Hour)
	r.sweep()
	if got := r.told(tr); len(got) != 2 {
		t.Errorf("after an hour: %v", got)
	}
	r.clock.Pass(time.Hour)
	r.sweep()
	if got := r.told(tr); len(got) != 2 {
		t.Errorf("when there were none: %v", got)
	}
}

// Settings that cannot work are refused, and so are strangers.
func TestIntakeRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr, _ := r.deploy("")
	for name, in := range map[string]intake.Settings{
		"a scheme that there is not": {Verification: &intake.Verification{Scheme: "zzz"}},
		"a custom one without":       {Verification: &intake.Verification{Scheme: "custom"}},
		"a custom one beside":        {Verification: &intake.Verification{Scheme: "stripe", Custom: &catalog.EventVerify{Kind: "basic"}}},
		"a custom one that is none":  {Verification: &intake.Verification{Scheme: "custom", Custom: &catalog.EventVerify{Kind: "hmac"}}},
		"a tolerance":                {Verification: &intake.Verification{Scheme: "stripe", Tolerance: "for ever"}},
		"an id from nowhere":         {Dedupe: &intake.Dedupe{}},
		"an id of a scheme without":  {Dedupe: &intake.Dedupe{}, Verification: &intake.Verification{Scheme: "vercel"}},
		"an expression":              {Dedupe: &intake.Dedupe{Expression: "trigger..id"}},
		"a condition":                {Filter: "1 +"},
		"a long window":              {Dedupe: &intake.Dedupe{Place: catalog.Place{JSON: "/id"}, Window: 1e6}},
		"a path":                     {Split: &intake.Split{Path: "events"}},
		"a body":                     {MaxBody: 1 << 30},
		"an expectation":             {ExpectEvery: 5},
	} {
		if _, err := r.SetIntake(t.Context(), r.scope, tr.ID, "user-1", in, nil); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := r.SetIntake(t.Context(), r.scope, tr.ID, "user-1", intake.Settings{}, &intake.Secrets{Secrets: []string{""}}); err == nil {
		t.Error("an empty secret is taken")
	}
	stranger := testkit.Scope(t, r.DB)
	for name, do := range map[string]func() error{
		"set": func() error {
			_, err := r.SetIntake(t.Context(), stranger, tr.ID, "user-1", intake.Settings{}, nil)
			return err
		},
		"get":     func() error { _, err := r.Intake(t.Context(), stranger, tr.ID, "user-1"); return err },
		"batches": func() error { _, err := r.Batches(t.Context(), stranger, tr.ID, "user-1", 1); return err },
		"try":     func() error { _, err := r.TryFilter(t.Context(), stranger, tr.ID, "user-1", "true"); return err },
		"another": func() error {
			_, err := r.SetIntake(t.Context(), r.scope, tr.ID, "user-2", intake.Settings{}, nil)
			return err
		},
	} {
		if err := do(); !errors.Is(err, trigger.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	idempotent := post(`{}`, "Idempotency-Key", "k")
	if _, err := r.Take(t.Context(), stranger, tr.ID, idempotent); !errors.Is(err, trigger.ErrInactive) {
		t.Error(err)
	}
}

// A condition is tried with what came last, and stores nothing.
func TestTryFilter(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tr, _ := r.deploy("")
	for _, body := range []string{`{"n":1}`, `{"n":"x"}`, `{"n":2}`} {
		r.status(tr, post(body))
	}
	got, err := r.TryFilter(t.Context(), r.scope, tr.ID, "user-1", "trigger.body.n > 1")
	if err != nil || len(got) != 3 || !got[0].Holds || got[1].Error == "" || got[2].Holds || got[2].Error != "" {
		t.Errorf("%+v, %v", got, err)
	}
}
