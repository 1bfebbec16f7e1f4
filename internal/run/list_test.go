package run_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// exec writes what a run of its own would not come to in a test.
func (r *rig) exec(query string, args ...any) {
	r.t.Helper()
	if err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Exec(query, args...).Error }); err != nil {
		r.t.Fatal(err)
	}
}

// lay makes n runs of a workflow, oldest first, that are over, and returns their ids.
func (r *rig) lay(workflowID string, n int) (ids []string) {
	r.t.Helper()
	for range n {
		ids = append(ids, id.New("run"))
	}
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		rows := make([]map[string]any, n)
		for i, one := range ids {
			rows[i] = map[string]any{
				"id": one, "workflow_id": workflowID, "workflow_name": "Flow", "version": 1, "status": run.Succeeded, "input": `{"body":{}}`,
				"lease_until": r.clock.Now(), "created_at": r.clock.Now(), "finished_at": r.clock.Now(),
			}
		}
		return tx.Table("runs").CreateInBatches(rows, 1000).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return ids
}

func (r *rig) list(s tenant.Scope, f run.Filter, c db.Cursor) *db.Page[run.Run] {
	r.t.Helper()
	page, err := r.List(r.t.Context(), s, f, c)
	if err != nil {
		r.t.Fatal(err)
	}
	return page
}

func idsOf(rows []run.Run) []string {
	out := []string{}
	for _, x := range rows {
		out = append(out, x.ID)
	}
	return out
}

// Each condition finds the run that it speaks of and no other, alone and with
// others, and nobody else's.
func TestRunsAreFound(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, other := r.deploy(callA), r.deploy(callA)
	ids := r.lay(w, 12)
	ofOther := r.lay(other, 1)[0]
	account := id.New("apn")
	r.exec("UPDATE runs SET version = 2 WHERE id = ?", ids[0])
	r.exec("UPDATE runs SET status = 'queued', finished_at = NULL WHERE id = ?", ids[1])
	r.exec("UPDATE runs SET status = 'waiting', finished_at = NULL WHERE id = ?", ids[2])
	r.exec(`UPDATE runs SET status = 'failed', error = '{"code":"call_tls","message":"The certificate of CRM"}' WHERE id = ?`, ids[3])
	r.exec(`UPDATE runs SET status = 'dead_lettered', error = '{"code":"code_failed","message":"no"}' WHERE id = ?`, ids[4])
	r.exec("UPDATE runs SET external_user_id = 'ada' WHERE id = ?", ids[5])
	r.exec("UPDATE runs SET trigger = 'nightly' WHERE id = ?", ids[6])
	r.exec("UPDATE runs SET trace_id = '4bf92f3577b34da6a3ce929d0e0e4736' WHERE id = ?", ids[7])
	r.exec("UPDATE runs SET parent_id = ?, replay_of = ? WHERE id = ?", ids[0], ids[1], ids[8])
	r.exec(`UPDATE runs SET input = '{"body":{"order":"Ärger 100%_"}}' WHERE id = ?`, ids[9])
	r.exec(`INSERT INTO run_steps (run_id, path, position, name, type, status, account_id, app, started_at) VALUES (?, 'a', 0, 'a', 'action', 'succeeded', ?, 'slack', now())`, ids[10], account)
	nightly, none := "nightly", ""
	tests := map[string]struct {
		f    run.Filter
		want []string
	}{
		"a workflow":                         {run.Filter{WorkflowID: other}, []string{ofOther}},
		"a version":                          {run.Filter{Version: 2}, ids[:1]},
		"a status":                           {run.Filter{Statuses: []run.Status{run.Queued}}, ids[1:2]},
		"what is under way":                  {run.Filter{Statuses: []run.Status{run.Queued, run.Waiting}}, ids[1:3]},
		"what failed":                        {run.Filter{Statuses: []run.Status{run.Failed, run.DeadLettered}}, ids[3:5]},
		"what failed or waits":               {run.Filter{Statuses: []run.Status{run.Failed, run.Waiting}}, ids[2:4]},
		"what failed, of the other workflow": {run.Filter{WorkflowID: other, Statuses: []run.Status{run.Failed}}, nil},
		"an error":                           {run.Filter{ErrorCode: "call_tls"}, ids[3:4]},
		"an error and a status":              {run.Filter{ErrorCode: "call_tls", Statuses: []run.Status{run.DeadLettered}}, nil},
		"a user":                             {run.Filter{ExternalUserID: "ada"}, ids[5:6]},
		"a trigger":                          {run.Filter{Trigger: &nightly}, ids[6:7]},
		"the API, and a user":                {run.Filter{Trigger: &none, ExternalUserID: "ada"}, ids[5:6]},
		"a trace from outside":               {run.Filter{TraceID: "4bf92f3577b34da6a3ce929d0e0e4736"}, ids[7:8]},
		"a trace of its own":                 {run.Filter{TraceID: id.Hex(ids[8])}, ids[8:9]},
		"the trace that it would have":       {run.Filter{TraceID: id.Hex(ids[7])}, nil},
		"a parent":                           {run.Filter{ParentID: ids[0]}, ids[8:9]},
		"what was taken again":               {run.Filter{ReplayOf: ids[1]}, ids[8:9]},
		"an account":                         {run.Filter{AccountID: account}, ids[10:11]},
		"an app":                             {run.Filter{App: "slack"}, ids[10:11]},
		"an app that none used":              {run.Filter{App: "github"}, nil},
		"a text of the input":                {run.Filter{Text: "ÄRGER 100%_"}, ids[9:10]},
		"a text of the error":                {run.Filter{Text: "certificate of crm"}, ids[3:4]},
		"a text and a status":                {run.Filter{Text: "certificate", Statuses: []run.Status{run.DeadLettered}}, nil},
		"a list":                             {run.Filter{IDs: ids[4:6]}, ids[4:6]},
		"an empty list":                      {run.Filter{IDs: []string{}}, nil},
	}
	stranger := testkit.Scope(t, r.DB)
	for name, tt := range tests {
		want := slices.Clone(tt.want)
		slices.Reverse(want)
		if want == nil {
			want = []string{}
		}
		if diff := cmp.Diff(want, idsOf(r.list(r.scope, tt.f, db.Cursor{}).Items)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if n := len(r.list(stranger, tt.f, db.Cursor{}).Items); n != 0 {
			t.Errorf("%s: a stranger finds %d", name, n)
		}
	}
	if got := r.list(r.scope, run.Filter{}, db.Cursor{Limit: 1}).Items[0]; got.Input != "" {
		t.Errorf("a list shows the input %s", got.Input)
	}
	at := r.clock.Now()
	if n := len(r.list(r.scope, run.Filter{Since: &at}, db.Cursor{}).Items); n != 13 {
		t.Errorf("%d runs since they were made", n)
	}
	if n := len(r.list(r.scope, run.Filter{Until: &at}, db.Cursor{}).Items); n != 0 {
		t.Errorf("%d runs before they were made", n)
	}
}

// A search reads a window at a time and goes on where it ended, though it found
// nothing there; each run is found once, by pages and by export.
func TestSearchGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ids := r.lay(r.deploy(callA), run.SearchThrough+10)
	want := []string{ids[5], ids[3], ids[0]}
	for _, one := range want {
		r.exec(`UPDATE runs SET input = '{"body":"a needle"}' WHERE id = ?`, one)
	}
	f := run.Filter{Text: "NEEDLE"}
	first := r.list(r.scope, f, db.Cursor{Limit: 2})
	if len(first.Items) != 0 || first.End == nil {
		t.Fatalf("the first page has %d, and ends with %v", len(first.Items), first.End)
	}
	var got []string
	for c := (db.Cursor{Limit: 2, After: *first.End}); ; {
		page := r.list(r.scope, f, c)
		got = append(got, idsOf(page.Items)...)
		if page.End == nil {
			break
		}
		c.After = *page.End
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = nil
	if err := r.Export(t.Context(), r.scope, f, func(x *run.Run) error { got = append(got, x.ID); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := r.List(t.Context(), r.scope, f, db.Cursor{Before: *first.End}); !errors.Is(err, db.ErrCursor) {
		t.Errorf("a search goes back: %v", err)
	}
	n := 0
	if err := r.Export(t.Context(), r.scope, run.Filter{}, func(x *run.Run) error { n++; return nil }); err != nil || n != len(ids) {
		t.Errorf("%d of %d exported, %v", n, len(ids), err)
	}
	stop := errors.New("stop")
	if err := r.Export(t.Context(), r.scope, run.Filter{}, func(*run.Run) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an export goes on: %v", err)
	}
}

// Runs are counted in the hour in which they were made, each by its status; a
// range that is none, or too long, is said to be.
func TestRunsAreCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.deploy(callA)
	ids := r.lay(w, 5)
	hour := r.clock.Now().Truncate(time.Hour)
	for i, at := range []time.Time{hour.Add(-2 * time.Hour), hour.Add(-time.Hour), hour.Add(-time.Minute), hour.Add(-time.Second), hour.Add(-48 * time.Hour)} {
		r.exec("UPDATE runs SET created_at = ?, id = ? WHERE id = ?", at, id.At("run", at)[:28]+fmt.Sprintf("%02d", i), ids[i])
	}
	r.exec("UPDATE runs SET status = 'failed' WHERE created_at = ?", hour.Add(-time.Minute))
	counts, whole, err := r.Counts(t.Context(), r.scope, run.Filter{}, time.Hour)
	if err != nil || !whole {
		t.Fatal(whole, err)
	}
	var got []string
	for _, c := range counts {
		got = append(got, fmt.Sprintf("%s %s %d", c.Start.UTC().Sub(hour), c.Status, c.N))
	}
	if want := "-2h0m0s succeeded 1, -1h0m0s failed 1, -1h0m0s succeeded 2"; strings.Join(got, ", ") != want {
		t.Errorf("%v", got)
	}
	week := hour.Add(-7 * 24 * time.Hour)
	if counts, _, err = r.Counts(t.Context(), r.scope, run.Filter{Since: &week, WorkflowID: w, Statuses: []run.Status{run.Failed}}, 24*time.Hour); err != nil || len(counts) != 1 || counts[0].N != 1 {
		t.Errorf("%+v, %v", counts, err)
	}
	long := hour.Add(-32 * 24 * time.Hour)
	later := hour.Add(time.Hour)
	for _, f := range []run.Filter{{Since: &long}, {Since: &later, Until: &hour}} {
		if _, _, err := r.Counts(t.Context(), r.scope, f, time.Hour); !errors.Is(err, run.ErrRange) {
			t.Errorf("%v", err)
		}
	}
	if counts, _, err = r.Counts(t.Context(), testkit.Scope(t, r.DB), run.Filter{}, time.Hour); err != nil || len(counts) != 0 {
		t.Errorf("a stranger counts %+v, %v", counts, err)
	}
}
