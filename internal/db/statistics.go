package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"gorm.io/gorm"
)

// Study has PostgreSQL count what is in tables that have outgrown what it knows
// of them. It does so by itself within a minute or two, but until then it plans
// as if they were all but empty, each connection keeps the plan, and a burst into
// a new table (a first start, a day's first attempts, a restored backup) meets
// plans that read the whole of it for each row. Workers call it every second.
func (d *DB) Study(ctx context.Context) error {
	var tables []string
	err := d.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT s.relname FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
			WHERE s.schemaname = current_schema AND s.n_mod_since_analyze > 500 AND s.n_mod_since_analyze > 5 * c.reltuples ORDER BY 1`).Scan(&tables).Error
	})
	if err != nil {
		return fmt.Errorf("find tables that grew: %w", err)
	}
	for _, t := range tables { // one at a time, so that no lock waits for another; who is at it already is left to it
		err := d.Look(ctx, func(q *gorm.DB) error { return q.Exec("ANALYZE (SKIP_LOCKED) " + pgx.Identifier{t}.Sanitize()).Error })
		if err != nil {
			return fmt.Errorf("analyze %s: %w", t, err)
		}
	}
	return nil
}

// Pool measures the connections: how many there are, and who waited for one.
func (d *DB) Pool() (prometheus.Collector, error) {
	pool, err := d.gorm.DB()
	if err != nil {
		return nil, fmt.Errorf("measure connections: %w", err)
	}
	return collectors.NewDBStatsCollector(pool, "patchbay"), nil
}
