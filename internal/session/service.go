package session

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Service shows sessions, and ends their keeping.
type Service struct {
	DB   *db.DB
	Keep time.Duration // how long sessions are kept; 0 = for ever
	Now  func() time.Time

	swept atomic.Int64 // when nothing old was left, in Unix nanoseconds
}

// Filter narrows a list; empty fields do not.
type Filter struct {
	Status         Status
	App            string // slug
	ExternalUserID string
	Code           string
	From, To       *time.Time // of the opening; To is not included
}

func (f *Filter) of(tx *gorm.DB, now time.Time) *gorm.DB {
	for column, v := range map[string]string{"app": f.App, "external_user_id": f.ExternalUserID, "code": f.Code} {
		if v != "" {
			tx = tx.Where(column+" = ?", v)
		}
	}
	switch f.Status {
	case "":
	case Abandoned:
		tx = tx.Where("status = ? AND updated_at <= ?", Open, now.Add(-Idle))
	case Open:
		tx = tx.Where("status = ? AND updated_at > ?", Open, now.Add(-Idle))
	case Succeeded, Failed, Cancelled:
		tx = tx.Where("status = ?", f.Status)
	}
	if f.From != nil {
		tx = tx.Where("created_at >= ?", *f.From)
	}
	if f.To != nil {
		tx = tx.Where("created_at < ?", *f.To)
	}
	return tx
}

// List returns sessions, newest first.
func (s *Service) List(ctx context.Context, scope tenant.Scope, f Filter, c db.Cursor) (page *db.Page[Session], err error) {
	err = s.DB.Read(ctx, scope, func(tx *gorm.DB) error {
		page, err = db.List(f.of(tx, s.Now()), c, func(r *Session) string { return r.ID })
		return err
	})
	return page, err
}

// Get returns a session with its steps, in their order.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, sessionID string) (r *Session, steps []Step, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if r, err = db.One[Session](tx.Where("id = ?", sessionID), ErrNotFound); err != nil {
			return err
		}
		if err := tx.Where("session_id = ?", r.ID).Order("created_at, n").Find(&steps).Error; err != nil {
			return fmt.Errorf("list connect steps: %w", err)
		}
		return nil
	})
	return r, steps, err
}

// Counts are how many sessions came to each stage, and how those ended that did
// not succeed.
type Counts struct {
	Key                          string // the app or the day; "" = all, or no app was picked
	Stages                       []int  // as Stages
	Failed, Cancelled, Abandoned int
}

// Funnel is where users stop.
type Funnel struct {
	Total Counts
	Apps  []Counts // most sessions first, at most MostApps
	Days  []Counts // in UTC as 2006-01-02, oldest first; days without a session are left out
	Codes []Code   // most frequent first
}

// Code is how often sessions failed by one cause.
type Code struct {
	Code  string
	Count int
}

// MostApps bounds a funnel's list of apps.
const MostApps = 100

// Funnel counts the sessions that fit the filter.
func (s *Service) Funnel(ctx context.Context, scope tenant.Scope, f Filter) (*Funnel, error) {
	out := &Funnel{}
	now := s.Now()
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		total, err := count(f.of(tx, now), now, "''", "1", 1)
		if err != nil {
			return err
		}
		out.Total = Counts{Stages: make([]int, len(Stages))}
		if len(total) > 0 {
			out.Total = total[0]
		}
		if out.Apps, err = count(f.of(tx, now), now, "app", "2 DESC, 1", MostApps); err != nil {
			return err
		}
		if out.Days, err = count(f.of(tx, now), now, "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')", "1", 1000); err != nil {
			return err
		}
		err = f.of(tx, now).Model(&Session{}).Select("code, count(*) AS count").Where("code <> ''").Group("code").Order("2 DESC, 1").Limit(50).Find(&out.Codes).Error
		if err != nil {
			return fmt.Errorf("count codes: %w", err)
		}
		return nil
	})
	return out, err
}

// count groups by an expression of ours.
func count(q *gorm.DB, now time.Time, by, order string, most int) ([]Counts, error) {
	what := by + " AS key"
	for i := range Stages {
		what += fmt.Sprintf(", count(*) FILTER (WHERE reached >= %d)", i+1)
	}
	what += ", count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'cancelled'), count(*) FILTER (WHERE status = 'open' AND updated_at <= ?)"
	rows, err := q.Model(&Session{}).Select(what, now.Add(-Idle)).Group("key").Order(order).Limit(most).Rows()
	if err != nil {
		return nil, fmt.Errorf("count connect sessions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := []Counts{}
	for rows.Next() {
		c := Counts{Stages: make([]int, len(Stages))}
		into := []any{&c.Key}
		for i := range c.Stages {
			into = append(into, &c.Stages[i])
		}
		if err := rows.Scan(append(into, &c.Failed, &c.Cancelled, &c.Abandoned)...); err != nil {
			return nil, fmt.Errorf("count connect sessions: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}
