package trigger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of orphans.
var (
	ErrNoOrphan   = fault.New(fault.NotFound, "orphan_not_found", "There is no such orphan.")
	ErrOrphanUser = fault.New(fault.NotFound, "user_gone", "The user is gone, and with them the account by which it could be ended. Remove it at the app.")
)

// Orphan is what may be left at an app of a trigger that is gone. Its address is
// gone as well, so that what comes of it leads nowhere.
type Orphan struct {
	ID              string // orp_…
	TriggerID       string
	UserID          string
	ComponentKey    string
	Version         string
	ConfiguredProps map[string]any   `gorm:"serializer:json"`
	Props           []component.Prop `gorm:"serializer:json"`
	EndpointID      string
	State           []byte // sealed
	Keys            []byte // sealed
	Unsure          bool   // there may be nothing
	Attempts        int
	Error           *string    // of the last
	DueAt           *time.Time // nil = it is not tried any more
	LeaseID         string
	LeaseUntil      time.Time
	CreatedAt       time.Time

	ExternalUserID string `gorm:"-"` // "" = the user is gone
}

// TableName maps the noun to its table.
func (Orphan) TableName() string { return "trigger_orphans" }

const (
	orphansAtOnce = 20
	tryOrphans    = 14 * 24 * time.Hour // for so long
	orphanLease   = callFor + 30*time.Second
)

// blame notes why something of a trigger that is gone may be left at the app.
func blame(tx *gorm.DB, triggerID string, failed error, now time.Time) error {
	why, next := action.FailureOf(failed).Message, now.Add(firstRetry)
	if err := tx.Exec("UPDATE trigger_orphans SET error = ?, attempts = 1, due_at = ? WHERE trigger_id = ?", why, next, triggerID).Error; err != nil {
		return fmt.Errorf("note orphan: %w", err)
	}
	return nil
}

// Orphans returns what may be left at apps, newest first.
func (s *Service) Orphans(ctx context.Context, scope tenant.Scope) (all []Orphan, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := tx.Order("created_at DESC, id DESC").Limit(1000).Find(&all).Error; err != nil {
			return fmt.Errorf("load orphans: %w", err)
		}
		for i := range all {
			if err := all[i].owned(tx); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

func (o *Orphan) owned(tx *gorm.DB) error {
	u, err := account.UserByID(tx, o.UserID)
	if errors.Is(err, account.ErrUserNotFound) {
		return nil
	}
	if err == nil {
		o.ExternalUserID = u.ExternalID
	}
	return err
}

// RetryOrphan ends at the app what is left there, now. It returns ErrNoOrphan
// when somebody else is at it, too.
func (s *Service) RetryOrphan(ctx context.Context, scope tenant.Scope, orphanID string) error {
	o, err := s.seizeOrphan(ctx, scope, orphanID, s.Now())
	if err != nil {
		return err
	}
	failed, err := s.endOrphan(context.WithoutCancel(ctx), scope, o)
	if err == nil && failed != nil {
		err = refused(failed)
	}
	return err
}

// ForgetOrphan takes an orphan off the list, and leaves at the app what is there.
func (s *Service) ForgetOrphan(ctx context.Context, scope tenant.Scope, orphanID string) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := db.Affected(tx.Where("id = ?", orphanID).Delete(&Orphan{}), ErrNoOrphan); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.OrphanForgotten, Subject: orphanID})
	})
}

// SweepOrphans ends at apps what is left there, as far as that can be done. Every
// worker process calls it on a ticker.
func (s *Service) SweepOrphans(ctx context.Context) error {
	var due []found
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		now := s.Now()
		return tx.Raw(`SELECT o.id, o.environment_id, e.project_id, e.name FROM trigger_orphans o JOIN environments e ON e.id = o.environment_id
			WHERE o.due_at <= @now AND o.lease_until <= @now ORDER BY o.due_at LIMIT @most`, map[string]any{"now": now, "most": orphansAtOnce}).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("find orphans: %w", err)
	}
	var failed []error
	for _, f := range due {
		o, err := s.seizeOrphan(ctx, f.scope(), f.ID, time.Time{})
		if errors.Is(err, ErrNoOrphan) {
			continue // another process is at it
		}
		if err == nil {
			_, err = s.endOrphan(ctx, f.scope(), o)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// seizeOrphan takes an orphan that nobody is at; before its time only if asked.
func (s *Service) seizeOrphan(ctx context.Context, scope tenant.Scope, orphanID string, asked time.Time) (o *Orphan, err error) {
	now := s.Now()
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx.Clauses(locked).Where("id = ? AND lease_until <= ?", orphanID, now)
		if asked.IsZero() {
			q = q.Where("due_at <= ?", now)
		}
		if o, err = db.One[Orphan](q, ErrNoOrphan); err != nil {
			return err
		}
		o.LeaseID, o.LeaseUntil = id.New("lease"), now.Add(orphanLease)
		if err := tx.Model(o).Select("lease_id", "lease_until").Updates(o).Error; err != nil {
			return fmt.Errorf("lease orphan: %w", err)
		}
		return o.owned(tx)
	})
	return o, err
}

// endOrphan has the component end what it began, and writes down what came of it.
func (s *Service) endOrphan(ctx context.Context, scope tenant.Scope, o *Orphan) (failed, err error) {
	failed = s.deactivateOrphan(ctx, scope, o)
	now := s.Now()
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		mine := tx.Where("id = ? AND lease_id = ?", o.ID, o.LeaseID)
		if failed == nil {
			if err := mine.Delete(&Orphan{}).Error; err != nil {
				return fmt.Errorf("forget orphan: %w", err)
			}
			return nil
		}
		why := action.FailureOf(failed).Message
		o.Attempts, o.Error, o.LeaseUntil, o.DueAt = o.Attempts+1, &why, now, nil
		if now.Sub(o.CreatedAt) < tryOrphans && !errors.Is(failed, ErrOrphanUser) && !errors.Is(failed, account.ErrNotFound) {
			next := now.Add(min(firstRetry<<min(o.Attempts, 12), 24*time.Hour))
			o.DueAt = &next
		}
		if err := mine.Model(o).Select("attempts", "error", "lease_until", "due_at").Updates(o).Error; err != nil {
			return fmt.Errorf("put orphan off: %w", err)
		}
		return nil
	})
	return failed, err
}

func (s *Service) deactivateOrphan(ctx context.Context, scope tenant.Scope, o *Orphan) error {
	if o.ExternalUserID == "" {
		return ErrOrphanUser
	}
	c, err := s.Components.Kept(ctx, scope.Project(), component.Trigger, o.ComponentKey, o.Version)
	if err != nil {
		return err //nolint:wrapcheck // a fault
	}
	p := s.program(c)
	if p == nil {
		return runner.ErrMissing
	}
	t := &Trigger{ID: o.TriggerID, EndpointID: &o.EndpointID, IntakeKeys: o.Keys}
	src := &Source{ID: o.TriggerID, Props: o.Props, State: o.State}
	turn, err := s.turn(ctx, scope, t, src, c, o.ConfiguredProps, o.ExternalUserID)
	if err != nil {
		return err
	}
	turn.Unsure = o.Unsure
	ctx, cancel := context.WithTimeout(ctx, callFor)
	defer cancel()
	_, err = p.Deactivate(ctx, turn)
	return err
}
