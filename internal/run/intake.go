package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// taken is how a workflow's address takes its requests, in both environments.
type taken struct {
	ID       string           // the workflow
	Settings *intake.Settings `gorm:"serializer:json"`
	Keys     []byte           // sealed
	SetAt    time.Time
}

// TableName maps the noun to its table.
func (taken) TableName() string { return "workflow_intakes" }

var errNone = errors.New("the workflow takes its requests as they come")

// takenOf returns how a workflow takes its requests; nil: as they come.
func takenOf(tx *gorm.DB, workflowID string) (*taken, error) {
	t, err := db.One[taken](tx.Where("id = ?", workflowID), errNone)
	if errors.Is(err, errNone) {
		return nil, nil
	}
	return t, err
}

func associatedIntake(workflowID string) string { return "workflow_intake|" + workflowID }

func (s *Service) keysOf(t *taken) (inbound.Keys, error) {
	if t == nil {
		return inbound.Keys{}, nil
	}
	return intake.Open(s.Box, associatedIntake(t.ID), t.Keys)
}

// source is by what ids and counts of a workflow are remembered in an
// environment: the other one's are its own.
func source(scope tenant.Scope, workflowID string) string {
	return workflowID + "@" + scope.Environment()
}

// Intake returns how a workflow takes its requests, and what came of them in the
// scope's environment.
func (s *Service) Intake(ctx context.Context, scope tenant.Scope, workflowID string) (view *intake.View, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		view, err = s.intakeView(tx, scope, workflowID)
		return err
	})
	return view, err
}

// Verifies reports whether requests to a workflow's address are verified by their
// signatures, for which they are read whole.
func (s *Service) Verifies(ctx context.Context, scope tenant.Scope, workflowID string) (yes bool, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		t, err := takenOf(tx, workflowID)
		yes = t != nil && t.Settings.Verification != nil
		return err
	})
	return yes, err
}

func (s *Service) intakeView(tx *gorm.DB, scope tenant.Scope, workflowID string) (*intake.View, error) {
	if _, err := db.One[workflow.Workflow](tx.Where("id = ?", workflowID), workflow.ErrNotFound); err != nil {
		return nil, err
	}
	t, err := takenOf(tx, workflowID)
	if err != nil {
		return nil, err
	}
	k, err := s.keysOf(t)
	if err != nil {
		return nil, err
	}
	v := intake.Show(nil, k)
	if t != nil {
		v = intake.Show(t.Settings, k)
		v.SetAt = &t.SetAt
	}
	v.Counts, err = inbound.CountsOf(tx, source(scope, workflowID))
	return v, err
}

// SetIntake makes in the settings by which a workflow takes its requests, in both
// environments. Secrets that are not given stay, unless another scheme is set. seen is
// when what the caller saw had been set.
func (s *Service) SetIntake(ctx context.Context, scope tenant.Scope, workflowID string, in intake.Settings, secrets *intake.Secrets, seen ...time.Time) (view *intake.View, err error) {
	switch {
	case in.ExpectEvery != 0:
		return nil, intake.Bad("expect_every", "it is for deployed triggers")
	case in.HearsApp != "":
		return nil, intake.Bad("hears_app", "it is for deployed triggers")
	}
	if err := in.Check(s.Schemes); err != nil {
		return nil, err
	}
	if err := secrets.Check(); err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		// The workflow's lock orders who sets at the same time.
		if _, err := db.One[workflow.Workflow](tx.Raw("SELECT * FROM workflows WHERE id = ? FOR UPDATE", workflowID), workflow.ErrNotFound); err != nil {
			return err
		}
		before, err := takenOf(tx, workflowID)
		if err != nil {
			return err
		}
		var setAt *time.Time
		if before != nil {
			setAt = &before.SetAt
		}
		if err := fault.UnchangedAt(setAt, seen...); err != nil {
			return err //nolint:wrapcheck // a fault
		}
		k, err := s.keysOf(before)
		if err != nil {
			return err
		}
		var was *intake.Settings
		if before != nil {
			was = before.Settings
		}
		row := &taken{ID: workflowID, Settings: &in, SetAt: s.Now()}
		if row.Keys, err = intake.Seal(s.Box, associatedIntake(workflowID), secrets.Set(was, &in, k)); err != nil {
			return err
		}
		if err := tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"settings", "keys", "set_at"})}).Create(row).Error; err != nil {
			return fmt.Errorf("set intake: %w", err)
		}
		changes := audit.Changes(audit.View{"settings": was}, audit.View{"settings": &in, "secrets_given": secrets != nil})
		if err := audit.Record(tx, s.Now(), audit.Entry{Action: audit.WorkflowIntake, Subject: workflowID, Details: changes}); err != nil {
			return err
		}
		view, err = s.intakeView(tx, scope, workflowID)
		return err
	})
	return view, err
}
