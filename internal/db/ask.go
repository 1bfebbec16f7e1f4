package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Ask is In for one question that is asked very often. It sees only the scope's
// rows, too, but takes one round trip where In takes four: what goes to the
// database without a transaction of its own is one until its end, and with that
// the role and the scope are gone. rows is called once, and need not close them.
func (d *DB) Ask(ctx context.Context, s tenant.Scope, sql string, args []any, rows func(pgx.Rows) error) error {
	if !s.Valid() {
		return ErrNoScope
	}
	return d.Pipe(ctx, func(c *pgx.Conn) error {
		var b pgx.Batch
		b.Queue(enterScope, "", s.Project(), s.Environment())
		b.Queue(sql, args...)
		answers := c.SendBatch(ctx, &b)
		defer func() { _ = answers.Close() }()
		if _, err := answers.Exec(); err != nil {
			return fmt.Errorf("enter scope: %w", err)
		}
		found, err := answers.Query()
		if err != nil {
			return fmt.Errorf("ask: %w", err)
		}
		defer found.Close()
		return rows(found)
	})
}
