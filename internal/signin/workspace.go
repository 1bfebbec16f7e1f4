package signin

import (
	"context"
	"errors"
	"net/http"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Place is which of a person's workspaces a request is for. The zero Place is the one
// that was chosen in the session.
type Place struct {
	Workspace string // this one and no other: it is not there for who is no member of it
	Project   string // the one that has it, for who is a member of that
}

// WorkspaceHeader names the workspace that a page of the console shows, so that windows
// of several stand side by side, and none does in one what was meant for another.
const WorkspaceHeader = "X-Patchbay-Workspace"

// PlaceOf returns which workspace a request is for that names a project, or none.
func PlaceOf(r *http.Request, projectID string) Place {
	return Place{Workspace: r.Header.Get(WorkspaceHeader), Project: projectID}
}

// Choose opens another workspace in a session, of which the person is a member.
func (s *Service) Choose(ctx context.Context, raw, workspaceID string) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		res := tx.Exec(`UPDATE sessions SET workspace_id = @w WHERE token_hash = @t AND connection_id IS NULL
			AND EXISTS (SELECT FROM members m WHERE m.workspace_id = @w AND m.person_id = sessions.person_id)`, map[string]any{"w": workspaceID, "t": token.Hash(raw)})
		return db.Affected(res, member.ErrWorkspaceNotFound)
	})
}

// Person returns who is signed in, a member of a workspace or of none; nil =
// nobody is, or by single sign-on alone, which speaks for its workspace.
func (s *Service) Person(ctx context.Context, raw string) (p *member.Person, err error) {
	now := s.Now()
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		q := tx.Where("id = (SELECT person_id FROM sessions WHERE token_hash = ? AND connection_id IS NULL AND expires_at > ? AND used_at > ?)", token.Hash(raw), now, now.Add(-sessionIdle))
		p, err = db.One[member.Person](q, ErrSession)
		return err
	})
	if errors.Is(err, ErrSession) {
		return nil, nil
	}
	return p, err
}

// Enter signs somebody in who has shown who they are elsewhere, by a way of that
// name. Who has a second factor is asked for it, as at any sign-in.
func (s *Service) Enter(ctx context.Context, personID, way string, b Browser) (*Opened, error) {
	var p *member.Person
	err := s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		p, err = db.One[member.Person](tx.Where("id = ?", personID), ErrSession)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.admit(ctx, p, way, b)
}
