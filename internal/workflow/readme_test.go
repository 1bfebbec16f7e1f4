package workflow_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/workflow"
)

var yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")

// What the README shows of workflows can be copied as it stands.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := yamlBlock.FindAllSubmatch(text, -1)
	if len(blocks) < 2 {
		t.Fatalf("the README shows %d documents", len(blocks))
	}
	for _, b := range blocks {
		if _, err := workflow.ParseYAML(b[1]); err != nil {
			t.Errorf("%v, in\n%s", err, b[1])
		}
	}
}
