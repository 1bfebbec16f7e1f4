package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// replica is a standby that lists are read from. A list has all that was committed
// before it was asked for, by whichever process: the primary is asked where its log
// ends, which costs it next to nothing, and the replica is to have come so far. One that
// is behind, or away, is let alone for a while, and the primary is asked as without it.
type replica struct {
	db    *DB
	ends  Gather[struct{}, end]
	until atomic.Int64 // of its rest, in Unix nanoseconds
	reads *prometheus.CounterVec
}

// end is where the primary's log ended after it was asked.
type end struct {
	at  string
	err error
}

// Follow is how long a list waits for a replica that is behind, and what is let pass
// until such a one is asked again; of one that is away it is longer.
const (
	Follow     = 250 * time.Millisecond
	restBehind = time.Second
	restAway   = 5 * time.Second
)

var errBehind = errors.New("the replica is behind, or is none")

// ReadFrom has lists read from a replica, with at most so many connections. It need not
// be there yet.
func (d *DB) ReadFrom(url string, connections int) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("open replica: %w", err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 2 * time.Second // somebody waits, and there is another way
	}
	of, err := open(config, connections, false)
	if err != nil {
		return fmt.Errorf("open replica: %w", err)
	}
	d.replica = &replica{db: of, reads: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "patchbay_list_reads_total", Help: "Lists that were read, by the server that was asked: the replica, or the primary in its place.",
	}, []string{"from"})}
	d.replica.ends = Gather[struct{}, end]{Do: d.end, Most: 1000, AtOnce: 2}
	return nil
}

// Reads counts which server lists were read from; nil = there is no replica.
func (d *DB) Reads() prometheus.Collector {
	if d.replica == nil {
		return nil
	}
	return d.replica.reads
}

// end asks the primary once for all who want to know.
func (d *DB) end(ctx context.Context, askers []struct{}) []end {
	var e end
	e.err = d.Look(ctx, func(q *gorm.DB) error { return q.Raw("SELECT pg_current_wal_flush_lsn()::text").Row().Scan(&e.at) })
	all := make([]end, len(askers))
	for i := range all {
		all[i] = e
	}
	return all
}

// Read is In for what only reads, such as a list, and may do so from a replica. fn may
// be called twice, of which the second counts.
func (d *DB) Read(ctx context.Context, s tenant.Scope, fn func(tx *gorm.DB) error) error {
	if d.replica == nil || !s.Valid() {
		return d.In(ctx, s, fn)
	}
	r := d.replica
	now := time.Now() //nolint:forbidigo // measures how long a rest lasts
	if now.UnixNano() >= r.until.Load() {
		err := r.read(ctx, s, fn)
		if _, ours := errors.AsType[*fault.Error](err); err == nil || ours && !errors.Is(err, ErrAway) || ctx.Err() != nil {
			r.reads.WithLabelValues("replica").Inc()
			return err
		}
		rest := restAway
		if errors.Is(err, errBehind) {
			rest = restBehind
		}
		r.until.Store(now.Add(rest).UnixNano())
		slog.WarnContext(ctx, "lists are read from the primary for a while", "for", rest.String(), "error", err)
	}
	r.reads.WithLabelValues("primary").Inc()
	return d.In(ctx, s, fn)
}

func (r *replica) read(ctx context.Context, s tenant.Scope, fn func(tx *gorm.DB) error) error {
	e, err := r.ends.Ask(ctx, struct{}{})
	if err = errors.Join(err, e.err); err != nil {
		return err
	}
	return r.db.told(r.db.gorm.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := reached(ctx, tx, e.at); err != nil {
			return err
		}
		if _, err := tx.Statement.ConnPool.ExecContext(ctx, enterScope, "", s.Project(), s.Environment()); err != nil {
			return fmt.Errorf("enter scope: %w", err)
		}
		return fn(tx)
	}, &sql.TxOptions{ReadOnly: true}))
}

// reached waits until a replica has all up to a place in the primary's log. One that was
// promoted follows nobody any more.
func reached(ctx context.Context, tx *gorm.DB, at string) error {
	enough := time.NewTimer(Follow)
	defer enough.Stop()
	for {
		var there bool
		if err := tx.Raw("SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= ?::pg_lsn", at).Row().Scan(&there); err != nil {
			return fmt.Errorf("ask how far it is: %w", err)
		}
		if there {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-enough.C:
			return errBehind
		case <-time.After(3 * time.Millisecond):
		}
	}
}

// Following reports how long the replica took to have all that the primary had.
func (d *DB) Following(ctx context.Context) (took time.Duration, err error) {
	e := d.end(ctx, make([]struct{}, 1))[0]
	if e.err != nil {
		return 0, e.err
	}
	began := time.Now() //nolint:forbidigo // measures
	err = d.replica.db.Look(ctx, func(q *gorm.DB) error { return reached(ctx, q, e.at) })
	return time.Since(began), err
}
