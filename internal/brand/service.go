package brand

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Service keeps brands, and the hosts at which pages are.
type Service struct {
	DB      *db.DB
	BaseURL string   // where pages are that have no host of their own
	Own     []string // host names of the installation, which no project can have; nor what is below them
	Now     func() time.Time

	domains domains
}

var errPatch = fault.New(fault.Invalid, "brand_invalid", "The settings do not have the form of a brand's.")

// State is all that there is to know of an environment's brand.
type State struct {
	Settings  Settings
	Brand     *Brand    // what a page is given
	Files     []File    // without their contents
	Warnings  []Warning // what cannot be read well
	UpdatedAt *time.Time
}

type row struct {
	ID        string
	Settings  Settings `gorm:"serializer:json"`
	CreatedAt time.Time
	UpdatedAt time.Time
}

func (row) TableName() string { return "brands" }

// Get returns the brand of an environment. One that was never set is what its
// project says, and ours.
func (s *Service) Get(ctx context.Context, scope tenant.Scope) (st *State, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		st, err = load(tx)
		return err
	})
	return st, err
}

func load(tx *gorm.DB) (*State, error) {
	p, err := project.Current(tx)
	if err != nil {
		return nil, err
	}
	var found []row
	if err := tx.Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("load brand: %w", err)
	}
	st := &State{}
	if len(found) > 0 {
		st.Settings, st.UpdatedAt = found[0].Settings, &found[0].UpdatedAt
	}
	if err := tx.Select(facts).Order("kind").Find(&st.Files).Error; err != nil {
		return nil, fmt.Errorf("load brand files: %w", err)
	}
	st.Brand = st.Settings.over(p, st.Files)
	st.Warnings = st.Brand.warnings()
	return st, nil
}

// lock returns the brand of tx's environment, which nobody else changes until
// tx is over. What was never changed has no time at which it was.
func lock(tx *gorm.DB, now time.Time) (*row, error) {
	fresh := &row{ID: id.New("brand"), CreatedAt: now, UpdatedAt: now}
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(fresh).Error; err != nil {
		return nil, fmt.Errorf("insert brand: %w", err)
	}
	b, err := db.One[row](tx.Clauses(clause.Locking{Strength: "UPDATE"}), errPatch)
	if err == nil && b.ID == fresh.ID {
		b.UpdatedAt = time.Time{}
	}
	return b, err
}

// Put replaces what an environment sets.
func (s *Service) Put(ctx context.Context, scope tenant.Scope, in Settings, seen ...time.Time) (*State, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	return s.change(ctx, scope, func(*Settings) (*Settings, error) { return &in, nil }, seen...)
}

// Try returns what the brand would be if these were its settings, and changes nothing.
func (s *Service) Try(ctx context.Context, scope tenant.Scope, in Settings) (*State, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	var st *State
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		if st, err = load(tx); err != nil {
			return err
		}
		p, err := project.Current(tx)
		if err != nil {
			return err
		}
		st.Settings, st.Brand = in, in.over(p, st.Files)
		st.Warnings = st.Brand.warnings()
		return nil
	})
	return st, err
}

// Patch changes what a JSON merge patch (RFC 7396) of the settings names: null
// takes a setting back.
func (s *Service) Patch(ctx context.Context, scope tenant.Scope, patch json.RawMessage, seen ...time.Time) (*State, error) {
	return s.change(ctx, scope, func(old *Settings) (*Settings, error) { return old.merged(patch) }, seen...)
}

func (s *Service) change(ctx context.Context, scope tenant.Scope, to func(*Settings) (*Settings, error), seen ...time.Time) (st *State, err error) {
	now := s.Now()
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		b, err := lock(tx, now)
		if err != nil {
			return err
		}
		if err := fault.Unchanged(b.UpdatedAt, seen...); err != nil {
			return err
		}
		next, err := to(&b.Settings)
		if err != nil {
			return err
		}
		if err := write(tx, b, next, now); err != nil {
			return err
		}
		if err := audit.Record(tx, now, audit.Entry{Action: audit.BrandChanged, Subject: b.ID, Details: audit.Changes(b.Settings.logged(), next.logged())}); err != nil {
			return err
		}
		st, err = load(tx)
		return err
	})
	return st, err
}

func write(tx *gorm.DB, b *row, next *Settings, now time.Time) error {
	err := tx.Model(&row{}).Where("id = ?", b.ID).Select("settings", "updated_at").Updates(&row{Settings: *next, UpdatedAt: now}).Error
	if err != nil {
		return fmt.Errorf("write brand: %w", err)
	}
	return nil
}

// merged returns the settings with a merge patch applied.
func (s *Settings) merged(patch json.RawMessage) (*Settings, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode brand: %w", err)
	}
	var target, changes map[string]any
	if json.Unmarshal(plain, &target) != nil || json.Unmarshal(patch, &changes) != nil || changes == nil {
		return nil, errPatch
	}
	if plain, err = json.Marshal(merge(target, changes)); err != nil {
		return nil, errPatch
	}
	next := &Settings{}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(next); err != nil {
		return nil, errPatch.Because(err)
	}
	return next, next.check()
}

// merge is MergePatch of RFC 7396, part 2.
func merge(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	out, ok := target.(map[string]any)
	if !ok {
		out = map[string]any{}
	}
	for name, v := range changes {
		if v == nil {
			delete(out, name)
		} else {
			out[name] = merge(out[name], v)
		}
	}
	return out
}

// Source is what an environment says of its brand, to be taken over by another one.
type Source struct {
	Settings Settings
	Files    []File // with their contents
}

// Read returns what tx's environment says of its brand.
func Read(tx *gorm.DB) (*Source, error) {
	st, err := load(tx)
	if err != nil {
		return nil, err
	}
	out := &Source{Settings: st.Settings}
	if err := tx.Order("kind").Find(&out.Files).Error; err != nil {
		return nil, fmt.Errorf("load brand files: %w", err)
	}
	return out, nil
}

// Take makes the brand of tx's environment what another one's is, files included.
// from is the other's name, for the audit log.
func (s *Service) Take(tx *gorm.DB, of *Source, from string) error {
	now := s.Now()
	b, err := lock(tx, now)
	if err != nil {
		return err
	}
	if err := tx.Where("1 = 1").Delete(&File{}).Error; err != nil {
		return fmt.Errorf("delete brand files: %w", err)
	}
	for _, f := range of.Files {
		f.ID = id.New("bf")
		if err := tx.Create(&f).Error; err != nil {
			return fmt.Errorf("insert brand file: %w", err)
		}
	}
	if err := write(tx, b, &of.Settings, now); err != nil {
		return err
	}
	return audit.Record(tx, now, audit.Entry{Action: audit.BrandCopied, Subject: b.ID, Details: map[string]any{"from": from}})
}

// Copy makes the brand of an environment what that of another environment of
// the project is, files included. Its host stays its own.
func (s *Service) Copy(ctx context.Context, from, to tenant.Scope) (st *State, err error) {
	if from.Project() != to.Project() || from.Environment() == to.Environment() {
		return nil, ErrCopy
	}
	var source *Source
	err = s.DB.In(ctx, from, func(tx *gorm.DB) error {
		source, err = Read(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, to, func(tx *gorm.DB) error {
		if err := s.Take(tx, source, from.EnvironmentName()); err != nil {
			return err
		}
		st, err = load(tx)
		return err
	})
	return st, err
}
