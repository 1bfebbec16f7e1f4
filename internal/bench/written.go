package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Written is what one delivered event costs in PostgreSQL, from its acceptance to
// its recorded attempt. Versions are of rows: an insert is one, and so is an
// update. WAL holds whole pages, too, which PostgreSQL writes after a checkpoint.
type Written struct {
	Inserts      float64 `json:"row_inserts"`
	Versions     float64 `json:"row_versions"`
	WALBytes     float64 `json:"wal_bytes"`
	Transactions float64 `json:"transactions"`
}

// written is what PostgreSQL has written since it was started.
type written struct{ inserts, updates, wal, transactions int64 }

// written asks for it. Connections tell what they did when they come to rest, so
// that it is asked when all is quiet.
func (s *stack) written(ctx context.Context) (w written, err error) {
	c, err := pgx.Connect(ctx, s.pg.URL())
	if err != nil {
		return w, fmt.Errorf("connect: %w", err)
	}
	defer c.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is pending
	err = c.QueryRow(ctx, `SELECT tup_inserted, tup_updated, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, xact_commit
		FROM pg_stat_database WHERE datname = current_database()`).Scan(&w.inserts, &w.updates, &w.wal, &w.transactions)
	if err != nil {
		return w, fmt.Errorf("ask what was written: %w", err)
	}
	return w, nil
}

// since returns what each of n events has cost.
func (w written) since(before written, n int) *Written {
	if n == 0 {
		return nil
	}
	each := func(after, before int64) float64 { return round(float64(after-before) / float64(n)) }
	inserts := each(w.inserts, before.inserts)
	return &Written{inserts, round(inserts + each(w.updates, before.updates)), each(w.wal, before.wal), each(w.transactions, before.transactions)}
}
