package trigger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const (
	askedLease = 5 * time.Minute  // within which what a workflow asks for is seen to
	askedAgain = time.Minute      // after what an app did not do
	usersAgain = 20 * time.Second // users come and go, and aliases are given to other accounts
	busyAgain  = 5 * time.Second  // after what somebody else is at
	askedMost  = 50               // triggers that are deployed or deleted at a time
)

// wish is what a workflow's trigger asks for in an environment, under a lease.
type wish struct {
	*workflow.Live

	s     *Service
	scope tenant.Scope
	until time.Time // of the lease
	done  int       // that were deployed, changed or deleted
	later bool      // something is left, which somebody else is at

	unclear error // whose account it would be
}

// SettleWorkflow sees to what the running version of a workflow asks for now, as
// far as that is quickly done: what is left, and what an app refuses, is tried
// again by the workers. What is wrong stands in the workflow's live trigger.
func (s *Service) SettleWorkflow(ctx context.Context, projectID, workflowID string) error {
	var due []workflow.Live
	var scopes []found
	now := s.Now()
	err := s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		if err := tx.Where("workflow_id = ? AND type = ? AND due_at <= ?", workflowID, workflow.AppEvent, now).Find(&due).Error; err != nil {
			return fmt.Errorf("find triggers: %w", err)
		}
		return tx.Raw("SELECT id AS environment_id, project_id, name FROM environments ORDER BY name").Scan(&scopes).Error
	})
	if err != nil {
		return err
	}
	var failed []error
	for i := range due {
		failed = append(failed, s.fulfil(ctx, due[i].Scope(projectID), due[i].ID))
	}
	for _, f := range scopes {
		failed = append(failed, s.clear(ctx, f.scope()))
	}
	return errors.Join(failed...)
}

// SweepAsked deploys, changes and deletes triggers until they are what workflows
// ask for. Every worker process calls it on a ticker; who comes first does it.
func (s *Service) SweepAsked(ctx context.Context) error {
	var due, left []found
	now := s.Now()
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Raw(`SELECT w.id, w.environment_id, w.project_id, e.name FROM workflow_triggers w JOIN environments e ON e.id = w.environment_id
			WHERE w.due_at <= ? AND w.type = 'app_event' ORDER BY w.due_at LIMIT ?`, now, sweepMost).Scan(&due).Error; err != nil {
			return err //nolint:wrapcheck // below
		}
		return tx.Raw(`SELECT DISTINCT t.environment_id, e.project_id, e.name FROM triggers t JOIN environments e ON e.id = t.environment_id
			WHERE t.live_id IS NOT NULL AND NOT EXISTS (SELECT FROM workflow_triggers w WHERE w.id = t.live_id) LIMIT ?`, sweepMost).Scan(&left).Error
	})
	if err != nil {
		return fmt.Errorf("find what workflows ask for: %w", err)
	}
	var failed []error
	for _, f := range due {
		if ctx.Err() != nil {
			break
		}
		failed = append(failed, s.fulfil(ctx, f.scope(), f.ID))
	}
	for _, f := range left {
		failed = append(failed, s.clear(ctx, f.scope()))
	}
	return errors.Join(failed...)
}

// clear deletes triggers that nobody asks for any more. What an app refuses to end is
// left to the sweep of orphans.
func (s *Service) clear(ctx context.Context, scope tenant.Scope) error {
	var rows []Trigger
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		err := tx.Where("live_id IS NOT NULL AND NOT EXISTS (SELECT FROM workflow_triggers w WHERE w.id = live_id)").Order("id").Limit(askedMost).Find(&rows).Error
		if err == nil {
			err = withUsers(tx, rows)
		}
		if err != nil {
			return fmt.Errorf("find triggers: %w", err)
		}
		return withSources(tx, rows)
	})
	failed := []error{err}
	for i := range rows {
		if err := s.delete(ctx, scope, &rows[i], rows[i].ExternalUserID, true); !passing(err) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// passing reports whether an error says that somebody else is at a trigger, or that it
// is gone.
func passing(err error) bool {
	return err == nil || errors.Is(err, ErrBusy) || errors.Is(err, ErrNotFound) || errors.Is(err, gorm.ErrDuplicatedKey)
}

// fulfil makes of the triggers of a workflow's trigger what it asks for, and writes
// down why it could not.
func (s *Service) fulfil(ctx context.Context, scope tenant.Scope, liveID string) error {
	w := &wish{s: s, scope: scope, until: s.Now().Add(askedLease).Truncate(time.Microsecond)}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		res := tx.Exec("UPDATE workflow_triggers SET due_at = ? WHERE id = ? AND due_at <= ?", w.until, liveID, s.Now())
		if err := db.Affected(res, errNotDue); err != nil {
			return err
		}
		w.Live, err = db.One[workflow.Live](tx.Where("id = ?", liveID), errNotDue)
		return err
	})
	if errors.Is(err, errNotDue) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("claim trigger: %w", err)
	}
	failed := w.grant(context.WithoutCancel(ctx))
	set := map[string]any{"due_at": nil, "error": nil}
	switch {
	case failed != nil:
		set["due_at"], set["error"] = s.Now().Add(askedAgain), fault.Of(refused(failed)).Message
	case w.done >= askedMost:
		set["due_at"] = s.Now()
	case w.later:
		set["due_at"] = s.Now().Add(busyAgain)
	case w.Running && w.follows():
		set["due_at"] = s.Now().Add(usersAgain)
	}
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error { // unless it was changed meanwhile
		return tx.Model(&workflow.Live{}).Where("id = ? AND due_at = ?", liveID, w.until).Updates(set).Error
	})
}

// follows reports whether what is asked for may change by itself.
func (w *wish) follows() bool {
	d := &w.Definition
	return d.ForEachUser != nil || d.Account != nil && d.Account.Alias != ""
}

var errNotDue = fault.New(fault.NotFound, "trigger_not_due", "Somebody else has seen to it.")

// grant does what is asked for. It returns the first thing that went wrong, after it
// has done the rest.
func (w *wish) grant(ctx context.Context) error {
	c, err := w.s.Components.Component(ctx, w.scope.Project(), component.Trigger, w.Definition.Component, w.Definition.Version)
	if err != nil && w.Running {
		return err //nolint:wrapcheck // a fault
	}
	there, users, err := w.load(ctx, c)
	if err != nil {
		return err
	}
	var failed error
	note := func(err error) {
		switch {
		case err != nil && passing(err):
			w.later = true
		case failed == nil:
			failed = err
		}
	}
	for i := range there {
		t := &there[i]
		account, wanted := users[t.ExternalUserID]
		if fits := wanted && (c == nil || t.ComponentKey == c.Key); fits {
			if err := w.adapt(ctx, t, c, account); !errors.Is(err, ErrKind) {
				note(err)
				delete(users, t.ExternalUserID)
				continue
			}
		}
		w.done++
		note(w.s.delete(ctx, w.scope, t, t.ExternalUserID, true))
	}
	note(w.unclear)
	for user, account := range users {
		if !w.Running || w.done >= askedMost {
			break
		}
		w.done++
		_, _, err := w.s.Deploy(ctx, w.scope, Deploy{
			ComponentKey: c.Key, Version: w.Definition.Version, ExternalUserID: user, ConfiguredProps: w.props(c, account), name: w.Name, liveID: w.ID,
		})
		note(err)
	}
	return failed
}

// adapt switches a trigger, or gives it other props or another version of its
// component, where that is asked for. One that was switched off for failing stays off
// until the workflow is changed. ErrKind says that it cannot become what is asked for.
func (w *wish) adapt(ctx context.Context, t *Trigger, c *component.Component, account string) error {
	if t.Source != nil && t.Source.PausedAt != nil && w.Running && t.UpdatedAt.After(w.UpdatedAt) {
		return fault.New(fault.Invalid, "trigger_paused", "It was switched off for failing for too long: %s", text(t.Source.Error))
	}
	in := Change{}
	if t.Active != w.Running {
		in.Active = &w.Running
	}
	if w.Running && w.Definition.Version != "" && t.Version != c.Version {
		if t.Source == nil {
			return ErrKind
		}
		in.Version = c.Version
	}
	if w.Running && t.Source != nil {
		if props := w.props(c, account); !sameJSON(props, t.ConfiguredProps) {
			in.Configured = props
		}
	}
	if in.Active == nil && !in.shapes() {
		return nil
	}
	w.done++
	_, err := w.s.update(ctx, w.scope, t, t.ExternalUserID, in)
	return err
}

// props is what is filled in, with the account where none was.
func (w *wish) props(c *component.Component, accountID string) map[string]any {
	out := maps.Clone(w.Definition.Props)
	if out == nil {
		out = map[string]any{}
	}
	if prop := c.AppProp(); prop != "" && accountID != "" && out[prop] == nil {
		out[prop] = map[string]any{"authProvisionId": accountID}
	}
	return out
}
