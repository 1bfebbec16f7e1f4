package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Actions is what it costs to run an action that is a file: ToApp until its
// request has reached the app, which is on the same machine and answers at once;
// Answered until its outcome was read.
type Actions struct {
	ToApp    Pair `json:"to_app"`
	Answered Pair `json:"answered"`
}

// arrivals knows when calls of the bench's own reached the app.
type arrivals struct{ at sync.Map } // by the text that was searched for: time.Time

const searched = "bench-"

// note answers a search of the bench's own, and a look of a polling trigger, and
// reports whether the request was one.
func (a *arrivals) note(w http.ResponseWriter, r *http.Request) bool {
	came := now()
	if r.URL.Path != "/api/contacts" || r.Method != http.MethodGet {
		return false
	}
	q := r.URL.Query()
	answer := `{"data":[],"next_cursor":null}`
	switch {
	case strings.HasPrefix(q.Get("q"), searched):
		a.at.Store(q.Get("q"), came)
	case q.Get("limit") == "100":
		answer = `{"data":[{"id":"con_2","name":"Grace","created_at":"2026-01-02T03:04:06Z"},{"id":"con_1","name":"Ada","created_at":"2026-01-02T03:04:05Z"}],"next_cursor":null}`
	default:
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(answer))
	return true
}

func (b *bench) actions(ctx context.Context) error {
	var serial atomic.Int64
	measure := func(workers int, length time.Duration) (answered, toApp load) {
		var mu sync.Mutex
		answered = closed(ctx, workers, length, func(ctx context.Context, _ int64) error {
			text := searched + strconv.FormatInt(serial.Add(1), 10)
			body, err := json.Marshal(map[string]any{
				"id": "acme-crm-key-list-contacts", "external_user_id": user,
				"configured_props": map[string]any{"acme_crm_key": map[string]any{"authProvisionId": b.things.account}, "q": text, "limit": 1},
			})
			if err != nil {
				return fmt.Errorf("encode run: %w", err)
			}
			sent := now()
			answer, _, err := b.api.send(ctx, http.MethodPost, b.api.base+b.ofProject("/actions/run"), b.api.bearer, body)
			if err != nil {
				return err
			}
			came, ok := b.stack.arrived.at.LoadAndDelete(text)
			if !ok || strings.Contains(string(answer), `"error"`) {
				return fmt.Errorf("the action has not done what it was to do: %s", answer)
			}
			mu.Lock()
			defer mu.Unlock()
			toApp.times = append(toApp.times, came.(time.Time).Sub(sent)) //nolint:forcetypeassert // nothing else is stored
			return nil
		})
		toApp.took, toApp.fails = answered.took, answered.fails
		return answered, toApp
	}
	_, _ = measure(b.Concurrency, b.length()/5) // to warm up
	var answered, toApp [2]load
	answered[0], toApp[0] = measure(1, b.length()/2)
	before := b.stack.used()
	answered[1], toApp[1] = measure(b.Concurrency, b.length())
	b.settle(ctx)
	var spent usage
	spent.add(before, b.stack.used())
	out := &Actions{ToApp: pair(&toApp), Answered: pair(&answered)}
	out.Answered.Full.CPU = spent.each(out.Answered.Full.Requests)
	b.report.Actions = out
	return nil
}

// Polling is how late triggers look for what is new at an app that answers at
// once, each of them once a minute.
type Polling struct {
	Triggers int     `json:"triggers"`
	Looked   int     `json:"looked"` // in the first minute, of those that were to
	Missed   int     `json:"missed"`
	P50      float64 `json:"late_p50_ms"`
	P99      float64 `json:"late_p99_ms"`
	CPU      *CPU    `json:"cpu_ms_each,omitempty"`
}

const (
	polled   = 10_000
	pollTime = time.Minute
	pollLead = 5 * time.Second // until the first is due
	pollLast = 5 * time.Second // before the minute's end, after which none is counted
)

// polling deploys one trigger and lays down as many more like it as there are to
// be, past the API, due one after another over a minute. Each is looked at once:
// of a second look the moment that it was due is not known.
func (b *bench) polling(ctx context.Context) error {
	var deployed struct{ Data struct{ ID string } }
	err := b.api.call(ctx, http.MethodPost, b.ofProject("/triggers/deploy"), map[string]any{
		"id": "acme-crm-key-new-contact", "external_user_id": user, "emit_on_deploy": false,
		"configured_props": map[string]any{"acme_crm_key": map[string]any{"authProvisionId": b.things.account}, "timer": map[string]any{"intervalSeconds": 60}},
	}, &deployed)
	if err != nil {
		return fmt.Errorf("deploy trigger: %w", err)
	}
	c, err := pgx.Connect(ctx, b.stack.pg.URL())
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	began := now().Add(pollLead)
	args := pgx.NamedArgs{"n": polled, "id": deployed.Data.ID, "began": began, "every": pollTime / polled, "last": began.Add(pollTime - pollLast), "again": 2 * int(pollTime/time.Second)}
	for _, sql := range []string{
		`INSERT INTO triggers SELECT (jsonb_populate_record(t, jsonb_build_object('id', 'dc_bench' || to_char(g, 'FM000000000000000000000')))).*
			FROM triggers t, generate_series(1, @n::int) g WHERE t.id = @id`,
		`INSERT INTO trigger_sources SELECT (jsonb_populate_record(s, jsonb_build_object('id', 'dc_bench' || to_char(g, 'FM000000000000000000000'),
			'due_at', @began::timestamptz + g * @every::interval, 'looked_at', NULL, 'state', NULL, 'every', @again::int))).*
			FROM trigger_sources s, generate_series(1, @n::int) g WHERE s.id = @id`,
		`CREATE TABLE bench_due AS SELECT id, due_at FROM trigger_sources WHERE id LIKE 'dc_bench%' AND due_at <= @last`,
	} {
		if _, err := c.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("lay down triggers: %w", err)
		}
	}
	progress("polling: %d triggers for %s", polled, pollTime)
	before := b.stack.used()
	select {
	case <-ctx.Done():
		return errors.New("interrupted")
	case <-time.After(time.Until(began.Add(pollTime))):
	}
	out := &Polling{Triggers: polled}
	b.report.Polling = out
	err = c.QueryRow(ctx, `SELECT count(*) FILTER (WHERE s.looked_at IS NOT NULL), count(*) FILTER (WHERE s.looked_at IS NULL),
			COALESCE(percentile_disc(0.5) WITHIN GROUP (ORDER BY late), 0), COALESCE(percentile_disc(0.99) WITHIN GROUP (ORDER BY late), 0)
		FROM bench_due d JOIN trigger_sources s ON s.id = d.id,
			LATERAL (SELECT extract(epoch FROM COALESCE(s.looked_at, now()) - d.due_at)::float8 * 1000 AS late) l`).Scan(&out.Looked, &out.Missed, &out.P50, &out.P99)
	if err != nil {
		return fmt.Errorf("read what was looked at: %w", err)
	}
	out.P50, out.P99 = round(out.P50), round(out.P99)
	var spent usage
	spent.add(before, b.stack.used())
	out.CPU = spent.each(out.Looked)
	_, err = c.Exec(ctx, "DROP TABLE bench_due; DELETE FROM triggers WHERE id LIKE 'dc_bench%'")
	if err != nil {
		return fmt.Errorf("clear triggers away: %w", err)
	}
	return nil
}
