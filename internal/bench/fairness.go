package bench

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Fairness is how long the events of twenty tenants take, alone and beside a
// tenant that would keep the engine busy. Ratios are of p99 to that alone, in
// one run.
type Fairness struct {
	Tenants int `json:"tenants"`
	Idle    Lag `json:"idle"`
	Tarpit  Lag `json:"tarpit"` // beside one with a great deal due at a receiver that takes five seconds to answer
	Dead    Lag `json:"dead"`   // and beside one with still more due at a receiver that refuses
	Held    int `json:"tarpit_held"`

	TarpitRatio float64 `json:"tarpit_p99_ratio"`
	DeadRatio   float64 `json:"dead_p99_ratio"`
}

// Lag is how late events arrived, in milliseconds, with so many due elsewhere.
type Lag struct {
	Backlog int     `json:"backlog"`
	Sent    int     `json:"sent"`
	Errors  int     `json:"errors"`
	Lost    int     `json:"lost"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
}

const (
	fairTenants = 20
	tarpitTakes = 5 * time.Second
)

func (b *bench) fairness(ctx context.Context) error {
	projects := make([]string, fairTenants+2)
	for i := range projects {
		var made struct{ ID string }
		if err := b.api.callAs(ctx, "", http.MethodPost, "/v1/connect/projects", map[string]any{"name": fmt.Sprintf("Tenant %d", i)}, &made); err != nil {
			return fmt.Errorf("make project: %w", err)
		}
		projects[i] = made.ID
	}
	others, slow, dead := projects[:fairTenants], projects[fairTenants], projects[fairTenants+1]
	out := &Fairness{Tenants: fairTenants}
	b.report.Fairness = out
	var now, most atomic.Int64
	tarpit, stop, err := serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		select {
		case <-time.After(tarpitTakes):
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusOK)
	}))
	if err != nil {
		return err
	}
	b.stack.later(stop)
	if out.Idle, err = b.lag(ctx, others); err != nil {
		return err
	}
	n := min(b.Backlog, 100_000)
	if err := b.pile(ctx, slow, tarpit, n); err != nil {
		return err
	}
	if out.Tarpit, err = b.lag(ctx, others); err != nil {
		return err
	}
	if err := b.pile(ctx, dead, "http://127.0.0.1:1/", b.Backlog); err != nil {
		return err
	}
	if out.Dead, err = b.lag(ctx, others); err != nil {
		return err
	}
	out.Tarpit.Backlog, out.Dead.Backlog, out.Held = n, n+b.Backlog, int(most.Load())
	if out.Idle.P99 > 0 {
		out.TarpitRatio, out.DeadRatio = round(out.Tarpit.P99/out.Idle.P99), round(out.Dead.P99/out.Idle.P99)
	}
	return nil
}

// lag sends events of each tenant in turn and measures how late they arrive.
func (b *bench) lag(ctx context.Context, projects []string) (Lag, error) {
	box := b.sink.open()
	triggers := make([]*trigger, len(projects))
	for i, p := range projects {
		t, err := b.deployIn(ctx, p, box.url)
		if err != nil {
			return Lag{}, err
		}
		triggers[i], box.keys[t.id] = t, t.key // nothing arrives yet, so no lock
	}
	l := paced(ctx, pace, b.length(), func(ctx context.Context, n int64) error {
		_, _, err := b.api.send(ctx, http.MethodPost, triggers[n%int64(len(triggers))].url, "", event(n, now()))
		return err
	})
	box.drain(ctx, len(l.times))
	box.mu.Lock()
	defer box.mu.Unlock()
	return Lag{Sent: len(l.times), Errors: l.fails, Lost: max(0, len(l.times)-len(box.seen)) + box.bad, P50: percentile(box.lags, 50), P99: percentile(box.lags, 99)}, nil
}

// pile lays down n due deliveries for one receiver of a tenant, past the API: as
// an hour's outage leaves them.
func (b *bench) pile(ctx context.Context, project, url string, n int) error {
	progress("fairness: %d deliveries for %s", n, url)
	t, err := b.deployIn(ctx, project, url)
	if err != nil {
		return err
	}
	c, err := pgx.Connect(ctx, b.stack.pg.URL())
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = c.Close(ctx) }()
	_, err = c.Exec(ctx, `WITH w AS (SELECT id, environment_id FROM webhook_endpoints WHERE subject_id = $1),
		e AS (INSERT INTO events (id, environment_id, type, subject_id, body, created_at)
			SELECT 'evt_' || right($1, 20) || to_char(g, 'FM00000000'), w.environment_id, 'trigger.emitted', $1, '{}', now() FROM w, generate_series(1, $2::int) g RETURNING id, environment_id)
		INSERT INTO deliveries (id, environment_id, event_id, endpoint_id, event_type, state, next_attempt_at, created_at)
		SELECT 'dlv_' || right(e.id, 28), e.environment_id, e.id, w.id, 'trigger.emitted', 'pending', now() - interval '1 hour', now() FROM e, w`, t.id, n)
	if err != nil {
		return fmt.Errorf("lay down a backlog: %w", err)
	}
	time.Sleep(3 * time.Second) // until sweeps have found it
	return nil
}
