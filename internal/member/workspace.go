package member

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// Faults of workspaces.
var (
	ErrWorkspaceNotFound = fault.New(fault.NotFound, "workspace_not_found", "There is no such workspace, or you are not a member of it.")
	ErrNewWorkspace      = fault.New(fault.Forbidden, "new_workspace", "Only owners of a workspace may make another one here. The installation's PATCHBAY_NEW_WORKSPACES says who may.")
	ErrConfirm           = fault.New(fault.Invalid, "confirm", "Type the name exactly as it is, to show that you mean it.").At("confirm")
	ErrAuditKeep         = fault.New(fault.Invalid, "audit_keep_days", "The audit log is kept for %d days at least, or as the installation says: 0.", leastAudit).At("audit_keep_days")
	ErrWorkspaceName     = fault.New(fault.Invalid, "workspace_name", "A name has 1 to %d characters.", maxName).At("name")
)

// Who may make another workspace.
const (
	Anybody = "anybody" // every person
	Owners  = "owners"  // who owns one
	Nobody  = "nobody"
)

// Workspace returns a workspace.
func (s *Service) Workspace(ctx context.Context, workspaceID string) (w *Workspace, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		w, err = db.One[Workspace](tx.Where("id = ?", workspaceID), ErrWorkspaceNotFound)
		return err
	})
	return w, err
}

// Workspaces returns the installation's workspaces, the oldest first.
func (s *Service) Workspaces(ctx context.Context) (all []Workspace, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error { return tx.Order("created_at, id").Limit(1000).Find(&all).Error })
	return all, err
}

// Membership is a person's part in a workspace.
type Membership struct {
	ID   string // of the workspace
	Name string
	Role Role
}

// Memberships returns the workspaces of a person, by name.
func (s *Service) Memberships(ctx context.Context, personID string) (all []Membership, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT w.id, w.name, m.role FROM members m JOIN workspaces w ON w.id = m.workspace_id WHERE m.person_id = ? ORDER BY lower(w.name), w.id", personID).Scan(&all).Error
	})
	return all, err
}

// MayCreate reports whether a person may make another workspace.
func (s *Service) MayCreate(all []Membership) bool {
	switch s.NewWorkspaces {
	case Anybody:
		return true
	case Nobody:
		return false
	}
	for _, m := range all {
		if m.Role == Owner {
			return true
		}
	}
	return false
}

// Another makes another workspace, whose owner is a person who is here already.
func (s *Service) Another(ctx context.Context, p *Person, name string) (*Workspace, error) {
	all, err := s.Memberships(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	if !s.MayCreate(all) {
		return nil, ErrNewWorkspace
	}
	if name, err = checkName(name); err != nil {
		return nil, err
	}
	now := s.Now()
	w := &Workspace{ID: id.New("o"), Name: name, CreatedAt: now}
	m := &Member{ID: id.New("mem"), WorkspaceID: w.ID, PersonID: p.ID, Role: Owner, AllProjects: true, CreatedAt: now}
	err = s.DB.System(audit.With(ctx, by(ctx, m, p)), func(tx *gorm.DB) error {
		if err := tx.Create(w).Error; err != nil {
			return fmt.Errorf("insert workspace: %w", err)
		}
		if err := tx.Create(m).Error; err != nil {
			return fmt.Errorf("insert member: %w", err)
		}
		return audit.RecordOf(tx, now, w.ID, audit.Entry{Action: audit.WorkspaceCreated, Subject: w.ID, Details: map[string]any{"name": w.Name}})
	})
	return w, err
}

func checkName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName || strings.ContainsRune(name, 0) {
		return "", ErrWorkspaceName
	}
	return name, nil
}

// WorkspaceChange is what Update changes: the fields that are not nil.
type WorkspaceChange struct {
	Name          *string
	AuditKeepDays *int
	Seen          []time.Time // when what the caller saw had been changed; none = whatever is there
}

// leastAudit is for how many days the audit log is kept at least.
const leastAudit = 30

// Update changes a workspace.
func (s *Service) Update(ctx context.Context, workspaceID string, c WorkspaceChange) (w *Workspace, err error) {
	if c.Name != nil {
		name, err := checkName(*c.Name)
		if err != nil {
			return nil, err
		}
		c.Name = &name
	}
	if days := c.AuditKeepDays; days != nil && *days != 0 && *days < leastAudit {
		return nil, ErrAuditKeep
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if w, err = db.One[Workspace](tx.Clauses(locked).Where("id = ?", workspaceID), ErrWorkspaceNotFound); err != nil {
			return err
		}
		if err := fault.UnchangedAt(w.ChangedAt, c.Seen...); err != nil {
			return err //nolint:wrapcheck // a fault
		}
		now := s.Now()
		w.ChangedAt = &now
		var entries []audit.Entry
		if c.Name != nil {
			entries = append(entries, audit.Entry{Action: audit.WorkspaceRenamed, Subject: workspaceID, Details: map[string]any{"before": w.Name, "after": *c.Name}})
			w.Name = *c.Name
		}
		if c.AuditKeepDays != nil {
			entries = append(entries, audit.Entry{
				Action: audit.WorkspaceChanged, Subject: workspaceID,
				Details: audit.Changes(audit.View{"audit_keep_days": w.AuditKeepDays}, audit.View{"audit_keep_days": *c.AuditKeepDays}),
			})
			w.AuditKeepDays = *c.AuditKeepDays
		}
		if err := tx.Model(w).Select("name", "audit_keep_days", "changed_at").Updates(w).Error; err != nil {
			return fmt.Errorf("change workspace: %w", err)
		}
		return audit.RecordOf(tx, now, workspaceID, entries...)
	})
	return w, err
}
