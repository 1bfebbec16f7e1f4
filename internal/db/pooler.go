package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
)

// Pooler is what stands between this process and PostgreSQL.
type Pooler struct {
	There   bool
	Carries bool // what is asked by this URL, whichever connection of PostgreSQL each transaction gets
}

// Pooler looks whether there is one. A pooler gives its clients numbers of its own
// for the session, and one that can carry prepared statements names them anew.
func (d *DB) Pooler(ctx context.Context) (p Pooler, err error) {
	err = d.Pipe(ctx, func(c *pgx.Conn) error {
		const name = "patchbay_doctor"
		mode := c.Config().DefaultQueryExecMode
		tx, err := c.Begin(ctx)
		if err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		var pid uint32
		if err := tx.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeExec).Scan(&pid); err != nil {
			return fmt.Errorf("ask for the session: %w", err)
		}
		p.There, p.Carries = pid != c.PgConn().PID(), true
		if !p.There || mode != pgx.QueryExecModeCacheStatement {
			return nil
		}
		if _, err := tx.Prepare(ctx, name, "SELECT 1"); err != nil {
			return fmt.Errorf("prepare a statement: %w", err)
		}
		var asIs bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE name = $1)", pgx.QueryExecModeExec, name).Scan(&asIs); err != nil {
			return fmt.Errorf("look at prepared statements: %w", err)
		}
		p.Carries = !asIs
		return c.Deallocate(ctx, name)
	})
	if err != nil {
		return p, fmt.Errorf("look for a pooler: %w", err)
	}
	return p, nil
}

// Same says whether another address leads to the same database: who holds a lock of
// it here keeps it from them.
func (d *DB) Same(ctx context.Context, other *DB) (same bool, err error) {
	const key = "hashtext('patchbay doctor')"
	err = d.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(" + key + ")").Error; err != nil {
			return err
		}
		var free bool
		err := other.System(ctx, func(there *gorm.DB) error {
			return there.Raw("SELECT pg_try_advisory_xact_lock(" + key + ")").Scan(&free).Error
		})
		same = !free
		return err
	})
	if err != nil {
		return false, fmt.Errorf("compare two addresses: %w", err)
	}
	return same, nil
}
