package action

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Filter narrows the list of runs; empty fields do not.
type Filter struct {
	Status         Status
	ComponentKey   string
	App            string // slug
	AccountID      string
	ExternalUserID string
	CallerKind     string
	CallerID       string
	Via            Via
	From, To       *time.Time // of their making; To is not included
}

// List returns runs, newest first, without what is sealed of them.
func (s *Service) List(ctx context.Context, scope tenant.Scope, f Filter, c db.Cursor) (page *db.Page[Run], err error) {
	err = s.DB.Read(ctx, scope, func(tx *gorm.DB) error {
		q := tx.Omit("input", "value", "logs")
		for column, v := range map[string]string{
			"status": string(f.Status), "component_key": f.ComponentKey, "app": f.App, "account_id": f.AccountID, "external_user_id": f.ExternalUserID,
			"caller_kind": f.CallerKind, "caller_id": f.CallerID, "via": string(f.Via),
		} {
			if v != "" {
				q = q.Where(column+" = ?", v)
			}
		}
		if f.From != nil {
			q = q.Where("id >= ?", id.At("arun", *f.From))
		}
		if f.To != nil {
			q = q.Where("id < ?", id.At("arun", *f.To))
		}
		page, err = db.List(q, c, func(r *Run) string { return r.ID })
		return err
	})
	return page, err
}

// Get returns a run, of the user if one is named, and what the log holds of it;
// nil = nothing yet.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, runID, externalUserID string) (r *Run, rec *Record, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		r, err = one(tx, runID, externalUserID)
		return err
	})
	if err != nil || r.Logs == nil {
		return r, nil, err
	}
	rec = &Record{}
	return r, rec, s.open(ofLogs, r, r.Logs, rec)
}

func one(tx *gorm.DB, runID, externalUserID string) (*Run, error) {
	q := tx.Where("id = ?", runID)
	if externalUserID != "" {
		q = q.Where("external_user_id = ?", externalUserID)
	}
	return db.One[Run](q, ErrNoRun)
}

// Outcome returns what became of a run that is over, as its caller was or is
// told; nil where that is not kept, or not any more.
func (s *Service) Outcome(r *Run) (*Outcome, error) {
	if r.Value == nil {
		if f := r.Status.failed(); f != nil {
			at := r.CreatedAt
			if r.FinishedAt != nil {
				at = *r.FinishedAt
			}
			out := &Outcome{}
			out.fail(at, f)
			return out, nil
		}
		return nil, nil
	}
	var out struct {
		Outcome
		Value json.RawMessage // as it came, whatever the size of its numbers
	}
	if err := s.open(ofValue, r, r.Value, &out); err != nil {
		return nil, err
	}
	out.Outcome.Value = out.Value
	return &out.Outcome, nil
}

// Cancel asks for a run to stop: one that is queued never begins, one that is
// under way is cut off within seconds. A run that is over is ErrOver, unless it
// was canceled.
func (s *Service) Cancel(ctx context.Context, scope tenant.Scope, runID, externalUserID string) (r *Run, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if r, err = one(tx.Clauses(clause.Locking{Strength: "UPDATE"}), runID, externalUserID); err != nil {
			return err
		}
		now := s.Now()
		set := map[string]any{"cancel_at": now}
		switch {
		case r.Status == Canceled:
			return nil
		case r.Status.Over():
			return ErrOver
		case r.Status == Queued:
			r.Status, r.FinishedAt, r.Input = Canceled, &now, nil
			set["status"], set["finished_at"], set["input"] = Canceled, now, nil
		}
		if err := tx.Model(&Run{}).Where("id = ?", r.ID).Updates(set).Error; err != nil {
			return fmt.Errorf("cancel run: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}
