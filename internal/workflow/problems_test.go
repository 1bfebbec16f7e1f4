package workflow_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow"
	"github.com/patchbay-dev/patchbay/internal/workflow/schema"
)

// All that is wrong with a document is told at once, with the path and the line.
func TestProblems(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		src  string
		want []string // line path: the beginning of the text
	}{
		"the form": {`name: W
title: x
triggers:
  - type: htp
steps:
  - name: Get It
    type: http_request
  - name: b
    type: respond
    status: many
`, []string{"2 : there is no field title", "4 triggers[0].type: ", "6 steps[0].name: ", "6 steps[0]: ", "10 steps[1].status: "}},
		"the rules": {`name: W
steps:
  - name: get
    type: http_request
    url: ftp://x
  - name: get
    type: filter
    if: yes it is
  - name: code
    type: code
    language: bash
    code: " "
`, []string{"5 steps[0].url: ", "6 steps[1].name: ", "12 steps[2].code: "}},
		"what cannot be seen": {`name: W
steps:
  - name: first
    type: filter
    if: "{{ steps.second.ok && steps.nobody.ok }}"
  - name: second
    type: respond
    headers:
      x-a: "{{ toJSON(env) }}"
    body:
      list:
        - fine: "{{ steps.first.passed }}{{ env.KEY }}"
        - wrong: "{{ env[trigger.name] }}"
`, []string{"5 steps[0].if: steps.second cannot be seen", `5 steps[0].if: there is no step "nobody"`, "9 steps[1].headers.x-a: env is asked", "13 steps[1].body.list[1].wrong: env is asked"}},
		"no YAML":             {"name: [", []string{"1 : "}},
		"two kinds of braces": {`{"name":"W","steps":[{"name":"a","type":"filter","if":"{{ 1 + }}"}]}`, []string{"1 steps[0].if: "}},
		"all is well":         {"$schema: https://x.test/schemas/workflow.v1.json\nname: W\nkey: my-flow\nsteps:\n  - {name: a, type: respond}\n", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems, err := workflow.Parse([]byte(tt.src))
			if err != nil {
				t.Fatal(err)
			}
			left := slices.Clone(tt.want)
			for _, p := range problems {
				at := slices.IndexFunc(left, func(want string) bool {
					line, rest, _ := strings.Cut(want, " ")
					return line == strconv.Itoa(p.Line) && strings.HasPrefix(p.Path+": "+p.Text, rest)
				})
				if at < 0 {
					t.Errorf("not foreseen: %+v", p)
					continue
				}
				left = slices.Delete(left, at, at+1)
			}
			if len(left) > 0 {
				t.Errorf("not found: %q", left)
			}
			_, err = workflow.ParseYAML([]byte(tt.src))
			told, _ := fault.Of(err).Details["problems"].([]workflow.Problem)
			if (err != nil) != (tt.want != nil) || err != nil && len(told) != len(tt.want) {
				t.Errorf("the fault holds %d problems: %v", len(told), err)
			}
		})
	}
}

// The schema is made of the contract as it is now.
func TestSchemaIsFresh(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("../../openapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	built, err := schema.Build(contract)
	if err != nil || string(built) != string(schema.Source) {
		t.Error(err, "run make generate")
	}
}
