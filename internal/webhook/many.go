package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// Emission is what a trigger emitted, with the environment that owns it.
type Emission struct {
	EnvironmentID string
	Event         *event.Event
}

// EmitMany is Emit for the triggers' events of many tenants, in one statement.
// It returns the endpoints that hear, each with its environment. A foreign key
// that carries the owner sees to it that no event reaches another's endpoint.
//
// Events of which an ordered endpoint hears are not written: they need a place
// that is given out under a lock. Their triggers are returned as left.
func EmitMany(ctx context.Context, c *pgx.Conn, es []Emission) (heard, left []Heard, err error) {
	n := len(es)
	environments, ids, subjects, users, bodies := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	hops, made := make([]int32, n), make([]time.Time, n)
	for i, e := range es {
		e.Event.ID = id.New("evt")
		environments[i], ids[i], subjects[i], users[i], bodies[i] = e.EnvironmentID, e.Event.ID, e.Event.SubjectID, e.Event.ExternalUserID, e.Event.Body
		hops[i], made[i] = int32(e.Event.Hops), e.Event.CreatedAt //nolint:gosec // at most MaxHops
	}
	// A delivery's id has the time of its event in front, as every id has, and is made here from both its ends.
	rows, err := c.Query(ctx, `WITH
		r AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::timestamptz[])
			AS r(environment_id, id, subject_id, external_user_id, body, hops, created_at)),
		s AS (SELECT DISTINCT environment_id, subject_id FROM r),
		own AS (SELECT s.environment_id, s.subject_id, w.id, w.hears_triggers, w.ordering FROM s JOIN webhook_endpoints w
			ON w.environment_id = s.environment_id AND w.level = 'trigger' AND w.subject_id = s.subject_id),
		asked AS (SELECT * FROM own UNION ALL
			SELECT s.environment_id, s.subject_id, w.id, w.hears_triggers, w.ordering FROM s JOIN webhook_endpoints w ON w.environment_id = s.environment_id AND w.level = 'project'
			WHERE NOT EXISTS (SELECT FROM own WHERE own.environment_id = s.environment_id AND own.subject_id = s.subject_id)),
		hears AS (SELECT environment_id, subject_id, id, bool_or(ordering <> 'none') OVER (PARTITION BY environment_id, subject_id) AS ordered FROM asked WHERE hears_triggers),
		e AS (INSERT INTO events (id, environment_id, type, subject_id, external_user_id, body, hops, created_at)
			SELECT id, environment_id, $8, subject_id, external_user_id, body, hops, created_at FROM r
			WHERE NOT EXISTS (SELECT FROM hears h WHERE h.environment_id = r.environment_id AND h.subject_id = r.subject_id AND h.ordered)),
		d AS (INSERT INTO deliveries (id, environment_id, event_id, endpoint_id, event_type, external_user_id, state, next_attempt_at, created_at)
			SELECT 'dlv_' || substr(r.id, 5, 14) || substr(md5(r.id || h.id), 1, 12), r.environment_id, r.id, h.id, $8, r.external_user_id, 'pending', r.created_at, r.created_at
			FROM r JOIN hears h ON h.environment_id = r.environment_id AND h.subject_id = r.subject_id AND NOT h.ordered)
		SELECT DISTINCT environment_id, CASE WHEN ordered THEN subject_id ELSE id END, ordered FROM hears`,
		environments, ids, subjects, users, bodies, hops, made, event.TriggerEmitted)
	if err != nil {
		return nil, nil, fmt.Errorf("emit events: %w", err)
	}
	var h Heard
	var ordered bool
	_, err = pgx.ForEachRow(rows, []any{&h.EnvironmentID, &h.ID, &ordered}, func() error {
		if ordered {
			left = append(left, h)
		} else {
			heard = append(heard, h)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("emit events: %w", err)
	}
	return heard, left, nil
}

// Heard is an endpoint with something new to send, or a trigger whose events are
// left to Emit, with the environment that it belongs to.
type Heard struct{ EnvironmentID, ID string }
