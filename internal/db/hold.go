package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
)

// MigrationLock is the advisory lock of who migrates: the one that goose takes.
const MigrationLock = 4097083626

// Errors of Hold.
var (
	ErrHeld      = errors.New("another backup is under way. Wait until it is over")
	ErrMigrating = errors.New("the database is being migrated. Wait until that is over")
)

// Hold runs fn while nothing is let go that a copy of the database may name: no blob,
// and no table of a day. Nor does anybody migrate meanwhile. What was taken away
// before it is in no snapshot that fn takes. still says whether that is so yet; who
// dies gives it up.
func (d *DB) Hold(ctx context.Context, fn func(still func() error) error) error {
	return d.System(ctx, func(tx *gorm.DB) error {
		err := tx.Exec("SELECT set_config('idle_in_transaction_session_timeout', '0', true), set_config('lock_timeout', '60s', true), set_config('application_name', 'patchbay backup', true)").Error
		if err != nil {
			return fmt.Errorf("hold what is there: %w", err)
		}
		var free bool
		if err := tx.Raw("SELECT pg_try_advisory_xact_lock_shared(?)", MigrationLock).Scan(&free).Error; err != nil || !free {
			return errors.Join(err, ErrMigrating)
		}
		err = tx.Exec("SELECT pg_advisory_xact_lock(hashtext('patchbay backup')), pg_advisory_xact_lock(hashtext('retention'))").Error
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "55P03" {
			return ErrHeld
		}
		if err != nil {
			return fmt.Errorf("hold what is there: %w", err)
		}
		return fn(func() error { return tx.Exec("SELECT 1").Error })
	})
}

// Unheld reports whether tx may let go of what lies outside of the database: no
// backup is under way, and none begins before tx ends.
func Unheld(tx *gorm.DB) (free bool, err error) {
	if err := tx.Raw("SELECT pg_try_advisory_xact_lock_shared(hashtext('patchbay backup'))").Scan(&free).Error; err != nil {
		return false, fmt.Errorf("ask whether a backup is under way: %w", err)
	}
	return free, nil
}
