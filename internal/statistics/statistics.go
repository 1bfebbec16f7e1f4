// Package statistics counts what happened in an environment, over a day to a
// month, for those who look after it.
//
// The cost is bounded however much there is. A period is cut into few buckets;
// each is a range of ids, since ids sort by time, and is read from its end by the
// index that lists use, no further than Most rows. So the worst day of the
// busiest tenant costs as much as a month of a large one, and a bucket that was
// not read to its beginning says so: its shares are those of its latest rows.
package statistics

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Most is how many rows of a bucket are read.
const Most = 5_000

// Period is how far back it is looked, and how finely.
type Period struct{ Length, Bucket time.Duration }

// Periods by their names.
var Periods = map[string]Period{
	"24h": {24 * time.Hour, time.Hour},
	"7d":  {7 * 24 * time.Hour, 6 * time.Hour},
	"30d": {30 * 24 * time.Hour, 24 * time.Hour},
}

// Bucket counts what began in a stretch of time, by how it ended.
type Bucket struct {
	Start             time.Time
	Good, Bad, Others int
	Whole             bool // or only the latest Most are counted
}

// Class is one way to fail, of the latest failures.
type Class struct {
	Kind  string
	Code  string
	Count int
}

// Report is all of it.
type Report struct {
	Since, Until time.Time
	Series       map[string][]Bucket
	Errors       []Class
	Overdue      int // credentials that should have been renewed five minutes ago; OverdueMost at the most
	Dead         int // accounts whose users have to connect anew; the same
}

// OverdueMost ends the count of what is wrong now.
const OverdueMost = 1_000

// A series is a table, what its ids begin with, and what is good and bad of it.
type series struct{ table, prefix, good, bad, code string }

// tables by the names of their series. All of it is ours: nothing here comes from a caller.
var tables = map[string]series{
	"connects":   {"connect_sessions", "cs", "status = 'succeeded'", "status = 'failed'", "code"},
	"refreshes":  {"refresh_attempts", "rfa", "outcome = 'ok'", "outcome NOT IN ('ok', 'running', 'fenced')", "outcome"},
	"runs":       {"runs", "run", "status IN ('succeeded', 'ended_early')", "status IN ('failed', 'dead_lettered')", "coalesce(error->>'code', '')"},
	"deliveries": {"deliveries", "dlv", "state = 'delivered'", "state = 'exhausted'", "coalesce(last_error, 'HTTP ' || last_status, '')"},
}

// Service counts.
type Service struct {
	DB  *db.DB
	Now func() time.Time
}

// Of counts a period that ends now. Its last bucket is the present one.
func (s *Service) Of(ctx context.Context, scope tenant.Scope, p Period) (*Report, error) {
	now := s.Now().UTC()
	end := now.Truncate(p.Bucket).Add(p.Bucket)
	r := &Report{Since: end.Add(-p.Length), Until: now, Series: map[string][]Bucket{}, Errors: []Class{}}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		for name, t := range tables {
			buckets, err := count(tx, t, r.Since, end, p.Bucket)
			if err != nil {
				return fmt.Errorf("count %s: %w", name, err)
			}
			r.Series[name] = buckets
			classes, err := classes(tx, t, r.Since)
			if err != nil {
				return fmt.Errorf("classes of %s: %w", name, err)
			}
			for _, c := range classes {
				r.Errors = append(r.Errors, Class{Kind: name, Code: c.Code, Count: c.Count})
			}
		}
		slices.SortFunc(r.Errors, func(a, b Class) int {
			if a.Count != b.Count {
				return b.Count - a.Count
			}
			return slices.Compare([]string{a.Kind, a.Code}, []string{b.Kind, b.Code})
		})
		return tx.Raw(`SELECT
			(SELECT count(*) FROM (SELECT FROM credentials WHERE next_refresh_at < ? AND NOT dead LIMIT ?) o) AS overdue,
			(SELECT count(*) FROM (SELECT FROM credentials WHERE main AND dead LIMIT ?) d) AS dead`,
			now.Add(-5*time.Minute), OverdueMost, OverdueMost).Row().Scan(&r.Overdue, &r.Dead)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// count reads each bucket from its end, no further than Most rows.
func count(tx *gorm.DB, t series, since, end time.Time, bucket time.Duration) ([]Bucket, error) {
	var out []Bucket
	var bounds []string
	for at := since; at.Before(end); at = at.Add(bucket) {
		out = append(out, Bucket{Start: at, Whole: true})
		bounds = append(bounds, id.At(t.prefix, at))
	}
	bounds = append(bounds, id.At(t.prefix, end))
	rows, err := tx.Raw(fmt.Sprintf(`SELECT b.n, c.rows, c.good, c.bad
		FROM unnest(string_to_array(?, ' '), string_to_array(?, ' ')) WITH ORDINALITY b(low, high, n)
		CROSS JOIN LATERAL (SELECT count(*) AS rows, count(*) FILTER (WHERE %s) AS good, count(*) FILTER (WHERE %s) AS bad
			FROM (SELECT * FROM %s WHERE id >= b.low AND id < b.high ORDER BY id DESC LIMIT %d) r) c`, t.good, t.bad, t.table, Most),
		strings.Join(bounds[:len(bounds)-1], " "), strings.Join(bounds[1:], " ")).Rows()
	if err != nil {
		return nil, err //nolint:wrapcheck // Of says what was counted
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n, all, good, bad int
		if err := rows.Scan(&n, &all, &good, &bad); err != nil {
			return nil, err //nolint:wrapcheck // the same
		}
		b := &out[n-1]
		b.Good, b.Bad, b.Others, b.Whole = good, bad, all-good-bad, all < Most
	}
	return out, rows.Err() //nolint:wrapcheck // the same
}

// classes counts why the latest failed.
func classes(tx *gorm.DB, t series, since time.Time) (out []Class, err error) {
	err = tx.Raw(fmt.Sprintf(`SELECT left(%s, 120) AS code, count(*) AS count FROM (SELECT * FROM %s WHERE id >= ? ORDER BY id DESC LIMIT %d) r
		WHERE %s GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5`, t.code, t.table, Most, t.bad), id.At(t.prefix, since)).Scan(&out).Error
	return out, err
}
