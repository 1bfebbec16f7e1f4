package run

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
)

// asking sends a statement, and has each row that comes back read.
type asking func(ctx context.Context, sql string, args []any, to []any, each func()) error

// piped asks a connection of its own, past the scopes of tenants.
func piped(c *pgx.Conn) asking {
	return func(ctx context.Context, sql string, args, to []any, each func()) error {
		rows, err := c.Query(ctx, sql, args...)
		if err != nil {
			return err //nolint:wrapcheck // writeAll does
		}
		_, err = pgx.ForEachRow(rows, to, func() error { each(); return nil })
		return err //nolint:wrapcheck // the same
	}
}

// scoped asks within a transaction.
func scoped(tx *gorm.DB) asking {
	return func(ctx context.Context, sql string, args, to []any, each func()) error {
		rows, err := tx.Statement.ConnPool.QueryContext(ctx, sql, args...)
		if err != nil {
			return err //nolint:wrapcheck // writeAll does
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			if err := rows.Scan(to...); err != nil {
				return err //nolint:wrapcheck // the same
			}
			each()
		}
		return rows.Err() //nolint:wrapcheck // the same
	}
}

// writeAll writes what workers have to say of runs, whoever's they are, in one
// statement. It notes in held whose lease still was their worker's; of others nothing
// is written. A step that was begun before is written over, but not what somebody
// else wrote the outcome of meanwhile. A run that was told something since it was
// claimed is due at once.
func writeAll(ctx context.Context, ask asking, all []*write, held map[string]bool) error {
	all = slices.SortedFunc(slices.Values(all), func(a, b *write) int { return strings.Compare(a.r.ID, b.r.ID) }) // everybody locks in one order
	runs, steps := newRunParts(all), newStepParts(all)
	var id string
	var signals int
	told := map[string]int{}
	err := ask(ctx, `WITH
		w AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::int[], $8::timestamptz[])
			AS w(id, lease_id, status, response, problem, wake, signals, at)),
		held AS (UPDATE runs r SET
				status = COALESCE(w.status, r.status), response = COALESCE(w.response, r.response), error = COALESCE(w.problem::jsonb, r.error),
				lease_id = CASE WHEN w.wake IS NULL THEN r.lease_id ELSE '' END,
				lease_until = CASE WHEN w.wake IS NULL THEN r.lease_until WHEN r.signals = w.signals THEN w.wake ELSE w.at END,
				finished_at = CASE WHEN w.status IS NOT NULL AND w.wake IS NULL THEN w.at END
			FROM w WHERE r.id = w.id AND r.lease_id = w.lease_id RETURNING r.id, r.environment_id, r.signals),
		s AS (INSERT INTO run_steps (environment_id, run_id, path, position, name, type, status, input, output, stored, error, attempts, wake_at, again, started_at, finished_at, account_id, app, pause, round, flow, code_ms)
			SELECT h.environment_id, x.run_id, x.path, x.position, x.name, x.type, x.status, x.input, x.output, x.stored::jsonb, x.error::jsonb, x.attempts, x.wake_at, x.again, x.started_at, x.finished_at, x.account_id, x.app, x.pause, x.round, x.flow, x.code_ms
			FROM unnest($9::text[], $10::text[], $11::int[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::int[], $19::timestamptz[], $20::bool[], $21::timestamptz[], $22::timestamptz[], $23::text[], $24::text[], $25::text[], $26::text[], $27::int[], $28::text[], $29::bigint[])
				AS x(run_id, path, position, name, type, status, input, output, error, attempts, wake_at, again, started_at, finished_at, account_id, app, stored, pause, round, flow, code_ms)
			JOIN held h ON h.id = x.run_id
			ON CONFLICT (run_id, path) DO UPDATE SET status = EXCLUDED.status, input = EXCLUDED.input, output = EXCLUDED.output, stored = EXCLUDED.stored, error = EXCLUDED.error,
				attempts = EXCLUDED.attempts, wake_at = EXCLUDED.wake_at, again = EXCLUDED.again, started_at = EXCLUDED.started_at, finished_at = EXCLUDED.finished_at,
				account_id = EXCLUDED.account_id, app = EXCLUDED.app, pause = EXCLUDED.pause, round = EXCLUDED.round, flow = EXCLUDED.flow, code_ms = EXCLUDED.code_ms
			WHERE run_steps.status IN ('running', 'waiting', 'canceled'))
		SELECT id, signals FROM held`,
		[]any{
			runs.id, runs.lease, runs.status, runs.response, runs.problem, runs.wake, runs.signals, runs.at,
			steps.run, steps.path, steps.position, steps.name, steps.kind, steps.status, steps.input, steps.output, steps.problem, steps.attempts, steps.wake, steps.again, steps.started, steps.finished, steps.account, steps.app, steps.stored, steps.pause, steps.round, steps.flow, steps.code,
		},
		[]any{&id, &signals}, func() { told[id] = signals })
	if err != nil {
		return fmt.Errorf("write runs: %w", err)
	}
	for _, x := range all {
		if n, ok := told[x.r.ID]; ok {
			held[x.r.ID] = true
			if x.standing != nil {
				x.r.Signals = n
			}
		}
	}
	return nil
}

// runParts are writes, column by column.
type runParts struct {
	id, lease                 []string
	status, response, problem []*string
	wake                      []*time.Time // of one that is left to itself
	signals                   []int32
	at                        []time.Time
}

func newRunParts(all []*write) *runParts {
	p := &runParts{}
	for _, x := range all {
		var status, problem *string
		var wake *time.Time
		if left := x.standing; left != nil {
			s := string(left.status)
			status = &s
			if left.status == Waiting || left.status == Running {
				wake = &left.wake
			}
			if left.problem != nil {
				problem = encode(left.problem)
			}
		}
		var response *string
		if x.answer != nil {
			response = encode(x.answer)
		}
		p.id, p.lease, p.status, p.response, p.problem = append(p.id, x.r.ID), append(p.lease, x.r.LeaseID), append(p.status, status), append(p.response, response), append(p.problem, problem)
		p.wake, p.signals, p.at = append(p.wake, wake), append(p.signals, int32(x.r.Signals)), append(p.at, x.now) //nolint:gosec // a count of what people and runs did
	}
	return p
}

// stepParts are the steps of writes, column by column.
type stepParts struct {
	run, path, name, kind, status  []string
	input, output, stored, problem []*string
	pause                          []string
	account, app, flow             []*string
	position, attempts, round      []int32
	code                           []int64 // ms
	wake, finished                 []*time.Time
	again                          []bool
	started                        []time.Time
}

func newStepParts(all []*write) *stepParts {
	p := &stepParts{}
	for _, x := range all {
		for i := range x.rows {
			s := &x.rows[i]
			var problem, stored *string
			if s.Error != nil {
				problem = encode(s.Error)
			}
			if s.Stored != nil {
				stored = encode(s.Stored)
			}
			p.run, p.path, p.name, p.kind, p.status = append(p.run, s.RunID), append(p.path, s.Path), append(p.name, s.Name), append(p.kind, s.Type), append(p.status, string(s.Status))
			p.input, p.output, p.stored, p.problem = append(p.input, s.Input), append(p.output, s.Output), append(p.stored, stored), append(p.problem, problem)
			p.position, p.attempts = append(p.position, int32(s.Position)), append(p.attempts, int32(s.Attempts)) //nolint:gosec // of at most 100,000
			p.account, p.app = append(p.account, s.AccountID), append(p.app, s.App)
			p.pause, p.round, p.flow = append(p.pause, s.Pause), append(p.round, int32(s.Round)), append(p.flow, s.Flow) //nolint:gosec // of at most 10,000
			p.wake, p.finished, p.again, p.started, p.code = append(p.wake, s.WakeAt), append(p.finished, s.FinishedAt), append(p.again, s.Again), append(p.started, s.StartedAt), append(p.code, s.CodeMs)
		}
	}
	return p
}
