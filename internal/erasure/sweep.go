package erasure

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
	atATime = 20   // erasures that one sweep looks at
	most    = 1000 // rows that go at once

	// settle is how long after its beginning an erasure looks for the last time:
	// what was under way for the user has been written down by then, or never is.
	settle = time.Hour
	// late is how much after its user was deleted something may be dated.
	late = 5 * time.Minute
	// patience is how long apps and servers are waited for.
	patience = 14 * 24 * time.Hour

	again = 10 * time.Minute
)

// Sweep goes on with users who are to be erased. Every worker process calls it on
// a ticker; that two do so at once does no harm.
func (s *Service) Sweep(ctx context.Context) error {
	var due []struct {
		ID, EnvironmentID, ProjectID, Name string
		AuditKeepDays                      int
	}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT r.id, r.environment_id, e.project_id, e.name, w.audit_keep_days FROM erasures r JOIN environments e ON e.id = r.environment_id
			JOIN projects p ON p.id = e.project_id AND p.deleted_at IS NULL JOIN workspaces w ON w.id = p.workspace_id
			WHERE r.due_at <= ? ORDER BY r.due_at LIMIT ?`, s.Now(), atATime).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("find users to erase: %w", err)
	}
	var failed []error
	for _, d := range due {
		keep := s.AuditKeep
		if d.AuditKeepDays > 0 {
			keep = time.Duration(d.AuditKeepDays) * 24 * time.Hour
		}
		if err := s.erase(ctx, tenant.NewScope(d.ProjectID, d.EnvironmentID, d.Name), d.ID, keep); err != nil {
			failed = append(failed, fmt.Errorf("erase %s: %w", d.ID, err))
		}
		if ctx.Err() != nil {
			break // the next sweep goes on
		}
	}
	return errors.Join(failed...)
}

// erase does all that can be done for one user now.
func (s *Service) erase(ctx context.Context, scope tenant.Scope, erasureID string, auditKeep time.Duration) error {
	for i := 0; i < len(inBatches); {
		more, err := s.batch(ctx, scope, erasureID, inBatches[i])
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
	return s.settled(ctx, scope, erasureID, auditKeep)
}

// batch erases rows of one table, and counts them.
func (s *Service) batch(ctx context.Context, scope tenant.Scope, erasureID string, b batch) (more bool, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		e, args, err := s.take(tx, erasureID)
		if err != nil {
			return err
		}
		if b.last {
			waiting, err := s.waiting(tx, e, args)
			if err != nil || len(waiting) > 0 && s.patient(e) || s.Now().Sub(e.CreatedAt) < settle {
				return err
			}
			if err := grants(tx, e, args); err != nil {
				return err
			}
		}
		args["most"] = most
		ids := "(SELECT id FROM " + b.table + " WHERE " + b.where + " LIMIT @most)"
		do := "DELETE FROM " + b.table + " WHERE id IN " + ids
		if b.blank != "" {
			do = "UPDATE " + b.table + " SET " + b.blank + " WHERE id IN " + ids
		}
		res := tx.Exec(do, args)
		if res.Error != nil {
			return fmt.Errorf("erase %s: %w", b.table, res.Error)
		}
		more = res.RowsAffected == most
		if res.RowsAffected == 0 {
			return nil
		}
		e.Erased[b.kind] += int(res.RowsAffected)
		return note(tx, e, "erased", e.Erased)
	})
	return more, err
}

// settled writes down what is left, and ends an erasure of which nothing is.
func (s *Service) settled(ctx context.Context, scope tenant.Scope, erasureID string, auditKeep time.Duration) error {
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		e, args, err := s.take(tx, erasureID)
		if err != nil {
			return err
		}
		waiting, err := s.waiting(tx, e, args)
		if err != nil {
			return err
		}
		stays, err := s.staying(tx, args, auditKeep)
		if err != nil {
			return err
		}
		if err := grants(tx, e, args); err != nil {
			return err
		}
		now := s.Now()
		age := now.Sub(e.CreatedAt)
		if age >= settle && len(waiting) == 0 || !s.patient(e) {
			return over(tx, e, stays, now)
		}
		if err := note(tx, e, "remains", append(waiting, stays...)); err != nil {
			return err
		}
		next := now.Add(again)
		if last := e.CreatedAt.Add(settle); len(waiting) == 0 && last.After(now) {
			next = last
		}
		return tx.Exec("UPDATE erasures SET due_at = ? WHERE id = ?", next, e.ID).Error
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func over(tx *gorm.DB, e *Erasure, remains []Rest, now time.Time) error {
	if err := note(tx, e, "remains", remains); err != nil {
		return err
	}
	return tx.Exec("UPDATE erasures SET external_user_id = NULL, due_at = NULL, finished_at = ? WHERE id = ?", now, e.ID).Error
}

// take takes an erasure that nobody is at, with what its conditions are about.
// Who has come by the user's id since then is somebody else.
func (s *Service) take(tx *gorm.DB, erasureID string) (*Erasure, map[string]any, error) {
	e, err := db.One[Erasure](tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).Where("id = ? AND due_at IS NOT NULL", erasureID), ErrNotFound)
	if err != nil {
		return nil, nil, err
	}
	until := e.CreatedAt.Add(late)
	var came []time.Time
	if err := tx.Raw("SELECT created_at FROM external_users WHERE external_id = ? AND id <> ?", *e.ExternalUserID, e.UserID).Scan(&came).Error; err != nil {
		return nil, nil, fmt.Errorf("look for a user by the same id: %w", err)
	}
	if len(came) > 0 && came[0].Before(until) {
		until = came[0].Add(-time.Microsecond)
	}
	return e, map[string]any{"user": *e.ExternalUserID, "id": e.UserID, "since": e.CreatedAt, "until": until, "patient": s.patient(e)}, nil
}

// patient reports whether apps and servers are still waited for.
func (s *Service) patient(e *Erasure) bool { return s.Now().Sub(e.CreatedAt) < patience }

// waiting is what holds an erasure up.
func (s *Service) waiting(tx *gorm.DB, e *Erasure, args map[string]any) (rest []Rest, err error) {
	until := e.CreatedAt.Add(patience)
	for _, p := range pending {
		var n int
		if err := tx.Raw(p.count, args).Scan(&n).Error; err != nil {
			return nil, fmt.Errorf("count %s: %w", p.kind, err)
		}
		if n > 0 {
			rest = append(rest, Rest{Kind: p.kind, Count: n, Until: &until, Reason: p.reason})
		}
	}
	return rest, nil
}

// staying is what is not erased at all.
func (s *Service) staying(tx *gorm.DB, args map[string]any, auditKeep time.Duration) ([]Rest, error) {
	rest := []Rest{}
	var log struct {
		N    int
		Last *time.Time
	}
	err := tx.Raw(`SELECT count(*) AS n, max(created_at) AS last FROM audit_log WHERE external_user_id = @user AND created_at <= @until
		AND workspace_id = (SELECT workspace_id FROM projects WHERE id = current_setting('app.project_id')) AND project_id = current_setting('app.project_id') AND environment = (SELECT name FROM environments WHERE id = current_setting('app.environment_id'))`, args).Scan(&log).Error
	if err != nil {
		return nil, fmt.Errorf("count audit log: %w", err)
	}
	if log.N > 0 {
		r := Rest{Kind: "audit_log", Count: log.N, Reason: "Entries of the audit log are never changed, and go by their age."}
		if auditKeep > 0 {
			until := log.Last.Add(auditKeep)
			r.Until = &until
		}
		rest = append(rest, r)
	}
	var left int
	if err := tx.Raw("SELECT count(*) FROM trigger_orphans WHERE user_id = @id AND due_at IS NULL", args).Scan(&left).Error; err != nil {
		return nil, fmt.Errorf("count what is left at apps: %w", err)
	}
	if left > 0 {
		rest = append(rest, Rest{Kind: "left_webhooks", Count: left, Reason: "Webhooks may be left at apps, which lead nowhere. They are listed without what the user filled in, until somebody takes them off the list."})
	}
	return rest, nil
}

// grants notes what became of the user's grants at their apps.
func grants(tx *gorm.DB, e *Erasure, args map[string]any) error {
	var all []Grant
	err := tx.Raw("SELECT app, status, count(*) AS count FROM revocations WHERE external_user_id = @user AND created_at <= @until GROUP BY 1, 2 ORDER BY 1, 2", args).Scan(&all).Error
	if err != nil {
		return fmt.Errorf("count grants: %w", err)
	}
	if len(all) == 0 {
		return nil // they were noted before
	}
	e.Grants = all
	return note(tx, e, "grants", all)
}

func note(tx *gorm.DB, e *Erasure, column string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", column, err)
	}
	if err := tx.Exec("UPDATE erasures SET "+column+" = ? WHERE id = ?", string(raw), e.ID).Error; err != nil {
		return fmt.Errorf("note %s: %w", column, err)
	}
	return nil
}
