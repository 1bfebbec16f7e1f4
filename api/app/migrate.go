package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
)

// ErrPending means that migrations are to be applied.
var ErrPending = errors.New("the database is to be migrated")

// Migrate brings the database to this version's schema, or says what that would be.
func Migrate(ctx context.Context, c *Config, wait time.Duration, dryRun bool, out io.Writer, asJSON bool) error {
	if c.direct() == "" {
		return errors.New("configuration: PATCHBAY_DATABASE_URL is not set")
	}
	database, err := db.Open(c.direct(), 2)
	if err != nil {
		return err //nolint:wrapcheck // says what it did
	}
	defer func() { _ = database.Close() }()
	p, err := database.Planned(ctx)
	if err != nil {
		return err //nolint:wrapcheck // says what it did
	}
	_, fits := database.Fits(ctx)
	if !errors.Is(fits, db.ErrNewerSchema) {
		fits = nil
	}
	if dryRun {
		if asJSON {
			err = WriteJSON(out, p)
		} else {
			_, err = fmt.Fprint(out, p)
		}
		if err != nil || fits != nil {
			return errors.Join(err, fits)
		}
		if len(p.Missing) > 0 {
			return ErrPending
		}
		return nil
	}
	if fits != nil {
		return fits
	}
	if err := db.MigrateWithin(ctx, c.direct(), wait); err != nil {
		return err //nolint:wrapcheck // says what it did
	}
	if asJSON {
		return WriteJSON(out, p)
	}
	return nil
}
