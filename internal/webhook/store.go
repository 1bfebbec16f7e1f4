package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// What holds for an endpoint of which nothing else was said.
const (
	inFlight    = 16 // deliveries under way at once
	sendTimeout = 10 * time.Second
)

// leaseMargin is how much longer than the longest send a lease is, so that only
// a dead worker loses one.
const leaseMargin = 10 * time.Second

// lock returns an endpoint, or nil if there is none. While its row is locked no
// other worker counts the same room.
func lock(tx *gorm.DB, endpointID string) (*Endpoint, error) {
	e, err := db.One[Endpoint](tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", endpointID), ErrNoWebhook)
	if errors.Is(err, ErrNoWebhook) {
		return nil, nil
	}
	return e, err
}

// claim leases as many due deliveries of a locked endpoint as it has room for, most at the most, oldest first.
// It is a statement of its own: one that had waited for the lock would still
// count the room as it was before. The planner is told how few are wanted: of a
// limit that it cannot see it expects a tenth of all, and would read the table.
func claim(tx *gorm.DB, e *Endpoint, leaseID string, most int, now time.Time) ([]Delivery, error) {
	width, tokens := e.room(now)
	few := max(min(most, tokens, width), 0)
	var rows []Delivery
	err := tx.Raw(`WITH
		room AS (SELECT LEAST(? - count(*), ?) AS n FROM deliveries WHERE endpoint_id = ? AND state = 'sending'),
		pick AS (SELECT d.id FROM room CROSS JOIN LATERAL (SELECT * FROM (
			SELECT d.id FROM deliveries d WHERE d.endpoint_id = ? AND d.state = 'pending' AND d.next_attempt_at <= ?`+e.inOrder()+`
			ORDER BY d.next_attempt_at, d.id LIMIT `+strconv.Itoa(few)+` FOR UPDATE SKIP LOCKED) d LIMIT GREATEST(room.n, 0)) d LIMIT `+strconv.Itoa(few)+`)
		UPDATE deliveries d SET state = 'sending', attempts = d.attempts + 1, lease_id = ?, lease_until = ?
		FROM pick WHERE d.id = pick.id RETURNING d.*`,
		width, few, e.ID, e.ID, now, leaseID, now.Add(e.leaseFor())).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	if e.Rate > 0 && len(rows) > 0 {
		return rows, spend(tx, e, len(rows), now)
	}
	return rows, nil
}

// outcome is what became of one attempt. Its JSON is read by complete.
type outcome struct {
	ID        string     `json:"id"`
	LeaseID   string     `json:"lease_id"`
	State     State      `json:"state"`
	NextAt    *time.Time `json:"next_at"`
	Status    *int       `json:"status"`
	Error     *string    `json:"error"`
	AttemptID string     `json:"attempt_id"`
	Number    int        `json:"number"`
	StartedAt time.Time  `json:"started_at"`
	Duration  int        `json:"duration_ms"`
	Excerpt   string     `json:"excerpt"`
	Free      bool       `json:"free"` // it uses up no attempt: it was a probe that failed, or failed on our side
	Sent      heading    `json:"sent"`
	Heard     heading    `json:"heard"`
	Remote    string     `json:"remote"`

	wish  time.Duration // the receiver's Retry-After
	probe bool          // it was to find out how the receiver is
	ours  bool          // it says nothing of the receiver
}

// heading is headers as a log keeps them.
type heading map[string]string

// complete writes the outcomes and an attempt for each, in one statement. A
// failure counts only under its own lease; a success counts even if the lease
// was lost meanwhile, for the receiver has the event. What was deleted
// meanwhile is passed over. Every attempt has a number: to say so lets the planner
// expect a short list and look its rows up, where it would otherwise read all of
// the environment's deliveries.
func complete(tx *gorm.DB, outcomes []outcome, now time.Time) error {
	list, err := json.Marshal(outcomes)
	if err != nil {
		return fmt.Errorf("encode outcomes: %w", err)
	}
	err = tx.Exec(`WITH r AS (SELECT * FROM jsonb_to_recordset(?::jsonb) AS r(id text, lease_id text, state text, next_at timestamptz, status int,
			error text, attempt_id text, number int, started_at timestamptz, duration_ms int, excerpt text, free bool, sent json, heard json, remote text)
			WHERE r.number BETWEEN 1 AND 1000000),
		u AS (UPDATE deliveries d SET state = r.state, attempts = d.attempts - CASE WHEN r.free AND r.state = 'pending' THEN 1 ELSE 0 END, next_attempt_at = COALESCE(r.next_at, d.next_attempt_at), lease_id = '',
				lease_until = NULL, last_status = r.status, last_error = r.error,
				finished_at = CASE WHEN r.state IN ('delivered', 'exhausted') THEN ?::timestamptz END
			FROM r WHERE d.id = r.id AND (d.lease_id = r.lease_id OR r.state = 'delivered' AND d.state IN ('pending', 'sending')))
		INSERT INTO attempts (id, delivery_id, number, started_at, duration_ms, status, error, response_excerpt,
			request_headers, response_headers, remote_address)
		SELECT r.attempt_id, r.id, r.number, r.started_at, r.duration_ms, r.status, r.error, r.excerpt, r.sent, r.heard, r.remote
		FROM r JOIN deliveries d ON d.id = r.id
		ON CONFLICT (id) DO NOTHING`, // who did not hear that it was committed comes again
		string(list), now).Error
	if err != nil {
		return fmt.Errorf("complete deliveries: %w", err)
	}
	return nil
}

func eventsOf(tx *gorm.DB, deliveries []Delivery) (map[string]event.Event, error) {
	ids := make([]string, len(deliveries))
	for i, d := range deliveries {
		ids[i] = d.EventID
	}
	var rows []event.Event
	// LIMIT makes it one look-up for each: a list the planner might answer by reading all of the environment's.
	err := tx.Raw(`SELECT e.* FROM unnest(string_to_array(?, ',')) AS r(id) CROSS JOIN LATERAL (SELECT * FROM events WHERE id = r.id LIMIT 1) e`,
		strings.Join(ids, ",")).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("load events: %w", err)
	}
	byID := make(map[string]event.Event, len(rows))
	for _, e := range rows {
		byID[e.ID] = e
	}
	return byID, nil
}

// keysOf returns the keys that sign for the endpoint now, the present one
// first. The environment's key is made when it is first needed.
func keysOf(tx *gorm.DB, box *secret.Box, e *Endpoint, now time.Time) ([]secret.Text, error) {
	rows, err := signing(tx, e, now)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		if err := lockKeys(tx); err != nil {
			return nil, err
		}
		if rows, err = signing(tx, e, now); err != nil { // another may have made it while we waited
			return nil, err
		}
	}
	if len(rows) == 0 {
		made, err := newKey(tx, box, e, now)
		return []secret.Text{made}, err
	}
	keys := make([]secret.Text, len(rows))
	for i, k := range rows {
		plain, err := box.Open(k.Key, associated(k.ID))
		if err != nil {
			return nil, fmt.Errorf("open key %s: %w", k.ID, err)
		}
		keys[i] = secret.Text(plain)
	}
	return keys, nil
}

// ownKey reports whether an endpoint has keys of its own: the environment's
// webhook and those of connect tokens share the environment's.
func (e *Endpoint) ownKey() bool { return e.Level != LevelToken && !e.Main }

// keysFor narrows a query to the endpoint's keys.
func keysFor(tx *gorm.DB, e *Endpoint) *gorm.DB {
	if e.ownKey() {
		return tx.Where("endpoint_id = ?", e.ID)
	}
	return tx.Where("endpoint_id IS NULL")
}

func signing(tx *gorm.DB, e *Endpoint, now time.Time) (rows []key, err error) {
	if err := keysFor(tx, e).Where("retire_at IS NULL OR retire_at > ?", now).Order("id DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	return rows, nil
}

// lockKeys lets one transaction at a time make keys in the environment.
func lockKeys(tx *gorm.DB) error {
	err := tx.Exec("SELECT pg_advisory_xact_lock(hashtext('webhook keys ' || current_setting('app.environment_id')))").Error
	if err != nil {
		return fmt.Errorf("lock keys: %w", err)
	}
	return nil
}

// newKey makes the present key of the endpoint and retires the one before
// after the overlap.
func newKey(tx *gorm.DB, box *secret.Box, e *Endpoint, now time.Time) (secret.Text, error) {
	if err := lockKeys(tx); err != nil {
		return "", err
	}
	k := key{ID: id.New("whs"), CreatedAt: now}
	if e.ownKey() {
		k.EndpointID = &e.ID
	}
	if err := keysFor(tx, e).Model(&key{}).Where("retire_at IS NULL").Update("retire_at", now.Add(overlap)).Error; err != nil {
		return "", fmt.Errorf("retire key: %w", err)
	}
	text := secret.Text(token.Hex("", 32))
	sealed, err := box.Seal([]byte(text.Reveal()), associated(k.ID))
	if err != nil {
		return "", err
	}
	k.Key = sealed
	if err := tx.Create(&k).Error; err != nil {
		return "", fmt.Errorf("insert key: %w", err)
	}
	return text, nil
}

func projectEndpoint(tx *gorm.DB) (*Endpoint, error) {
	e, err := db.One[Endpoint](tx.Where("main"), ErrNoWebhook)
	if errors.Is(err, ErrNoWebhook) {
		return nil, nil
	}
	return e, err
}
