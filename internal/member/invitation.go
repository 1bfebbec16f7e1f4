package member

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/token"
)

const (
	invitationLife = 7 * 24 * time.Hour
	maxInvitations = 200 // that wait, in a workspace
	maxName        = 120
)

// Faults of invitations.
var (
	ErrInvitationNotFound = fault.New(fault.NotFound, "invitation_not_found", "There is no such invitation.")
	ErrInvitation         = fault.New(fault.NotFound, "invitation_used", "The invitation was used or taken back, or has expired. Ask to be invited again.")
	ErrInvited            = fault.New(fault.Conflict, "invited", "This person is invited already. Send the invitation again, or take it back.").At("email")
	ErrMember             = fault.New(fault.Conflict, "member", "This person is a member already.").At("email")
	ErrManyInvitations    = fault.New(fault.Conflict, "too_many_invitations", "%d invitations wait to be accepted. Take some back first.", maxInvitations)
	ErrEmail              = fault.New(fault.Invalid, "email", "An e-mail is written like ada@example.com.").At("email")
	ErrName               = fault.New(fault.Invalid, "name", "A name has 1 to %d characters.", maxName).At("name")
	ErrOtherPerson        = fault.New(fault.Forbidden, "other_person", "The invitation is for somebody else than who is signed in. Sign out, and sign in as who is invited.")
	ErrSignIn             = fault.New(fault.Conflict, "sign_in_first", "There is a person with this e-mail. Sign in, and open the invitation again.")
)

// Invitation asks somebody to come into a workspace.
type Invitation struct {
	ID          string
	WorkspaceID string
	Email       string
	Role        Role
	AllProjects bool
	Projects    []ProjectRole `gorm:"serializer:json"`
	TokenHash   []byte
	InvitedBy   string
	MailedAt    *time.Time // nil = no e-mail went out
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

// Offer is what somebody who has an invitation's link is shown.
type Offer struct {
	Invitation
	Workspace string // its name
	Known     bool   // whether there is a person with the e-mail
}

// CheckEmail returns an e-mail as it is kept, or ErrEmail.
func CheckEmail(text string) (string, error) {
	text = strings.TrimSpace(text)
	a, err := netmail.ParseAddress(text)
	if err != nil || a.Address != text || len(text) > 254 || !strings.Contains(text[strings.LastIndexByte(text, '@'):], ".") && !strings.HasSuffix(text, "@localhost") {
		return "", ErrEmail
	}
	return text, nil
}

// Invitations returns those of a workspace that wait, the newest first.
func (s *Service) Invitations(ctx context.Context, workspaceID string) (all []Invitation, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Where("workspace_id = ?", workspaceID).Order("id DESC").Find(&all).Error
	})
	return all, err
}

// Invite makes an invitation and sends it, if e-mail is sent here. Otherwise, or
// when that fails, the link is returned, to be handed over.
func (s *Service) Invite(ctx context.Context, workspaceID string, by Role, email string, r Rights) (i *Invitation, link string, err error) {
	if email, err = CheckEmail(email); err != nil {
		return nil, "", err
	}
	if err := may(by, r.Role); err != nil {
		return nil, "", err
	}
	raw, now := token.Hex("pbi_", 32), s.Now()
	i = &Invitation{
		ID: id.New("inv"), WorkspaceID: workspaceID, Email: email, Role: r.Role, AllProjects: r.AllProjects, Projects: append([]ProjectRole{}, r.Projects...),
		TokenHash: token.Hash(raw), CreatedAt: now, ExpiresAt: now.Add(invitationLife),
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		if err := r.check(tx, workspaceID); err != nil {
			return err
		}
		if i.InvitedBy, err = audit.By(ctx).Named(tx); err != nil {
			return err //nolint:wrapcheck // says it all
		}
		if err := uninvited(tx, i); err != nil {
			return err
		}
		err = tx.Create(i).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return ErrInvited
		}
		if err != nil {
			return fmt.Errorf("insert invitation: %w", err)
		}
		return audit.RecordOf(tx, now, workspaceID, audit.Entry{Action: audit.MemberInvited, Subject: i.ID, Details: map[string]any{"email": i.Email, "rights": r.told()}})
	})
	if err != nil {
		return nil, "", err
	}
	return s.send(ctx, i, raw)
}

// uninvited makes room for an invitation: those that have expired go.
func uninvited(tx *gorm.DB, i *Invitation) error {
	if err := tx.Exec("DELETE FROM invitations WHERE workspace_id = ? AND expires_at <= ?", i.WorkspaceID, i.CreatedAt).Error; err != nil {
		return fmt.Errorf("delete invitations: %w", err)
	}
	var found struct {
		Member  bool
		Waiting int
	}
	err := tx.Raw(`SELECT EXISTS (SELECT FROM members m JOIN people p ON p.id = m.person_id WHERE m.workspace_id = @w AND lower(p.email) = lower(@e)) AS member,
		(SELECT count(*) FROM invitations WHERE workspace_id = @w) AS waiting`, map[string]any{"w": i.WorkspaceID, "e": i.Email}).Scan(&found).Error
	switch {
	case err != nil:
		return fmt.Errorf("find member: %w", err)
	case found.Member:
		return ErrMember
	case found.Waiting >= maxInvitations:
		return ErrManyInvitations
	}
	return nil
}

// Resend gives an invitation another link and another week. The link that was
// sent before is good no more.
func (s *Service) Resend(ctx context.Context, workspaceID string, by Role, invitationID string) (i *Invitation, link string, err error) {
	raw, now := token.Hex("pbi_", 32), s.Now()
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if i, err = invitation(tx, workspaceID, by, invitationID); err != nil {
			return err
		}
		i.TokenHash, i.MailedAt, i.ExpiresAt = token.Hash(raw), nil, now.Add(invitationLife)
		if err := tx.Model(i).Select("token_hash", "mailed_at", "expires_at").Updates(i).Error; err != nil {
			return fmt.Errorf("renew invitation: %w", err)
		}
		return audit.RecordOf(tx, now, workspaceID, audit.Entry{Action: audit.InvitationResent, Subject: i.ID, Details: map[string]any{"email": i.Email}})
	})
	if err != nil {
		return nil, "", err
	}
	return s.send(ctx, i, raw)
}

func invitation(tx *gorm.DB, workspaceID string, by Role, invitationID string) (*Invitation, error) {
	i, err := db.One[Invitation](tx.Clauses(locked).Where("workspace_id = ? AND id = ?", workspaceID, invitationID), ErrInvitationNotFound)
	if err != nil {
		return nil, err
	}
	return i, may(by, i.Role)
}

// Revoke takes an invitation back.
func (s *Service) Revoke(ctx context.Context, workspaceID string, by Role, invitationID string) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		i, err := invitation(tx, workspaceID, by, invitationID)
		if err != nil {
			return err
		}
		if err := tx.Delete(&Invitation{}, "id = ?", i.ID).Error; err != nil {
			return fmt.Errorf("delete invitation: %w", err)
		}
		return audit.RecordOf(tx, s.Now(), workspaceID, audit.Entry{Action: audit.InvitationRevoked, Subject: i.ID, Details: map[string]any{"email": i.Email}})
	})
}

// send sends an invitation, and returns its link unless it went out.
func (s *Service) send(ctx context.Context, i *Invitation, raw string) (*Invitation, string, error) {
	link := s.BaseURL + "/invitation#" + raw // what stands behind # is in no log, and in no Referer
	if s.Mail == nil {
		return i, link, nil
	}
	w, err := s.Workspace(ctx, i.WorkspaceID)
	if err != nil {
		return nil, "", err
	}
	if err := s.Mail(ctx, i.Email, i.ID+"-"+fmt.Sprint(i.ExpiresAt.Unix()), "You are invited to "+w.Name+" on Patchbay", letter(w.Name, i, link)); err != nil {
		return i, link, nil //nolint:nilerr // the invitation is there: it can be handed over, or sent again
	}
	now := s.Now()
	i.MailedAt = &now
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Model(&Invitation{}).Where("id = ? AND token_hash = ?", i.ID, i.TokenHash).Update("mailed_at", now).Error
	})
	return i, "", err
}

func letter(workspace string, i *Invitation, link string) string {
	return fmt.Sprintf("%s invites you to the workspace %s, as %s.\n\nAccept: %s\n\nThe link is good once, until %s. If you do not know what this is about, leave it alone.\n",
		i.InvitedBy, workspace, i.Role, link, i.ExpiresAt.UTC().Format("2 January 2006, 15:04 MST"))
}

// Offered returns what a link offers, or ErrInvitation.
func (s *Service) Offered(ctx context.Context, raw string) (o *Offer, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		i, err := db.One[Invitation](tx.Where("token_hash = ? AND expires_at > ?", token.Hash(raw), s.Now()), ErrInvitation)
		if err != nil {
			return err
		}
		var of struct {
			Workspace string
			Known     bool
		}
		err = tx.Raw("SELECT name AS workspace, EXISTS (SELECT FROM people WHERE lower(email) = lower(?)) AS known FROM workspaces WHERE id = ?", i.Email, i.WorkspaceID).Scan(&of).Error
		o = &Offer{Invitation: *i, Workspace: of.Workspace, Known: of.Known}
		return err
	})
	return o, err
}

// Newcomer is how somebody new wants to be known.
type Newcomer struct{ Name, Password string }

// Accept makes a member of who has the link: signed in as who was invited, or
// new here. The link is good once.
func (s *Service) Accept(ctx context.Context, raw string, signedIn *Person, n Newcomer) (m *Member, err error) {
	o, err := s.Offered(ctx, raw)
	if err != nil {
		return nil, err
	}
	now, p := s.Now(), signedIn
	switch {
	case signedIn != nil && !strings.EqualFold(signedIn.Email, o.Email):
		return nil, ErrOtherPerson
	case signedIn == nil && o.Known:
		return nil, ErrSignIn
	case signedIn == nil:
		if p, err = newPerson(o.Email, n, now); err != nil {
			return nil, err
		}
	}
	m = &Member{ID: id.New("mem"), WorkspaceID: o.WorkspaceID, PersonID: p.ID, Role: o.Role, AllProjects: o.AllProjects, Projects: o.Projects, CreatedAt: now}
	ctx = audit.With(ctx, by(ctx, m, p))
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		res := tx.Where("token_hash = ? AND expires_at > ?", token.Hash(raw), now).Delete(&Invitation{})
		if err := db.Affected(res, ErrInvitation); err != nil {
			return err
		}
		if signedIn == nil {
			err := tx.Create(p).Error
			if errors.Is(err, gorm.ErrDuplicatedKey) {
				return ErrSignIn
			}
			if err != nil {
				return fmt.Errorf("insert person: %w", err)
			}
		}
		err := tx.Create(m).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return ErrMember
		}
		if err != nil {
			return fmt.Errorf("insert member: %w", err)
		}
		if err := join(tx, m); err != nil {
			return err
		}
		return audit.RecordOf(tx, now, m.WorkspaceID, audit.Entry{Action: audit.MemberJoined, Subject: m.ID, Details: map[string]any{"email": p.Email, "role": m.Role, "invitation": o.ID}})
	})
	return m, err
}

// newPerson returns who comes in with an e-mail that they have shown to be theirs.
func newPerson(email string, n Newcomer, now time.Time) (*Person, error) {
	name := cmp.Or(strings.TrimSpace(n.Name), email)
	if utf8.RuneCountInString(name) > maxName && name != email {
		return nil, ErrName
	}
	if l := utf8.RuneCountInString(n.Password); l < minPassword || l > maxPassword {
		return nil, ErrPassword
	}
	return &Person{ID: id.New("u"), Email: email, Name: name, PasswordHash: hashPassword(n.Password), CreatedAt: now}, nil
}

// by is the member as the actor of what they do themselves.
func by(ctx context.Context, m *Member, p *Person) audit.Actor {
	a := audit.By(ctx)
	a.Kind, a.ID, a.Name = audit.Member, m.ID, p.Email
	return a
}
