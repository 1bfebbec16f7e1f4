package app_test

import (
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// running is a rig with a worker, whose workflows may have code.
func running(t *testing.T) *rig {
	t.Helper()
	tier := sandbox.Detect(t.Context()).Tier
	g := newRig(t, func(c *app.Config) {
		if tier == sandbox.Plain {
			c.Sandbox = string(tier)
		}
	})
	g.work()
	return g
}

// invoked calls a workflow for a user and returns its answer.
func (w *workspace) invoked(t *testing.T, definition, user, body string) reply {
	t.Helper()
	_, made := w.workflow(t, definition)
	return w.g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), body, "Content-Type", "application/json", "Authorization", "Bearer "+w.token, "X-Pd-External-User-Id", user, "X-Pd-Environment", w.environment)
}

// A workflow does for its user what actions do, with the user's account; each step
// sees what those before it brought.
func TestActionStep(t *testing.T) {
	t.Parallel()
	g := running(t)
	w := g.home
	w.account(t, "ada")
	definition := `name: New contact
triggers: [{type: http}]
steps:
  - {name: made, type: action, component: acme-crm-key-create-contact, props: {name: '{{ trigger.body.name }}'}}
  - {name: all, type: action, component: acme-crm-key-list-contacts}
  - {name: say, type: respond, body: {id: '{{ steps.made.value.id }}', name: '{{ steps.made.value.name }}', summary: '{{ steps.made.summary }}'}}
`
	r := w.invoked(t, definition, "ada", `{"name":"Grace Hopper"}`).is(t, http.StatusOK)
	if r.text(t, "name") != "Grace Hopper" || r.text(t, "id") == "" || !strings.Contains(r.text(t, "summary"), "Grace") {
		t.Fatal(r.Body)
	}
	log := w.acted(t, "component_id=acme-crm-key-create-contact")
	if log.text(t, "data", 0, "external_user_id") != "ada" || log.text(t, "data", 0, "status") != "succeeded" {
		t.Error(log.Body)
	}
	// Another user has no account, and gets nobody else's.
	w.connectToken(t, "bob", "")
	w.invoked(t, definition, "bob", `{"name":"Eve"}`).refused(t, http.StatusBadRequest, "run_failed")
}

// What an action cannot do is the step's error, in the action's words.
func TestActionStepThatFails(t *testing.T) {
	t.Parallel()
	g := running(t)
	w := g.home
	w.account(t, "ada")
	for step, code := range map[string]string{
		`component: acme-crm-key-create-contact, props: {}`:                           "configured_props",
		`component: no-such-action`:                                                   "component_not_found",
		`component: acme-crm-key-add-note, props: {contact_id: ct_none, text: hello}`: "action_failed",
	} {
		_, made := w.workflow(t, "name: Fails\ntriggers: [{type: http}]\nsteps: [{name: a, type: action, "+step+"}]")
		g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), "{}", "Authorization", "Bearer "+w.token, "X-Pd-External-User-Id", "ada", "X-Pd-Environment", w.environment).is(t, http.StatusOK)
		var run reply
		soon(t, "the end of the run", func() bool {
			run = w.call(t, http.MethodGet, "/v1/projects/{p}/runs?status=retrying&workflow_id="+made.text(t, "id"), "").is(t, http.StatusOK)
			list, _ := run.at(t, "data").([]any)
			return len(list) == 1
		})
		if got := run.text(t, "data", 0, "error", "code"); got != code {
			t.Errorf("%s: %s, want %s: %s", step, got, code, run.Body)
		}
	}
}

// A workflow's own code finds what the run knows and brings something on, in each
// language that this machine has.
func TestCodeStep(t *testing.T) {
	t.Parallel()
	g := running(t)
	w := g.home
	for language, c := range map[string]struct{ program, code, brings string }{
		"node":   {"node", "return { n: trigger.body.n + steps.first.exports.add, who: process.env.WHO ?? env.WHO }", "value"},
		"python": {"python3", "def handler(step):\n    return {'n': step.trigger['body']['n'] + step.steps['first']['exports']['add'], 'who': step.env['WHO']}", "value"},
		"bash":   {"bash", `n=$(grep -o '"n": *[0-9]*' "$INPUT" | head -1 | tr -dc 0-9); echo "n=$((n + 2))" >> "$EXPORTS"; echo "who=$WHO" >> "$EXPORTS"`, "exports"},
	} {
		if _, err := exec.LookPath(c.program); err != nil {
			t.Logf("%s is not here: %v", language, err)
			continue
		}
		definition := `{"name":"Code","triggers":[{"type":"http"}],"steps":[
			{"name":"first","type":"code","language":"bash","code":"echo add=2 >> $EXPORTS"},
			{"name":"then","type":"code","language":"` + language + `","env":{"WHO":"{{ trigger.body.who }}"},"code":` + strconv.Quote(c.code) + `},
			{"name":"say","type":"respond","body":"{{ steps.then.` + c.brings + ` }}"}]}`
		r := w.invoked(t, definition, "", `{"n":40,"who":"Ada"}`).is(t, http.StatusOK)
		if r.at(t, "n") != 42.0 || r.text(t, "who") != "Ada" {
			t.Errorf("%s: %s", language, r.Body)
		}
	}
}

// Code may answer the workflow's caller and leave before anything else does.
func TestCodeStepAnswers(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip(err)
	}
	w := running(t).home
	r := w.invoked(t, `{"name":"Code","triggers":[{"type":"http"}],"steps":[
		{"name":"a","type":"code","language":"node","code":"$.respond({ status: 202, headers: { 'X-Said': 'so' }, body: { n: trigger.body.n } }); $.flow.exit('enough')"},
		{"name":"say","type":"respond","body":"never"}]}`, "", `{"n":40}`).is(t, http.StatusAccepted)
	if r.at(t, "n") != 40.0 || r.Header.Get("X-Said") != "so" {
		t.Error(r.Body)
	}
}

// What a step's code emits is heard by the project's webhooks, in the words of its
// workflow; what cannot be sent is said in the step's log, and the run goes on.
func TestCodeStepSends(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip(err)
	}
	g := running(t)
	w := g.home
	w.connectToken(t, "ada", "") // now there is such a user
	w.invoked(t, `{"name":"Code","triggers":[{"type":"http"}],"steps":[
		{"name":"a","type":"code","language":"node","code":"$.send.emit({ name: 'order.paid', raw_event: { n: trigger.body.n } }); $.send.emit({ m: 1 }); $.send.emit({ name: 'No Kind', raw_event: 1 }); $.send.email({ subject: 's', text: 't' }); $.send.email({}); $.send.s3({})"},
		{"name":"say","type":"respond","body":"{{ map(steps.a.logs, .text) }}"}]}`, "ada", `{"n":40}`).is(t, http.StatusOK)
	events := w.call(t, http.MethodGet, "/v1/projects/{p}/events?event_type=WORKFLOW_EMITTED", "").is(t, http.StatusOK)
	var told strings.Builder
	for i := range 2 {
		told.WriteString(w.call(t, http.MethodGet, "/v1/projects/{p}/events/"+events.text(t, "data", i, "id"), "").is(t, http.StatusOK).text(t, "body"))
	}
	for _, want := range []string{`"kind":"order.paid"`, `"n":40`, `"kind":"emitted"`, `"m":1`, `"step":"a"`, `"external_user_id":"ada"`} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("no %s in %s", want, told.String())
		}
	}
	steps := w.call(t, http.MethodGet, "/v1/projects/{p}/runs/"+w.call(t, http.MethodGet, "/v1/projects/{p}/runs", "").text(t, "data", 0, "id"), "").is(t, http.StatusOK)
	for _, want := range []string{"$.send.emit → order.paid", "$.send.emit was not sent: The kind of an event", "$.send.email was not sent: This installation sends no e-mail", "it wants a subject", "$.send.s3 was not sent"} {
		if !strings.Contains(steps.Body, want) {
			t.Errorf("no %q in %s", want, steps.Body)
		}
	}
}

// Code that goes wrong is told in its own words, and its run fails there; what took
// too long is not tried again by itself, as other failures are.
func TestCodeStepThatFails(t *testing.T) {
	t.Parallel()
	g := running(t)
	w := g.home
	for status, c := range map[string]struct{ step, code string }{
		"retrying":      {`"code":"echo so far; echo no such thing >&2; exit 3"`, "code_failed"},
		"dead_lettered": {`"timeout_seconds":1,"code":"sleep 600"`, "timeout"},
	} {
		_, made := w.workflow(t, `{"name":"Code","triggers":[{"type":"http","auth":"none"}],"steps":[{"name":"a","type":"code","language":"bash",`+c.step+`},{"name":"b","type":"delay","for":"1h"}]}`)
		g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), "{}", "X-Pd-Environment", w.environment).is(t, http.StatusOK)
		var runs reply
		soon(t, "the end of the run", func() bool {
			runs = w.call(t, http.MethodGet, "/v1/projects/{p}/runs?status="+status+"&workflow_id="+made.text(t, "id"), "").is(t, http.StatusOK)
			list, _ := runs.at(t, "data").([]any)
			return len(list) == 1
		})
		if runs.text(t, "data", 0, "error", "code") != c.code || runs.text(t, "data", 0, "error", "step") != "a" {
			t.Error(runs.Body)
		}
	}
}

// A null that a step holds is a value: it is kept, in whichever form the document came.
func TestNullIsAValue(t *testing.T) {
	t.Parallel()
	w := newRig(t).home
	const asJSON = `{"name":"Nothing","steps":[{"name":"a","type":"state","op":"compare_and_set","scope":"workflow","key":"k","value":1,"expected":null},{"name":"b","type":"respond","body":null,"on_error":"fallback","fallback":null}]}`
	const asYAML = "name: Nothing\nsteps:\n- {name: a, type: state, op: compare_and_set, scope: workflow, key: k, value: 1, expected: null}\n- {name: b, type: respond, body: null, on_error: fallback, fallback: null}\n"
	for kind, text := range map[string]string{"application/json": asJSON, "application/yaml": asYAML} {
		r := w.call(t, http.MethodPost, "/v1/projects/{p}/workflows", text, "Content-Type", kind).is(t, http.StatusCreated)
		for step, fields := range map[int][]string{0: {"expected"}, 1: {"body", "fallback"}} {
			held, _ := r.at(t, "draft", "steps", step).(map[string]any)
			for _, field := range fields {
				if v, there := held[field]; v != nil || !there {
					t.Errorf("%s: %s is %v: %s", kind, field, v, r.Body)
				}
			}
		}
	}
}
