package run_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

const (
	first  = `{"name":"one","type":"http_request","url":"OUT?n={{ trigger.body.n }}","method":"POST","headers":{"X-Who":"{{ trigger.body.who }}"},"query":{"id":"{{ trigger.body.id }}","none":"{{ trigger.body.zzz }}"},"body":{"hello":"{{ trigger.body.who }}","n":"{{ trigger.body.n }}"}}`
	second = `{"name":"two","type":"http_request","url":"OUT","method":"PUT","body":"{{ steps.one.body.answer }}"}`
)

// A run does its steps in order; each sees what those before it brought, and
// what went in and came out of each is kept.
func TestTwoSteps(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var urls []string
	r.out.Answer(func(n int, w http.ResponseWriter, req *http.Request) {
		urls = append(urls, req.Method+" "+req.URL.RequestURI())
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write([]byte(`{"answer":{"call":` + string(rune('0'+n)) + `}}`))
	})
	got, steps := r.done(`{"body":{"n":3,"who":"Ada","id":1000000}}`, first, second)
	if got.Status != run.Succeeded || got.Error != nil || got.FinishedAt == nil || got.StartedAt == nil || got.Version != 1 || got.WorkflowName != "Flow" {
		t.Fatalf("%+v", got)
	}
	if diff := cmp.Diff([]string{"POST /hook?id=1000000&n=3&none=", "PUT /hook"}, urls); diff != "" {
		t.Error(diff)
	}
	calls := r.out.Calls()
	if calls[0].Body != `{"hello":"Ada","n":3}` || calls[0].Header.Get("X-Who") != "Ada" || calls[0].Header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", calls[0])
	}
	if calls[1].Body != `{"call":1}` {
		t.Errorf("the second step did not see the first: %+v", calls[1])
	}
	if len(steps) != 2 || steps[0].Name != "one" || steps[1].Name != "two" || steps[0].Status != run.Succeeded || steps[1].FinishedAt == nil {
		t.Fatalf("%+v", steps)
	}
	in, _ := read(t, steps[1].Input).(map[string]any)
	out, _ := read(t, steps[1].Output).(map[string]any)
	if diff := cmp.Diff(map[string]any{"call": 1.0}, in["body"]); diff != "" || out["status"] != 200.0 {
		t.Errorf("%v, %v", diff, out)
	}
}

// What an answer is read as depends on what it says that it is.
func TestAnswerBodies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind, body string
		want       any
	}{
		"JSON":                     {"application/json", `[1]`, []any{1.0}},
		"a kind of JSON":           {"application/problem+json", `{"a":1}`, map[string]any{"a": 1.0}},
		"JSON that is broken":      {"application/json", `{"a"`, `{"a"`},
		"text":                     {"text/plain", "[1]", "[1]"},
		"nothing":                  {"", "", ""},
		"text with a zero byte":    {"text/plain", "a\x00b", "ab"},
		"bytes that are not text":  {"image/png", "\xff\xd8", "2 bytes that are not text"},
		"a zero character in JSON": {"application/json", `"a\u0000b"`, "a\x00b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.out.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				_, _ = w.Write([]byte(tt.body))
			})
			got, steps := r.done(`{}`, `{"name":"a","type":"http_request","url":"OUT"}`)
			if got.Status != run.Succeeded {
				t.Fatalf("%+v", got.Error)
			}
			if diff := cmp.Diff(tt.want, read(t, steps[0].Output).(map[string]any)["body"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A filter that does not pass ends the run, which is no failure: what comes
// after it is not begun, and the reason is kept.
func TestFilter(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	filter := `{"name":"only_big","type":"filter","if":"{{ trigger.body.n > 10 }}","reason":"too small"}`
	got, steps := r.done(`{"body":{"n":3}}`, filter, after)
	if got.Status != run.Ended || got.Error != nil || len(steps) != 1 || steps[0].Status != run.Ended || len(r.out.Calls()) != 0 {
		t.Fatalf("%+v with %d steps", got, len(steps))
	}
	if diff := cmp.Diff(map[string]any{"passed": false, "reason": "too small"}, read(t, steps[0].Output)); diff != "" {
		t.Error(diff)
	}
	if got, steps = r.done(`{"body":{"n":11}}`, filter, `{"name":"call","type":"http_request","url":"OUT"}`); got.Status != run.Succeeded || len(steps) != 2 {
		t.Fatalf("%+v with %d steps", got, len(steps))
	}
	if got, _ = r.done(`{"body":{"n":1}}`, `{"name":"f","type":"filter","if":"{{ trigger.body.n }}"}`); got.Status != run.Failed || got.Error.Code != "filter_not_boolean" {
		t.Fatalf("%+v", got.Error)
	}
}

// What a step cannot do is a named error of the step and of the run, and ends
// the run there.
func TestStepErrors(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	to := func(url string) string { return `{"name":"a","type":"http_request","url":"` + url + `"}` }
	tests := map[string]struct {
		step   string
		answer func(w http.ResponseWriter)
		code   string
	}{
		"a status that is not 2xx":     {to("OUT"), func(w http.ResponseWriter) { w.WriteHeader(http.StatusTeapot) }, "http_status"},
		"a redirect, not followed":     {to("OUT"), func(w http.ResponseWriter) { w.Header().Set("Location", "/x"); w.WriteHeader(http.StatusFound) }, "http_status"},
		"an answer that is too large":  {to("OUT"), func(w http.ResponseWriter) { _, _ = w.Write(bytes.Repeat([]byte("x"), 5<<20+1)) }, "answer_too_large"},
		"a host that is not there":     {to(closed.URL), nil, "call_connection"},
		"an answer that breaks off":    {to("OUT"), func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, "call_connection"},
		"an address that is private":   {to("http://10.0.0.1/"), nil, "address_blocked"},
		"no URL after all":             {to("{{ trigger.zzz }}"), nil, "call_url"},
		"an expression of no worth":    {to("{{ trigger.zzz.deep }}"), nil, "expression"},
		"an expression, in a header":   {`{"name":"a","type":"http_request","url":"OUT","headers":{"x":"{{ trigger.zzz.deep }}"}}`, nil, "expression"},
		"an expression, in a filter":   {`{"name":"a","type":"filter","if":"{{ trigger.zzz.deep }}"}`, nil, "expression"},
		"an expression, in an answer":  {`{"name":"a","type":"respond","body":"{{ trigger.zzz.deep }}"}`, nil, "expression"},
		"an account that is not there": {`{"name":"a","type":"http_request","url":"/x","account":{"of":"project","id":"apn_0"}}`, nil, "account_not_found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.out.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) { tt.answer(w) })
			got, steps := r.done(`{}`, tt.step, `{"name":"never","type":"http_request","url":"OUT"}`)
			if got.Status != run.Failed || got.Error == nil || got.Error.Code != tt.code || *got.Error.Step != "a" || got.FinishedAt == nil {
				t.Fatalf("%s, %+v, want %s", got.Status, got.Error, tt.code)
			}
			if len(steps) != 1 || steps[0].Status != run.Failed || !cmp.Equal(steps[0].Error, got.Error) {
				t.Fatalf("%+v", steps)
			}
			if strings.Contains(got.Error.Message, "127.0.0.1") || got.Error.Message == "" {
				t.Errorf("%q shows an address, or says nothing", got.Error.Message)
			}
		})
	}
}

// A server that does not answer in time is told from one that is not there.
func TestTimeout(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.worker.Steps.Client = testkit.Guard().Client(50*time.Millisecond, 1)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	r.out.Answer(func(int, http.ResponseWriter, *http.Request) { <-release })
	if got, _ := r.done(`{}`, `{"name":"a","type":"http_request","url":"OUT"}`); got.Status != run.Failed || got.Error.Code != "call_timeout" {
		t.Fatalf("%+v", got.Error)
	}
}

// Each call counts the hops that led to it, so that a circle ends, whatever a
// step says of it.
func TestHops(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	step := `{"name":"a","type":"http_request","url":"OUT","headers":{"x-patchbay-hops":"0"}}`
	r.done(`{"headers":{"x-patchbay-hops":"2"}}`, step)
	r.done(`{}`, step)
	calls := r.out.Calls()
	if calls[0].Header.Get(event.HopsHeader) != "3" || calls[1].Header.Get(event.HopsHeader) != "1" {
		t.Fatalf("hops %q and %q, want 3 and 1", calls[0].Header.Get(event.HopsHeader), calls[1].Header.Get(event.HopsHeader))
	}
}

// A step acts with its user's account or the project's; the credential goes to
// the app alone and is kept nowhere in the run.
func TestAccounts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	accountID := r.user("user-1", demo.DemoKey)
	r.user("user-2", "acme_of_nobody")
	steps := map[string]string{
		"the user's":    `{"name":"me","type":"http_request","url":"/api/me","account":{"of":"user","app":"acme_crm_key"}}`,
		"the project's": `{"name":"me","type":"http_request","url":"/api/me","account":{"of":"project","id":"` + accountID + `"}}`,
		"by URL":        `{"name":"me","type":"http_request","url":"` + r.acme + `/api/me","account":{"of":"project","id":"` + accountID + `"}}`,
	}
	for name, step := range steps {
		queued, err := r.Start(t.Context(), r.scope, r.deploy(step), "user-1", []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		r.advance(queued.ID)
		got, done := r.get(queued.ID)
		if got.Status != run.Succeeded || !strings.Contains(*done[0].Output, "Ada Lovelace") {
			t.Errorf("%s: %s, %+v", name, got.Status, got.Error)
		}
	}
	foreign, _ := r.done(`{}`, `{"name":"a","type":"http_request","url":"OUT","account":{"of":"project","id":"`+accountID+`"}}`)
	if foreign.Error == nil || foreign.Error.Code != "host_not_allowed" || len(r.out.Calls()) != 0 {
		t.Errorf("%+v after %d calls", foreign.Error, len(r.out.Calls()))
	}
	var dump string
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT string_agg(s::text, ' ') || string_agg(r::text, ' ') FROM run_steps s JOIN runs r ON r.id = s.run_id").Scan(&dump).Error
	})
	if err != nil || !strings.Contains(dump, "Ada Lovelace") || strings.Contains(dump, demo.DemoKey) {
		t.Errorf("the credential lies in the run: %v", err)
	}
}

// A credential that does not open is our fault, and is not told as one of the network's.
func TestCredentialThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	accountID := r.user("user-1", demo.DemoKey)
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Exec("UPDATE credentials SET sealed = '\\x00'").Error })
	if err != nil {
		t.Fatal(err)
	}
	got, _ := r.done(`{}`, `{"name":"a","type":"http_request","url":"/api/me","account":{"of":"project","id":"`+accountID+`"}}`)
	if got.Status != run.Failed || got.Error.Code != "internal" {
		t.Fatalf("%+v", got.Error)
	}
}

// A workflow may answer its caller, once, while the run goes on.
func TestRespond(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.start(`{"body":{"n":3}}`, `{"name":"reply","type":"respond","status":201,"headers":{"X-N":"n{{ trigger.body.n }}"},"body":{"n":"{{ trigger.body.n }}"}}`, `{"name":"after","type":"http_request","url":"OUT"}`)
	r.advance(id)
	got, err := r.Answer(t.Context(), r.scope, id)
	want := &run.Response{Status: 201, Headers: map[string]string{"X-N": "n3"}, Body: map[string]any{"n": 3.0}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatal(diff, err)
	}
	if len(r.out.Calls()) != 1 {
		t.Error("the run ended with its answer")
	}
	plain := r.start(`{}`, `{"name":"reply","type":"respond"}`)
	r.advance(plain)
	if got, err = r.Answer(t.Context(), r.scope, plain); err != nil || got.Status != http.StatusOK || got.Body != nil {
		t.Fatal(got, err)
	}
}

// A caller that waits is told why there is no answer.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tests := map[string]struct {
		steps []string
		want  error
	}{
		"a run that ends without one": {[]string{`{"name":"a","type":"http_request","url":"OUT"}`}, run.ErrNoRespond},
		"a run that a filter ended":   {[]string{`{"name":"a","type":"filter","if":"{{ false }}"}`, `{"name":"b","type":"respond"}`}, run.ErrNoRespond},
		"a run that failed":           {[]string{`{"name":"a","type":"http_request","url":"http://10.0.0.1/"}`, `{"name":"b","type":"respond"}`}, run.ErrRunFailed},
	}
	for name, tt := range tests {
		id := r.start(`{}`, tt.steps...)
		r.advance(id)
		if _, err := r.Answer(t.Context(), r.scope, id); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if _, err := r.Answer(t.Context(), r.scope, "run_zzz"); !errors.Is(err, run.ErrNotFound) {
		t.Error(err)
	}
	late, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := r.Answer(late, r.scope, r.start(`{}`, `{"name":"b","type":"respond"}`)); !errors.Is(err, run.ErrTimeout) {
		t.Errorf("nobody does the run: %v, want ErrTimeout", err)
	}
}
