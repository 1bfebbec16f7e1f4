package component_test

import (
	"reflect"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// What fromPairs makes can be sent as JSON, and takes what toPairs gives.
func TestFromPairs(t *testing.T) {
	t.Parallel()
	known := map[string]any{"props": map[string]any{"fields": map[string]any{"a": 1}, "list": []any{"b"}}}
	got, err := component.Language.Run(`fromPairs(concat(toPairs(props.fields), map(props.list, [#, {"x": 2}])))`, known)
	want := map[string]any{"a": 1, "b": map[string]any{"x": 2}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("it is %#v, %v", got, err)
	}
	if got, err := component.Language.Run(`fromPairs(["a"])`, known); err == nil {
		t.Errorf("what is no pair made %v", got)
	}
}
