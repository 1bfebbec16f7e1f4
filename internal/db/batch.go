package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Batch is a transaction like In's for a hot path. Its statements wait until
// they are sent, and those that are sent together take one round trip: the first
// ones with the beginning of the transaction, and the last ones with its end.
type Batch struct {
	ctx    context.Context
	conn   *sql.Conn
	gorm   *gorm.DB
	queued pgx.Batch
}

// Batch runs fn in a transaction that can see and write only the scope's rows.
// What fn leaves queued is sent with the commit.
func (d *DB) Batch(ctx context.Context, s tenant.Scope, fn func(b *Batch) error) error {
	if !s.Valid() {
		return ErrNoScope
	}
	return d.told(d.gorm.WithContext(ctx).Connection(func(g *gorm.DB) error {
		conn, ok := g.Statement.ConnPool.(*sql.Conn)
		if !ok {
			return fmt.Errorf("a connection of another kind: %T", g.Statement.ConnPool)
		}
		g.Statement.ConnPool = within{conn}
		b := &Batch{ctx: ctx, conn: conn, gorm: g.Session(&gorm.Session{NewDB: true})}
		b.Queue("BEGIN")
		b.Queue(enterScope, "", s.Project(), s.Environment())
		err := fn(b)
		if err == nil {
			b.Queue("COMMIT").Exec(committed)
			err = b.Send()
		}
		if err != nil {
			b.abandon()
		}
		return err
	}))
}

// Queue adds a statement, whose arguments are $1, $2 and so on. What it returns
// takes a function for the rows, which runs when the statement was sent.
func (b *Batch) Queue(statement string, args ...any) *pgx.QueuedQuery {
	return b.queued.Queue(statement, args...)
}

// Send sends what is queued. The first that fails ends it.
func (b *Batch) Send() error {
	queued := b.queued
	b.queued = pgx.Batch{}
	return b.raw(func(c *pgx.Conn) error { return c.SendBatch(b.ctx, &queued).Close() })
}

// Gorm sends what is queued, and returns the transaction for what is rare.
func (b *Batch) Gorm() (*gorm.DB, error) {
	if len(b.queued.QueuedQueries) > 0 {
		if err := b.Send(); err != nil {
			return nil, err
		}
	}
	return b.gorm, nil
}

func (b *Batch) raw(fn func(c *pgx.Conn) error) error {
	return b.conn.Raw(func(raw any) error {
		c, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of another driver: %T", raw)
		}
		return fn(c.Conn())
	})
}

// abandon ends the transaction without a trace. A connection for which that
// fails is not used again: the pool looks at its state.
func (b *Batch) abandon() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), 5*time.Second)
	defer cancel()
	_ = b.raw(func(c *pgx.Conn) error {
		if c.IsClosed() || c.PgConn().TxStatus() == 'I' {
			return nil
		}
		_, err := c.Exec(ctx, "ROLLBACK")
		return err
	})
}

// committed looks whether a commit was one: after a failure that nobody heard of
// it undoes everything, and succeeds.
func committed(tag pgconn.CommandTag) error {
	if tag.String() != "COMMIT" {
		return errors.New("the transaction had failed before its commit")
	}
	return nil
}

// within is a connection with a transaction under way: gorm opens none in it.
type within struct{ *sql.Conn }

// Commit and Rollback make it what gorm takes for a transaction. It calls neither.
func (within) Commit() error { return errors.New("db: Batch ends its transaction itself") }

// Rollback is like Commit.
func (within) Rollback() error { return errors.New("db: Batch ends its transaction itself") }
