package member

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

const maxProjects = 200 // that a member has a role of their own in

// Faults of members.
var (
	ErrNotFound  = fault.New(fault.NotFound, "member_not_found", "There is no such member.")
	ErrLastOwner = fault.New(fault.Conflict, "last_owner", "This is the last owner. Make somebody else an owner first.")
	ErrOwners    = fault.New(fault.Forbidden, "owners_only", "Only an owner may make owners, or change them.")
	ErrRole      = fault.New(fault.Invalid, "role", "A role is owner, admin, developer or viewer; in a project of one's own it is admin, developer or viewer.").At("role")
	ErrProjects  = fault.New(fault.Invalid, "member_projects", "Name up to %d projects of the workspace, each once. Only developers and viewers can be kept to some projects, and to one at least.", maxProjects).At("projects")
)

// Listed is a member with who they are.
type Listed struct {
	Member
	Email      string
	Name       string
	LastSeenAt *time.Time // of any workspace; nil = not of late
	TwoFactors bool       // whether they have an authenticator app or a passkey
}

// Rights are what a member is given.
type Rights struct {
	Role        Role
	AllProjects bool
	Projects    []ProjectRole
}

// check returns the first rule that the rights break, in the workspace's tx.
func (r *Rights) check(tx *gorm.DB, workspaceID string) error {
	if !slices.Contains(Roles, r.Role) {
		return ErrRole
	}
	if len(r.Projects) > maxProjects || r.Role.least(Admin) && (!r.AllProjects || len(r.Projects) > 0) || !r.AllProjects && len(r.Projects) == 0 {
		return ErrProjects
	}
	ids := make([]string, len(r.Projects))
	for i, p := range r.Projects {
		if !slices.Contains(Roles[1:], p.Role) {
			return ErrRole
		}
		ids[i] = p.ProjectID
	}
	if len(ids) == 0 {
		return nil
	}
	var there int
	if err := tx.Raw("SELECT count(*) FROM projects WHERE workspace_id = ? AND id IN ?", workspaceID, ids).Scan(&there).Error; err != nil {
		return fmt.Errorf("find projects of member: %w", err)
	}
	if there != len(ids) {
		return ErrProjects
	}
	return nil
}

// may returns ErrOwners unless somebody of role by may do to an owner what
// touches the roles. A server, which has no role, is no owner.
func may(by Role, touched ...Role) error {
	if by != Owner && slices.Contains(touched, Owner) {
		return ErrOwners
	}
	return nil
}

const listed = `SELECT m.*, p.email, p.name, (SELECT max(used_at) FROM sessions WHERE person_id = p.id) AS last_seen_at,
	(EXISTS (SELECT FROM authenticators WHERE person_id = p.id AND confirmed_at IS NOT NULL) OR EXISTS (SELECT FROM passkeys WHERE person_id = p.id)) AS two_factors
	FROM members m JOIN people p ON p.id = m.person_id WHERE m.workspace_id = ?`

// List returns the members of a workspace, the oldest first.
func (s *Service) List(ctx context.Context, workspaceID string) (all []Listed, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Raw(listed+" ORDER BY m.created_at, m.id", workspaceID).Scan(&all).Error; err != nil {
			return fmt.Errorf("list members: %w", err)
		}
		var rows []struct {
			MemberID string
			ProjectRole
		}
		err := tx.Raw("SELECT r.* FROM member_projects r JOIN members m ON m.id = r.member_id WHERE m.workspace_id = ? ORDER BY r.project_id", workspaceID).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("list projects of members: %w", err)
		}
		for _, r := range rows {
			if i := slices.IndexFunc(all, func(m Listed) bool { return m.ID == r.MemberID }); i >= 0 {
				all[i].Projects = append(all[i].Projects, r.ProjectRole)
			}
		}
		return nil
	})
	return all, err
}

// Addresses returns the e-mails of the members of a project's workspace who may see the
// project, and which of them are its owners'.
func (s *Service) Addresses(ctx context.Context, projectID string) (all, owners []string, err error) {
	var rows []struct {
		Email string
		Role  Role
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		err := tx.Raw(`SELECT p.email, m.role FROM projects j JOIN members m ON m.workspace_id = j.workspace_id JOIN people p ON p.id = m.person_id
			WHERE j.id = ? AND (m.all_projects OR EXISTS (SELECT FROM member_projects r WHERE r.member_id = m.id AND r.project_id = j.id)) ORDER BY p.email`, projectID).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("list addresses of members: %w", err)
		}
		return nil
	})
	for _, r := range rows {
		if all = append(all, r.Email); r.Role == Owner {
			owners = append(owners, r.Email)
		}
	}
	return all, owners, err
}

// one returns a member of the workspace, whom nobody else changes until tx is over.
func one(tx *gorm.DB, workspaceID, memberID string) (*Listed, error) {
	// The workspace's row is held by whoever changes its members, so that of two who go at once the second sees the first gone.
	if err := tx.Exec("SELECT FROM workspaces WHERE id = ? FOR UPDATE", workspaceID).Error; err != nil {
		return nil, fmt.Errorf("lock workspace: %w", err)
	}
	var m Listed
	res := tx.Raw(listed+" AND m.id = ?", workspaceID, memberID).Scan(&m)
	if err := db.Affected(res, ErrNotFound); err != nil {
		return nil, err
	}
	return &m, m.Load(tx)
}

// owned returns ErrLastOwner unless the workspace has an owner.
func owned(tx *gorm.DB, workspaceID string) error {
	var owners int
	if err := tx.Raw("SELECT count(*) FROM members WHERE workspace_id = ? AND role = ?", workspaceID, Owner).Scan(&owners).Error; err != nil {
		return fmt.Errorf("count owners: %w", err)
	}
	if owners == 0 {
		return ErrLastOwner
	}
	return nil
}

// Change gives a member other rights. by is the role of who does it; seen is when what
// they saw had been changed: if it was since, nothing is, and it is fault.ErrChanged.
func (s *Service) Change(ctx context.Context, workspaceID string, by Role, memberID string, to func(*Rights), seen ...time.Time) (m *Listed, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if m, err = one(tx, workspaceID, memberID); err != nil {
			return err
		}
		if err := fault.Unchanged(m.UpdatedAt, seen...); err != nil {
			return err //nolint:wrapcheck // a fault
		}
		before := Rights{m.Role, m.AllProjects, m.Projects}
		next := before
		to(&next)
		if err := may(by, before.Role, next.Role); err != nil {
			return err
		}
		if err := next.check(tx, workspaceID); err != nil {
			return err
		}
		m.Role, m.AllProjects, m.Projects = next.Role, next.AllProjects, next.Projects
		if err := give(tx, &m.Member, s.Now()); err != nil {
			return err
		}
		if err := owned(tx, workspaceID); err != nil {
			return err
		}
		return audit.RecordOf(tx, s.Now(), workspaceID, m.changed(&before, &next))
	})
	return m, err
}

// changed is the entry that a member has other rights now.
func (m *Listed) changed(before, after *Rights) audit.Entry {
	details := audit.Changes(before.told(), after.told())
	details["email"] = m.Email
	return audit.Entry{Action: audit.MemberChanged, Subject: m.ID, Details: details}
}

func (r *Rights) told() audit.View {
	return audit.View{"role": r.Role, "all_projects": r.AllProjects, "projects": append([]ProjectRole{}, r.Projects...)}
}

// give writes a member's rights down.
func give(tx *gorm.DB, m *Member, now time.Time) error {
	m.UpdatedAt = now
	err := tx.Model(&Member{}).Where("id = ?", m.ID).Updates(map[string]any{"role": m.Role, "all_projects": m.AllProjects, "updated_at": now}).Error
	if err != nil {
		return fmt.Errorf("change member: %w", err)
	}
	if err := tx.Exec("DELETE FROM member_projects WHERE member_id = ?", m.ID).Error; err != nil {
		return fmt.Errorf("delete projects of member: %w", err)
	}
	return join(tx, m)
}

// join writes the projects of a member who has none. One that is gone meanwhile
// is left out.
func join(tx *gorm.DB, m *Member) error {
	for _, p := range m.Projects {
		err := tx.Exec(`INSERT INTO member_projects (member_id, project_id, role) SELECT ?, id, ? FROM projects WHERE id = ? AND workspace_id = ?`,
			m.ID, p.Role, p.ProjectID, m.WorkspaceID).Error
		if err != nil {
			return fmt.Errorf("insert project of member: %w", err)
		}
	}
	return nil
}

// Remove takes somebody out of a workspace. Who takes out themselves leaves.
func (s *Service) Remove(ctx context.Context, workspaceID string, by Role, memberID string) error {
	return s.remove(ctx, workspaceID, memberID, func(m *Listed) (string, error) { return audit.MemberRemoved, may(by, m.Role) })
}

// Leave takes a member out of a workspace who wants to go.
func (s *Service) Leave(ctx context.Context, workspaceID, memberID string) error {
	return s.remove(ctx, workspaceID, memberID, func(*Listed) (string, error) { return audit.MemberLeft, nil })
}

func (s *Service) remove(ctx context.Context, workspaceID, memberID string, may func(*Listed) (string, error)) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error { return s.removeIn(tx, workspaceID, memberID, may) })
}

func (s *Service) removeIn(tx *gorm.DB, workspaceID, memberID string, may func(*Listed) (string, error)) error {
	m, err := one(tx, workspaceID, memberID)
	if err != nil {
		return err
	}
	action, err := may(m)
	if err != nil {
		return err
	}
	if err := tx.Delete(&Member{}, "id = ?", m.ID).Error; err != nil {
		return fmt.Errorf("delete member: %w", err)
	}
	if err := owned(tx, workspaceID); err != nil {
		return err
	}
	return audit.RecordOf(tx, s.Now(), workspaceID, audit.Entry{Action: action, Subject: m.ID, Details: map[string]any{"email": m.Email, "role": m.Role}})
}

// Transfer makes another member the owner in the place of an owner, who stays as
// an admin.
func (s *Service) Transfer(ctx context.Context, workspaceID, fromID, toID string) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		from, err := one(tx, workspaceID, fromID)
		if err != nil {
			return err
		}
		to, err := one(tx, workspaceID, toID)
		if err != nil {
			return err
		}
		if from.Role != Owner || from.ID == to.ID {
			return ErrOwners
		}
		for m, role := range map[*Listed]Role{from: Admin, to: Owner} {
			m.Role, m.AllProjects, m.Projects = role, true, nil
			if err := give(tx, &m.Member, s.Now()); err != nil {
				return err
			}
		}
		return audit.RecordOf(tx, s.Now(), workspaceID, audit.Entry{Action: audit.WorkspaceTransferred, Subject: to.ID, Details: map[string]any{"from": from.Email, "to": to.Email}})
	})
}

// locked holds rows until a transaction is over.
var locked = clause.Locking{Strength: "UPDATE"}
