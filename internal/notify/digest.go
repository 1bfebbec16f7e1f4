package notify

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
)

// next returns when a digest is due after a time, or nil for none. A time that
// the clocks leave out on that day is the next that there is.
func (d *Digest) next(after time.Time, z *time.Location) *time.Time {
	if d.Every != "daily" && d.Every != "weekly" {
		return nil
	}
	at, err := time.Parse("15:04", d.At)
	if err != nil {
		return nil
	}
	local := after.In(z)
	for i := range 9 {
		due := time.Date(local.Year(), local.Month(), local.Day()+i, at.Hour(), at.Minute(), 0, 0, z)
		if due.After(after) && (d.Every == "daily" || int(due.Weekday()) == slices.Index(days, d.Day)) {
			due = due.UTC()
			return &due
		}
	}
	return nil
}

// before returns when the period began that a digest at a time sums up, if it is
// a route's first. A day is one of its time zone, whatever the clocks do on it.
func (d *Digest) before(due time.Time, z *time.Location) time.Time {
	n := 1
	if d.Every == "weekly" {
		n = 7
	}
	return due.In(z).AddDate(0, 0, -n).UTC()
}

// totals are what a digest tells of: what ended in its period, each once and in
// the period in which it did, however long it took. What began and goes on is
// the next one's.
type totals struct {
	Runs, Failed, Users, Delivered, Exhausted int

	Top struct {
		Error string
		Count int
	} `gorm:"-"` // of failed runs, the most frequent cause
}

func count(tx *gorm.DB, from, to time.Time) (t totals, err error) {
	err = tx.Raw(`SELECT
		(SELECT count(*) FROM runs WHERE finished_at >= @from AND finished_at < @to) AS runs,
		(SELECT count(*) FROM runs WHERE finished_at >= @from AND finished_at < @to AND status = 'failed') AS failed,
		(SELECT count(*) FROM external_users WHERE created_at >= @from AND created_at < @to) AS users,
		(SELECT count(*) FROM deliveries WHERE finished_at >= @from AND finished_at < @to AND state = 'delivered') AS delivered,
		(SELECT count(*) FROM deliveries WHERE finished_at >= @from AND finished_at < @to AND state = 'exhausted') AS exhausted`,
		map[string]any{"from": from, "to": to}).Scan(&t).Error
	if err != nil {
		return t, fmt.Errorf("count for digest: %w", err)
	}
	err = tx.Raw(`SELECT workflow_name || ': ' || COALESCE(error::jsonb ->> 'message', error::jsonb ->> 'code', '') AS error, count(*) AS count
		FROM runs WHERE finished_at >= ? AND finished_at < ? AND status = 'failed' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1`, from, to).Scan(&t.Top).Error
	if err != nil {
		return t, fmt.Errorf("count for digest: %w", err)
	}
	return t, nil
}

// digest is the message that sums a period up, or nil when there is nothing to
// sum up and nobody wants to hear of that.
func (s *Service) digest(tx *gorm.DB, w *where, r *Route, n *Notice, now time.Time) (*Message, error) {
	from, to := *n.PeriodFrom, *n.PeriodTo
	t, err := count(tx, from, to)
	if err != nil {
		return nil, err
	}
	if t.Runs+t.Users+t.Delivered+t.Exhausted == 0 && !r.Digest.Empty {
		return nil, settle(tx, []string{n.ID}, Empty, nil, now)
	}
	return w.ofTotals(r, &t, from, to), nil
}

func (w *where) ofTotals(r *Route, t *totals, from, to time.Time) *Message {
	const at = "Mon 2 Jan, 15:04"
	z := zone(r.TimeZone)
	m := &Message{
		Kind: kindDigest, Title: "Digest", Severity: event.Info, Link: w.link(""), Runbook: w.runbook(r.RunbookURL, "DIGEST"),
		ProjectID: w.projectID, Project: clean(w.project), Environment: w.environment, At: to.UTC(),
		Text: from.In(z).Format(at) + " – " + to.In(z).Format(at+" MST"),
	}
	for _, f := range []struct {
		name string
		n    int
	}{{"Runs", t.Runs}, {"Failed runs", t.Failed}, {"New users", t.Users}, {"Deliveries", t.Delivered}, {"Deliveries given up", t.Exhausted}} {
		m.Fields = append(m.Fields, Field{f.name, strconv.Itoa(f.n)})
	}
	if t.Top.Count > 0 {
		m.Fields = append(m.Fields, Field{"Top error", fmt.Sprintf("%s (×%d)", clean(t.Top.Error), t.Top.Count)})
	}
	return m
}
