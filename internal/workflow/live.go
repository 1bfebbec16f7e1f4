package workflow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrNoTrigger is the fault of a name that no trigger of the running version has.
var ErrNoTrigger = fault.New(fault.NotFound, "workflow_trigger_not_found", "The workflow's running version has no trigger of this name.")

// Live is a trigger of the running version. It is made when the workflow is
// deployed, and is the same from one version to the next while its name is: its
// address stays, and so does that somebody has switched it off.
type Live struct {
	ID            string // wt_…
	WorkflowID    string
	Name          string
	Type          string
	EnvironmentID string     // in which its runs are
	Definition    Trigger    `gorm:"serializer:json"`
	Active        bool       // nobody has switched it off by hand
	Running       bool       // it is on, and so are its workflow and its definition
	EndpointID    *string    // em…: of an e-mail address
	DueAt         *time.Time // of a schedule; of an app_event: when it is seen to that what it asks for is deployed
	FiredAt       *time.Time
	Error         *string // why nothing comes of it
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// TableName maps the noun to its table.
func (Live) TableName() string { return "workflow_triggers" }

var lockRows = clause.Locking{Strength: "NO KEY UPDATE"}

// Scope is the environment in which a trigger's runs are.
func (l *Live) Scope(projectID string) tenant.Scope {
	return tenant.NewScope(projectID, l.EnvironmentID, l.Definition.In())
}

// live makes a workflow's live triggers what its running version says, within the
// transaction that deploys it or switches it on or off.
func live(tx *gorm.DB, w *Workflow, now time.Time) error {
	if w.Version == 0 {
		return nil
	}
	d, err := AtVersion(tx, w.ID, w.Version)
	if err != nil {
		return err
	}
	var rows []Live
	if err := tx.Clauses(lockRows).Where("workflow_id = ?", w.ID).Order("id").Find(&rows).Error; err != nil {
		return fmt.Errorf("load triggers: %w", err)
	}
	was := map[string]*Live{}
	for i := range rows {
		was[rows[i].Name] = &rows[i]
	}
	for i := range d.Triggers {
		t := &d.Triggers[i]
		before := was[t.Name]
		if before != nil && before.Type != t.Type { // it is another one
			before = nil
		}
		if before != nil {
			delete(was, t.Name)
		} else if old := was[t.Name]; old != nil {
			if err := forget(tx, old); err != nil {
				return err
			}
			delete(was, t.Name)
		}
		if err := put(tx, w, t, before, now); err != nil {
			return err
		}
	}
	for _, old := range was {
		if err := forget(tx, old); err != nil {
			return err
		}
	}
	return nil
}

func forget(tx *gorm.DB, l *Live) error {
	if err := tx.Delete(&Live{}, "id = ?", l.ID).Error; err != nil {
		return fmt.Errorf("delete trigger: %w", err)
	}
	return nil
}

// put writes a live trigger; before is what it was, nil = it is new.
func put(tx *gorm.DB, w *Workflow, t *Trigger, before *Live, now time.Time) error {
	l := &Live{ID: id.New("wt"), WorkflowID: w.ID, Name: t.Name, Type: t.Type, Active: true, CreatedAt: now}
	if before != nil {
		old := *before
		l = &old
	}
	if err := tx.Raw("SELECT id FROM environments WHERE name = ?", t.In()).Scan(&l.EnvironmentID).Error; err != nil {
		return fmt.Errorf("find environment: %w", err)
	}
	if before != nil && before.EnvironmentID != l.EnvironmentID && l.EndpointID != nil { // an address is of one environment
		if err := endpoint.Delete(tx, l.ID); err != nil {
			return err
		}
		l.EndpointID = nil
	}
	if t.Type == Email && l.EndpointID == nil {
		at, err := endpoint.Create(tx, endpoint.Mail, l.EnvironmentID, l.ID)
		if err != nil {
			return err
		}
		l.EndpointID = &at
	}
	wasRunning, changed := before != nil && before.Running, before == nil || !sameTimes(&before.Definition, t)
	l.Definition, l.UpdatedAt, l.Error = *t, now, nil
	l.Running = w.Active && l.Active && !t.Disabled
	switch {
	case t.Type == AppEvent:
		l.DueAt = &now
	case !l.Running || t.Type != Schedule:
		l.DueAt = nil
	case !wasRunning || changed: // what was due while it was off, or by another plan, is not missed
		if err := l.begin(now); err != nil {
			return err
		}
	}
	var res *gorm.DB
	if before == nil {
		res = tx.Create(l)
	} else {
		res = tx.Model(l).Select("*").Omit("id", "workflow_id", "created_at").Updates(l)
	}
	if res.Error != nil {
		return fmt.Errorf("write trigger: %w", res.Error)
	}
	return nil
}

// begin has a schedule's times count from now on.
func (l *Live) begin(now time.Time) error {
	s, err := l.Definition.Schedule()
	if err != nil {
		return fault.New(ErrSchedule.Kind, ErrSchedule.Code, "%s: %s.", l.Name, err)
	}
	l.DueAt = nil
	if at, ok := s.Next(now); ok {
		l.DueAt = &at
	}
	return nil
}

// sameTimes reports whether two schedules are due at the same times.
func sameTimes(a, b *Trigger) bool {
	return a.Cron == b.Cron && a.TimeZone == b.TimeZone && a.Every == b.Every
}

// Triggers returns the live triggers of a workflow, in the order of its definition.
func (s *Service) Triggers(ctx context.Context, projectID, workflowID string) (out []Live, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		w, err := db.One[Workflow](tx.Where("id = ?", workflowID), ErrNotFound)
		if err != nil || w.Version == 0 {
			return err
		}
		d, err := AtVersion(tx, w.ID, w.Version)
		if err != nil {
			return err
		}
		var rows []Live
		if err := tx.Where("workflow_id = ?", w.ID).Find(&rows).Error; err != nil {
			return fmt.Errorf("load triggers: %w", err)
		}
		for i := range d.Triggers {
			for j := range rows {
				if rows[j].Name == d.Triggers[i].Name {
					out = append(out, rows[j])
				}
			}
		}
		return nil
	})
	return out, err
}

// Trigger returns a live trigger of a workflow by its name.
func (s *Service) Trigger(ctx context.Context, projectID, workflowID, name string) (l *Live, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		l, err = LiveTrigger(tx, workflowID, name)
		return err
	})
	return l, err
}

// SwitchTrigger switches a live trigger on or off by hand, which holds for the
// versions to come, too. Doing so twice is no error.
func (s *Service) SwitchTrigger(ctx context.Context, projectID, workflowID, name string, active bool) (l *Live, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		w, err := db.One[Workflow](tx.Raw("SELECT * FROM workflows WHERE id = ? FOR UPDATE", workflowID), ErrNotFound)
		if err != nil {
			return err
		}
		if l, err = LiveTrigger(tx.Clauses(lockRows), workflowID, name); err != nil || l.Active == active {
			return err
		}
		was := *l
		was.Active = active
		if err := put(tx, w, &was.Definition, &was, s.Now()); err != nil {
			return err
		}
		if l, err = LiveTrigger(tx, workflowID, name); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.WorkflowTrigger, Subject: workflowID, Details: map[string]any{"trigger": name, "active": active}})
	})
	return l, err
}

// ErrSchedule is the fault of a schedule that cannot be.
var ErrSchedule = fault.New(fault.Invalid, "schedule", "A schedule has either cron or every.")

// Preview returns the next n times at which a schedule would be due.
func (s *Service) Preview(t *Trigger, n int) ([]time.Time, error) {
	if (t.Cron == "") == (t.Every == "") {
		return nil, ErrSchedule
	}
	times, err := t.Schedule()
	if err != nil {
		return nil, fault.New(ErrSchedule.Kind, ErrSchedule.Code, "%s.", err)
	}
	return times.Ahead(s.Now(), n), nil
}

// LiveTrigger returns a trigger of the running version by its name.
func LiveTrigger(tx *gorm.DB, workflowID, name string) (*Live, error) {
	return db.One[Live](tx.Where("workflow_id = ? AND name = ?", workflowID, name), ErrNoTrigger)
}

// IsOff reports whether an error says that a workflow, or its trigger, is not there
// to be started.
func IsOff(err error) bool { return errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoTrigger) }
