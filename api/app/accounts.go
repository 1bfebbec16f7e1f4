package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/imports"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// AccountsFile is a file of accounts that are brought along.
type AccountsFile struct {
	Name, Format         string // "" = what its name ends with
	Project, Environment string
	DryRun, Test         bool
}

// ImportAccounts imports accounts from a file here and now. Given again after it was
// killed, it goes on.
func (a *App) ImportAccounts(ctx context.Context, f AccountsFile, w io.Writer) error {
	if f.Format == "" {
		f.Format = strings.TrimPrefix(strings.ToLower(filepath.Ext(f.Name)), ".")
	}
	scope, err := a.Projects.Find(ctx, f.Project, f.Environment)
	if err != nil {
		return err
	}
	file, err := os.Open(f.Name)
	if err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	defer func() { _ = file.Close() }()
	ctx = audit.With(ctx, audit.Actor{Kind: audit.System, ID: "patchbay", Name: "command line"})
	im, err := a.Imports.Start(ctx, scope, imports.File{
		Name: filepath.Base(f.Name), Format: imports.Format(f.Format), DryRun: f.DryRun, Test: f.Test, Content: file,
	})
	if err != nil {
		return err
	}
	im, err = a.Imports.Run(ctx, scope, im.ID, func(im *imports.Import) {
		_, _ = fmt.Fprintf(w, "%s: %d of %d rows%s\n", im.ID, im.Total-im.Counts[imports.Pending], im.Total, tally(im))
	})
	if err != nil {
		return fmt.Errorf("the import goes on where a worker runs, or when the command is given again: %w", err)
	}
	return a.printFailures(ctx, scope, im, w)
}

func tally(im *imports.Import) string {
	var parts []string
	for _, status := range []imports.RowStatus{imports.Imported, imports.Valid, imports.Skipped, imports.Failed} {
		if n := im.Counts[status]; n > 0 {
			parts = append(parts, fmt.Sprint(n, " ", status))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// printFailures writes a line for each row that failed, which is an error.
func (a *App) printFailures(ctx context.Context, scope tenant.Scope, im *imports.Import, w io.Writer) error {
	if im.Counts[imports.Failed] == 0 {
		return nil
	}
	rows, err := a.Imports.Errors(ctx, scope, im.ID, 0, imports.MaxRows)
	if err != nil {
		return err
	}
	for _, r := range rows {
		_, _ = fmt.Fprintf(w, "line %d: %s (%s)\n", r.Line, r.Error, r.Code)
	}
	return errors.New("some rows were not imported")
}
