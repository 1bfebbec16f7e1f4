package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// CreateWorkspace makes a workspace with its first member.
func (s *Service) CreateWorkspace(ctx context.Context, name, email, person, password string) (*Workspace, *Member, error) {
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return nil, nil, ErrPassword
	}
	now := s.Now()
	w := &Workspace{ID: id.New("o"), Name: name, CreatedAt: now}
	m := &Member{ID: id.New("u"), WorkspaceID: w.ID, Email: strings.TrimSpace(email), Name: person, PasswordHash: hashPassword(password), CreatedAt: now}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Create(w).Error; err != nil {
			return fmt.Errorf("insert workspace: %w", err)
		}
		err := tx.Create(m).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return ErrEmailTaken
		}
		if err != nil {
			return fmt.Errorf("insert member: %w", err)
		}
		return nil
	})
	return w, m, err
}

// MemberByEmail returns the member with the e-mail, or ErrSignIn.
func (s *Service) MemberByEmail(ctx context.Context, email string) (m *Member, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		m, err = db.One[Member](tx.Where("lower(email) = lower(?)", strings.TrimSpace(email)), ErrSignIn)
		return err
	})
	return m, err
}

// SignIn opens a session for the right password and returns its token.
func (s *Service) SignIn(ctx context.Context, email, password string) (string, error) {
	m, err := s.MemberByEmail(ctx, email)
	if errors.Is(err, ErrSignIn) {
		checkPassword(password, nobody())
		return "", ErrSignIn
	}
	if err != nil {
		return "", err
	}
	if !checkPassword(password, m.PasswordHash) {
		return "", ErrSignIn
	}
	return s.open(ctx, m.ID)
}

// NewLink returns the token of a link that signs the member in once.
func (s *Service) NewLink(ctx context.Context, memberID string) (string, error) {
	raw := token.Hex("pbl_", 32)
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		link := signInLink{TokenHash: token.Hash(raw), MemberID: memberID, ExpiresAt: s.Now().Add(linkLife)}
		if err := tx.Create(&link).Error; err != nil {
			return fmt.Errorf("insert link: %w", err)
		}
		return nil
	})
	return raw, err
}

// SignInByLink opens a session for a link that was not used before.
func (s *Service) SignInByLink(ctx context.Context, raw string) (string, error) {
	var link signInLink
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		// One statement reads and removes, so that a link clicked twice at once works once.
		res := tx.Raw("DELETE FROM sign_in_links WHERE token_hash = ? AND expires_at > ? RETURNING *", token.Hash(raw), s.Now()).Scan(&link)
		return db.Affected(res, ErrLink)
	})
	if err != nil {
		return "", err
	}
	return s.open(ctx, link.MemberID)
}

func (s *Service) open(ctx context.Context, memberID string) (string, error) {
	raw, now := token.Hex("pbs_", 32), s.Now()
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		row := Session{TokenHash: token.Hash(raw), MemberID: memberID, CreatedAt: now, UsedAt: now, ExpiresAt: now.Add(sessionLife)}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("insert session: %w", err)
		}
		return nil
	})
	return raw, err
}

// SignedIn returns the member and workspace of a session, or ErrSession.
func (s *Service) SignedIn(ctx context.Context, raw string) (m *Member, w *Workspace, err error) {
	now := s.Now()
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		row, err := db.One[Session](tx.Where("token_hash = ? AND expires_at > ? AND used_at > ?", token.Hash(raw), now, now.Add(-sessionIdle)), ErrSession)
		if err != nil {
			return err
		}
		if now.Sub(row.UsedAt).Minutes() > 5 { // often enough for the idle limit, and no write a request
			if err := tx.Model(row).Update("used_at", now).Error; err != nil {
				return fmt.Errorf("touch session: %w", err)
			}
		}
		if m, err = db.One[Member](tx.Where("id = ?", row.MemberID), ErrSession); err != nil {
			return err
		}
		w, err = db.One[Workspace](tx.Where("id = ?", m.WorkspaceID), ErrSession)
		return err
	})
	return m, w, err
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
