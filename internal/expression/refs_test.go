package expression_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// What an expression reads is known before it runs, however it is written.
func TestRefs(t *testing.T) {
	t.Parallel()
	language := expression.New([]string{"steps", "env", "trigger"})
	for src, want := range map[string]string{
		`steps.get.body.id`:                    "steps.get.body.id",
		`steps["get"].body`:                    "steps.get.body",
		`steps?.get?.body`:                     "steps.get.body",
		`env.A + env["B"]`:                     "env.A env.B",
		`env[trigger.x]`:                       "env[] trigger.x",
		`env[trigger.x].y`:                     "env[] trigger.x",
		`toJSON(env)`:                          "env",
		`map(steps.list, {.id + env.A})`:       "env.A steps.list",
		`let x = steps.a; x.b + steps.c[0].d`:  "steps.a steps.c.0.d",
		`trigger.n > 1 ? env.A : steps.b ?? 1`: "env.A steps.b trigger.n",
		`steps.list[1:2] | filter(.x)`:         "steps.list",
		`{"a": env.A, env: 1}`:                 "env.A",
		`1 + 1`:                                "",
	} {
		refs, err := language.Refs(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		var got []string
		for _, r := range refs {
			text := strings.Join(append([]string{r.Root}, r.Path...), ".")
			if r.Computed {
				text += "[]"
			}
			got = append(got, text)
		}
		slices.Sort(got)
		if joined := strings.Join(slices.Compact(got), " "); joined != want {
			t.Errorf("%s reads %q, want %q", src, joined, want)
		}
	}
	if _, err := language.Refs("1 +"); err == nil {
		t.Error("what is no expression reads something")
	}
}

// A member that is demanded is there, or the expression fails with its name.
func TestDemand(t *testing.T) {
	t.Parallel()
	language := expression.New([]string{"env", "trigger"}).Demand("env")
	known := map[string]any{"env": map[string]any{"A": "1"}, "trigger": map[string]any{}}
	if v, err := language.Run(`env.A + string(trigger.x)`, known); err != nil || !strings.HasPrefix(fmt.Sprint(v), "1") {
		t.Fatal(v, err)
	}
	if _, err := language.Run(`trigger.x == 1 ? env.B : 2`, known); err == nil || !strings.Contains(err.Error(), "env.B is not set") {
		t.Fatal(err)
	}
	if _, err := language.Run(`env.A`, map[string]any{}); err == nil || !strings.Contains(err.Error(), "env.A is not set") {
		t.Fatal(err)
	}
}
