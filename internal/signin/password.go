package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/member"
)

// Forgot sends a link to set a password to who has the e-mail, if anybody has.
// What it returns, and when, is the same for every e-mail.
func (s *Service) Forgot(ctx context.Context, email string, b Browser) error {
	if s.Mail == nil {
		return ErrNoMail
	}
	if err := s.tries().begin(ctx, ofLetters.of("letters", b.Address), ofLetter.of("letter", email)); err != nil {
		return err
	}
	s.later(func(ctx context.Context) error {
		p, err := s.Members.Person(ctx, email)
		if errors.Is(err, member.ErrNobody) {
			return nil
		}
		if err != nil {
			return err
		}
		raw, err := s.newLink(ctx, p.ID, toSetPassword)
		if err != nil {
			return err
		}
		return s.Mail.Post(ctx, p.Email, raw[4:20], Letter{
			Subject: "Set a new password for Patchbay",
			Text:    "Somebody, hopefully you, asked to set a new password for " + p.Email + " at " + s.PublicURL + ".\nThe link works once, for 30 minutes. If it was not you, do nothing: your password stays as it is.",
			Action:  "Set a new password", Link: s.PublicURL + "/reset-password#" + raw,
		})
	})
	return nil
}

// Reset sets a password by a link from an e-mail, once, and ends every session.
// A password that is refused uses up no link.
func (s *Service) Reset(ctx context.Context, raw, password string, b Browser) error {
	hash, err := member.NewPassword(password)
	if err != nil {
		return err
	}
	var p *member.Person
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		row, err := take(tx, raw, toSetPassword, s.Now(), ErrReset)
		if err != nil {
			return err
		}
		if p, err = db.One[member.Person](tx.Where("id = ?", row.PersonID), ErrReset); err != nil {
			return err
		}
		return s.setPassword(tx, p, hash, nil, "reset", b)
	})
	if err != nil {
		return err
	}
	s.tries().forget(ctx, ofEmail.of("email", p.Email))
	s.tellOfPassword(p)
	return nil
}

// ChangePassword changes the password of who knows the present one, or has none
// and proved a moment ago who they are. It ends their other sessions, and the
// present one goes on under another token.
func (s *Service) ChangePassword(ctx context.Context, w *Who, current, password string, b Browser) (*Opened, error) {
	if err := w.Free(); err != nil {
		return nil, err
	}
	if w.Person.PasswordHash == "" && !w.Session.Fresh(s.Now()) {
		return nil, ErrProof
	}
	if w.Person.PasswordHash != "" {
		if err := s.check(ctx, w, current); err != nil {
			return nil, err
		}
	}
	hash, err := member.NewPassword(password)
	if err != nil {
		return nil, err
	}
	o := &Opened{}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := s.setPassword(tx, w.Person, hash, w.Session.TokenHash, "change", b); err != nil {
			return err
		}
		o.Token, err = rotate(tx, w.Session, map[string]any{"proved_at": s.Now()})
		return err
	})
	if err != nil {
		return nil, err
	}
	s.tellOfPassword(w.Person)
	return o, nil
}

// check tries the password of somebody who is signed in. Guesses are counted: a
// session that was left open is not the password.
func (s *Service) check(ctx context.Context, w *Who, password string) error {
	own := ofCode.of("proof", w.Person.ID)
	if err := s.tries().begin(ctx, own); err != nil {
		return err
	}
	if !w.Person.HasPassword(password) {
		return ErrCurrent
	}
	s.tries().forget(ctx, own)
	return nil
}

func (s *Service) setPassword(tx *gorm.DB, p *member.Person, hash string, except []byte, way string, b Browser) error {
	if err := tx.Model(&member.Person{}).Where("id = ?", p.ID).Update("password_hash", hash).Error; err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if _, err := end(tx, p.ID, except); err != nil {
		return err
	}
	return s.note(tx, b, p, audit.PasswordChanged, map[string]any{"way": way})
}

func (s *Service) tellOfPassword(p *member.Person) {
	s.tell(p, Letter{
		Subject: "Your Patchbay password was changed",
		Text:    "The password of " + p.Email + " at " + s.PublicURL + " was changed, and all other sessions were ended. If it was not you, set another one at once.",
		Action:  "Set another password", Link: s.PublicURL + "/forgot-password",
	})
}

// tell sends a person a letter behind their back, if there is e-mail. That it
// does not arrive fails nothing.
func (s *Service) tell(p *member.Person, l Letter) {
	if s.Mail == nil {
		return
	}
	s.later(func(ctx context.Context) error { return s.Mail.Post(ctx, p.Email, newLetterID(), l) })
}

func logLetter(ctx context.Context, err error) {
	slog.ErrorContext(ctx, "a letter was not sent", "error", err)
}
