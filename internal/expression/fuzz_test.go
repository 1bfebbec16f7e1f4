package expression_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// Whatever stands in a text, it is filled in, or refused with a sentence: it
// neither ends the process nor grows beyond its bounds.
func FuzzEvaluate(f *testing.F) {
	for _, s := range []string{
		"plain", "{{ list[0].id }}", "{{", "}}", "{{ }}", "{{ '}}' }}", `{{ {"a": 1} }}`, "{{ map(1..9, # * 2) }} and {{ big }}", "{{ list?.x ?? 'none' }}", "{{ big matches pattern }}", "{{ reduce(numbers, #acc + #, 0) }}",
		"{{ repeat(big, 1000000) }}", "{{ 1..1000000000 }}", "{{ let a = [1]; a[99] }}", "{{ 1 % 0 }}", "{{ toJSON(list) }}", "{{ filter(list, .id in numbers)[-1] }}", "{{ `\x00` }}", strings.Repeat("{{(", 50),
	} {
		f.Add(s)
	}
	language := expression.New([]string{"list", "numbers", "big", "pattern"})
	values := map[string]any{"list": []any{map[string]any{"id": 1.0}, nil}, "numbers": []any{1.0, 2.0}, "big": strings.Repeat("ab", 1<<10), "pattern": "(a|b){1,100}"}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := language.Evaluate(text, values)
		if err != nil {
			if err.Error() == "" || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%q is refused by %q", text, err)
			}
			return
		}
		if err := expression.Bounded(value); err != nil {
			t.Fatalf("%q made what is too large: %v", text, err)
		}
		if err := language.Check(text); err != nil && strings.Contains(text, "{{") {
			t.Fatalf("%q came to a value and is refused: %v", text, err)
		}
		if again, err := language.Evaluate(text, values); err != nil && !errors.Is(err, expression.ErrBounds) {
			t.Fatalf("%q came to a value once, and then: %v (%v)", text, err, again)
		}
		for _, hole := range expression.Holes(text) {
			if !strings.Contains(text, hole) {
				t.Fatalf("%q is not in %q", hole, text)
			}
		}
	})
}
