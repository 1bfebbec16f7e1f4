package runner_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/runner"
)

// Whatever a component does, its run ends with a sentence that says so, and the
// next run is none the worse for it.
func TestUnruly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		timeout time.Duration // 0 = long
		message string        // one of those between |; "" = no failure
		origin  string
		log     string
		value   string
	}{
		"loop":         {timeout: 8 * time.Second, message: "It took longer than 8s", origin: "timeout", log: "before the loop"},
		"hang":         {timeout: 8 * time.Second, message: "It took longer than 8s", origin: "timeout", log: "before it hangs"},
		"children":     {timeout: time.Second, message: "It took longer than 1s", origin: "timeout"},
		"deaf":         {message: "disturbed its host", origin: "component"},
		"exit":         {message: "The component ended its process (exit code 3).", origin: "component"},
		"throws":       {message: "this went wrong", origin: "component"},
		"text":         {message: "a text", origin: "component"},
		"nothing":      {message: "undefined", origin: "component"},
		"later":        {message: "thrown later", origin: "component"},
		"rejected":     {message: "never caught", origin: "component"},
		"garbage":      {message: "The component disturbed its host, and was ended.", origin: "component"},
		"long":         {message: "The component handed over more than 16777216 bytes at once, and was ended.", origin: "component"},
		"large":        {message: "more than the 16777216 that may be handed over", origin: "component"},
		"flood":        {message: "The component said more than 67108864 bytes, and was ended.", origin: "component", log: "left out"},
		"buffers":      {message: "memory|allocation failed", origin: "memory|component"},
		"heap":         {message: "memory", origin: "memory"},
		"circular":     {message: "circular structure", origin: "component"},
		"pauseAlone":   {message: "$.flow.delay works in workflows alone", origin: "component"},
		"pauseKind":    {message: "There is no $.flow.never.", origin: "component"},
		"pauseBefore":  {message: "$.flow.delay takes a number of milliseconds from 1 to 31622400000.", origin: "component"},
		"pauseForEver": {message: "$.flow.delay takes a number", origin: "component"},
		"pauseOften":   {message: "$.flow.rerun runs code again up to 10000 times.", origin: "component"},
		"pauseMuch":    {message: "The context of $.flow.delay is larger than 262144 bytes.", origin: "component"},
		"pauseGarbage": {message: "The component disturbed its host, and was ended.", origin: "component"},
		"forged":       {value: `"its own"`},
		"native":       {value: `"said"`},
		"big":          {value: `{"n":"12345678901234567890","d":"1970-01-01T00:00:00.000Z"}`},
		"many":         {value: `"done"`, log: "left out"},
	}
	eachRuntime(t, func(t *testing.T, with on) {
		r := newRunner(t, with, func(s *runner.Settings) { s.Most = 4 * len(tests) }) // nobody waits for a process
		for way, tt := range tests {
			t.Run(way, func(t *testing.T) {
				t.Parallel()
				j := unruly(way)
				j.Owner.Project = "proj_" + way
				if tt.timeout > 0 {
					j.Timeout = tt.timeout
					warm := unruly("pid")
					warm.Owner = j.Owner
					run(t, r, warm)
				}
				res := run(t, r, j)
				switch {
				case tt.message == "" && res.Failure != nil:
					t.Fatalf("it failed: %+v", res.Failure)
				case tt.message != "" && (res.Failure == nil || !slices.ContainsFunc(strings.Split(tt.message, "|"), func(m string) bool { return strings.Contains(res.Failure.Message, m) }) || !slices.Contains(strings.Split(tt.origin, "|"), res.Failure.Origin)):
					t.Fatalf("it failed with %+v, want %q of %s", res.Failure, tt.message, tt.origin)
				}
				if tt.value != "" && string(res.Value) != tt.value {
					t.Errorf("it returned %s, want %s", res.Value, tt.value)
				}
				if tt.log != "" && !strings.Contains(texts(res), tt.log) {
					t.Errorf("it logged %q, want %q", texts(res), tt.log)
				}
				next := unruly("wait")
				next.Owner = j.Owner
				if res := run(t, r, next); string(res.Value) != `"waited"` {
					t.Errorf("the next run came to %s, %+v", res.Value, res.Failure)
				}
			})
		}
	})
}

func texts(res *runner.Result) string {
	var out strings.Builder
	for _, l := range res.Logs {
		out.WriteString(l.Level + ": " + l.Text + "\n")
	}
	return out.String()
}
