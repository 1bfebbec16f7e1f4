package bench

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Growth is what the same requests cost as data grows, in one run.
type Growth struct {
	Concurrency int     `json:"concurrency"`
	Curves      []Curve `json:"curves"`
}

// Curve is one kind of request.
type Curve struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"` // from little to much
	Ratio  float64 `json:"p99_ratio"`
	CPU    float64 `json:"cpu_ratio"` // of the cost in milliseconds of a core; 0 where it is unknown
}

// Point is what a request of a curve took with so much there.
type Point struct {
	Accounts int  `json:"accounts"` // each of a user of its own
	Events   int  `json:"events"`   // with a delivery of every tenth
	Rate     Rate `json:"rate"`
}

// deliveredOf is of how many events one was delivered.
const deliveredOf = 10

// levels are how much is there, one after the other: a thousand accounts and events at
// first, and at last as many as the options say.
func levels(accounts, events int) (all []Point) {
	accounts, events = max(accounts, 1000), max(events, 1000)
	for _, at := range []Point{{Accounts: 1000, Events: 1000}, {Accounts: 10_000, Events: 30_000}, {Accounts: 100_000, Events: 600_000}} {
		all = append(all, Point{Accounts: min(at.Accounts, accounts), Events: min(at.Events, events)})
	}
	return append(all, Point{Accounts: accounts, Events: events})
}

// growth asks the same again and again, as users, accounts and events become more.
func (b *bench) growth(ctx context.Context) error {
	box := b.sink.open()
	t, err := b.deploy(ctx, box.url)
	if err != nil {
		return err
	}
	box.mu.Lock()
	box.keys[t.id] = t.key
	box.mu.Unlock()
	silent, err := b.deploy(ctx, "")
	if err != nil {
		return err
	}
	project := "/v1/projects/" + b.things.project
	asks := []struct {
		name string
		do   func(at Point) job
	}{
		{"one account, by id", func(at Point) job {
			return b.read(func(n int) string { return b.ofProject("/accounts/" + accountAt(n*stride%at.Accounts)) })
		}},
		{"accounts of one user", func(at Point) job {
			return b.read(func(n int) string {
				return b.ofProject("/accounts?external_user_id=" + grownUser(n*stride%at.Accounts))
			})
		}},
		{"a page of accounts", func(Point) job { return b.read(func(int) string { return b.ofProject("/accounts?limit=50") }) }},
		{"a page of users", func(Point) job { return b.read(func(int) string { return b.ofProject("/users?limit=50") }) }},
		{"a page of events", func(Point) job { return b.read(func(int) string { return project + "/events?limit=50" }) }},
		{"a page of deliveries", func(Point) job { return b.read(func(int) string { return project + "/deliveries?limit=50" }) }},
		{"an event accepted", func(Point) job {
			return func(ctx context.Context, n int64) error {
				_, _, err := b.api.send(ctx, http.MethodPost, silent.url, "", event(n, now()))
				return err
			}
		}},
	}
	out := &Growth{Concurrency: max(b.Concurrency/8, 1), Curves: make([]Curve, len(asks))}
	b.report.Growth = out
	had := Point{}
	for _, at := range levels(b.Accounts, b.Events) {
		if err := b.grow(ctx, t, had, at); err != nil {
			return err
		}
		had = at
		for i, ask := range asks {
			out.Curves[i].Name = ask.name
			do := ask.do(at)
			closed(ctx, out.Concurrency, b.length()/5, do)
			used := b.stack.used()
			l := closed(ctx, out.Concurrency, b.length(), do)
			at.Rate = l.rate()
			at.Rate.CPU = b.stack.each(used, len(l.times))
			out.Curves[i].Points = append(out.Curves[i].Points, at)
			if err := ctx.Err(); err != nil {
				return err //nolint:wrapcheck // the caller's own
			}
		}
		b.settle(ctx)
	}
	for i := range out.Curves {
		out.Curves[i].compare()
	}
	return nil
}

// compare sets the ratios of the last point to the first.
func (c *Curve) compare() {
	first, last := c.Points[0].Rate, c.Points[len(c.Points)-1].Rate
	if first.P99 > 0 {
		c.Ratio = round(last.P99 / first.P99)
	}
	if a, z := first.CPU.whole(), last.CPU.whole(); a > 0 {
		c.CPU = round(z / a)
	}
}

// whole is what it cost in all.
func (c *CPU) whole() float64 {
	if c == nil {
		return 0
	}
	return c.Server + c.Postgres + c.Redis
}

// stride leads from one account to another that is far from it.
const stride = 7919

// read asks for an address, for each request that of its number.
func (b *bench) read(address func(n int) string) job {
	return func(ctx context.Context, n int64) error {
		_, _, err := b.api.send(ctx, http.MethodGet, b.api.base+address(int(n)), b.api.bearer, nil)
		return err
	}
}

// Ids of what is laid down are older than all that the product gives.
func accountAt(n int) string { return fmt.Sprintf("apn_00%024d", n) }
func grownUser(n int) string { return fmt.Sprintf("grown-%d", n) }

// grow lays down what is between had and to, past the API, as the product would have written
// it: a user and an account like the one that was connected, for each; and events of t, of
// which one in ten was delivered.
func (b *bench) grow(ctx context.Context, t *trigger, had, to Point) error {
	progress("growth: %d accounts, %d events", to.Accounts, to.Events)
	c, err := pgx.Connect(ctx, b.stack.pg.URL())
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	account, err := columns(ctx, c, "accounts", map[string]string{"id": "'apn_00' || to_char(g, 'FM000000000000000000000000')", "user_id": "'exu_00' || to_char(g, 'FM000000000000000000000000')"})
	if err != nil {
		return err
	}
	statements := []struct {
		sql  string
		args []any
	}{
		{"SET session_replication_role = replica; SET synchronous_commit = off", nil}, // what is written needs no check, and may be lost
		{`INSERT INTO external_users (id, environment_id, external_id, created_at, updated_at)
			SELECT 'exu_00' || to_char(g, 'FM000000000000000000000000'), a.environment_id, 'grown-' || g, now(), now() FROM accounts a, generate_series($2::int, $3::int) g WHERE a.id = $1`, []any{b.things.account, had.Accounts, to.Accounts - 1}},
		{account + ", generate_series($2::int, $3::int) g WHERE x.id = $1", []any{b.things.account, had.Accounts, to.Accounts - 1}},
		{`INSERT INTO events (id, environment_id, type, subject_id, external_user_id, body, created_at)
			SELECT 'evt_00' || to_char(g, 'FM000000000000000000000000'), w.environment_id, 'trigger.emitted', $1, '` + user + `', '{"n":' || g || '}', now() - interval '1 hour' FROM webhook_endpoints w, generate_series($2::int, $3::int) g WHERE w.subject_id = $1`, []any{t.id, had.Events, to.Events - 1}},
		{`INSERT INTO deliveries (id, environment_id, event_id, endpoint_id, event_type, external_user_id, state, attempts, next_attempt_at, last_status, created_at, finished_at)
			SELECT 'dlv_00' || to_char(g, 'FM000000000000000000000000'), w.environment_id, 'evt_00' || to_char(g, 'FM000000000000000000000000'), w.id, 'trigger.emitted', '` + user + `', 'delivered', 1, now(), 200, now() - interval '1 hour', now() - interval '1 hour'
			FROM webhook_endpoints w, generate_series($2::int, $3::int, ` + fmt.Sprint(deliveredOf) + `) g WHERE w.subject_id = $1`, []any{t.id, had.Events, to.Events - 1}},
		{"VACUUM ANALYZE external_users, accounts, events, deliveries", nil},
		{"CHECKPOINT", nil},
	}
	for _, s := range statements {
		began := now()
		if _, err := c.Exec(ctx, s.sql, s.args...); err != nil {
			return fmt.Errorf("lay down %d accounts and %d events: %w", to.Accounts, to.Events, err)
		}
		if took := time.Since(began); took > 10*time.Second {
			progress("  %s … took %.0f s", strings.Join(strings.Fields(s.sql)[:3], " "), took.Seconds())
		}
	}
	return nil
}

// columns returns a statement that copies a row x of a table, with other values in some of its columns.
func columns(ctx context.Context, c *pgx.Conn, table string, other map[string]string) (string, error) {
	rows, err := c.Query(ctx, "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum", table)
	if err != nil {
		return "", fmt.Errorf("read the columns of %s: %w", table, err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", fmt.Errorf("read the columns of %s: %w", table, err)
	}
	values := make([]string, len(names))
	for i, n := range names {
		if values[i] = other[n]; values[i] == "" {
			values[i] = "x." + n
		}
	}
	return "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + table + " x", nil
}
