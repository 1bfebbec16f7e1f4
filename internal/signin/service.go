package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Service signs people in.
type Service struct {
	DB      *db.DB
	Members *member.Service
	Now     func() time.Time
}

// SignIn opens a session for the right password and returns its token.
func (s *Service) SignIn(ctx context.Context, email, password string) (string, error) {
	p, err := s.Members.Person(ctx, email)
	if err != nil && !errors.Is(err, member.ErrNobody) {
		return "", err
	}
	if !p.HasPassword(password) {
		return "", ErrSignIn
	}
	return s.open(ctx, p.ID)
}

// NewLink returns the token of a link that signs the person in once.
func (s *Service) NewLink(ctx context.Context, personID string) (string, error) {
	raw := token.Hex("pbl_", 32)
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		row := link{TokenHash: token.Hash(raw), PersonID: personID, ExpiresAt: s.Now().Add(linkLife)}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("insert link: %w", err)
		}
		return nil
	})
	return raw, err
}

// SignInByLink opens a session for a link that was not used before.
func (s *Service) SignInByLink(ctx context.Context, raw string) (string, error) {
	var row link
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		// One statement reads and removes, so that a link clicked twice at once works once.
		res := tx.Raw("DELETE FROM sign_in_links WHERE token_hash = ? AND expires_at > ? RETURNING *", token.Hash(raw), s.Now()).Scan(&row)
		return db.Affected(res, ErrLink)
	})
	if err != nil {
		return "", err
	}
	return s.open(ctx, row.PersonID)
}

func (s *Service) open(ctx context.Context, personID string) (string, error) {
	raw, now := token.Hex("pbs_", 32), s.Now()
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		row := Session{TokenHash: token.Hash(raw), PersonID: personID, CreatedAt: now, UsedAt: now, ExpiresAt: now.Add(sessionLife)}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("insert session: %w", err)
		}
		return nil
	})
	return raw, err
}

// SignedIn returns who has a session, or ErrSession; ErrNoWorkspace for a person
// who is a member of none.
func (s *Service) SignedIn(ctx context.Context, raw string) (*Who, error) {
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
		if w.Person, err = db.One[member.Person](tx.Where("id = ?", w.Session.PersonID), ErrSession); err != nil {
			return err
		}
		// The workspace that was chosen, or the first that the person came into.
		open := clause.Expr{SQL: "workspace_id IS NOT DISTINCT FROM ? DESC, created_at, id", Vars: []any{w.Session.WorkspaceID}}
		if w.Member, err = db.One[member.Member](tx.Where("person_id = ?", w.Person.ID).Order(clause.OrderBy{Expression: open}), ErrNoWorkspace); err != nil {
			return err
		}
		if err := w.Member.Load(tx); err != nil {
			return err
		}
		w.Workspace, err = db.One[member.Workspace](tx.Where("id = ?", w.Member.WorkspaceID), ErrSession)
		return err
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
