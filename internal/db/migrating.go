package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"gorm.io/gorm"
)

// Holder is who keeps others from migrating.
type Holder struct {
	Name  string    `json:"name"`  // what it says of itself: what it does, on which machine, as which process
	PID   int       `json:"pid"`   // of its session at the database
	From  string    `json:"from"`  // its address; "" = the database's own machine
	Since time.Time `json:"since"` // by the database's clock
}

func (h *Holder) String() string {
	name, from := h.Name, ""
	if name == "" {
		name = "a program that does not say its name"
	}
	if h.From != "" {
		from = " at " + h.From
	}
	return fmt.Sprintf("%s%s, since %s (session %d)", name, from, h.Since.UTC().Format("2006-01-02 15:04:05 MST"), h.PID)
}

// HeldError is returned to who waited in vain for the lock of migrations.
type HeldError struct {
	Holder *Holder // nil = it has just let go
	Waited time.Duration
}

func (e *HeldError) Error() string {
	if e.Holder == nil {
		return fmt.Sprintf("others migrated for %s, one after the other. Try again", e.Waited)
	}
	return fmt.Sprintf("the database is held by %s, and nobody migrates meanwhile; waited %s. Wait longer with --wait, or if that process is gone, end its session: SELECT pg_terminate_backend(%d)",
		e.Holder, e.Waited, e.Holder.PID)
}

// holders are the sessions that hold the lock, of migrations and backups alike.
const holders = `SELECT coalesce(a.application_name, '') AS name, a.pid AS pid, coalesce(host(a.client_addr), '') AS "from", coalesce(a.xact_start, a.state_change, a.backend_start, now()) AS since
	FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
	WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND (l.classid::bigint << 32) | l.objid::bigint = $1 ORDER BY since LIMIT 1`

// lockPoll is how often who waits asks again.
const lockPoll = 200 * time.Millisecond

// locker holds the lock of migrations by a transaction of its own: so it is let go of
// when its process dies, and a pooler that gives each transaction a connection does
// no harm. It is the lock that goose's own locker takes, which earlier versions do.
type locker struct {
	db   *sql.DB
	wait time.Duration
	tx   *sql.Tx
}

// SessionLock waits for the lock.
func (l *locker) SessionLock(ctx context.Context, _ *sql.Conn) (err error) {
	tx, err := l.db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback()
		}
	}()
	host, _ := os.Hostname() // without it the name is shorter
	name := fmt.Sprintf("patchbay migrate, process %d on %.30s", os.Getpid(), host)
	_, err = tx.ExecContext(ctx, "SELECT set_config('application_name', $1, true), set_config('idle_in_transaction_session_timeout', '0', true)", name)
	if err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	until := time.NewTimer(l.wait)
	defer until.Stop()
	again := time.NewTicker(lockPoll)
	defer again.Stop()
	for {
		var mine bool
		if err := tx.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock($1)", int64(MigrationLock)).Scan(&mine); err != nil {
			return fmt.Errorf("lock migrations: %w", err)
		}
		if mine {
			l.tx = tx
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-until.C:
			return l.held(ctx, tx)
		case <-again.C:
		}
	}
}

// held says who has the lock.
func (l *locker) held(ctx context.Context, tx *sql.Tx) error {
	var h Holder
	err := tx.QueryRowContext(ctx, holders, int64(MigrationLock)).Scan(&h.Name, &h.PID, &h.From, &h.Since)
	if errors.Is(err, sql.ErrNoRows) {
		return &HeldError{nil, l.wait}
	}
	if err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	return &HeldError{&h, l.wait}
}

// SessionUnlock lets go of it.
func (l *locker) SessionUnlock(context.Context, *sql.Conn) error {
	if l.tx == nil {
		return nil
	}
	tx := l.tx
	l.tx = nil
	return tx.Rollback()
}

// Migrating returns who keeps others from migrating at this moment, or nil.
func (d *DB) Migrating(ctx context.Context) (*Holder, error) {
	var found []Holder
	err := d.Look(ctx, func(q *gorm.DB) error { return q.Raw(holders, int64(MigrationLock)).Scan(&found).Error })
	if err != nil {
		return nil, fmt.Errorf("ask who migrates: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}
