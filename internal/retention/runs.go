package retention

import (
	"context"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
)

// answered is how long the response of a run that is not to be kept stays for a
// caller who waits for it.
const answered = 2 * time.Minute

const unlessBlocks = " AND NOT EXISTS (SELECT FROM run_places p WHERE p.id = r.id)"

// owner is an environment with what its project wants to be kept of its runs.
type owner struct {
	ID        string
	ProjectID string
	KeepDays  int
	KeepMB    int
	EventDays int
	LogDays   int
}

// SweepRuns lets go of runs that are over and too old, or too much, for their
// project, and of what else it keeps for less time than the installation does. A run that is not over stays, and so does one that holds a queue up.
// Every worker process calls it on a ticker; that two do so at once does no harm.
func (s *Service) SweepRuns(ctx context.Context) error {
	if !s.runs.TryLock() {
		return nil
	}
	defer s.runs.Unlock()
	now := s.Now()
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Exec(`UPDATE runs SET response = NULL WHERE id IN (SELECT id FROM runs
			WHERE store <> '' AND response IS NOT NULL AND finished_at < ? AND (store = 'none' OR status NOT IN ('failed', 'dead_lettered')) LIMIT ? FOR UPDATE SKIP LOCKED)`,
			now.Add(-answered), most).Error
	})
	if err != nil {
		return fmt.Errorf("forget responses: %w", err)
	}
	if now.Before(s.nextRuns) {
		return nil
	}
	const group = 100 // environments that are looked at in one sweep
	var owners []owner
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT e.id, e.project_id, p.run_keep_days AS keep_days, p.run_keep_mb AS keep_mb, p.event_keep_days AS event_days, p.log_keep_days AS log_days FROM environments e JOIN projects p ON p.id = e.project_id
			WHERE e.id > ? ORDER BY e.id LIMIT ?`, s.afterOwner, group).Scan(&owners).Error
	})
	if err != nil {
		return fmt.Errorf("find environments: %w", err)
	}
	for _, o := range owners {
		whole, err := s.old(ctx, o, now)
		if err == nil && whole && o.KeepMB > 0 {
			whole, err = s.large(ctx, o)
		}
		if err == nil && whole {
			whole, err = s.shorter(ctx, o, now)
		}
		if err != nil || !whole {
			return err // the next sweep goes on here
		}
		s.afterOwner = o.ID
	}
	if len(owners) < group {
		s.afterOwner, s.nextRuns = "", now.Add(every)
	}
	return nil
}

// old deletes runs that ended too long ago, up to a number, and reports whether
// those were all.
func (s *Service) old(ctx context.Context, o owner, now time.Time) (whole bool, err error) {
	keep := s.KeepRuns
	if o.KeepDays > 0 {
		keep = time.Duration(o.KeepDays) * day
	}
	if keep <= 0 {
		return true, nil
	}
	before := now.Add(-keep)
	return s.let(ctx, "r.environment_id = ? AND r.id < ? AND r.finished_at < ?"+unlessBlocks, o.ID, id.At("run", before.Add(drift)), before)
}

// large deletes the oldest runs of a project that has more than it wants, both
// environments together.
func (s *Service) large(ctx context.Context, o owner) (whole bool, err error) {
	var from string
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT id FROM (
				SELECT r.id, sum(200 + pg_column_size(r.input) + coalesce(pg_column_size(r.response), 0) + coalesce((SELECT
					sum(200 + coalesce(pg_column_size(s.input), 0) + coalesce(pg_column_size(s.output), 0) + coalesce((s.stored->>'size')::bigint, 0)) FROM run_steps s WHERE s.run_id = r.id), 0)) OVER (ORDER BY r.id DESC) AS size
				FROM runs r WHERE r.environment_id IN (SELECT id FROM environments WHERE project_id = ?)) x
			WHERE size > ? ORDER BY id DESC LIMIT 1`, o.ProjectID, int64(min(o.KeepMB, math.MaxInt32))<<20).Scan(&from).Error
	})
	if err != nil {
		return false, fmt.Errorf("measure runs: %w", err)
	}
	if from == "" {
		return true, nil
	}
	return s.let(ctx, "r.environment_id IN (SELECT id FROM environments WHERE project_id = ?) AND r.id <= ? AND r.finished_at IS NOT NULL"+unlessBlocks, o.ProjectID, from)
}

// let deletes runs that a condition takes, with their steps.
func (s *Service) let(ctx context.Context, where string, args ...any) (whole bool, err error) {
	var res *gorm.DB
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		res = tx.Exec("DELETE FROM runs WHERE id IN (SELECT r.id FROM runs r WHERE "+where+" ORDER BY r.id LIMIT ? FOR UPDATE SKIP LOCKED)", append(args, most)...)
		return res.Error
	})
	if err != nil {
		return false, fmt.Errorf("delete runs: %w", err)
	}
	return res.RowsAffected < most, nil
}
