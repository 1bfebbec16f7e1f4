package variable

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Service keeps variables.
type Service struct {
	DB  *db.DB
	Box *secret.Box
	Now func() time.Time
}

// View is a variable as its owner sees it.
type View struct {
	Variable

	Plain      *secret.Text // nil for a secret
	Overridden bool         // by a nearer one of the same name
	Uses       []Use        // workflows that name it
}

// in runs fn at a place, whose columns own what it writes.
func (s *Service) in(ctx context.Context, p Place, fn func(tx *gorm.DB, own Variable) error) error {
	switch p.Level {
	case Workspace:
		return s.DB.Workspace(ctx, p.Workspace, func(tx *gorm.DB) error { return fn(tx, Variable{WorkspaceID: &p.Workspace}) })
	case Project:
		of := p.Scope.Project()
		return s.DB.Project(ctx, of, func(tx *gorm.DB) error { return fn(tx, Variable{ProjectID: &of}) })
	default:
		of := p.Scope.Environment()
		return s.DB.In(ctx, p.Scope, func(tx *gorm.DB) error { return fn(tx, Variable{EnvironmentID: &of}) })
	}
}

// find loads the variable of a name that is of this very level.
func find(tx *gorm.DB, own *Variable, name string) (*Variable, error) {
	return db.One[Variable](tx.Where(own).Where("name = ?", name), ErrNotFound)
}

// List returns the variables that can be seen from a place: its own, and those of
// the levels above it, by name and the nearest first.
func (s *Service) List(ctx context.Context, p Place) (out []View, err error) {
	err = s.in(ctx, p, func(tx *gorm.DB, _ Variable) error {
		var rows []Variable
		if err := tx.Find(&rows).Error; err != nil {
			return fmt.Errorf("list variables: %w", err)
		}
		holds := map[string]bool{}
		for _, v := range nearest(rows) { // sorts rows, too
			holds[v.ID] = true
		}
		out = make([]View, 0, len(rows))
		for i := range rows {
			v, err := s.view(&rows[i])
			if err != nil {
				return err
			}
			v.Overridden = !holds[v.ID]
			out = append(out, *v)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, s.used(ctx, p, out)
}

func (s *Service) view(v *Variable) (*View, error) {
	out := &View{Variable: *v, Uses: []Use{}}
	if v.Secret {
		return out, nil
	}
	plain, err := v.open(s.Box)
	out.Plain = &plain
	return out, err
}

// Set makes a variable or changes it.
func (s *Service) Set(ctx context.Context, p Place, name string, c Change) (out *View, err error) {
	err = s.in(ctx, p, func(tx *gorm.DB, own Variable) error {
		out, err = s.set(tx, p, own, name, c)
		return err
	})
	return out, err
}

// Take is Set for a variable of tx's environment.
func (s *Service) Take(tx *gorm.DB, scope tenant.Scope, name string, c Change) error {
	of := scope.Environment()
	_, err := s.set(tx, Place{Level: Environment, Scope: scope}, Variable{EnvironmentID: &of}, name, c)
	return err
}

// Own returns the variables of tx's environment itself, by name, the values of those
// that are no secret beside them.
func (s *Service) Own(tx *gorm.DB, scope tenant.Scope) ([]View, error) {
	var rows []Variable
	if err := tx.Where("environment_id = ?", scope.Environment()).Order("name").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list variables: %w", err)
	}
	out := make([]View, len(rows))
	for i := range rows {
		v, err := s.view(&rows[i])
		if err != nil {
			return nil, err
		}
		out[i] = *v
	}
	return out, nil
}

func (s *Service) set(tx *gorm.DB, p Place, own Variable, name string, c Change) (*View, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('variables|' || ?, 0))", own.owner()).Error; err != nil {
		return nil, fmt.Errorf("lock variables: %w", err)
	}
	v, err := find(tx, &own, name)
	made := errors.Is(err, ErrNotFound)
	if made {
		v, err = s.begin(tx, own, name, &c)
	}
	if err != nil {
		return nil, err
	}
	if err := fault.Unchanged(v.UpdatedAt, c.Seen...); err != nil {
		return nil, err
	}
	if err := s.apply(v, &c); err != nil {
		return nil, err
	}
	action := audit.VariableChanged
	if made {
		action, err = audit.VariableCreated, tx.Create(v).Error
	} else {
		err = tx.Select("value", "secret", "description", "updated_at").Where("id = ?", v.ID).Updates(v).Error
	}
	if err != nil {
		return nil, fmt.Errorf("write variable: %w", err)
	}
	out, err := s.view(v)
	if err != nil {
		return nil, err
	}
	return out, s.record(tx, p, v, action, c.Value != nil)
}

// begin is a variable that is not there yet.
func (s *Service) begin(tx *gorm.DB, own Variable, name string, c *Change) (*Variable, error) {
	if c.Value == nil {
		return nil, ErrNoValue
	}
	var n int64
	if err := tx.Model(&Variable{}).Where(&own).Count(&n).Error; err != nil {
		return nil, fmt.Errorf("count variables: %w", err)
	}
	if n >= maxEach {
		return nil, ErrFull
	}
	v := own
	v.ID, v.Name, v.Secret, v.CreatedAt = id.New("var"), name, true, s.Now()
	return &v, nil
}

// apply changes a variable in memory.
func (s *Service) apply(v *Variable, c *Change) error {
	if c.Secret != nil {
		if v.Secret && !*c.Secret && c.Value == nil {
			return ErrShown
		}
		v.Secret = *c.Secret
	}
	if c.Description != nil {
		v.Description = *c.Description
	}
	if utf8.RuneCountInString(v.Description) > maxDescription {
		return ErrDescription
	}
	v.UpdatedAt = s.Now()
	value := c.Value
	if value == nil { // what it holds may have to be long enough for a secret
		held, err := v.open(s.Box)
		if err != nil {
			return err
		}
		return check(held, v.Secret)
	}
	err := check(*value, v.Secret)
	if err == nil {
		v.Value, err = s.Box.Seal([]byte(value.Reveal()), v.associated())
	}
	return err
}

// Delete removes a variable of this very level.
func (s *Service) Delete(ctx context.Context, p Place, name string) error {
	return s.in(ctx, p, func(tx *gorm.DB, own Variable) error {
		v, err := find(tx, &own, name)
		if err != nil {
			return err
		}
		if err := db.Affected(tx.Where("id = ?", v.ID).Delete(&Variable{}), ErrNotFound); err != nil {
			return err
		}
		return s.record(tx, p, v, audit.VariableDeleted, false)
	})
}

func (s *Service) record(tx *gorm.DB, p Place, v *Variable, action string, valued bool) error {
	e := audit.Entry{Action: action, Subject: v.ID, Details: map[string]any{"name": v.Name, "level": v.Level(), "secret": v.Secret, "value_changed": valued}}
	if p.Level == Workspace {
		return audit.RecordOf(tx, s.Now(), p.Workspace, e)
	}
	return audit.Record(tx, s.Now(), e)
}
