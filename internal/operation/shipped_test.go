package operation_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/operation"
)

var only = flag.String("app", "", "play the examples of this app alone")

// Every operation that ships does what its examples say, and its examples show
// all that it does: each action runs, each trigger finds something, each prop's
// options are asked for, and what a hook begins it also ends.
func TestShippedExamples(t *testing.T) {
	t.Parallel()
	all, err := component.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	offered := map[string]bool{} // app and address of requests for options that were played
	for _, c := range all {
		if c.Operation == nil || *only != "" && c.App != *only {
			continue
		}
		for i := range c.Operation.Examples {
			e := &c.Operation.Examples[i]
			t.Run(c.Key+"/"+e.Name, func(t *testing.T) {
				for _, bad := range operation.Play(t.Context(), c, e) {
					t.Error(bad)
				}
			})
			if p, err := c.Prop(e.Options); err == nil {
				offered[c.App+address(p.Options.Remote)] = true
			}
		}
		for _, missing := range untold(c) {
			t.Errorf("%s: no example %s", c.Key, missing)
		}
	}
	for _, c := range all {
		for _, p := range c.Props {
			if (*only == "" || c.App == *only) && p.Options != nil && p.Options.Remote != nil && !offered[c.App+address(p.Options.Remote)] {
				t.Errorf("%s: no example of the app asks for the options of %s", c.Key, p.Name)
			}
		}
	}
}

func address(r *component.Remote) string { return fmt.Sprintf(" %+v %s", *r.Request, r.Items) }

// untold is what an operation's examples do not show.
func untold(c *component.Component) []string {
	o := c.Operation
	has := func(do string) bool {
		return slices.ContainsFunc(o.Examples, func(e component.Example) bool {
			return e.Error == "" && (e.Do == do || e.Do == "" && e.Options == "" && do == map[bool]string{true: "run", false: map[bool]string{true: "poll", false: "receive"}[o.Poll != nil]}[o.Type == component.Action])
		})
	}
	var want []string
	switch {
	case o.Type == component.Action:
		want = []string{"run"}
	case o.Poll != nil:
		want = []string{"poll"}
	default:
		want = []string{"create", "receive", "delete"}
		if o.Hook.Find != nil {
			want = append(want, "find")
		}
	}
	if o.Dynamic != nil {
		want = append(want, "dynamic")
	}
	return slices.DeleteFunc(want, has)
}

// Keys and names are unique, and what a reader sees is written for readers.
func TestShippedAreTold(t *testing.T) {
	t.Parallel()
	all, err := component.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.Key] {
			t.Errorf("%s is there twice", c.Key)
		}
		seen[c.Key] = true
		if strings.Contains(c.Desc, "{{") || strings.HasSuffix(c.Name, ".") || !strings.HasSuffix(c.Desc, ".") {
			t.Errorf("%s: a name has no full stop, and a description is a sentence: %q, %q", c.Key, c.Name, c.Desc)
		}
	}
}
