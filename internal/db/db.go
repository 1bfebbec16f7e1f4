// Package db is the only door to PostgreSQL. A caller names a scope and gets a
// transaction that row-level security confines to it; see migrations/0001.
package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// DB hides its gorm handle: there is no way to a table but In, Ask, Project, Workspace and System.
type DB struct {
	gorm    *gorm.DB
	turns   atomic.Int64 // how often a server was found to take no writes any more
	replica *replica     // nil = all is asked of the primary
}

// ErrNoScope means that a caller passed the zero Scope. It is a bug, not a fault.
var ErrNoScope = errors.New("db: no tenant scope")

// ErrText is returned for a text that no column can hold.
var ErrText = fault.New(fault.Invalid, "text", "A text in the request holds a NUL or is not UTF-8.")

// ErrAway is returned while the database is stopped, starts, or changes over to
// another server. What was asked for was not done, or it is not known.
var ErrAway = fault.New(fault.Unavailable, "database_unavailable", "The database is not there at the moment. Try again.")

// Open connects to the database at url with at most connections at once. The url may
// name several hosts, of which target_session_attrs=read-write finds the one that
// takes writes: a connection to one that stopped to do so is given up.
func Open(url string, connections int) (*DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return open(config, connections, true)
}

// open connects, now or when it is first asked.
func open(config *pgx.ConnConfig, connections int, now bool) (d *DB, err error) {
	d = &DB{}
	pool := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(d.connected), stdlib.OptionResetSession(d.reused))
	d.gorm, err = gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{
		Logger:                 logger.Discard, // queries are traced, not printed
		DisableAutomaticPing:   !now,
		TranslateError:         true,                                         // unique violations become gorm.ErrDuplicatedKey
		SkipDefaultTransaction: true,                                         // In and System open the transactions
		NowFunc:                func() time.Time { return time.Now().UTC() }, //nolint:forbidigo // gorm's own stamp, used where a service sets none
	})
	if err != nil {
		_ = pool.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return d, nil
}

// turn is where a connection has it written when it began.
const turn = "patchbay turn"

func (d *DB) connected(_ context.Context, c *pgx.Conn) error {
	c.PgConn().CustomData()[turn] = d.turns.Load()
	return nil
}

// reused gives up a connection that was begun before a server was found to take no
// writes: where a standby took over, it may lead to the server that was before.
func (d *DB) reused(_ context.Context, c *pgx.Conn) error {
	if began, _ := c.PgConn().CustomData()[turn].(int64); began != d.turns.Load() {
		return driver.ErrBadConn
	}
	return nil
}

// Close ends every connection.
func (d *DB) Close() error {
	pool, err := d.gorm.DB()
	if err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	if d.replica != nil {
		err = d.replica.db.Close()
	}
	return errors.Join(err, pool.Close())
}

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	pool, err := d.gorm.DB()
	if err != nil {
		return fmt.Errorf("ping database: %w", err)
	}
	return pool.PingContext(ctx)
}

// In runs fn in a transaction that can see and write only the scope's rows:
// its environment's, and those that its project's environments share.
// Keep it short: no network call belongs inside.
func (d *DB) In(ctx context.Context, s tenant.Scope, fn func(tx *gorm.DB) error) error {
	if !s.Valid() {
		return ErrNoScope
	}
	return d.enter(ctx, "", s.Project(), s.Environment(), fn)
}

// Project runs fn in a transaction that can see and write what a project's
// environments share, and no environment's rows.
func (d *DB) Project(ctx context.Context, projectID string, fn func(tx *gorm.DB) error) error {
	if projectID == "" {
		return ErrNoScope
	}
	return d.enter(ctx, "", projectID, "", fn)
}

// Workspace runs fn in a transaction that can see and write what a workspace's
// projects share, and no project's rows.
func (d *DB) Workspace(ctx context.Context, workspaceID string, fn func(tx *gorm.DB) error) error {
	if workspaceID == "" {
		return ErrNoScope
	}
	return d.enter(ctx, workspaceID, "", "", fn)
}

// enterScope confines a transaction to what is of a workspace, a project and an
// environment; "" = of none.
const enterScope = `SELECT set_config('role', 'patchbay_app', true),
	set_config('app.workspace_id', $1, true), set_config('app.project_id', $2, true), set_config('app.environment_id', $3, true)`

func (d *DB) enter(ctx context.Context, workspaceID, projectID, environmentID string, fn func(tx *gorm.DB) error) error {
	return d.told(d.gorm.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if _, err := tx.Statement.ConnPool.ExecContext(ctx, enterScope, workspaceID, projectID, environmentID); err != nil {
			return fmt.Errorf("enter scope: %w", err)
		}
		return fn(tx)
	}))
}

// System runs fn across all tenants. Sign-in, sweeps and billing need it, and
// nothing else may; each caller is named in TestSystemCallers.
func (d *DB) System(ctx context.Context, fn func(tx *gorm.DB) error) error {
	return d.told(d.gorm.WithContext(ctx).Transaction(fn))
}

// Look runs fn across all tenants outside of a transaction: for one read that
// finds out which tenant a request belongs to. Its callers are named where
// System's are.
func (d *DB) Look(ctx context.Context, fn func(q *gorm.DB) error) error {
	return d.told(fn(d.gorm.WithContext(ctx)))
}

// Pipe runs fn across all tenants with a connection of the driver itself: for
// a hot path that writes for many tenants at once, and names the owner of each
// row. There is no transaction but that of each statement. Its callers are
// named where System's are.
func (d *DB) Pipe(ctx context.Context, fn func(c *pgx.Conn) error) error {
	pool, err := d.gorm.DB()
	if err != nil {
		return fmt.Errorf("take connection: %w", err)
	}
	c, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("take connection: %w", err)
	}
	defer func() { _ = c.Close() }()
	return d.told(c.Raw(func(raw any) error {
		c, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of another driver: %T", raw)
		}
		return fn(c.Conn())
	}))
}

// readOnly is what a server says that takes no writes, such as a standby.
const readOnly = "25006"

// told says of an error what a caller can make of it: that the text it sent
// cannot be stored, where sending it again does not help, or that the database
// is away, where it does.
func (d *DB) told(err error) error {
	if _, ours := errors.AsType[*fault.Error](err); err == nil || ours {
		return err
	}
	pg, answered := errors.AsType[*pgconn.PgError](err)
	_, unreached := errors.AsType[*pgconn.ConnectError](err)
	_, broken := errors.AsType[*net.OpError](err)
	if answered && pg.Code == readOnly {
		d.turns.Add(1)
	}
	switch {
	case answered && (pg.Code == "22021" || pg.Code == "22P05"):
		return ErrText.Because(err)
	case answered && (strings.HasPrefix(pg.Code, "57P0") || strings.HasPrefix(pg.Code, "08") || pg.Code == "53300" || pg.Code == readOnly),
		unreached, broken, errors.Is(err, driver.ErrBadConn), errors.Is(err, io.ErrUnexpectedEOF):
		return ErrAway.Because(err)
	default:
		return err
	}
}

// One loads the single row that q selects, or returns missing.
func One[T any](q *gorm.DB, missing error) (*T, error) {
	var row T
	err := q.Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, missing
	}
	if err != nil {
		return nil, fmt.Errorf("load %T: %w", row, err)
	}
	return &row, nil
}

// ByID loads a row of an environment by its id, or returns missing.
func ByID[T any](ctx context.Context, d *DB, s tenant.Scope, id string, missing error) (row *T, err error) {
	err = d.In(ctx, s, func(tx *gorm.DB) error {
		row, err = One[T](tx.Where("id = ?", id), missing)
		return err
	})
	return row, err
}

// Affected returns missing when a write touched no row.
func Affected(res *gorm.DB, missing error) error {
	if res.Error != nil {
		return fmt.Errorf("write: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return missing
	}
	return nil
}
