package signin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Service signs people in.
type Service struct {
	DB        *db.DB
	Box       *secret.Box
	Members   *member.Service
	Redis     *redis.Client // nil = each process counts attempts for itself
	Mail      Mailer        // nil = no e-mail is sent
	PublicURL string
	Secure    bool // browsers reach us by https alone
	Now       func() time.Time

	once     sync.Once
	attempts *attempts
	post     post
}

func (s *Service) tries() *attempts {
	s.once.Do(func() { s.attempts = newAttempts(s.Redis, s.Now) })
	return s.attempts
}

// SignIn opens a session for the right password, or returns *Wait to who tries
// too often.
func (s *Service) SignIn(ctx context.Context, email, password string, b Browser) (*Opened, error) {
	p, err := s.Members.Person(ctx, email)
	if err != nil && !errors.Is(err, member.ErrNobody) {
		return nil, err
	}
	address, own := ofAddress.of("address", b.Address), ofEmail.of("email", email)
	if p != nil && b.Device != "" {
		if known, err := s.knows(ctx, p.ID, b.Device); err != nil {
			return nil, err
		} else if known {
			own = ofDevice.of("device", p.ID+b.Device)
		}
	}
	if err := s.tries().begin(ctx, address, own); err != nil {
		return nil, err
	}
	if !p.HasPassword(password) {
		if p == nil {
			return nil, ErrSignIn
		}
		err := s.DB.System(ctx, func(tx *gorm.DB) error {
			return s.note(tx, b, p, audit.SignInFailed, map[string]any{"way": "password"})
		})
		if err != nil {
			return nil, err
		}
		return nil, ErrSignIn
	}
	s.tries().succeeded(ctx, address)
	s.tries().forget(ctx, own)
	return s.admit(ctx, p, "password", b)
}

// NewLink returns the token of a link that signs the person in once.
func (s *Service) NewLink(ctx context.Context, personID string) (string, error) {
	return s.newLink(ctx, personID, toSignIn)
}

func (s *Service) newLink(ctx context.Context, personID string, why purpose) (string, error) {
	raw := token.Hex("pbl_", 32)
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		row := link{TokenHash: token.Hash(raw), PersonID: personID, Purpose: why, ExpiresAt: s.Now().Add(linkLife)}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("insert link: %w", err)
		}
		return nil
	})
	return raw, err
}

// take reads and removes a link in one statement, so that one that is clicked
// twice at once works once.
func take(tx *gorm.DB, raw string, why purpose, now time.Time, missing error) (*link, error) {
	var row link
	res := tx.Raw("DELETE FROM sign_in_links WHERE token_hash = ? AND purpose = ? AND expires_at > ? RETURNING *", token.Hash(raw), why, now).Scan(&row)
	return &row, db.Affected(res, missing)
}

// SignInByLink opens a session for a link that was not used before.
func (s *Service) SignInByLink(ctx context.Context, raw string, b Browser) (*Opened, error) {
	var p *member.Person
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		row, err := take(tx, raw, toSignIn, s.Now(), ErrLink)
		if err != nil {
			return err
		}
		p, err = db.One[member.Person](tx.Where("id = ?", row.PersonID), ErrLink)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.admit(ctx, p, "link", b)
}

// open opens a session for somebody who has proved who they are, and tells them
// of a browser that they never signed in with before.
func (s *Service) open(ctx context.Context, p *member.Person, way string, factors int, b Browser) (*Opened, error) {
	o, now := &Opened{Token: token.Hex("pbs_", 32), Device: b.Device}, s.Now()
	if o.Device == "" {
		o.Device = token.Hex("pbd_", 32)
	}
	var stranger bool
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		row := Session{
			TokenHash: token.Hash(o.Token), ID: id.New("ses"), PersonID: p.ID, UserAgent: cut(b.UserAgent, 300), Address: b.Address,
			Factors: factors, ProvedAt: now, CreatedAt: now, UsedAt: now, ExpiresAt: now.Add(sessionLife),
		}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("insert session: %w", err)
		}
		var err error
		if stranger, err = meet(tx, p.ID, o.Device, now); err != nil {
			return err
		}
		return s.note(tx, b, p, audit.SignedIn, map[string]any{"way": way, "factors": factors})
	})
	if err != nil {
		return nil, err
	}
	if stranger {
		s.tellOfDevice(p, b, now)
	}
	return o, nil
}

// knows reports whether the person signed in with a device before.
func (s *Service) knows(ctx context.Context, personID, raw string) (known bool, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT EXISTS (SELECT FROM sign_in_devices WHERE person_id = ? AND device_hash = ?)", personID, token.Hash(raw)).Scan(&known).Error
	})
	return known, err
}

// meet writes a device down. It is a stranger when the person has others, and
// not this one.
func meet(tx *gorm.DB, personID, raw string, now time.Time) (stranger bool, err error) {
	err = tx.Raw(`SELECT EXISTS (SELECT FROM sign_in_devices WHERE person_id = ?) AND NOT EXISTS (SELECT FROM sign_in_devices WHERE person_id = ? AND device_hash = ?)`,
		personID, personID, token.Hash(raw)).Scan(&stranger).Error
	if err != nil {
		return false, fmt.Errorf("find devices: %w", err)
	}
	row := device{DeviceHash: token.Hash(raw), PersonID: personID, SeenAt: now}
	if err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error; err != nil {
		return false, fmt.Errorf("write device: %w", err)
	}
	return stranger, nil
}

// membership is a member with the person and the workspace, read at once.
type membership struct {
	member.Member `gorm:"embedded"`

	Person    member.Person
	Workspace member.Workspace
}

// TableName maps the noun to its table.
func (membership) TableName() string { return "members" }

// SignedIn returns who has a session and makes a request from an address, or
// ErrSession; ErrNoWorkspace for a person who is a member of none. They are in the
// workspace that was chosen in the session.
func (s *Service) SignedIn(ctx context.Context, raw, from string) (*Who, error) {
	return s.SignedInAt(ctx, raw, from, Place{})
}

// SignedInAt is SignedIn for a request that says which of a person's workspaces it
// is for.
func (s *Service) SignedInAt(ctx context.Context, raw, from string, at Place) (*Who, error) {
	w, now := &Who{}, s.Now()
	err := s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		w.Session, err = db.One[Session](tx.Where("token_hash = ? AND expires_at > ? AND used_at > ?", token.Hash(raw), now, now.Add(-sessionIdle)), ErrSession)
		if err != nil {
			return err
		}
		if now.Sub(w.Session.UsedAt).Minutes() > 5 { // often enough for the idle limit, and no write a request
			if err := tx.Model(w.Session).Update("used_at", now).Error; err != nil {
				return fmt.Errorf("touch session: %w", err)
			}
		}
		// That of the project, the workspace that was chosen, or the first that the person came into.
		open := clause.Expr{
			SQL: `members.workspace_id IS NOT DISTINCT FROM (SELECT p.workspace_id FROM projects p WHERE p.id = ? AND p.deleted_at IS NULL) DESC,
				members.workspace_id IS NOT DISTINCT FROM ? DESC, members.created_at, members.id`,
			Vars: []any{at.Project, w.Session.WorkspaceID},
		}
		within := tx.Joins("Person").Joins("Workspace").Where("members.person_id = ?", w.Session.PersonID)
		if w.Session.Confined() {
			within = within.Where("members.workspace_id = (SELECT workspace_id FROM sso_connections WHERE id = ?)", *w.Session.ConnectionID)
		}
		none := ErrNoWorkspace
		if at.Workspace != "" {
			within, none = within.Where("members.workspace_id = ?", at.Workspace), member.ErrWorkspaceNotFound
		}
		part, err := db.One[membership](within.Order(clause.OrderBy{Expression: open}), none)
		if err != nil {
			return err
		}
		w.Member, w.Person, w.Workspace = &part.Member, &part.Person, &part.Workspace
		if err := w.Member.Load(tx); err != nil {
			return err
		}
		if w.barred = !w.Workspace.Admits(from); w.barred {
			if err := noteRefused(tx, w, from, now); err != nil {
				return err
			}
		}
		return tx.Raw("SELECT EXISTS (SELECT FROM sso_connections WHERE workspace_id = ? AND required)", w.Workspace.ID).Scan(&w.ssoOnly).Error
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// SignOut ends a session. Ending it twice is no error.
func (s *Service) SignOut(ctx context.Context, raw string) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Where("token_hash = ?", token.Hash(raw)).Delete(&Session{}).Error; err != nil {
			return fmt.Errorf("delete session: %w", err)
		}
		return nil
	})
}
