package chaos

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// record is all that was seen: what was sent to us, what the database has, and
// what the receivers heard. The promises are held against it and nothing else.
type record struct {
	counts
	marks

	Tries      []try
	Hears      map[string][]string // trigger -> its endpoints
	Endpoints  map[string]hearer   // by id
	Events     []event
	Deliveries []delivery
	Attempts   []attempt
	Arrivals   []arrival
	Seen       []string // what the database noted: see watchDeliveries
	words
}

// words are what our processes said, and how they ended.
type words struct {
	Falls   []string // ends of our processes that nobody had brought about
	Logs    string
	Secrets []string // that must not be in the logs
}

// hearer is an endpoint, as its receiver was told of it.
type hearer struct {
	Kind string
	Keys int
}

type event struct{ ID, Trigger, Key, Body string }

type delivery struct {
	ID, EventID, EndpointID, State string
	Attempts                       int
}

type attempt struct {
	DeliveryID string
	Status     *int
	Error      *string
	StartedAt  time.Time
}

// gather ends the product and collects the record.
func (l *lab) gather(ctx context.Context) (*record, error) {
	for _, c := range append(l.servers, l.workers...) {
		c.end()
	}
	r := &record{Tries: l.tries, Hears: map[string][]string{}, Endpoints: map[string]hearer{}, counts: l.told, marks: l.marks}
	for _, t := range l.triggers {
		for _, to := range t.hears {
			to.mu.Lock()
			r.Hears[t.id] = append(r.Hears[t.id], to.endpoint)
			r.Endpoints[to.endpoint] = hearer{to.name, len(to.keys)}
			r.Arrivals = append(r.Arrivals, to.arrivals...)
			r.Secrets = append(r.Secrets, to.keys...)
			to.mu.Unlock()
		}
	}
	if err := l.listen(&r.words); err != nil {
		return nil, err
	}
	return r, l.read(ctx, func(c *pgx.Conn) (err error) {
		if err = c.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&r.Ended); err == nil {
			r.Events, err = rows[event](ctx, c, `SELECT id, subject_id, COALESCE(body::jsonb #>> '{body,key}', ''), encode(sha256(convert_to(body, 'UTF8')), 'hex')
				FROM events WHERE type = 'trigger.emitted'`)
		}
		if err == nil {
			r.Deliveries, err = rows[delivery](ctx, c, "SELECT id, event_id, endpoint_id, state, attempts FROM deliveries")
		}
		if err == nil {
			r.Attempts, err = rows[attempt](ctx, c, "SELECT delivery_id, status, error, started_at FROM attempts")
		}
		if err == nil {
			r.Seen, err = seen(ctx, c)
		}
		return err
	})
}

// listen collects what our processes said.
func (l *lab) listen(w *words) error {
	for _, c := range append(l.servers, l.workers...) {
		w.Falls = append(w.Falls, c.falls...)
		b, err := os.ReadFile(c.logFile)
		if err != nil {
			return fmt.Errorf("read log: %w", err)
		}
		w.Logs += string(b)
	}
	w.Secrets = append(w.Secrets, l.api.bearer)
	return nil
}

func seen(ctx context.Context, c *pgx.Conn) ([]string, error) {
	q, err := c.Query(ctx, "SELECT what FROM chaos_seen LIMIT 1000")
	if err != nil {
		return nil, err //nolint:wrapcheck // read says what it was
	}
	return pgx.CollectRows(q, pgx.RowTo[string]) //nolint:wrapcheck // see above
}

func rows[T any](ctx context.Context, c *pgx.Conn, query string) ([]T, error) {
	q, err := c.Query(ctx, query)
	if err != nil {
		return nil, err //nolint:wrapcheck // read says what it was
	}
	return pgx.CollectRows(q, pgx.RowToStructByPos[T]) //nolint:wrapcheck // see above
}
