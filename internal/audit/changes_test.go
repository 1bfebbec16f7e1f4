package audit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/audit"
)

// What differs is told with what it was and is; what is secret only that it differs.
func TestChanges(t *testing.T) {
	t.Parallel()
	one := 1
	tests := map[string]struct {
		before, after audit.View
		want          map[string]any
	}{
		"nothing differs": {audit.View{"a": 1, "b": []string{"x"}}, audit.View{"a": 1.0, "b": []any{"x"}}, map[string]any{"fields": []string{}, "before": map[string]any{}, "after": map[string]any{}}},
		"some do": {
			audit.View{"name": "A", "rate": (*int)(nil), "same": true},
			audit.View{"name": "B", "rate": &one, "same": true},
			map[string]any{"fields": []string{"name", "rate"}, "before": map[string]any{"name": "A", "rate": (*int)(nil)}, "after": map[string]any{"name": "B", "rate": &one}},
		},
		"a secret":                   {audit.View{"key": audit.Hidden{Of: "s3cret-1"}}, audit.View{"key": audit.Hidden{Of: "s3cret-2"}}, map[string]any{"fields": []string{"key"}, "before": map[string]any{}, "after": map[string]any{"key": "(changed)"}}},
		"a secret that stays":        {audit.View{"key": audit.Hidden{Of: "s3cret"}}, audit.View{"key": audit.Hidden{Of: "s3cret"}}, map[string]any{"fields": []string{}, "before": map[string]any{}, "after": map[string]any{}}},
		"what becomes secret":        {audit.View{"key": "plain"}, audit.View{"key": audit.Hidden{Of: "plain"}}, map[string]any{"fields": []string{}, "before": map[string]any{}, "after": map[string]any{}}},
		"what becomes secret, other": {audit.View{"key": "plain"}, audit.View{"key": audit.Hidden{Of: "s3cret"}}, map[string]any{"fields": []string{"key"}, "before": map[string]any{}, "after": map[string]any{"key": "(changed)"}}},
		"made":                       {nil, audit.View{"name": "A", "key": audit.Hidden{Of: "s3cret"}}, map[string]any{"fields": []string{"key", "name"}, "after": map[string]any{"name": "A", "key": "(changed)"}}},
		"gone":                       {audit.View{"name": "A", "key": audit.Hidden{Of: "s3cret"}}, nil, map[string]any{"fields": []string{"key", "name"}, "before": map[string]any{"name": "A"}}},
		"long": {
			audit.View{"draft": strings.Repeat("x", 3000)},
			audit.View{"draft": "y"},
			map[string]any{"fields": []string{"draft"}, "before": map[string]any{"draft": "(3002 bytes)"}, "after": map[string]any{"draft": "y"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, audit.Changes(tt.before, tt.after)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://a.test/x": "https://a.test/x", "https://u:p@a.test/x?token=s#f": "https://a.test/x?…", "": "", "no url": "no url",
	} {
		if got := audit.Address(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}
