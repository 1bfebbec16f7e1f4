package catalog

import (
	_ "embed"

	"github.com/patchbay-dev/patchbay/internal/document"
)

// Form is the JSON Schema of app files, in YAML.
//
//go:embed schema/app.v1.yaml
var Form []byte

var form = document.MustForm("https://patchbay.dev/schema/app.v1.json", Form)

// Problem is one rule that an app file breaks.
type Problem = document.Problem

// Lint returns every rule that an app file breaks, in the order of its lines.
// The app is nil when the file cannot be read at all.
func Lint(src []byte) (*App, []Problem) {
	var a App
	lines, problems := form.Read(src, &a)
	if len(problems) > 0 {
		return nil, problems
	}
	return &a, lines.Judge(a.rules)
}
