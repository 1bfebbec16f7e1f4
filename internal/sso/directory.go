package sso

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// ErrToken is the fault of a bearer that is no directory's.
var ErrToken = fault.New(fault.Unauthenticated, "scim_token", "Send the directory's token as a bearer.")

// NewToken gives the workspace's directory a token, which is shown this once. The
// one before is good no more.
func (s *Service) NewToken(ctx context.Context, w *signin.Who) (string, error) {
	raw := token.Hex("pbd_", 32)
	return raw, s.setToken(ctx, w, audit.DirectoryToken, map[string]any{"scim_token_hash": token.Hash(raw), "scim_token_at": s.Now()})
}

// EndToken takes the directory's token back. Its people stay as they are.
func (s *Service) EndToken(ctx context.Context, w *signin.Who) error {
	return s.setToken(ctx, w, audit.DirectoryTokenEnded, map[string]any{"scim_token_hash": nil, "scim_token_at": nil})
}

func (s *Service) setToken(ctx context.Context, w *signin.Who, action string, change map[string]any) error {
	if w.Member.Role != member.Owner {
		return ErrOwner
	}
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		c, err := s.load(tx.Where("workspace_id = ?", w.Workspace.ID))
		if err != nil {
			return err
		}
		if err := db.Affected(tx.Model(&Connection{}).Where("id = ?", c.ID).UpdateColumns(change), ErrNotFound); err != nil {
			return err
		}
		return audit.RecordOf(tx, s.Now(), c.WorkspaceID, audit.Entry{Action: action, Subject: c.ID})
	})
}

// ByToken returns whose directory speaks, or ErrToken.
func (s *Service) ByToken(ctx context.Context, raw string) (c *Connection, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		c, err = s.load(tx.Where("scim_token_hash = ?", token.Hash(raw)))
		return err
	})
	if fault.Of(err).Code == ErrNotFound.Code {
		return nil, ErrToken
	}
	return c, err
}

// Speaks returns an e-mail that the provider may speak of, as it is kept, or
// ErrNoEmail or ErrOtherDomain.
func (c *Connection) Speaks(email string) (string, error) {
	yes := flag(true)
	return c.speaks(&said{Email: email, Verified: &yes})
}

// Role is the most that groups give, and whether one of them gives any.
func (c *Connection) Role(groups []string) (r member.Role, mapped bool) { return c.role(groups) }

// gone reports whether the workspace's directory has somebody as not active.
func gone(tx *gorm.DB, connectionID, personID, email string) (yes bool, err error) {
	err = tx.Raw("SELECT EXISTS (SELECT FROM directory_users WHERE connection_id = ? AND NOT active AND (person_id = ? OR lower(email) = lower(?)))", connectionID, personID, email).Scan(&yes).Error
	if err != nil {
		return false, fmt.Errorf("find directory user: %w", err)
	}
	return yes, nil
}
