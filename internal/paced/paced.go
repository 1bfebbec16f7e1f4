// Package paced works off what was chosen in bulk, in order and at a rate. A job is
// a row whose cursor moves in the transaction that does what it passes: a worker that
// dies leaves nothing half done, and what is behind the cursor is never done again.
package paced

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

const (
	// MaxRate is how fast the fastest job is, a second.
	MaxRate = 1000
	// MaxRunning is how many jobs of a kind an environment has under way.
	MaxRunning = 20
)

// Status is where a job stands.
type Status string

// running <-> paused -> finished or cancelled. What was begun before a pause or a
// cancel goes on.
const (
	Running   Status = "running"
	Paused    Status = "paused"
	Finished  Status = "finished"
	Cancelled Status = "cancelled"
)

// Job is what the row of every kind of job has.
type Job struct {
	ID         string
	Status     Status
	Rate       int // a second
	Total      int // when it began
	Done       int // looked at
	Cursor     string
	NextAt     time.Time // when the next of them is due
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// Paced makes a row that embeds a job one.
func (j *Job) Paced() *Job { return j }

// From is when the next of a job is due, at the earliest now.
func (j *Job) From(now time.Time) time.Time {
	if j.NextAt.Before(now) {
		return now
	}
	return j.NextAt
}

// Gap is how far two of a job are apart.
func (j *Job) Gap() time.Duration { return time.Second / time.Duration(j.Rate) }

// pass moves the cursor behind n more, the last of which is named. When there were
// fewer than a second's worth, the job is over.
func (j *Job) pass(n int, last string, now time.Time) {
	if n > 0 {
		j.Cursor = last
	}
	j.Done, j.NextAt = j.Done+n, j.From(now).Add(time.Duration(n)*j.Gap())
	if n < j.Rate {
		j.Status, j.FinishedAt = Finished, &now
	}
}

// Kind is what all jobs of one kind have in common.
type Kind struct {
	Table                    string
	Task                     string        // by which workers are nudged
	Rate                     int           // a second, unless somebody says another
	Ahead                    time.Duration // how long before its time something is begun
	Counts                   []string      // the fields in which a step counts
	Missing, Over, Many, Bad error         // no such job; it is over; too many; no such rate
	Paused, Resumed, Ended   string        // what the audit log calls these
}

// Jobs starts jobs of a kind, shows them, and works them off.
type Jobs[R any, P interface {
	*R
	Paced() *Job
}] struct {
	*Kind
	DB    *db.DB
	Queue *queue.Client
	Now   func() time.Time
}

// Start begins a job with an id and a rate (0 = its kind's), for what count finds.
func (k Jobs[R, P]) Start(ctx context.Context, scope tenant.Scope, r P, jobID string, rate int, count func(tx *gorm.DB, at time.Time) (int, error), entry func() audit.Entry) error {
	if rate == 0 {
		rate = k.Rate
	}
	if rate < 1 || rate > MaxRate {
		return k.Bad
	}
	now := k.Now()
	j := r.Paced()
	*j = Job{ID: jobID, Status: Running, Rate: rate, NextAt: now, CreatedAt: now}
	err := k.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		var running int64
		if err := tx.Table(k.Table).Where("finished_at IS NULL").Count(&running).Error; err != nil {
			return fmt.Errorf("count %s: %w", k.Table, err)
		}
		if running >= MaxRunning {
			return k.Many
		}
		if j.Total, err = count(tx, now); err != nil {
			return err
		}
		if err := tx.Create(r).Error; err != nil {
			return fmt.Errorf("insert into %s: %w", k.Table, err)
		}
		return audit.Record(tx, now, entry())
	})
	if err != nil {
		return err
	}
	k.Queue.Nudge(ctx, k.Task, scope, jobID)
	return nil
}

// Get returns a job.
func (k Jobs[R, P]) Get(ctx context.Context, scope tenant.Scope, jobID string) (r P, err error) {
	err = k.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err = db.One[R](tx.Where("id = ?", jobID), k.Missing)
		return err
	})
	return r, err
}

// List returns jobs, newest first.
func (k Jobs[R, P]) List(ctx context.Context, scope tenant.Scope, c db.Cursor) (page *db.Page[R], err error) {
	err = k.DB.In(ctx, scope, func(tx *gorm.DB) error {
		page, err = db.List(tx, c, func(r *R) string { return P(r).Paced().ID })
		return err
	})
	return page, err
}

// Pause holds a job; what was begun goes on. One that is paused stays so.
func (k Jobs[R, P]) Pause(ctx context.Context, scope tenant.Scope, jobID string) (P, error) {
	return k.turn(ctx, scope, jobID, Paused, k.Paused)
}

// Resume goes on with a paused job where it was.
func (k Jobs[R, P]) Resume(ctx context.Context, scope tenant.Scope, jobID string) (P, error) {
	r, err := k.turn(ctx, scope, jobID, Running, k.Resumed)
	if err == nil {
		k.Queue.Nudge(ctx, k.Task, scope, jobID)
	}
	return r, err
}

// Cancel ends a job for good; what was begun goes on.
func (k Jobs[R, P]) Cancel(ctx context.Context, scope tenant.Scope, jobID string) (P, error) {
	return k.turn(ctx, scope, jobID, Cancelled, k.Ended)
}

func (k Jobs[R, P]) turn(ctx context.Context, scope tenant.Scope, jobID string, to Status, action string) (r P, err error) {
	now := k.Now()
	err = k.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if r, err = db.One[R](tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", jobID), k.Missing); err != nil {
			return err
		}
		j := r.Paced()
		if j.Status == to {
			return nil
		}
		if j.FinishedAt != nil {
			return k.Over
		}
		j.Status = to
		if to == Cancelled {
			j.FinishedAt = &now
		}
		if err := tx.Model(r).Select("Status", "FinishedAt").Updates(r).Error; err != nil {
			return fmt.Errorf("update %s: %w", k.Table, err)
		}
		return audit.Record(tx, now, audit.Entry{Action: action, Subject: j.ID, Details: map[string]any{"done": j.Done, "total": j.Total}})
	})
	return r, err
}

// Step does a second's worth of a job behind its cursor, and returns how many it
// looked at, the last of them, and what is to be done after the commit.
type Step[P any] func(tx *gorm.DB, r P, now time.Time) (n int, last string, after func(), err error)

// Advance goes on with a job until nothing of it is due. Called by two workers at
// once, one does it.
func (k Jobs[R, P]) Advance(ctx context.Context, scope tenant.Scope, jobID string, step Step[P]) error {
	for ctx.Err() == nil {
		var after func()
		more := false
		err := k.DB.In(ctx, scope, func(tx *gorm.DB) error {
			after, more = nil, false
			now := k.Now()
			r, err := db.One[R](tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).
				Where("id = ? AND status = ? AND next_at <= ?", jobID, Running, now.Add(k.Ahead)), k.Missing)
			if errors.Is(err, k.Missing) {
				return nil
			}
			if err != nil {
				return err
			}
			n, last, then, err := step(tx, r, now)
			if err != nil {
				return err
			}
			j := P(r).Paced()
			j.pass(n, last, now)
			fields := append([]string{"Cursor", "Done", "NextAt", "Status", "FinishedAt"}, k.Counts...)
			if err := tx.Model(r).Select(fields).Updates(r).Error; err != nil {
				return fmt.Errorf("update %s: %w", k.Table, err)
			}
			after, more = then, j.Status == Running && !j.NextAt.After(now.Add(k.Ahead))
			return nil
		})
		if err != nil {
			return err
		}
		if after != nil {
			after()
		}
		if !more {
			return nil // a sweep goes on in time
		}
	}
	return nil
}

// Sweep nudges jobs of which something is due soon.
func (k Jobs[R, P]) Sweep(ctx context.Context) error {
	var due []struct{ ID, EnvironmentID, ProjectID, Name string }
	err := k.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Table(k.Table+" AS r").Select("r.id, r.environment_id, e.project_id, e.name").Joins("JOIN environments e ON e.id = r.environment_id").
			Where("r.status = ? AND r.next_at <= ?", Running, k.Now().Add(k.Ahead/2)).Order("r.next_at").Limit(500).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("sweep %s: %w", k.Table, err)
	}
	for _, r := range due {
		k.Queue.Nudge(ctx, k.Task, tenant.NewScope(r.ProjectID, r.EnvironmentID, r.Name), r.ID)
	}
	return nil
}
