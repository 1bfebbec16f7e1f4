package runner_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/runner"
)

// A piece of code is a module or the body of a function; it finds what it is given,
// and its lines are those of its text.
func TestCode(t *testing.T) {
	t.Parallel()
	eachRuntime(t, func(t *testing.T, with on) {
		t.Parallel()
		runsPieces(t, newRunner(t, with))
	})
}

func runsPieces(t *testing.T, r *runner.Runner) {
	t.Helper()
	tests := map[string]struct {
		text, value, fails, stack string
		exports                   map[string]any
		exit                      bool
	}{
		"a body":           {text: `return steps.get.n + trigger.n + Number(env.N)`, value: "6"},
		"nothing":          {text: ``, value: "null"},
		"a module":         {text: "import { sep } from 'node:path';\nexport default ({ $, steps }) => { $.export('n', steps.get.n); return sep; }", value: `"/"`, exports: map[string]any{"n": 1.0}},
		"a component":      {text: "export default { props: { x: { type: 'string', optional: true } }, async run({ steps, $ }) { $.export('who', steps.trigger.n); return steps.get; } }", value: `{"n":1}`, exports: map[string]any{"who": 2.0}},
		"an early end":     {text: `$.export("before", 1); $.flow.exit("enough")`, value: "null", exports: map[string]any{"before": 1.0}, exit: true},
		"a failure":        {text: "const a = 1;\n\nthrow new Error('no ' + a)", fails: "no 1", stack: "step.mjs:3"},
		"what is no code":  {text: "return (", fails: "xpected"},
		"no function":      {text: "export default 1", fails: "neither a function nor a component"},
		"what it has left": {text: "export default async ({ $ }) => { $.respond({ status: 201, body: 'x' }); $.send.http({ url: 'https://acme.test' }) }", value: "null"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := runner.Job{Owner: runner.Owner{Project: "proj_1", Environment: "env_1"}, Steps: map[string]any{"get": map[string]any{"n": 1}}, Timeout: 5 * time.Minute}
			res, err := r.Code(t.Context(), j, runner.Code{Text: tt.text, Trigger: map[string]any{"n": 2}, Env: map[string]string{"N": "3"}})
			if err != nil {
				t.Fatal(err)
			}
			if tt.fails != "" {
				if res.Failure == nil || !strings.Contains(res.Failure.Message, tt.fails) || !strings.Contains(res.Failure.Stack, tt.stack) {
					t.Errorf("%+v", res.Failure)
				}
				return
			}
			if tt.exports == nil {
				tt.exports = map[string]any{}
			}
			if res.Failure != nil || string(res.Value) != tt.value || !reflect.DeepEqual(res.Exports, tt.exports) || (res.Exit != nil) != tt.exit {
				t.Errorf("%+v %+v, want %s and %v", res, res.Failure, tt.value, tt.exports)
			}
			if left := name == "what it has left"; left != (len(res.Sends) == 1 && res.Response != nil && res.Response.Status == 201) {
				t.Errorf("%+v %+v", res.Sends, res.Response)
			}
		})
	}
}
