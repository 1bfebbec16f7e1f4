package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

var locked = clause.Locking{Strength: "NO KEY UPDATE"}

func (s *Service) checkIntake(in *intake.Settings, secrets *intake.Secrets) error {
	if in == nil {
		return nil
	}
	if err := in.Check(s.Schemes); err != nil {
		return err
	}
	return secrets.Check()
}

// setIntake puts settings that were checked into t. Where its component is an
// operation, its requests are verified as that says, and no keys are kept.
func (s *Service) setIntake(t *Trigger, c *component.Component, in *intake.Settings, secrets *intake.Secrets, now time.Time) error {
	k, err := s.openKeys(t)
	if err != nil {
		return err
	}
	if c.Operation == nil {
		if t.IntakeKeys, err = intake.Seal(s.Box, associatedKeys(t.ID), secrets.Set(t.Intake, in, k)); err != nil {
			return err
		}
	}
	t.Intake, t.IntakeAt, t.ExpectEvery, t.HearsApp = in, &now, nil, nil
	if in.ExpectEvery > 0 {
		t.ExpectEvery = &in.ExpectEvery
	}
	if in.HearsApp != "" {
		t.HearsApp = &in.HearsApp
	}
	if *in == (intake.Settings{}) && !strings.HasPrefix(t.ID, kinds["source"]) {
		t.Intake = nil
	}
	return nil
}

// SetIntake makes in the settings by which a trigger takes its requests.
// Secrets that are not given stay, unless another scheme is set. seen is when what the
// caller saw had been set.
func (s *Service) SetIntake(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, in intake.Settings, secrets *intake.Secrets, seen ...time.Time) (view *intake.View, err error) {
	if err := s.checkIntake(&in, secrets); err != nil {
		return nil, err
	}
	components, err := s.Components.For(ctx, scope.Project())
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it did
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		t, err := ofUser(tx.Clauses(locked), triggerID, externalUserID)
		if err != nil {
			return err
		}
		if err := fault.UnchangedAt(t.IntakeAt, seen...); err != nil {
			return err //nolint:wrapcheck // a fault
		}
		src, err := sourceOf(tx, t.ID)
		if err != nil {
			return err
		}
		c, err := components.Kept(component.Trigger, t.ComponentKey, t.Version)
		switch {
		case err != nil:
		case src != nil:
			err = fitIntake(src, c, &in)
		case c.Key == component.EmailNewEmail:
			err = fitLetters(&in)
		}
		if err != nil {
			return err //nolint:wrapcheck // a fault
		}
		was := t.Intake
		if err := s.setIntake(t, c, &in, secrets, s.Now()); err != nil {
			return err
		}
		if t.ExpectEvery == nil {
			t.SilentSince = nil
		}
		res := tx.Model(t).Select("intake", "intake_keys", "intake_at", "expect_every", "hears_app", "silent_since").Updates(t)
		if err := db.Affected(res, ErrNotFound); err != nil {
			return err
		}
		changes := audit.Changes(audit.View{"settings": was}, audit.View{"settings": t.Intake, "secrets_given": secrets != nil})
		if err := audit.Record(tx, s.Now(), audit.Entry{Action: audit.TriggerIntake, Subject: t.ID, ExternalUserID: externalUserID, Details: changes}); err != nil {
			return err
		}
		view, err = s.view(tx, t)
		return err
	})
	return view, err
}

// Intake returns how a trigger takes its requests, and what came of them.
func (s *Service) Intake(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string) (view *intake.View, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		t, err := ofUser(tx, triggerID, externalUserID)
		if err != nil {
			return err
		}
		view, err = s.view(tx, t)
		return err
	})
	return view, err
}

func (s *Service) view(tx *gorm.DB, t *Trigger) (*intake.View, error) {
	counts, err := inbound.CountsOf(tx, t.ID)
	if err != nil {
		return nil, err
	}
	k, err := s.openKeys(t)
	if err != nil {
		return nil, err
	}
	v := intake.Show(t.Intake, k)
	v.SetAt, v.Silent, v.Counts = t.IntakeAt, t.SilentSince, counts
	return v, nil
}

// Batches returns the last n requests of a trigger that held several events,
// newest first.
func (s *Service) Batches(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, n int) (rows []Batch, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := ofUser(tx, triggerID, externalUserID); err != nil {
			return err
		}
		if err := tx.Where("trigger_id = ?", triggerID).Order("id DESC").Limit(n).Find(&rows).Error; err != nil {
			return fmt.Errorf("load batches: %w", err)
		}
		return nil
	})
	return rows, err
}

// Tried is what a condition says of an event.
type Tried struct {
	Event *event.Event
	Holds bool
	Error string // why it could not be evaluated; "" = it could
}

// tried is how many of a trigger's last events a condition is tried with.
const tried = 20

// TryFilter evaluates a condition for a trigger's last events, newest first.
func (s *Service) TryFilter(ctx context.Context, scope tenant.Scope, triggerID, externalUserID, filter string) ([]Tried, error) {
	if err := (&intake.Settings{Filter: filter}).Check(s.Schemes); err != nil {
		return nil, err
	}
	rows, err := s.Events(ctx, scope, triggerID, externalUserID, tried)
	if err != nil {
		return nil, err
	}
	out := make([]Tried, 0, len(rows))
	for i := range rows {
		shown := map[string]any{}
		_ = json.Unmarshal([]byte(rows[i].Body), &shown) // what is no object has no fields
		one := Tried{Event: &rows[i]}
		if one.Holds, err = intake.Holds(filter, shown, rows[i].ExternalUserID); err != nil {
			one.Error = err.Error()
		}
		out = append(out, one)
	}
	return out, nil
}
