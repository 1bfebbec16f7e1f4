package run_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const say = `,{"name":"say","type":"respond","body":`

// What a workflow keeps it finds again: in its own store, in those of the project
// and of its user, and in one with a name; also in expressions.
func TestState(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tests := map[string]struct{ steps, want string }{
		"written and read": {`{"name":"a","type":"state","op":"set","key":"{{ trigger.k }}","value":{"n":"{{ 1 + 1 }}"},"ttl":"1h"},
			{"name":"b","type":"state","op":"get","key":"x"}` + say + `["{{ steps.b.found }}","{{ steps.b.value.n }}","{{ state.get('x').n }}","{{ steps.b.expires_at != nil }}"]}`, `[true,2,2,true]`},
		"not there": {`{"name":"b","type":"state","op":"get","key":"none"}` + say + `["{{ steps.b.found }}","{{ steps.b.value }}","{{ state.get('none') ?? 7 }}"]}`, `[false,null,7]`},
		"counted": {`{"name":"a","type":"state","op":"increment","key":"n"},{"name":"b","type":"state","op":"increment","key":"n","by":"{{ 2 * 3 }}"},
			{"name":"c","type":"state","op":"increment","key":"n","by":-2}` + say + `["{{ steps.a.value }}","{{ steps.c.value }}"]}`, `[1,5]`},
		"deleted": {`{"name":"a","type":"state","op":"set","key":"d","value":1,"scope":"project"},{"name":"b","type":"state","op":"delete","key":"d","scope":"project"},
			{"name":"c","type":"state","op":"delete","key":"d","scope":"project"}` + say + `["{{ steps.b.deleted }}","{{ steps.c.deleted }}","{{ state.project('d') }}"]}`, `[true,false,null]`},
		"swapped": {`{"name":"a","type":"state","op":"compare_and_set","key":"s","expected":null,"value":{"by":"me"}},
			{"name":"b","type":"state","op":"compare_and_set","key":"s","expected":null,"value":2},
			{"name":"c","type":"state","op":"compare_and_set","key":"s","expected":{"by":"me"},"value":3},
			{"name":"d","type":"state","op":"compare_and_set","key":"s","if_version":"{{ steps.a.version }}","value":4}` + say +
			`["{{ steps.a.done }}","{{ steps.b.done }}","{{ steps.b.value.by }}","{{ steps.c.done }}","{{ steps.d.done }}","{{ state.get('s') }}"]}`, `[true,false,"me",true,false,3]`},
		"listed": {`{"name":"a","type":"state","op":"set","scope":"data_store","store":"seen","key":"p/1","value":1},{"name":"b","type":"state","op":"set","scope":"data_store","store":"seen","key":"p/2","value":2},
			{"name":"c","type":"state","op":"set","scope":"data_store","store":"seen","key":"q","value":3},
			{"name":"d","type":"state","op":"list","scope":"data_store","store":"seen","prefix":"p/","limit":1},
			{"name":"e","type":"state","op":"list","scope":"data_store","store":"seen","prefix":"p/","after":"{{ steps.d.next_key }}","keys_only":true}` + say +
			`["{{ map(steps.d.records, .value) }}","{{ map(steps.e.records, .key) }}","{{ steps.e.next_key }}","{{ state.store('seen', 'q') }}"]}`, `[[1],["p/2"],null,3]`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, steps := r.done(`{"k":"x"}`, tt.steps)
			if got.Status != run.Succeeded {
				t.Fatalf("%+v after %d steps", got.Error, len(steps))
			}
			body := read(t, got.Response).(map[string]any)["body"]
			if diff := cmp.Diff(read(t, &tt.want), body); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What cannot be kept is a named error, and changes nothing.
func TestStateRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for step, code := range map[string]string{
		`"op":"set","key":"","value":1`:                            "definition",
		`"op":"set","key":"{{ trigger.none }}","value":1`:          "record_key",
		`"op":"set","key":"a","value":1,"scope":"user"`:            "external_user_required",
		`"op":"set","key":"a","value":1,"scope":"instance"`:        "instance_required",
		`"op":"set","key":"a","value":1,"if_version":3`:            "record_changed",
		`"op":"increment","key":"a","by":"{{ 'x' }}"`:              "not_a_number",
		`"op":"set","key":"a","value":1,"ttl":"{{ 'soon' }}"`:      "record_ttl",
		`"op":"get","key":"{{ state.user('x') }}"`:                 "expression",
		`"op":"list","prefix":"x","key":"y"`:                       "definition",
		`"op":"list","limit":1001`:                                 "definition",
		`"op":"swap","key":"x"`:                                    "definition",
		`"op":"get","key":"x","scope":"data_store"`:                "definition",
		`"op":"compare_and_set","key":"x","value":1`:               "definition",
		`"op":"get","key":"x","scope":"everything"`:                "definition",
		`"op":"set","key":"x","value":"{{ trigger","scope":"user"`: "definition",
	} {
		if code == "definition" {
			_, err := workflow.ParseJSON([]byte(`{"name":"n","steps":[{"name":"a","type":"state",` + step + `}]}`))
			if err == nil || !strings.Contains(err.Error(), "steps[0]") {
				t.Errorf("%s: %v", step, err)
			}
			continue
		}
		if got, _ := r.done(`{}`, `{"name":"a","type":"state",`+step+`}`); got.Error == nil || got.Error.Code != code {
			t.Errorf("%s: %+v", step, got.Error)
		}
	}
}

// A step that its dead worker had done is not done again: what it counted is
// written with its outcome.
func TestStateCountsOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.start(`{}`, `{"name":"a","type":"state","op":"increment","key":"n","scope":"project"},{"name":"b","type":"delay","for":"1h"}`)
	r.advance(id)
	// The worker dies after the count, before it wrote down that it waits.
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE runs SET status = 'running', lease_until = ? WHERE id = ?", r.clock.Now(), id).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(2 * time.Hour)
	r.advance(id)
	if got, _ := r.done(`{}`, `{"name":"a","type":"respond","body":"{{ state.project('n') }}"}`); read(t, got.Response).(map[string]any)["body"] != 1.0 {
		t.Errorf("counted %s", *got.Response)
	}
}

// Each user and each workflow has state of its own.
func TestStateIsOnesOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.deploy(`{"name":"a","type":"state","op":"increment","key":"n","scope":"user"},{"name":"b","type":"state","op":"increment","key":"n"}` + say + `["{{ steps.a.value }}","{{ steps.b.value }}"]}`)
	var answers []any
	for _, user := range []string{"ada", "bob", "ada"} {
		err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
			_, err := account.EnsureUser(tx, user, r.clock.Now())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		queued, err := r.Start(t.Context(), r.scope, id, user, []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		r.advance(queued.ID)
		got, _ := r.get(queued.ID)
		answers = append(answers, read(t, got.Response).(map[string]any)["body"])
	}
	if diff := cmp.Diff([]any{[]any{1.0, 1.0}, []any{1.0, 2.0}, []any{2.0, 3.0}}, answers); diff != "" {
		t.Error(diff)
	}
}

// An emitted event is recorded once, in the words of the workflow.
func TestEmit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got, steps := r.done(`{"order":7}`, `{"name":"tell","type":"emit","kind":"order.paid","data":{"order":"{{ trigger.order }}"}}`)
	if got.Status != run.Succeeded {
		t.Fatalf("%+v", got.Error)
	}
	var es []event.Event
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Where("type = ?", event.WorkflowEmitted).Find(&es).Error })
	if err != nil || len(es) != 1 {
		t.Fatalf("%d events, %v", len(es), err)
	}
	body := read(t, &es[0].Body).(map[string]any)
	if diff := cmp.Diff(map[string]any{"order": 7.0}, body["data"]); diff != "" || body["kind"] != "order.paid" || es[0].ID != read(t, steps[0].Output).(map[string]any)["event_id"] || es[0].SubjectID != got.WorkflowID {
		t.Errorf("%s, %v", diff, body)
	}
	if err := event.Fits(es[0].Type, es[0].Body); err != nil {
		t.Error(err)
	}
	if got, _ := r.done(`{}`, `{"name":"tell","type":"emit","kind":"big","data":"{{ repeat('x', 300000) }}"}`); got.Error == nil || got.Error.Code != "event_too_large" {
		t.Errorf("%+v", got.Error)
	}
	for _, kind := range []string{``, `Order`, `a..b`, `{{ 1 }}`} {
		if _, err := workflow.ParseJSON([]byte(`{"name":"n","steps":[{"name":"a","type":"emit","kind":"` + kind + `"}]}`)); err == nil {
			t.Errorf("%q is taken for a kind", kind)
		}
	}
}
