package member

import (
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// What a workspace's own directory does to its members, in transactions of its own.

// Named returns who has an e-mail, or makes them: somebody without a password,
// who comes in by their directory until they set one by e-mail.
func (s *Service) Named(tx *gorm.DB, email, name string) (*Person, error) {
	p := &Person{ID: id.New("u"), Email: email, Name: name, CreatedAt: s.Now()}
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(p).Error; err != nil {
		return nil, fmt.Errorf("insert person: %w", err)
	}
	return db.One[Person](tx.Where("lower(email) = lower(?)", email), ErrNobody)
}

// Join has a person be a member of a workspace: as they are, or as they were
// invited, or with the rights if anybody may join. ErrInvitation: nobody asked them.
func (s *Service) Join(tx *gorm.DB, workspaceID string, p *Person, r Rights, anybody bool) error {
	if err := tx.Exec("SELECT FROM workspaces WHERE id = ? FOR UPDATE", workspaceID).Error; err != nil {
		return fmt.Errorf("lock workspace: %w", err)
	}
	_, err := db.One[Member](tx.Where("workspace_id = ? AND person_id = ?", workspaceID, p.ID), ErrNotFound)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	now := s.Now()
	details := map[string]any{"email": p.Email}
	i, err := db.One[Invitation](tx.Where("workspace_id = ? AND lower(email) = lower(?) AND expires_at > ?", workspaceID, p.Email, now), ErrInvitation)
	switch {
	case err == nil:
		if err := tx.Delete(&Invitation{}, "id = ?", i.ID).Error; err != nil {
			return fmt.Errorf("delete invitation: %w", err)
		}
		r = Rights{i.Role, i.AllProjects, i.Projects}
		details["invitation"] = i.ID
	case !errors.Is(err, ErrInvitation) || !anybody:
		return err
	}
	m := &Member{ID: id.New("mem"), WorkspaceID: workspaceID, PersonID: p.ID, Role: r.Role, AllProjects: r.AllProjects, Projects: r.Projects, CreatedAt: now}
	if err := tx.Create(m).Error; err != nil {
		return fmt.Errorf("insert member: %w", err)
	}
	if err := join(tx, m); err != nil {
		return err
	}
	details["role"] = m.Role
	return audit.RecordOf(tx, now, workspaceID, audit.Entry{Action: audit.MemberJoined, Subject: m.ID, Details: details})
}

// Assign gives a member a role. Who is an owner stays one, and nobody becomes
// one: a directory does not decide to whom a workspace belongs.
func (s *Service) Assign(tx *gorm.DB, workspaceID, personID string, role Role) error {
	if !slices.Contains(Roles[1:], role) {
		return ErrRole
	}
	var memberID string
	res := tx.Raw("SELECT id FROM members WHERE workspace_id = ? AND person_id = ?", workspaceID, personID).Scan(&memberID)
	if err := db.Affected(res, ErrNotFound); err != nil {
		return err
	}
	m, err := one(tx, workspaceID, memberID)
	if err != nil {
		return err
	}
	if m.Role == Owner || m.Role == role {
		return nil
	}
	before := Rights{m.Role, m.AllProjects, m.Projects}
	m.Role = role
	if role.least(Admin) {
		m.AllProjects, m.Projects = true, nil
	}
	if err := give(tx, &m.Member, s.Now()); err != nil {
		return err
	}
	after := Rights{m.Role, m.AllProjects, m.Projects}
	return audit.RecordOf(tx, s.Now(), workspaceID, m.changed(&before, &after))
}

// Expel takes a person out of a workspace, unless they are its last owner or no
// member at all.
func (s *Service) Expel(tx *gorm.DB, workspaceID, personID string) error {
	var memberID string
	res := tx.Raw("SELECT id FROM members WHERE workspace_id = ? AND person_id = ?", workspaceID, personID).Scan(&memberID)
	if res.Error != nil {
		return fmt.Errorf("find member: %w", res.Error)
	}
	if memberID == "" {
		return nil
	}
	return s.removeIn(tx, workspaceID, memberID, func(*Listed) (string, error) { return audit.MemberRemoved, nil })
}
