package rename

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

const (
	atATime = 20   // renames that one sweep looks at
	most    = 1000 // rows that are moved at once

	// settle is how long after its beginning a rename looks for the last time: what
	// was under way for the user has been written down by then, or never is.
	settle = time.Hour
	// late is how much after its user was renamed something may be dated.
	late = 5 * time.Minute

	soon  = time.Minute // after what was there is moved: most that comes late is there by then
	again = 10 * time.Minute
)

// Sweep goes on with users who were renamed. Every worker process calls it on a
// ticker; that two do so at once does no harm.
func (s *Service) Sweep(ctx context.Context) error {
	var due []struct{ ID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT r.id, r.environment_id, e.project_id, e.name FROM user_renames r JOIN environments e ON e.id = r.environment_id
			JOIN projects p ON p.id = e.project_id AND p.deleted_at IS NULL WHERE r.due_at <= ? ORDER BY r.due_at LIMIT ?`, s.Now(), atATime).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("find renamed users: %w", err)
	}
	var failed []error
	for _, d := range due {
		if err := s.move(ctx, tenant.NewScope(d.ProjectID, d.EnvironmentID, d.Name), d.ID); err != nil {
			failed = append(failed, fmt.Errorf("go on with %s: %w", d.ID, err))
		}
		if ctx.Err() != nil {
			break // the next sweep goes on
		}
	}
	return errors.Join(failed...)
}

// move does all that can be done for one user now.
func (s *Service) move(ctx context.Context, scope tenant.Scope, renameID string) error {
	for i := 0; i < len(inBatches); {
		more, err := s.batch(ctx, scope, renameID, inBatches[i])
		if errors.Is(err, ErrNotFound) {
			return nil // another process is at it, or it is over
		}
		if err != nil {
			return err
		}
		if !more {
			i++
		}
	}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, args, err := s.take(tx, renameID)
		if err != nil {
			return err
		}
		var n int
		if err := tx.Raw("SELECT rename_usage(@from, @to, @first, @last)", args).Scan(&n).Error; err != nil {
			return fmt.Errorf("move usage: %w", err)
		}
		if err := r.count(tx, "usage", n); err != nil {
			return err
		}
		return r.settled(tx, s.Now())
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// batch moves rows of one table, and counts them.
func (s *Service) batch(ctx context.Context, scope tenant.Scope, renameID string, p place) (more bool, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, args, err := s.take(tx, renameID)
		if err != nil {
			return err
		}
		args["most"] = most
		res := tx.Exec("UPDATE "+p.table+" SET "+p.assignment()+" WHERE id IN (SELECT id FROM "+p.table+" WHERE "+p.where+" LIMIT @most)", args)
		if res.Error != nil {
			return fmt.Errorf("move %s: %w", p.table, res.Error)
		}
		more = res.RowsAffected == most
		return r.count(tx, p.kind, int(res.RowsAffected))
	})
	return more, err
}

func (r *Rename) count(tx *gorm.DB, kind string, n int) error {
	if n == 0 {
		return nil
	}
	r.Moved[kind] += n
	raw, err := json.Marshal(r.Moved)
	if err != nil {
		return fmt.Errorf("encode what was moved: %w", err)
	}
	if err := tx.Exec("UPDATE user_renames SET moved = ? WHERE id = ?", string(raw), r.ID).Error; err != nil {
		return fmt.Errorf("count what was moved: %w", err)
	}
	return nil
}

// settled notes that nothing more was found, and ends a rename of which nothing more
// can come.
func (r *Rename) settled(tx *gorm.DB, now time.Time) error {
	last := r.CreatedAt.Add(settle)
	set := map[string]any{}
	next := now.Add(again)
	if r.MovedAt == nil {
		set["moved_at"], next = now, now.Add(soon)
	}
	if last.Before(next) {
		next = last
	}
	set["due_at"] = next
	if !now.Before(last) {
		set["from_id"], set["due_at"], set["finished_at"] = nil, nil, now
	}
	if err := tx.Model(&Rename{}).Where("id = ?", r.ID).UpdateColumns(set).Error; err != nil {
		return fmt.Errorf("note how far a rename is: %w", err)
	}
	return nil
}

// take takes a rename that nobody is at, with what its conditions are about. Who has
// come by the former id since then is somebody else.
func (s *Service) take(tx *gorm.DB, renameID string) (*Rename, map[string]any, error) {
	r, err := db.One[Rename](tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).Where("id = ? AND due_at IS NOT NULL", renameID), ErrNotFound)
	if err != nil {
		return nil, nil, err
	}
	until, lastDay := r.CreatedAt.Add(late), r.CreatedAt.Add(late)
	var came *time.Time // the first who has the id since, or had it
	err = tx.Raw(`SELECT min(at) FROM (SELECT created_at AS at FROM external_users WHERE external_id = ? AND id <> ?
		UNION ALL SELECT came_at FROM user_renames WHERE from_hash = ? AND user_id <> ? AND came_at > ?) u`, *r.FromID, r.UserID, r.FromHash, r.UserID, r.CreatedAt).Row().Scan(&came)
	if err != nil {
		return nil, nil, fmt.Errorf("look for a user by the same id: %w", err)
	}
	if came != nil {
		if came.Before(until) {
			until = came.Add(-time.Microsecond)
		}
		if day := came.AddDate(0, 0, -1); day.Before(lastDay) {
			lastDay = day // their first day is counted as theirs
		}
	}
	return r, map[string]any{
		"from": *r.FromID, "to": r.ToID, "id": r.UserID, "since": r.Since, "until": until,
		"first": r.Since.UTC().Format(time.DateOnly), "last": lastDay.UTC().Format(time.DateOnly),
	}, nil
}
