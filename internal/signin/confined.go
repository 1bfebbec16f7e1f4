package signin

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Faults of single sign-on.
var (
	ErrConfined = fault.New(fault.Forbidden, "sso_session", "You came in by single sign-on, which is of one workspace. Sign in with your own password or passkey for this.")
	ErrSSOOnly  = fault.New(fault.Forbidden, "sso_required", "This workspace is entered by single sign-on alone. Sign out, and continue with SSO.")
)

// Confined opens a session for who an identity provider has let in. It reaches
// the provider's workspace and no other, and is never fresh: it changes nothing
// of how the person signs in. A second factor is the provider's to ask for.
func (s *Service) Confined(ctx context.Context, p *member.Person, workspaceID, connectionID string, b Browser) (*Opened, error) {
	o, now := &Opened{Token: token.Hex("pbs_", 32), Device: b.Device}, s.Now()
	if o.Device == "" {
		o.Device = token.Hex("pbd_", 32)
	}
	var stranger bool
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		m, err := db.One[member.Member](tx.Where("workspace_id = ? AND person_id = ?", workspaceID, p.ID), ErrNoWorkspace)
		if err != nil {
			return err
		}
		row := Session{
			TokenHash: token.Hash(o.Token), ID: id.New("ses"), PersonID: p.ID, WorkspaceID: &workspaceID, ConnectionID: &connectionID,
			UserAgent: cut(b.UserAgent, 300), Address: b.Address, Factors: 1, ProvedAt: time.Unix(0, 0), CreatedAt: now, UsedAt: now, ExpiresAt: now.Add(sessionLife),
		}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("insert session: %w", err)
		}
		if stranger, err = meet(tx, p.ID, o.Device, now); err != nil {
			return err
		}
		by := audit.Actor{Kind: audit.Member, ID: m.ID, Name: p.Email, Address: b.Address, RequestID: b.RequestID}
		return audit.RecordOf(tx.WithContext(audit.With(ctx, by)), now, workspaceID, audit.Entry{
			Action: audit.SignedIn, Subject: m.ID, Details: map[string]any{"email": p.Email, "way": "sso", "browser": Words(b.UserAgent)},
		})
	})
	if err != nil {
		return nil, err
	}
	if stranger {
		s.tellOfDevice(p, b, now)
	}
	return o, nil
}

// Confined reports whether a session is of one workspace alone.
func (s *Session) Confined() bool { return s.ConnectionID != nil }

// Free returns ErrConfined for who came in by single sign-on, and may not do
// what reaches beyond its workspace.
func (w *Who) Free() error {
	if w.Session.Confined() {
		return ErrConfined
	}
	return nil
}

// Ask counts a question of somebody who is not signed in, and returns *Wait to
// who asks too often.
func (s *Service) Ask(ctx context.Context, b Browser) error {
	return s.tries().begin(ctx, ofPasskey.of("sso", b.Address))
}
