package component_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/component"
)

var one, ten = int64(1), int64(10)

func form() *component.Component {
	return &component.Component{Key: "x-y", App: "x", Type: component.Action, Props: []component.Prop{
		{Name: "x", Type: "app", App: "x"},
		{Name: "text", Type: "string", Label: "Text"},
		{Name: "n", Type: "integer", Optional: true, Min: &one, Max: &ten, Default: uint64(3)},
		{Name: "yes", Type: "boolean", Optional: true},
		{Name: "tags", Type: "string[]", Optional: true},
		{Name: "numbers", Type: "integer[]", Optional: true},
		{Name: "who", Type: "string", Optional: true, WithLabel: true},
		{Name: "more", Type: "object", Optional: true},
		{Name: "note", Type: "alert", Content: "Mind this."},
	}}
}

// Values arrive as people, forms and agents write them, and leave as the props
// have them.
func TestReadProps(t *testing.T) {
	t.Parallel()
	account := map[string]any{"authProvisionId": "apn_1"}
	for name, c := range map[string]struct{ in, want map[string]any }{
		"as they are":           {map[string]any{"text": "a", "yes": true, "tags": []any{"a"}, "numbers": []any{1.0}}, map[string]any{"text": "a", "n": 3, "yes": true, "tags": []any{"a"}, "numbers": []any{1}}},
		"as texts":              {map[string]any{"text": 5.0, "n": " 7 ", "yes": "false", "tags": `["a","b"]`, "numbers": "4", "more": `{"k":1}`}, map[string]any{"text": "5", "n": 7, "yes": false, "tags": []any{"a", "b"}, "numbers": []any{4}, "more": map[string]any{"k": 1.0}}},
		"one for a list":        {map[string]any{"text": "a", "tags": "b"}, map[string]any{"text": "a", "n": 3, "tags": []any{"b"}}},
		"beside its label":      {map[string]any{"text": map[string]any{"__lv": map[string]any{"label": "A", "value": "a"}}, "who": map[string]any{"__lv": map[string]any{"label": "Ada", "value": "u1"}}}, map[string]any{"text": "a", "n": 3, "who": map[string]any{"label": "Ada", "value": "u1"}}},
		"without its label":     {map[string]any{"text": "a", "who": "u1"}, map[string]any{"text": "a", "n": 3, "who": map[string]any{"label": "u1", "value": "u1"}}},
		"what nobody asked for": {map[string]any{"text": "a", "zzz": 1, "yes": nil, "tags": ""}, map[string]any{"text": "a", "n": 3}},
	} {
		c.in["x"] = account
		got, err := form().Read(c.in, true)
		if err != nil || got.AccountID != "apn_1" {
			t.Errorf("%s: %v, %+v", name, err, got)
			continue
		}
		if diff := cmp.Diff(c.want, got.Values); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What does not fit is refused in words that name the prop.
func TestReadPropsRefuses(t *testing.T) {
	t.Parallel()
	account := map[string]any{"authProvisionId": "apn_1"}
	for want, in := range map[string]map[string]any{
		"configured_props.text: Text is missing.":                                 {"x": account},
		"configured_props.text: It has to be a text.":                             {"x": account, "text": map[string]any{}},
		"configured_props.n: It has to be 10 at most.":                            {"x": account, "text": "a", "n": 11.0},
		"configured_props.n: It has to be 1 at least.":                            {"x": account, "text": "a", "n": 0.0},
		"configured_props.n: It has to be a whole number.":                        {"x": account, "text": "a", "n": 1.5},
		"configured_props.yes: It has to be true or false.":                       {"x": account, "text": "a", "yes": "perhaps"},
		"configured_props.more: It has to be an object.":                          {"x": account, "text": "a", "more": "[1]"},
		"configured_props.numbers: It has to be a whole number.":                  {"x": account, "text": "a", "numbers": []any{"a"}},
		`configured_props.x: It names the account: {"authProvisionId": "apn_…"}.`: {"text": "a"},
	} {
		_, err := form().Read(in, true)
		if !errors.Is(err, component.ErrProps) || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := form().Read(map[string]any{}, false); err != nil {
		t.Errorf("a form that is not filled in yet: %v", err)
	}
}

// The three ways to know what was emitted before.
func TestFresh(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		how    component.Dedupe
		rounds [][]string
		want   [][]int
	}{
		"unique":                    {component.Unique, [][]string{{"a", "b", "a"}, {"b", "c"}, {""}, {""}}, [][]int{{0, 1}, {1}, {0}, {0}}},
		"unique forgets the oldest": {component.Unique, [][]string{{"a", "b", "c", "d"}, {"a", "d"}}, [][]int{{0, 1, 2, 3}, {0}}},
		"greatest":                  {component.Greatest, [][]string{{"1", "3", "2"}, {"3", "4"}, {"-1"}}, [][]int{{0, 1}, {1}, nil}},
		"last":                      {component.Last, [][]string{{"a", "b"}, {"a", "b", "c"}, {"x", "y"}, {"y"}}, [][]int{{0, 1}, {2}, {0, 1}, nil}},
	} {
		var s component.Seen
		for i, ids := range c.rounds {
			got, err := s.Fresh(c.how, ids, 3)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want[i], got); diff != "" {
				t.Errorf("%s, round %d: %s", name, i, diff)
			}
		}
	}
	var s component.Seen
	if _, err := s.Fresh(component.Greatest, []string{"abc"}, 3); err == nil {
		t.Error("an id that is no number has no order")
	}
}

// A component that is code may use several accounts, and what is asked of it comes
// back from where it was kept.
func TestPropsOfCode(t *testing.T) {
	t.Parallel()
	c := &component.Component{Code: &component.Code{}, Props: []component.Prop{
		{Name: "from", Type: "app"},
		{Name: "to", Type: "app", Optional: true},
		{Name: "dir", Type: "dir"},
		{Name: "channel", Type: "string", Optional: true, Options: &component.Options{Remote: &component.Remote{Search: true}}},
	}}
	got, err := c.Read(map[string]any{"from": map[string]any{"authProvisionId": "apn_1"}, "dir": "/tmp"}, true)
	if err != nil || got.AccountID != "apn_1" || !reflect.DeepEqual(got.Accounts, map[string]string{"from": "apn_1"}) || len(got.Values) != 0 {
		t.Errorf("it read %+v, %v", got, err)
	}
	if _, err := c.Read(map[string]any{"to": map[string]any{"authProvisionId": "apn_1"}}, true); err == nil {
		t.Error("an account is missing, and it read on")
	}
	src, err := json.Marshal(c.Props)
	if err != nil {
		t.Fatal(err)
	}
	var back []component.Prop
	if err := json.Unmarshal(src, &back); err != nil || !reflect.DeepEqual(back, c.Props) {
		t.Errorf("%s came back as %+v, %v", src, back, err)
	}
}
