package workflow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// steps is a definition around steps.
func steps(list string) string {
	return `{"name":"n","triggers":[{"type":"http","auth":"none"}],"steps":[` + list + `]}`
}

const call = `{"name":"a","type":"http_request","url":"https://x.test/"}`

// with is a step like call with another field.
func with(field string) string {
	return steps(`{"name":"a","type":"http_request","url":"https://x.test/",` + field + `}`)
}

func trigger(t string) string {
	return `{"name":"n","triggers":[` + t + `],"steps":[` + call + `]}`
}

// Each rule of a definition is refused with a sentence that says where it is broken.
func TestDefinitionRules(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ src, where string }{
		"no JSON":                                  {`{`, "definition: "},
		"another type of document":                 {`[]`, "definition: "},
		"an unknown field":                         {`{"name":"n","title":"n"}`, `definition: unknown field "title"`},
		"an unknown field of a step":               {with(`"uri":"x"`), `definition: unknown field "uri"`},
		"two documents":                            {steps(call) + steps(call), "definition: there is more than one"},
		"no name":                                  {`{"triggers":[{"type":"http"}],"steps":[` + call + `]}`, "name: "},
		"a name that is too long":                  {strings.Replace(steps(call), `"n"`, `"`+strings.Repeat("ü", 121)+`"`, 1), "name: "},
		"another kind of trigger":                  {trigger(`{"type":"cron"}`), `triggers[0].type: "cron"`},
		"a trigger with a name that is none":       {trigger(`{"type":"http","name":"My one"}`), `triggers[0].name: `},
		"two addresses":                            {trigger(`{"type":"http"},{"type":"http","name":"b"}`), `triggers[1].type: `},
		"a trigger's name twice":                   {trigger(`{"type":"http"},{"type":"http"}`), `triggers[1].name: `},
		"a runbook that is no address":             {`{"name":"n","settings":{"runbook_url":"see wiki"},"steps":[` + call + `]}`, "settings.runbook_url: "},
		"an owner that is too long":                {`{"name":"n","settings":{"owner":"` + strings.Repeat("x", 121) + `"},"steps":[` + call + `]}`, "settings.owner: "},
		"a description that is too long":           {`{"name":"n","description":"` + strings.Repeat("x", 4001) + `","steps":[` + call + `]}`, "description: "},
		"no kind of trigger":                       {trigger(`{}`), `triggers[0].type: `},
		"another way to authenticate":              {trigger(`{"type":"http","auth":"basic"}`), `triggers[0].auth: "basic"`},
		"another environment":                      {trigger(`{"type":"http","environment":"staging"}`), `triggers[0].environment: "staging"`},
		"an app event's prop with an expression":   {trigger(`{"type":"app_event","component":"x-y","external_user_id":"ada","props":{"a":["{{ env.A }}"]}}`), "triggers[0].props: "},
		"an app event of an alias that is none":    {trigger(`{"type":"app_event","component":"x-y","account":{"of":"project","alias":"crm"}}`), "triggers[0].account.alias: "},
		"a queue's key that no schedule has":       {`{"name":"n","triggers":[{"type":"schedule","every":"1h"}],"settings":{"queue":{"order":{"key":"{{ trigger.body.id }}"}}},"steps":[` + call + `]}`, "settings.queue.order.key: it cannot be worked out for triggers[0]"},
		"a retry of no such class":                 {steps(`{"name":"a","type":"http_request","url":"https://a","retry":{"attempts":2,"on":["always"]}}`), `steps[0].retry.on: "always"`},
		"a retry with too wide a spread":           {steps(`{"name":"a","type":"http_request","url":"https://a","retry":{"attempts":2,"jitter":1.5}}`), "steps[0].retry.jitter: "},
		"no steps":                                 {steps(``), "steps: "},
		"too many steps":                           {steps(strings.TrimSuffix(strings.Repeat(call+",", 101), ",")), "steps: "},
		"a step without a name":                    {steps(`{"type":"filter","if":"{{ true }}"}`), "steps[0].name: "},
		"a name that cannot be written with a dot": {steps(`{"name":"My step","type":"filter","if":"{{ true }}"}`), "steps[0].name: "},
		"a name that is used twice":                {steps(call + "," + call), "steps[1].name: "},
		"another type of step":                     {steps(`{"name":"a","type":"sms"}`), `steps[0].type: "sms"`},
		"an action without its key":                {steps(`{"name":"a","type":"action"}`), "steps[0].component: "},
		"an action that is worked out":             {steps(`{"name":"a","type":"action","component":"{{ trigger.x }}"}`), "steps[0].component: "},
		"an action's props that are a list":        {steps(`{"name":"a","type":"action","component":"x-y","props":[]}`), "steps[0].props: "},
		"an action's account by app":               {steps(`{"name":"a","type":"action","component":"x-y","account":{"of":"user","app":"x"}}`), "steps[0].account.app: "},
		"an unknown name, in a prop":               {steps(`{"name":"a","type":"action","component":"x-y","props":{"a":"{{ secrets.x }}"}}`), "steps[0].props: "},
		"code in no language":                      {steps(`{"name":"a","type":"code","code":"1"}`), `steps[0].language: ""`},
		"no code":                                  {steps(`{"name":"a","type":"code","language":"bash","code":" "}`), "steps[0].code: "},
		"code that may take too long":              {steps(`{"name":"a","type":"code","language":"bash","code":"1","timeout_seconds":301}`), "steps[0].timeout_seconds: "},
		"code with an account":                     {steps(`{"name":"a","type":"code","language":"bash","code":"1","account":{"of":"user","app":"x"}}`), "steps[0].account: "},
		"an unknown name, in the environment":      {steps(`{"name":"a","type":"code","language":"bash","code":"1","env":{"A":"{{ secrets.x }}"}}`), "steps[0].env.A: "},
		"a delay without an end":                   {steps(`{"name":"a","type":"delay"}`), "steps[0]: "},
		"a delay with two ends":                    {steps(`{"name":"a","type":"delay","for":"1s","until":"2026-01-01T00:00:00Z"}`), "steps[0]: "},
		"a delay for no time":                      {steps(`{"name":"a","type":"delay","for":"0s"}`), "steps[0].for: "},
		"a delay for years":                        {steps(`{"name":"a","type":"delay","for":"367d"}`), "steps[0].for: "},
		"a delay until no time":                    {steps(`{"name":"a","type":"delay","until":"tomorrow"}`), "steps[0].until: "},
		"another way to go on":                     {with(`"on_error":"ignore"`), `steps[0].on_error: "ignore"`},
		"a filter that is tried again":             {steps(`{"name":"a","type":"filter","if":"{{ true }}","retry":{"attempts":2}}`), "steps[0].retry: "},
		"a step that is never tried":               {with(`"retry":{"attempts":0}`), "steps[0].retry.attempts: "},
		"a step that is tried for ever":            {with(`"retry":{"attempts":11}`), "steps[0].retry.attempts: "},
		"waits that get shorter":                   {with(`"retry":{"attempts":2,"factor":0.5}`), "steps[0].retry.factor: "},
		"a wait that is none":                      {with(`"retry":{"attempts":2,"delay":"soon"}`), "steps[0].retry.delay: "},
		"a method that cannot be sent":             {with(`"method":"TRACE"`), `steps[0].method: "TRACE"`},
		"a call without a URL":                     {steps(`{"name":"a","type":"http_request"}`), "steps[0].url: "},
		"a path without an account":                {steps(`{"name":"a","type":"http_request","url":"/x"}`), "steps[0].url: "},
		"a URL of another scheme":                  {steps(`{"name":"a","type":"http_request","url":"ftp://x"}`), "steps[0].url: "},
		"an account of nobody":                     {with(`"account":{"of":"all","app":"x"}`), "steps[0].account.of: "},
		"a user's account without an app":          {with(`"account":{"of":"user"}`), "steps[0].account: "},
		"a user's account by id":                   {with(`"account":{"of":"user","app":"x","id":"apn_1"}`), "steps[0].account: "},
		"a project's account without an id":        {with(`"account":{"of":"project","app":"x"}`), "steps[0].account: "},
		"a filter without a condition":             {steps(`{"name":"a","type":"filter"}`), "steps[0].if: "},
		"a filter whose condition is a text":       {steps(`{"name":"a","type":"filter","if":"is {{ true }}"}`), "steps[0].if: "},
		"a filter with an account":                 {steps(`{"name":"a","type":"filter","if":"{{ true }}","account":{"of":"user","app":"x"}}`), "steps[0].account: "},
		"an answer with no status of HTTP":         {steps(`{"name":"a","type":"respond","status":99}`), "steps[0].status: "},
		"an answer that is none yet":               {steps(`{"name":"a","type":"respond","status":101}`), "steps[0].status: "},
		"a hole that is not closed, in a URL":      {steps(`{"name":"a","type":"http_request","url":"https://x/{{ trigger"}`), "steps[0].url: "},
		"an expression that is none, in a header":  {with(`"headers":{"x-y":"{{ 1 + }}"}`), "steps[0].headers.x-y: "},
		"an unknown name, in the query":            {with(`"query":{"q":"{{ secrets.x }}"}`), "steps[0].query.q: "},
		"an unknown name, in a list of the query":  {with(`"query":{"q":["{{ secrets.x }}"]}`), "steps[0].query.q: "},
		"an unknown name, deep in a body":          {with(`"body":{"a":[{"b":"{{ secrets.x }}"}]}`), "steps[0].body: "},
		"an expression that is too long":           {with(`"body":"{{ ` + strings.Repeat("1+", 2000) + `1 }}"`), "steps[0].body: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := workflow.ParseJSON([]byte(tt.src))
			f := fault.Of(err)
			if err == nil || f.Kind != fault.Invalid || f.Code != "definition" || !strings.HasPrefix(f.Message, tt.where) {
				t.Fatalf("ParseJSON() = %v, want a fault that begins with %q", err, tt.where)
			}
			if strings.Contains(f.Message, "\n") || strings.Contains(f.Message, "json: ") {
				t.Errorf("%q is not a sentence", f.Message)
			}
		})
	}
}

// What keeps every rule is taken, in JSON as in YAML, with its defaults filled in.
func TestDefinition(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"a call":                            steps(call),
		"a hundred steps":                   steps(hundred()),
		"a name of 120 letters":             strings.Replace(steps(call), `"n"`, `"`+strings.Repeat("ü", 120)+`"`, 1),
		"a URL that is an expression":       steps(`{"name":"a","type":"http_request","url":"{{ trigger.body.url }}"}`),
		"a path with an account":            with(`"account":{"of":"user","app":"acme_crm"}`),
		"an account of the project":         with(`"account":{"of":"project","id":"apn_1"}`),
		"a filter":                          steps(`{"name":"a","type":"filter","if":" {{ trigger.body.n > 1 }} "}`),
		"an answer with nothing in it":      steps(`{"name":"a","type":"respond"}`),
		"braces in a body that are no hole": with(`"body":{"a":"{ } }}"}`),
	}
	for name, src := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := workflow.ParseJSON([]byte(src)); err != nil {
				t.Fatal(err)
			}
		})
	}
	d, err := workflow.ParseYAML([]byte(`
name: From YAML
triggers: [{type: http}]
steps:
  - name: find
    type: http_request
    account: {of: user, app: hubspot}
    url: /x
    body: {n: 1, on: true, list: [a, "{{ trigger.body }}"]}
  - {name: also, type: http_request, account: {of: user, app: slack}, url: /y}
  - {name: done, type: respond, status: 201}
`))
	if err != nil {
		t.Fatal(err)
	}
	var body any
	if err := json.Unmarshal(d.Steps[0].Body, &body); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"n": 1.0, "on": true, "list": []any{"a", "{{ trigger.body }}"}}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
	if apps, needed := d.UserApps(); d.HTTP().Auth != workflow.AuthOAuth || !d.Responds() || !needed || !cmp.Equal(apps, []string{"hubspot", "slack"}) {
		t.Errorf("%+v", d)
	}
	_, err = workflow.ParseYAML([]byte("name: [\n"))
	if f := fault.Of(err); f.Code != "definition" || !strings.HasPrefix(f.Message, "yaml: ") {
		t.Errorf("broken YAML: %v", err)
	}
}

func hundred() string {
	list := make([]string, 100)
	for i := range list {
		list[i] = fmt.Sprintf(`{"name":"s%d","type":"filter","if":"{{ true }}"}`, i)
	}
	return strings.Join(list, ",")
}
