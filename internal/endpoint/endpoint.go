// Package endpoint holds the public addresses at which workflows and triggers
// are called. An address is a name that cannot be guessed, fit for a host label.
package endpoint

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of addresses: nothing is there, or nothing is taken for as long as the
// workspace is to be deleted.
var (
	ErrNotFound = fault.New(fault.NotFound, "endpoint_not_found", "There is nothing at this address.")
	ErrHeld     = fault.New(fault.Unavailable, "workspace_deleted", "Nothing is taken at this address at the moment. Try again later.")
)

// The kinds of address: clients tell by the prefix which may need a token.
const (
	Open  = "en"
	OAuth = "eo"
	Mail  = "em" // what is before the @ of an e-mail address; nothing answers there by HTTP
)

// Endpoint is one address and what answers at it.
type Endpoint struct {
	ID            string
	ProjectID     string
	EnvironmentID string // "" = the caller chooses
	TargetID      string // a workflow (p_…) or a trigger (hi_…)
}

// Create makes an address for target in tx's project. An empty environment lets
// callers choose.
func Create(tx *gorm.DB, kind, environmentID, targetID string) (string, error) {
	endpointID := id.Host(kind)
	var env any
	if environmentID != "" {
		env = environmentID
	}
	err := tx.Exec("INSERT INTO http_endpoints (id, environment_id, target_id) VALUES (?, ?, ?)", endpointID, env, targetID).Error
	if err != nil {
		return "", fmt.Errorf("insert endpoint: %w", err)
	}
	return endpointID, nil
}

// Delete removes the address of target.
func Delete(tx *gorm.DB, targetID string) error {
	if err := tx.Exec("DELETE FROM http_endpoints WHERE target_id = ?", targetID).Error; err != nil {
		return fmt.Errorf("delete endpoint: %w", err)
	}
	return nil
}

// Service finds addresses.
type Service struct {
	DB *db.DB

	once  sync.Once
	known *lru.Cache[string, *Found]
	held  *expirable.LRU[string, []string]
}

// heldFor is how old what is known of held environments may be: every call asks.
const heldFor = 2 * time.Second

// remembered is how many addresses a process keeps in mind.
const remembered = 10_000

// Found is an address with the scope in which a call to it is to be handled.
type Found struct {
	TargetID string
	Project  string
	fixed    tenant.Scope
	byName   map[string]tenant.Scope
}

// Find returns what is at an address, or ErrNotFound. What is at an address never
// changes, so it is read once; that the target is gone its own noun knows. ErrHeld is
// for an address of a workspace that is to be deleted.
func (s *Service) Find(ctx context.Context, endpointID string) (*Found, error) {
	s.once.Do(func() {
		s.known, _ = lru.New[string, *Found](remembered) // fails for a size below one
		s.held = expirable.NewLRU[string, []string](1, nil, heldFor)
	})
	f, ok := s.known.Get(endpointID)
	if !ok {
		var err error
		if f, err = s.find(ctx, endpointID); err != nil {
			return nil, err
		}
		s.known.Add(endpointID, f)
	}
	held, ok := s.held.Get("")
	if !ok {
		err := s.DB.Look(ctx, func(q *gorm.DB) error { return q.Raw("SELECT environment_id FROM held_environments").Scan(&held).Error })
		if err != nil {
			return nil, fmt.Errorf("find held environments: %w", err)
		}
		s.held.Add("", held)
	}
	for _, scope := range f.byName {
		if slices.Contains(held, scope.Environment()) {
			return nil, ErrHeld
		}
	}
	return f, nil
}

func (s *Service) find(ctx context.Context, endpointID string) (*Found, error) {
	var rows []struct{ TargetID, ProjectID, EnvID, Name, Fixed string }
	err := s.DB.Look(ctx, func(q *gorm.DB) error {
		return q.Raw(`SELECT h.target_id, h.project_id, e.id AS env_id, e.name, COALESCE(h.environment_id, '') AS fixed
			FROM http_endpoints h JOIN environments e ON e.project_id = h.project_id WHERE h.id = ?`, endpointID).Scan(&rows).Error
	})
	if err != nil {
		return nil, fmt.Errorf("find endpoint: %w", err)
	}
	if len(rows) == 0 {
		return nil, ErrNotFound
	}
	f := &Found{TargetID: rows[0].TargetID, Project: rows[0].ProjectID, byName: map[string]tenant.Scope{}}
	for _, r := range rows {
		f.byName[r.Name] = tenant.NewScope(r.ProjectID, r.EnvID, r.Name)
		if r.Fixed == r.EnvID {
			f.fixed = f.byName[r.Name]
		}
	}
	return f, nil
}

// Scope returns the scope of the environment that the address is bound to, or
// else of the one with the name. It is the zero Scope when there is none.
func (f *Found) Scope(name string) tenant.Scope {
	if f.fixed.Valid() {
		return f.fixed
	}
	return f.byName[name]
}
