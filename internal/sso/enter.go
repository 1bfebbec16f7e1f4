package sso

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/signin"
)

// Came is what came of a browser's way to a provider and back.
type Came struct {
	Next   string         // the page to go on with
	Tested bool           // it was a test: nobody is signed in
	Opened *signin.Opened // nil after a test
}

// Callback takes what a browser brings back. An error of a test is in the
// connection, where its owner sees it.
func (s *Service) Callback(ctx context.Context, a Answer, b signin.Browser) (*Came, error) {
	f, c, err := s.take(ctx, a)
	if err != nil {
		return nil, err
	}
	told, err := s.hear(ctx, c, a)
	if f.Tests {
		return &Came{Next: f.Next, Tested: true}, s.tested(ctx, c, told, err)
	}
	came := &Came{Next: f.Next}
	if err == nil {
		var p *member.Person
		if p, err = s.admit(ctx, c, told, b); err == nil {
			came.Opened, err = s.SignIns.Confined(ctx, p, c.WorkspaceID, c.ID, b)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.failed(ctx, c, told, err, b))
	}
	return came, nil
}

// failed notes a sign-in that came to nothing.
func (s *Service) failed(ctx context.Context, c *Connection, told *said, why error, b signin.Browser) error {
	details := map[string]any{"way": "sso", "code": fault.Of(why).Code}
	if told != nil {
		details["email"] = cut(told.Email)
	}
	by := audit.Actor{Kind: audit.System, ID: "patchbay", Address: b.Address, RequestID: b.RequestID}
	return s.DB.System(audit.With(ctx, by), func(tx *gorm.DB) error {
		return audit.RecordOf(tx, s.Now(), c.WorkspaceID, audit.Entry{Action: audit.SignInFailed, Subject: c.ID, Details: details})
	})
}

func cut(text string) string {
	if utf8.RuneCountInString(text) > 254 {
		return string([]rune(text)[:254])
	}
	return text
}

// tested writes down what a test found.
func (s *Service) tested(ctx context.Context, c *Connection, told *said, err error) error {
	t := &Test{At: s.Now(), Groups: []string{}}
	if err == nil {
		t.Email, t.Subject = cut(told.Email), cut(told.Subject)
		t.Groups = append(t.Groups, told.Groups[:min(len(told.Groups), maxGroups)]...)
		t.Role, _ = c.role(told.Groups)
		_, err = c.speaks(told)
	}
	if err != nil {
		f := fault.Of(err)
		t.Code, t.Says = f.Code, f.Message
	}
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		// What was changed meanwhile was not tested.
		res := tx.Model(&Connection{}).Where("id = ? AND issuer = ? AND client_id = ? AND client_secret = ?", c.ID, c.Issuer, c.ClientID, c.ClientSecret).Select("test").UpdateColumns(&Connection{Test: t})
		return db.Affected(res, ErrFlow)
	})
}

// admit finds out who somebody of the provider is here, and has them be a member
// of its workspace with the role of their groups.
//
// A subject that is known is the person that it was: what its e-mail is now is
// told, and decides nothing. A new one is who has the e-mail, or somebody new.
func (s *Service) admit(ctx context.Context, c *Connection, told *said, b signin.Browser) (p *member.Person, err error) {
	email, err := c.speaks(told)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	role, mapped := c.role(told.Groups)
	by := audit.Actor{Kind: audit.System, ID: c.ID, Name: "single sign-on", Address: b.Address, RequestID: b.RequestID}
	err = s.DB.System(audit.With(ctx, by), func(tx *gorm.DB) error {
		known, err := db.One[identity](tx.Where("connection_id = ? AND subject = ?", c.ID, told.Subject), ErrNotFound)
		switch {
		case err == nil:
			if p, err = db.One[member.Person](tx.Where("id = ?", known.PersonID), member.ErrNobody); err != nil {
				return err
			}
		case errors.Is(err, ErrNotFound):
			if p, err = s.Members.Named(tx, email, name(told, email)); err != nil {
				return err
			}
			if err := s.free(tx, c, p); err != nil {
				return err
			}
		default:
			return err
		}
		if out, err := gone(tx, c.ID, p.ID, email); err != nil {
			return err
		} else if out {
			return ErrInactive
		}
		rights := member.Rights{Role: role, AllProjects: true}
		err = s.Members.Join(tx, c.WorkspaceID, p, rights, c.Joins)
		if errors.Is(err, member.ErrInvitation) {
			return ErrUninvited
		}
		if err != nil {
			return err
		}
		if mapped {
			if err := s.Members.Assign(tx, c.WorkspaceID, p.ID, role); err != nil {
				return err
			}
		}
		row := identity{ConnectionID: c.ID, Subject: told.Subject, PersonID: p.ID, UsedAt: now}
		if err := tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "connection_id"}, {Name: "subject"}}, DoUpdates: clause.AssignmentColumns([]string{"used_at"})}).Create(&row).Error; err != nil {
			return fmt.Errorf("write sso identity: %w", err)
		}
		return nil
	})
	return p, err
}

// free returns ErrOtherPerson for a member whom the provider knows already: one
// person is one subject, and who got the e-mail of somebody else is not they. Who
// was taken out of the workspace may come back as another.
func (s *Service) free(tx *gorm.DB, c *Connection, p *member.Person) error {
	err := tx.Exec(`DELETE FROM sso_identities i WHERE connection_id = ? AND person_id = ?
		AND NOT EXISTS (SELECT FROM members WHERE workspace_id = ? AND person_id = i.person_id)`, c.ID, p.ID, c.WorkspaceID).Error
	if err != nil {
		return fmt.Errorf("delete sso identity: %w", err)
	}
	_, err = db.One[identity](tx.Where("connection_id = ? AND person_id = ?", c.ID, p.ID), ErrNotFound)
	if err == nil {
		return ErrOtherPerson
	}
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func name(told *said, email string) string {
	n := strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, told.Name))
	if r := []rune(n); len(r) > 120 {
		n = string(r[:120])
	}
	return cmp.Or(n, email)
}
