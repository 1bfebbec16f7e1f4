package document_test

import (
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/document"
)

func TestNests(t *testing.T) {
	t.Parallel()
	levels := func(n int) string { return strings.Repeat(`{"a":[`, n/2) + strings.Repeat(`]}`, n/2) }
	for name, tt := range map[string]struct {
		text string
		want bool
	}{
		"nothing":           {"", false},
		"as deep as may be": {levels(document.MaxNesting), false},
		"deeper":            {levels(document.MaxNesting + 2), true},
		"side by side":      {"[" + strings.Repeat("[],", 1000) + "[]]", false},
		"within a text":     {`"` + strings.Repeat("[", 1000) + `"`, false},
		"behind a quote":    {`"\"` + strings.Repeat("[", 1000) + `"`, false},
		"no JSON":           {"]]]}}}", false},
	} {
		if got := document.Nests(tt.text); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
