// Package instance holds what users have of workflows: each their own copy of one,
// which they have switched on or off, with its settings, its choice of accounts and,
// as a store, its state.
package instance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Faults of this package. The first two are of runs.
var (
	ErrOff      = fault.New(fault.Conflict, "instance_off", "The user has switched this workflow off.")
	ErrRequired = fault.New(fault.Conflict, "instance_required", "This workflow runs for users who have an instance of it, and this user has none.")
	ErrNotFound = fault.New(fault.NotFound, "instance_not_found", "The user has no instance of this workflow.")
	ErrConfig   = fault.New(fault.Invalid, "instance_config", "A config is an object of up to %d KiB, without zero characters.", maxConfig>>10).At("config")
	ErrForbid   = fault.New(fault.Forbidden, "instance_not_self_service", "Users may not change what they have of this workflow themselves.")
)

const maxConfig = 64 << 10

// Instance is what a user has of a workflow, in one environment.
type Instance struct {
	ID         string // inst_…
	WorkflowID string
	UserID     string
	Active     bool
	Config     map[string]any    `gorm:"serializer:json"`
	Accounts   map[string]string `gorm:"serializer:json"` // ids of the user's accounts by app
	CreatedAt  time.Time
	UpdatedAt  time.Time

	ExternalUserID string `gorm:"-"`
}

// Service keeps instances.
type Service struct {
	DB  *db.DB
	Now func() time.Time
}

// Filter narrows a list; empty fields do not.
type Filter struct {
	WorkflowID     string
	ExternalUserID string
	Active         *bool
}

// List returns instances, newest first.
func (s *Service) List(ctx context.Context, scope tenant.Scope, f Filter, c db.Cursor) (page *db.Page[Instance], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx
		if f.WorkflowID != "" {
			q = q.Where("workflow_id = ?", f.WorkflowID)
		}
		if f.ExternalUserID != "" {
			q = q.Where("user_id = (SELECT id FROM external_users WHERE external_id = ?)", f.ExternalUserID)
		}
		if f.Active != nil {
			q = q.Where("active = ?", *f.Active)
		}
		if page, err = db.List(q, c, func(i *Instance) string { return i.ID }); err != nil {
			return err
		}
		return name(tx, page.Items)
	})
	return page, err
}

// name fills in whose instances are.
func name(tx *gorm.DB, rows []Instance) error {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].UserID
	}
	var users []account.User
	if err := tx.Where("id IN ?", ids).Find(&users).Error; err != nil {
		return fmt.Errorf("load users: %w", err)
	}
	of := map[string]string{}
	for i := range users {
		of[users[i].ID] = users[i].ExternalID
	}
	for i := range rows {
		rows[i].ExternalUserID = of[rows[i].UserID]
	}
	return nil
}

// Of returns what a user (by their external id) has of a workflow, or ErrNotFound.
func Of(tx *gorm.DB, workflowID, externalUserID string) (*Instance, error) {
	i, err := db.One[Instance](tx.Where("workflow_id = ? AND user_id = (SELECT id FROM external_users WHERE external_id = ?)", workflowID, externalUserID), ErrNotFound)
	if err == nil {
		i.ExternalUserID = externalUserID
	}
	return i, err
}

// Get is Of.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, workflowID, externalUserID string) (i *Instance, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		i, err = Of(tx, workflowID, externalUserID)
		return err
	})
	return i, err
}

// Wish is what an instance is to be.
type Wish struct {
	Active   bool
	Config   map[string]any
	Accounts map[string]string
	Self     bool        // the user asks, and not the customer
	Seen     []time.Time // when what the caller saw had been changed last; the zero time = there was none
}

// Put makes what a user has of a workflow, and the user if need be, or changes it.
// Runs that have begun keep what they began with.
func (s *Service) Put(ctx context.Context, scope tenant.Scope, workflowID, externalUserID string, w Wish) (i *Instance, err error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	now := s.Now()
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := allowed(tx, workflowID, w.Self); err != nil {
			return err
		}
		u, err := account.EnsureUser(tx, externalUserID, now)
		if err != nil {
			return err
		}
		if err := account.CheckMap(tx, u.ID, w.Accounts); err != nil {
			return err
		}
		var was audit.View
		var last time.Time
		if old, err := Of(tx, workflowID, externalUserID); err == nil {
			was, last = old.logged(), old.UpdatedAt
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		if err := fault.Unchanged(last, w.Seen...); err != nil {
			return err
		}
		row := &Instance{ID: id.New("inst"), WorkflowID: workflowID, UserID: u.ID, Active: w.Active, Config: w.Config, Accounts: w.Accounts, CreatedAt: now, UpdatedAt: now}
		err = db.Put(tx, row, []string{"user_id", "workflow_id", "environment_id"}, []string{"active", "config", "accounts", "updated_at"}, w.Seen...)
		if err != nil {
			return fmt.Errorf("write instance: %w", err)
		}
		if i, err = Of(tx, workflowID, externalUserID); err != nil {
			return err
		}
		details := audit.Changes(was, i.logged())
		details["workflow"], details["active"] = workflowID, w.Active
		return audit.Record(tx, now, audit.Entry{Action: audit.InstanceChanged, Subject: i.ID, ExternalUserID: externalUserID, Details: details})
	})
	return i, err
}

// logged is what the audit log shows of an instance: its config may be secret.
func (i *Instance) logged() audit.View {
	return audit.View{"active": i.Active, "accounts": i.Accounts, "config": audit.Hidden{Of: i.Config}}
}

func (w *Wish) check() error {
	if w.Config == nil {
		w.Config = map[string]any{}
	}
	if w.Accounts == nil {
		w.Accounts = map[string]string{}
	}
	raw, err := json.Marshal(w.Config)
	if err != nil || len(raw) > maxConfig || bytes.Contains(raw, []byte(`\u0000`)) {
		return ErrConfig
	}
	return nil
}

// allowed checks that a workflow is there, and that who asks may change what users
// have of it.
func allowed(tx *gorm.DB, workflowID string, self bool) error {
	w, err := db.One[workflow.Workflow](tx.Where("id = ?", workflowID), workflow.ErrNotFound)
	if err != nil || !self {
		return err
	}
	d := &w.Draft
	if w.Version > 0 {
		if d, err = workflow.AtVersion(tx, w.ID, w.Version); err != nil {
			return err
		}
	}
	if !d.Instances().SelfService {
		return ErrForbid
	}
	return nil
}

// Delete removes what a user has of a workflow, with its state.
func (s *Service) Delete(ctx context.Context, scope tenant.Scope, workflowID, externalUserID string, self bool) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		i, err := Of(tx, workflowID, externalUserID)
		if err != nil {
			return err
		}
		if err := allowed(tx, workflowID, self); err != nil {
			return err
		}
		if err := db.Affected(tx.Where("id = ?", i.ID).Delete(&Instance{}), ErrNotFound); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.InstanceDeleted, Subject: i.ID, ExternalUserID: externalUserID, Details: map[string]any{"workflow": workflowID}})
	})
}

// ForRun returns what a user has of a workflow for a run that is about to begin; nil =
// nothing, where nothing is needed. The errors are ErrOff and ErrRequired.
func ForRun(tx *gorm.DB, d *workflow.Definition, workflowID, externalUserID string) (*Instance, error) {
	i, err := Of(tx, workflowID, externalUserID)
	switch {
	case errors.Is(err, ErrNotFound) && d.Instances().Required:
		return nil, ErrRequired
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err == nil && !i.Active:
		return nil, ErrOff
	}
	return i, err
}

// NotForUser reports whether an error says that a user does not want a workflow, or
// has none of it: no failure of anybody.
func NotForUser(err error) bool { return errors.Is(err, ErrOff) || errors.Is(err, ErrRequired) }
