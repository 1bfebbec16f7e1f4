// Command make writes the schema of workflows anew; make generate calls it.
package main

import (
	"fmt"
	"os"

	"github.com/patchbay-dev/patchbay/internal/workflow/schema"
)

func main() {
	contract, err := os.ReadFile("openapi/openapi.yaml")
	if err != nil {
		fail(err)
	}
	out, err := schema.Build(contract)
	if err != nil {
		fail(err)
	}
	if err := os.WriteFile("internal/workflow/schema/workflow.v1.json", out, 0o644); err != nil { //nolint:gosec // of the repository
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
