package member

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// Service keeps people and workspaces.
type Service struct {
	DB            *db.DB
	BaseURL       string // of the console
	NewWorkspaces string // who may make another workspace: Anybody, Owners, Nobody; "" = Owners
	// Mail sends a letter, which has an id of its own; nil = no e-mail is sent here.
	Mail  func(ctx context.Context, to, letterID, subject, text string) error
	Grace time.Duration // for which a workspace that is to be deleted can be taken back
	Now   func() time.Time
}

// Create makes a workspace with its first member, its owner, who is new here.
func (s *Service) Create(ctx context.Context, workspace, email, person, password string) (*Member, error) {
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return nil, ErrPassword
	}
	now := s.Now()
	w := &Workspace{ID: id.New("o"), Name: workspace, CreatedAt: now}
	p := &Person{ID: id.New("u"), Email: strings.TrimSpace(email), Name: person, PasswordHash: hashPassword(password), CreatedAt: now}
	m := &Member{ID: id.New("mem"), WorkspaceID: w.ID, PersonID: p.ID, Role: Owner, AllProjects: true, CreatedAt: now}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		err := tx.Create(p).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return ErrEmailTaken
		}
		if err != nil {
			return fmt.Errorf("insert person: %w", err)
		}
		if err := tx.Create(w).Error; err != nil {
			return fmt.Errorf("insert workspace: %w", err)
		}
		if err := tx.Create(m).Error; err != nil {
			return fmt.Errorf("insert member: %w", err)
		}
		return nil
	})
	return m, err
}

// Person returns who has an e-mail, or ErrNobody.
func (s *Service) Person(ctx context.Context, email string) (p *Person, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		p, err = db.One[Person](tx.Where("lower(email) = lower(?)", strings.TrimSpace(email)), ErrNobody)
		return err
	})
	return p, err
}

// Of returns the memberships of a person, the oldest first.
func (s *Service) Of(ctx context.Context, personID string) (all []Member, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Where("person_id = ?", personID).Order("created_at, id").Find(&all).Error
	})
	return all, err
}

// Load fills in the projects in which the member has a role of their own.
func (m *Member) Load(tx *gorm.DB) error {
	if m.Role.least(Admin) {
		return nil // they are in all of them
	}
	if err := tx.Table("member_projects").Where("member_id = ?", m.ID).Order("project_id").Find(&m.Projects).Error; err != nil {
		return fmt.Errorf("load projects of member: %w", err)
	}
	return nil
}
