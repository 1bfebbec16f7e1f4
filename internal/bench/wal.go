package bench

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// wal is how many bytes of log PostgreSQL has written since it was made. There are
// whole pages in it, too, which it writes after a checkpoint.
func (s *stack) wal(ctx context.Context) (bytes int64, err error) {
	c, err := pgx.Connect(ctx, s.pg.URL())
	if err != nil {
		return 0, fmt.Errorf("connect: %w", err)
	}
	defer c.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is pending
	if err := c.QueryRow(ctx, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint").Scan(&bytes); err != nil {
		return 0, fmt.Errorf("ask what was written: %w", err)
	}
	return bytes, nil
}
