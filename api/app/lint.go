package app

import (
	"fmt"
	"io"
	"os"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// LintApps writes, line by line, what is wrong with app files, and returns an
// error when something is.
func LintApps(w io.Writer, names []string) error {
	wrong := 0
	for _, name := range names {
		src, err := os.ReadFile(name) //nolint:gosec // the files that the caller names
		if err != nil {
			return fmt.Errorf("read app file: %w", err)
		}
		_, problems := catalog.Lint(src)
		for _, p := range problems {
			_, _ = fmt.Fprintf(w, "%s: %s\n", name, p)
		}
		wrong += len(problems)
	}
	if wrong > 0 {
		return fmt.Errorf("%d problems in %d files", wrong, len(names))
	}
	_, _ = fmt.Fprintf(w, "%d files are sound\n", len(names))
	return nil
}
