package run

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrRange is returned for a time that cannot be counted.
var ErrRange = fault.New(fault.Invalid, "time_range", "The runs of at most %d days are counted at once, and the range ends after it begins.", countDays)

const (
	searchThrough = 2_000 // how many runs one page of a search for a text goes through
	exportPage    = 500   // how many runs an export reads at once
	countDays     = 31    // how long a range of time is that is counted
	countMost     = 1_000_000
)

// List returns runs, newest first, without their input and response. The total
// is counted up to 10,000; more are told as 10,001. A search for a text goes
// through 2,000 runs at a time: its page may be short and still not be the last,
// and its total is the page's.
func (s *Service) List(ctx context.Context, scope tenant.Scope, f Filter, c db.Cursor) (page *db.Page[Run], err error) {
	idOf := func(r *Run) string { return r.ID }
	err = s.DB.Read(ctx, scope, func(tx *gorm.DB) error {
		q := f.quick(tx.Omit("input", "response"))
		if f.Text != "" {
			page, err = db.Search(q, c, searchThrough, f.holds, idOf)
		} else {
			page, err = db.List(q, c, idOf)
		}
		return err
	})
	return page, err
}

// Export calls put for every run of the filter, with its input, newest first. It
// reads a few at a time: what is made meanwhile is not among them.
func (s *Service) Export(ctx context.Context, scope tenant.Scope, f Filter, put func(*Run) error) error {
	for c := (db.Cursor{Limit: exportPage}); ; {
		var page *db.Page[Run]
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
			same := func(q *gorm.DB) *gorm.DB { return q }
			if f.Text != "" {
				same = f.holds
			}
			page, err = db.Search(f.quick(tx), c, searchThrough, same, func(r *Run) string { return r.ID })
			return err
		})
		if err != nil {
			return err
		}
		for i := range page.Items {
			if err := put(&page.Items[i]); err != nil {
				return err
			}
		}
		if page.End == nil {
			return nil
		}
		c.After = *page.End
	}
}

// Count is how many runs of a workflow that were made in a span of time stand where.
type Count struct {
	WorkflowID   string
	WorkflowName string // one that it had
	Start        time.Time
	Status       Status
	N            int
}

// Counts counts the runs of a filter by workflow, status and the hour, or day, in
// which they were made (UTC), in this order: of a range of 31 days at the most.
// Of more than a million the newest are counted, and whole is false.
func (s *Service) Counts(ctx context.Context, scope tenant.Scope, f Filter, span time.Duration) (counts []Count, whole bool, err error) {
	now := s.Now()
	if f.Until == nil {
		f.Until = &now
	}
	if f.Since == nil {
		since := f.Until.Add(-24 * time.Hour)
		f.Since = &since
	}
	if took := f.Until.Sub(*f.Since); took <= 0 || took > countDays*24*time.Hour {
		return nil, false, ErrRange
	}
	unit := "hour"
	if span >= 24*time.Hour {
		unit = "day"
	}
	f.Text = "" // all of a run would have to be read
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := f.Where(tx.Model(&Run{}).Select("id", "workflow_id", "workflow_name", "created_at", "status")).Order("id DESC").Limit(countMost)
		err := tx.Raw(`SELECT workflow_id, max(workflow_name) AS workflow_name, date_trunc(?, created_at, 'UTC') AS start, status, count(*) AS n
			FROM (?) r GROUP BY workflow_id, start, status ORDER BY workflow_id, start, status`, unit, q).Scan(&counts).Error
		if err != nil {
			return fmt.Errorf("count runs: %w", err)
		}
		return nil
	})
	n := 0
	for _, c := range counts {
		n += c.N
	}
	return counts, n < countMost, err
}

// runOfTrace is the id of the run whose own trace has an id; see Run.Trace.
func runOfTrace(traceID string) string { return id.OfHex("run", traceID) }
