package run_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/run"
)

// send is a step that sends a text, and gives back what was answered.
func send(name, body string) string {
	return fmt.Sprintf(`{"name":%q,"type":"http_request","method":"POST","url":"OUT","body":%q}`, name, body)
}

// stood is how the steps of a run stand, by path, in the order in which they began.
func stood(steps []run.Step) (out []string) {
	for i := range steps {
		out = append(out, steps[i].Path+" "+string(steps[i].Status))
	}
	return out
}

// A choice goes one way; later steps see what it brought, and nothing within it.
func TestChoices(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	choice := `{"name":"big","type":"if","if":"{{ trigger.n > 10 }}","then":[` + send("a", "a") + `,{"name":"say","type":"respond","body":"much"}],"else":[{"name":"little","type":"switch",
		"cases":[{"if":"{{ trigger.n < 0 }}","steps":[` + send("b", "b") + `]},{"if":"{{ trigger.n < 5 }}","steps":[` + send("c", "c") + `]}],"default":[{"name":"stop","type":"end","reason":"n is {{ trigger.n }}"}]}]}`
	after := `{"name":"after","type":"http_request","method":"POST","url":"OUT","body":"{{ steps.big.body ?? 'none' }}"}`
	for n, want := range map[int][]string{
		11: {"big succeeded", "big/then/a succeeded", "big/then/say succeeded", "after succeeded"},
		-1: {"big succeeded", "big/else/little succeeded", "big/else/little/cases[0]/b succeeded", "after succeeded"},
		3:  {"big succeeded", "big/else/little succeeded", "big/else/little/cases[1]/c succeeded", "after succeeded"},
		7:  {"big ended_early", "big/else/little ended_early", "big/else/little/default/stop ended_early"},
	} {
		got, steps := r.done(fmt.Sprintf(`{"n":%d}`, n), choice, after)
		if diff := cmp.Diff(want, stood(steps)); diff != "" {
			t.Errorf("%d: %s", n, diff)
		}
		if ended := n == 7; (got.Status == run.Ended) != ended || !ended && got.Status != run.Succeeded {
			t.Errorf("%d: %s, %+v", n, got.Status, got.Error)
		}
		if calls := r.out.Calls(); n == 11 && calls[len(calls)-1].Body != "much" {
			t.Errorf("the step after the block saw %q", calls[len(calls)-1].Body)
		}
	}
	if got, steps := r.done(`{"n":null}`, `{"name":"x","type":"if","if":"{{ trigger.n }}"}`); got.Error == nil || got.Error.Code != "condition_not_boolean" || steps[0].Status != run.Failed {
		t.Errorf("%+v", got.Error)
	}
}

// Branches go on at the same time; what they brought is an object by their names.
func TestParallel(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	met := make(chan struct{})
	r.out.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n { // the first is answered when the second is there
		case 1:
			<-met
		case 2:
			close(met)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`7`))
	})
	both := `{"name":"both","type":"parallel","branches":[{"name":"left","steps":[` + send("a", "x") + `]},{"name":"right","steps":[` + send("b", "x") + `]},{"name":"never","if":"{{ false }}","steps":[` + send("c", "x") + `]}]}`
	got, steps := r.done(`{}`, both, `{"name":"tell","type":"respond","body":"{{ steps.both.left.body }} {{ steps.both.right.body }} {{ keys(steps.both) | sort() | join(' ') }}"}`)
	if got.Status != run.Succeeded || !strings.Contains(*got.Response, "7 7 left right") {
		t.Fatalf("%+v with %v", got, stood(steps))
	}
	want := []string{"both succeeded", "both/left/a succeeded", "both/right/b succeeded", "tell succeeded"}
	stand := stood(steps)
	slices.Sort(stand)
	if diff := cmp.Diff(want, stand); diff != "" {
		t.Error(diff)
	}
}

// Each item is done with what it is; a filter passes one over, and one that fails
// fails alone where the block says so, and the whole where it does not.
func TestForEach(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.out.Answer(func(_ int, w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, "bad") {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	each := func(more string) string {
		return `{"name":"each","type":"for_each","items":"{{ trigger.list }}",` + more + `"steps":[{"name":"some","type":"filter","if":"{{ item != 'skip' }}"},{"name":"call","type":"http_request","url":"OUT/{{ item }}"},{"name":"make","type":"respond","body":"{{ index }}{{ item }}"}]}`
	}
	input := `{"list":["a","skip","bad","d"]}`
	got, steps := r.done(input, each(`"on_item_error":"continue","concurrency":3,`))
	var items []struct {
		Status string
		Output struct{ Body string }
		Error  struct{ Code string }
	}
	if err := json.Unmarshal([]byte(*steps[0].Output), &items); err != nil || len(items) != 4 {
		t.Fatal(err, *steps[0].Output)
	}
	if got.Status != run.Succeeded || items[0].Output.Body != "0a" || items[1].Status != "ended_early" || items[2].Error.Code != "http_status" || items[3].Output.Body != "3d" || items[3].Status != "succeeded" {
		t.Errorf("%s: %+v", got.Status, items)
	}
	got, steps = r.done(input, each(""))
	want := []string{
		"each failed", "each[0]/some succeeded", "each[0]/call succeeded", "each[0]/make succeeded", "each[1]/some ended_early", "each[2]/some succeeded", "each[2]/call failed",
	}
	if diff := cmp.Diff(want, stood(steps)); diff != "" || got.Status != run.Failed || got.Error.Code != "http_status" || *got.Error.Step != "call" {
		t.Errorf("%s, %+v: %s", got.Status, got.Error, diff)
	}
	if got, _ = r.done(`{"list":7}`, each("")); got.Error == nil || got.Error.Code != "items_not_list" {
		t.Errorf("%+v", got.Error)
	}
	if got, steps = r.done(`{"list":[]}`, each("")); got.Status != run.Succeeded || *steps[0].Output != "[]" {
		t.Errorf("%+v", got)
	}
}

// A failure can lead to a later step, or be made good by a value, also that of a block.
func TestOnErrorElsewhere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	bad := `{"name":"bad","type":"http_request","url":"http://10.0.0.1/",`
	got, steps := r.done(`{}`, bad+`"on_error":"goto","goto":"mend"}`, send("never", "x"), `{"name":"mend","type":"respond","body":"{{ steps.bad.error.code }}"}`)
	if diff := cmp.Diff([]string{"bad failed", "mend succeeded"}, stood(steps)); diff != "" || !strings.Contains(*got.Response, "address_blocked") {
		t.Errorf("%v: %s", got.Response, diff)
	}
	got, steps = r.done(`{"n":4}`, `{"name":"all","type":"parallel","on_error":"fallback","fallback":{"n":"{{ trigger.n }}"},"branches":[{"name":"one","steps":[`+bad+`"on_error":"fail"}]},{"name":"two","steps":[{"name":"wait","type":"delay","for":"1d"}]}]}`,
		`{"name":"tell","type":"respond","body":"{{ steps.all.n }}"}`)
	stand := stood(steps)
	slices.Sort(stand)
	if got.Status != run.Succeeded || !strings.Contains(*got.Response, `:4`) || stand[0] != "all failed" || stand[1] != "all/one/bad failed" || len(stand) == 4 && stand[2] != "all/two/wait canceled" {
		t.Errorf("%+v: %v", got, stand)
	}
}

// What waits in several branches is one row that is due when the first of them is;
// what was done is not done again.
func TestBranchesWait(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.start(`{"list":[1,2,3]}`, `{"name":"both","type":"parallel","branches":[{"name":"soon","steps":[{"name":"wait","type":"delay","for":"1h"},`+send("a", "a")+`]},
		{"name":"late","steps":[{"name":"each","type":"for_each","items":"{{ trigger.list }}","concurrency":2,"steps":[`+send("b", "b")+`,{"name":"rest","type":"delay","for":"2h"}]}]}]}`, send("z", "z"))
	for _, want := range []struct {
		status run.Status
		sent   int
	}{{run.Waiting, 2}, {run.Waiting, 3}, {run.Waiting, 4}, {run.Succeeded, 5}} {
		r.advance(id)
		r.advance(id) // what is not due is left alone
		got, steps := r.get(id)
		if got.Status != want.status || len(r.sent()) != want.sent {
			t.Fatalf("%s after %q, want %v: %v", got.Status, r.sent(), want, stood(steps))
		}
		r.clock.Pass(time.Hour + time.Second)
		if want.sent == 3 {
			continue
		}
		r.clock.Pass(time.Hour)
		if want.sent == 2 {
			r.clock.Pass(-time.Hour)
		}
	}
}

// A step that waits goes on when it is told what came of it; a signal that comes
// while the run is at work is not lost.
func TestSignal(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	signal := func(id, path string) error {
		return r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
			return run.Signal(tx, id, path, run.Outcome{Status: run.Succeeded, Output: map[string]any{"body": "told"}}, r.clock.Now())
		})
	}
	tell := `{"name":"tell","type":"respond","body":"{{ steps.wait.body }}"}`
	id := r.start(`{}`, `{"name":"wait","type":"delay","for":"1d"}`, tell)
	r.advance(id)
	if err := signal(id, "wait"); err != nil {
		t.Fatal(err)
	}
	if err := signal(id, "wait"); err == nil {
		t.Error("it was told twice")
	}
	r.advance(id)
	if got, _ := r.get(id); got.Status != run.Succeeded || !strings.Contains(*got.Response, "told") {
		t.Fatalf("%+v", got)
	}
	var busy string
	r.out.Answer(func(n int, _ http.ResponseWriter, _ *http.Request) {
		if n == 2 { // one branch waits by now, as was written with the begin of this step
			if err := signal(busy, "both/one/pause"); err != nil {
				t.Error(err)
			}
		}
	})
	busy = r.start(`{}`, `{"name":"both","type":"parallel","branches":[{"name":"one","steps":[{"name":"pause","type":"delay","for":"1d"}]},{"name":"two","steps":[{"name":"breath","type":"delay","for":"50ms"},`+send("a", "a")+`,`+send("b", "b")+`]}]}`)
	r.advance(busy)
	if got, steps := r.get(busy); got.Status != run.Succeeded {
		t.Fatalf("%+v with %v", got, stood(steps))
	}
}
