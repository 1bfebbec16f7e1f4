package expression_test

import (
	"encoding/json"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// What an expression makes can be written as JSON, also where the language's own
// functions make maps with keys of any kind.
func TestMapsHaveTextForKeys(t *testing.T) {
	t.Parallel()
	language := expression.New([]string{"list"})
	known := map[string]any{"list": []any{map[string]any{"id": 1}, map[string]any{"id": 2}, map[string]any{"id": 2}}}
	for src, want := range map[string]string{
		`fromPairs(map(list, [.id, true]))`: `{"1":true,"2":true}`,
		`groupBy(list, .id)`:                `{"1":[{"id":1}],"2":[{"id":2},{"id":2}]}`,
	} {
		out, err := language.Run(src, known)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(out)
		if err != nil || string(got) != want {
			t.Errorf("%s is %s (%v), not %s", src, got, err, want)
		}
	}
}
