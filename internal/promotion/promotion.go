// Package promotion takes settings of an environment over into the other one of its
// project: its brand, how it verifies users, variables, and webhook endpoints. What
// is to be done is planned first, and done as it was planned, all of it or nothing.
// Nothing that is secret is taken over, and nothing that belongs to a user.
package promotion

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/variable"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Faults of this package.
var (
	ErrSame    = fault.New(fault.Invalid, "promotion_environments", "Name two environments: from which one, and into which.").At("to")
	ErrChanged = fault.New(fault.Conflict, "promotion_changed", "The settings were changed since the plan was made. Look at what would be done now.")
	ErrItem    = fault.New(fault.Invalid, "promotion_item", "The plan has no such item, or nothing is to be done for it.").At("items")
)

// The kinds of settings that are taken over.
const (
	Brand        = "brand"
	Verification = "user_verification"
	Variable     = "variable"
	Endpoint     = "endpoint"
)

// Action is what becomes of a setting.
type Action string

// What becomes of a setting.
const (
	Create Action = "create"
	Update Action = "update"
	None   Action = "none"   // it is the same already
	Secret Action = "secret" // it is not taken over: set it there
)

// Item is a setting of the environment that is taken from.
type Item struct {
	ID     string // its kind, and its name where there are several
	Kind   string
	Name   string // of a variable; the URL of an endpoint
	Action Action
	Fields []string       // that differ
	Before map[string]any // of these; nil = it is not there
	After  map[string]any

	do func(tx *gorm.DB) error
}

// Plan is what would be done, or was.
type Plan struct {
	From, To    string // names of environments
	Fingerprint string // of all that it was made from
	Items       []Item
}

// Service plans and promotes.
type Service struct {
	DB        *db.DB
	Brands    *brand.Service
	Projects  *project.Service
	Variables *variable.Service
	Webhooks  *webhook.Service
	Now       func() time.Time
}

// settings are what an environment has of all kinds.
type settings struct {
	brand        *brand.Source
	verification *project.Verification
	variables    []variable.View
	endpoints    []webhook.Endpoint
}

func (s *Service) read(tx *gorm.DB, scope tenant.Scope) (out settings, err error) {
	if out.brand, err = brand.Read(tx); err != nil {
		return out, err //nolint:wrapcheck // of our own
	}
	if out.verification, err = project.VerificationOf(tx, scope); err != nil {
		return out, err //nolint:wrapcheck // of our own
	}
	if out.variables, err = s.Variables.Own(tx, scope); err != nil {
		return out, err //nolint:wrapcheck // of our own
	}
	out.endpoints, err = webhook.Own(tx)
	return out, err //nolint:wrapcheck // of our own
}

// Plan says what would be done if an environment's settings were taken over.
func (s *Service) Plan(ctx context.Context, from, to tenant.Scope) (p *Plan, err error) {
	source, err := s.source(ctx, from, to)
	if err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, to, func(tx *gorm.DB) error {
		p, err = s.plan(tx, source, from, to)
		return err
	})
	return p, err
}

func (s *Service) source(ctx context.Context, from, to tenant.Scope) (out settings, err error) {
	if from.Project() != to.Project() || from.Environment() == to.Environment() {
		return out, ErrSame
	}
	err = s.DB.In(ctx, from, func(tx *gorm.DB) error {
		out, err = s.read(tx, from)
		return err
	})
	return out, err
}

// Apply does what was planned, in one transaction. fingerprint is the plan's; only
// are the items to be done, nil = all. It returns what was done.
func (s *Service) Apply(ctx context.Context, from, to tenant.Scope, fingerprint string, only []string) (p *Plan, err error) {
	source, err := s.source(ctx, from, to)
	if err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, to, func(tx *gorm.DB) error {
		// Of two who promote at once, the second finds what the first did.
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('promotion|' || ?, 0))", to.Environment()).Error; err != nil {
			return fmt.Errorf("lock environment: %w", err)
		}
		if p, err = s.plan(tx, source, from, to); err != nil {
			return err
		}
		if p.Fingerprint != fingerprint {
			return ErrChanged
		}
		if p.Items, err = p.chosen(only); err != nil {
			return err
		}
		done := make([]string, len(p.Items))
		for i, item := range p.Items {
			if err := item.do(tx); err != nil {
				if f, ok := errors.AsType[*fault.Error](err); ok {
					return fault.New(f.Kind, f.Code, "%s: %s", item.ID, f.Message)
				}
				return err
			}
			done[i] = item.ID
		}
		if len(done) == 0 {
			return nil
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.SettingsPromoted, Subject: to.Environment(), Details: map[string]any{"from": p.From, "to": p.To, "items": done}})
	})
	return p, err
}

// chosen are the items that are to be done.
func (p *Plan) chosen(only []string) ([]Item, error) {
	out := []Item{}
	for _, item := range p.Items {
		if item.do != nil && (only == nil || slices.Contains(only, item.ID)) {
			out = append(out, item)
		}
	}
	for _, name := range only {
		if !slices.ContainsFunc(out, func(i Item) bool { return i.ID == name }) {
			return nil, ErrItem
		}
	}
	return out, nil
}

func (s *Service) plan(tx *gorm.DB, source settings, from, to tenant.Scope) (*Plan, error) {
	target, err := s.read(tx, to)
	if err != nil {
		return nil, err
	}
	p := &Plan{From: from.EnvironmentName(), To: to.EnvironmentName(), Items: s.compare(source, target, from, to)}
	seen, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode the plan: %w", err)
	}
	sum := sha256.Sum256(seen)
	p.Fingerprint = hex.EncodeToString(sum[:16])
	return p, nil
}
