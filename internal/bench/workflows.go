package bench

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
)

// Workflows is how fast the engine goes through runs that wait for it, and what
// they cost. They are laid down in the database, so that nothing else is measured.
type Workflows struct {
	Steps   []Walked `json:"steps"`
	Start   Lag      `json:"start"`    // from acceptance to the begin of the first step, at 100 calls a second
	ForEach float64  `json:"for_each"` // milliseconds for 1,000 items of one step each
	Waiting Waiting  `json:"waiting"`
}

// Walked is how workflows of some steps went, none of which is code.
type Walked struct {
	Steps     int     `json:"steps"`
	Runs      int     `json:"runs"`
	PerSecond float64 `json:"per_second"` // from the begin of the first to the end of the last
	CPU       *CPU    `json:"cpu_ms_each,omitempty"`
	WAL       float64 `json:"wal_bytes_each"` // of a run, from its claim to its end
	Rows      float64 `json:"rows_each"`      // of its steps
}

// Waiting is what runs use that wait for a day.
type Waiting struct {
	Runs   int     `json:"runs"`
	Before float64 `json:"rss_mib_before"` // with as many of them, already
	After  float64 `json:"rss_mib_after"`  // with twice as many
}

const (
	backlogRuns = 20_000
	waitingRuns = 10_000
	startPace   = 100
)

func (b *bench) workflows(ctx context.Context) error {
	c, err := pgx.Connect(ctx, b.stack.pg.URL())
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is pending
	out := &Workflows{}
	b.report.Workflows = out
	for _, n := range []int{1, 3, 5, 10} {
		w, err := b.walked(ctx, c, n)
		if err != nil {
			return err
		}
		out.Steps = append(out.Steps, *w)
	}
	if err := b.startLag(ctx, c, &out.Start); err != nil {
		return err
	}
	if out.ForEach, err = b.items(ctx, c); err != nil {
		return err
	}
	return b.waiting(ctx, c, &out.Waiting)
}

// plain is a workflow of n steps that decide something.
func (b *bench) plain(ctx context.Context, n int) (workflowID, address string, err error) {
	steps := make([]any, n)
	for i := range steps {
		steps[i] = map[string]any{"name": fmt.Sprintf("check_%d", i), "type": "filter", "if": "{{ trigger.body.n >= 0 }}", "reason": "never"}
	}
	return b.define(ctx, steps)
}

// lay makes queued runs of a workflow.
func (b *bench) lay(ctx context.Context, c *pgx.Conn, workflowID, input string, n int) error {
	_, err := c.Exec(ctx, `INSERT INTO runs (id, environment_id, workflow_id, workflow_name, version, status, input, lease_until, created_at)
		SELECT 'run_' || substr(md5($1 || n), 1, 26), e.id, $1, 'Bench', 1, 'queued', $2, now(), now() FROM environments e, generate_series(1, $3) n WHERE e.project_id = $4 AND e.name = $5`,
		workflowID, input, n, b.things.project, environment)
	if err != nil {
		return fmt.Errorf("lay runs down: %w", err)
	}
	return nil
}

// until waits for n runs of a workflow to stand so.
func (b *bench) until(ctx context.Context, c *pgx.Conn, workflowID, status string, n int) error {
	for end := now().Add(2 * time.Minute); ; {
		var got int
		if err := c.QueryRow(ctx, "SELECT count(*) FROM runs WHERE workflow_id = $1 AND status = $2", workflowID, status).Scan(&got); err != nil {
			return fmt.Errorf("count runs: %w", err)
		}
		if got >= n {
			return nil
		}
		if now().After(end) {
			return fmt.Errorf("%d of %d runs are %s after two minutes", got, n, status)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (b *bench) walked(ctx context.Context, c *pgx.Conn, steps int) (*Walked, error) {
	id, _, err := b.plain(ctx, steps)
	if err != nil {
		return nil, err
	}
	if err := b.lay(ctx, c, id, `{"body":{"n":1}}`, backlogRuns); err != nil {
		return nil, err
	}
	before, err := b.stack.wal(ctx)
	if err != nil {
		return nil, err
	}
	used := b.stack.used()
	if err := b.until(ctx, c, id, "succeeded", backlogRuns); err != nil {
		return nil, err
	}
	b.settle(ctx)
	w := &Walked{Steps: steps, Runs: backlogRuns, CPU: b.stack.each(used, backlogRuns)}
	after, err := b.stack.wal(ctx)
	if err != nil {
		return nil, err
	}
	w.WAL = round(float64(after-before) / backlogRuns)
	var seconds float64
	var rows int
	err = c.QueryRow(ctx, `SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8, (SELECT count(*) FROM run_steps s JOIN runs r ON r.id = s.run_id WHERE r.workflow_id = $1)
		FROM runs WHERE workflow_id = $1`, id).Scan(&seconds, &rows)
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	w.PerSecond, w.Rows = round(backlogRuns/seconds), round(float64(rows)/backlogRuns)
	return w, nil
}

func (b *bench) startLag(ctx context.Context, c *pgx.Conn, lag *Lag) error {
	id, address, err := b.plain(ctx, 1)
	if err != nil {
		return err
	}
	l := paced(ctx, startPace, b.length(), func(ctx context.Context, n int64) error {
		_, _, err := b.api.send(ctx, http.MethodPost, address, "", event(n, now()))
		return err
	})
	lag.Errors = l.fails
	if err := b.until(ctx, c, id, "succeeded", len(l.times)); err != nil {
		return err
	}
	err = c.QueryRow(ctx, `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY d), percentile_cont(0.99) WITHIN GROUP (ORDER BY d)
		FROM (SELECT extract(epoch FROM s.started_at - r.created_at)::float8 * 1000 AS d FROM runs r JOIN run_steps s ON s.run_id = r.id WHERE r.workflow_id = $1) x`, id).Scan(&lag.P50, &lag.P99)
	if err != nil {
		return fmt.Errorf("read runs: %w", err)
	}
	lag.P50, lag.P99 = round(lag.P50), round(lag.P99)
	return nil
}

// items is how long a for_each of 1,000 items takes.
func (b *bench) items(ctx context.Context, c *pgx.Conn) (ms float64, err error) {
	id, _, err := b.define(ctx, []any{map[string]any{
		"name": "each", "type": "for_each", "items": "{{ 1..1000 }}", "concurrency": 10,
		"steps": []any{map[string]any{"name": "check", "type": "filter", "if": "{{ item > 0 }}"}},
	}})
	if err != nil {
		return 0, err
	}
	if err := b.lay(ctx, c, id, `{}`, 10); err != nil {
		return 0, err
	}
	if err := b.until(ctx, c, id, "succeeded", 10); err != nil {
		return 0, err
	}
	err = c.QueryRow(ctx, "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at)::float8) * 1000 FROM runs WHERE workflow_id = $1", id).Scan(&ms)
	if err != nil {
		return 0, fmt.Errorf("read runs: %w", err)
	}
	return round(ms), nil
}

func (b *bench) waiting(ctx context.Context, c *pgx.Conn, out *Waiting) error {
	out.Runs = waitingRuns
	for _, rss := range []*float64{&out.Before, &out.After} {
		id, _, err := b.define(ctx, []any{map[string]any{"name": "wait", "type": "delay", "for": "1d"}})
		if err != nil {
			return err
		}
		if err := b.lay(ctx, c, id, `{}`, waitingRuns); err != nil {
			return err
		}
		if err := b.until(ctx, c, id, "waiting", waitingRuns); err != nil {
			return err
		}
		b.settle(ctx)
		*rss = b.stack.rss()
	}
	return nil
}
