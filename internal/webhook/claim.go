package webhook

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm/schema"

	"github.com/patchbay-dev/patchbay/internal/db"
)

// The statements of a turn. They are queued, and what they find is there when
// the batch was sent.

// endpointColumns are those of an Endpoint.
var endpointColumns = columns(&Endpoint{})

func columns(of any) string {
	s, err := schema.Parse(of, &sync.Map{}, schema.NamingStrategy{})
	if err != nil {
		panic(err) // a type of ours that is no table
	}
	return strings.Join(s.DBNames, ", ")
}

// lock finds an endpoint, or none: then it has no id. While its row is locked no
// other worker counts the same room.
func lock(b *db.Batch, endpointID string) *Endpoint {
	var e Endpoint
	b.Queue("SELECT "+endpointColumns+", EXISTS (SELECT FROM held_environments) AS held FROM webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE", endpointID).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[Endpoint])
		if err != nil {
			return fmt.Errorf("lock endpoint: %w", err)
		}
		if len(found) == 1 {
			e = found[0]
		}
		return nil
	})
	return &e
}

// skew is how far apart the clocks may be that stamped an event and that look
// for what is due. What was never put off is due as soon as it is there.
const skew = time.Second

// claim leases as many due deliveries of a locked endpoint as it has room for,
// most at the most, oldest first. Where no other worker has any of them, there is
// room for some ahead of those under way; holder begins the leases that are ours.
// It is a statement of its own: one that had waited for the lock would still
// count the room as it was before. The planner is told how few are wanted: of a
// limit that it cannot see it expects a tenth of all, and would read the table.
func claim(b *db.Batch, e *Endpoint, holder, lease string, most, ahead int, now time.Time, out *[]leased) error {
	width, tokens := e.room(now)
	limit := width
	if e.steady() { // it has no rate
		limit += ahead
		tokens = limit
	}
	few := max(min(most, tokens), 0)
	about := strconv.Itoa(1 << bits.Len(uint(max(few-1, 0)))) // there are few such statements to be known
	until := now.Add(e.leaseFor())
	b.Queue(`WITH
		room AS (SELECT LEAST(CASE WHEN bool_and(starts_with(lease_id, $1)) IS FALSE THEN $2::bigint ELSE $3::bigint END - count(*), $4::bigint) AS n
			FROM deliveries WHERE endpoint_id = $5 AND state = 'sending'),
		pick AS (SELECT d.id FROM room CROSS JOIN LATERAL (SELECT * FROM (
			SELECT d.id FROM deliveries d WHERE d.endpoint_id = $5 AND d.state = 'pending'
				AND d.next_attempt_at <= $6 AND (d.next_attempt_at <= $7 OR d.next_attempt_at = d.created_at)`+e.inOrder()+`
			ORDER BY d.next_attempt_at, d.id LIMIT `+about+` FOR UPDATE SKIP LOCKED) d LIMIT GREATEST(room.n, 0)) d LIMIT `+about+`),
		took AS (UPDATE deliveries d SET state = 'sending', attempts = d.attempts + 1, lease_id = $8, lease_until = $9
			FROM pick WHERE d.id = pick.id RETURNING d.id, d.event_id, d.attempts, d.forgiven, d.created_at, d.sent_as)
		SELECT t.id, t.attempts, t.forgiven, t.created_at, t.sent_as, e.id, e.type, e.subject_id, e.external_user_id, e.body, e.stored, e.secret, e.hops, e.created_at
		FROM took t CROSS JOIN LATERAL (SELECT * FROM events WHERE id = t.event_id LIMIT 1) e`,
		holder, width, limit, few, e.ID, now.Add(skew), now, lease, until).Query(func(rows pgx.Rows) error {
		var d leased
		x := &d.event
		_, err := pgx.ForEachRow(rows, []any{
			&d.ID, &d.Attempts, &d.Forgiven, &d.CreatedAt, &d.SentAs, &x.ID, &x.Type, &x.SubjectID, &x.ExternalUserID, &x.Body, &x.Stored, &x.Secret, &x.Hops, &x.CreatedAt,
		}, func() error {
			d.LeaseID, d.LeaseUntil = lease, &until
			*out = append(*out, d)
			d = leased{}
			return nil
		})
		if err != nil {
			return fmt.Errorf("claim deliveries: %w", err)
		}
		slices.SortFunc(*out, func(a, b leased) int { return strings.Compare(a.ID, b.ID) })
		return nil
	})
	if e.Rate == 0 {
		return nil
	}
	tx, err := b.Gorm()
	if err != nil || len(*out) == 0 {
		return err
	}
	return spend(tx, e, len(*out), now)
}

// giveBack makes pending again what was claimed and not begun, as if it had not been.
func giveBack(b *db.Batch, back []leased) {
	if len(back) == 0 {
		return
	}
	ids, leases := make([]string, len(back)), make([]string, len(back))
	for i := range back {
		ids[i], leases[i] = back[i].ID, back[i].LeaseID
	}
	b.Queue(`UPDATE deliveries d SET state = 'pending', attempts = d.attempts - 1, lease_id = '', lease_until = NULL
		FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r(id, lease_id, n) WHERE r.n < 1000000 AND r.n > 0 AND d.id = r.id AND d.lease_id = r.lease_id`, ids, leases)
}

// outcome is what became of one attempt.
type outcome struct {
	ID        string
	LeaseID   string
	State     State
	NextAt    *time.Time
	Status    *int
	Error     *string
	AttemptID string
	Number    int
	StartedAt time.Time
	Duration  int // milliseconds
	Excerpt   string
	Free      bool // it uses up no attempt: it was a probe that failed, or failed on our side
	Sent      heading
	Heard     heading
	Remote    string

	wish  time.Duration // the receiver's Retry-After
	probe bool          // it was to find out how the receiver is
	ours  bool          // it says nothing of the receiver
}

// heading is headers as a log keeps them.
type heading map[string]string

func (h heading) json() string {
	text, _ := json.Marshal(h) // of texts, which is never refused
	return string(text)
}

// complete writes the outcomes and an attempt for each, in one statement. A
// failure counts only under its own lease; a success counts even if the lease
// was lost meanwhile, for the receiver has the event. What was deleted
// meanwhile is passed over. Every attempt has a number: to say so lets the planner
// expect a short list and look its rows up, where it would otherwise read all of
// the environment's deliveries.
func complete(b *db.Batch, outcomes []outcome, now time.Time) {
	n := len(outcomes)
	ids, leases, states, attempts := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	excerpts, sent, heard, remotes := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	next, began := make([]*time.Time, n), make([]time.Time, n)
	statuses, numbers, durations := make([]*int, n), make([]int, n), make([]int, n)
	errs, free := make([]*string, n), make([]bool, n)
	for i := range outcomes {
		o := &outcomes[i]
		ids[i], leases[i], states[i], attempts[i], excerpts[i], remotes[i] = o.ID, o.LeaseID, string(o.State), o.AttemptID, o.Excerpt, o.Remote
		next[i], began[i], statuses[i], numbers[i], durations[i], errs[i], free[i] = o.NextAt, o.StartedAt, o.Status, o.Number, o.Duration, o.Error, o.Free
		sent[i], heard[i] = o.Sent.json(), o.Heard.json()
	}
	b.Queue(`WITH r AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::int[], $6::text[], $7::text[], $8::int[],
				$9::timestamptz[], $10::int[], $11::text[], $12::bool[], $13::text[], $14::text[], $15::text[])
			AS r(id, lease_id, state, next_at, status, error, attempt_id, number, started_at, duration_ms, excerpt, free, sent, heard, remote) WHERE r.number BETWEEN 1 AND 1000000),
		u AS (UPDATE deliveries d SET state = r.state, attempts = d.attempts - CASE WHEN r.free AND r.state = 'pending' THEN 1 ELSE 0 END, next_attempt_at = COALESCE(r.next_at, d.next_attempt_at), lease_id = '',
				lease_until = NULL, last_status = r.status, last_error = r.error,
				finished_at = CASE WHEN r.state IN ('delivered', 'exhausted') THEN $16::timestamptz END
			FROM r WHERE d.id = r.id AND (d.lease_id = r.lease_id OR r.state = 'delivered' AND d.state IN ('pending', 'sending')))
		INSERT INTO attempts (id, delivery_id, number, started_at, duration_ms, status, error, response_excerpt,
			request_headers, response_headers, remote_address)
		SELECT r.attempt_id, r.id, r.number, r.started_at, r.duration_ms, r.status, r.error, r.excerpt, r.sent::json, r.heard::json, r.remote
		FROM r CROSS JOIN LATERAL (SELECT FROM deliveries WHERE id = r.id LIMIT 1) d
		ON CONFLICT (id) DO NOTHING`, // who did not hear that it was committed comes again
		ids, leases, states, next, statuses, errs, attempts, numbers, began, durations, excerpts, free, sent, heard, remotes, now)
}
