package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/mail"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// fitMail refuses what a trigger that takes e-mail cannot have.
func (s *Service) fitMail(in *Deploy) error {
	switch {
	case !s.TakesMail:
		return ErrNoMail
	case len(in.ConfiguredProps) > 0:
		return ErrNoProps
	}
	return fitLetters(in.Intake)
}

// fitLetters refuses settings that are for requests.
func fitLetters(in *intake.Settings) error {
	if in == nil || *in == (intake.Settings{Dedupe: in.Dedupe, Split: in.Split, Filter: in.Filter, ExpectEvery: in.ExpectEvery}) {
		return nil
	}
	return intake.Bad("intake", "for e-mail there are dedupe, split, filter and expect_every")
}

// Mail returns what takes e-mail for deployed triggers.
func (s *Service) Mail() mail.Target { return mail.Target{Takes: s.takes, Take: s.takeMail} }

func (s *Service) takes(ctx context.Context, scope tenant.Scope, triggerID string) error {
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		_, err := db.One[Trigger](tx.Where("id = ? AND active AND component_key = ?", triggerID, component.EmailNewEmail), ErrInactive)
		return err
	})
	if errors.Is(err, ErrInactive) {
		return mail.ErrNobody
	}
	return err
}

// takeMail makes an event of a message, or several where the settings say so. One that
// was taken before, which its sender did not hear of, makes none.
func (s *Service) takeMail(ctx context.Context, scope tenant.Scope, triggerID string, m *mail.Message) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	var told effects
	away := &stow{payloads: s.Payloads}
	err = away.around(ctx, scope, func() error {
		return s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
			told, err = s.letter(tx, scope, triggerID, m.Known(), raw, away)
			return err
		})
	})
	if errors.Is(err, ErrInactive) {
		return mail.ErrNobody
	}
	if err == nil {
		s.pass(ctx, scope, told)
	}
	return err
}

func (s *Service) letter(tx *gorm.DB, scope tenant.Scope, triggerID, known string, raw []byte, away *stow) (told effects, err error) {
	t, err := db.One[Trigger](tx.Where("id = ? AND active", triggerID), ErrInactive)
	if err != nil {
		return told, err
	}
	u, err := account.UserByID(tx, t.UserID)
	if err != nil {
		return told, err
	}
	var shown map[string]any
	if err := json.Unmarshal(raw, &shown); err != nil {
		return told, fmt.Errorf("decode message: %w", err)
	}
	sift := intake.Sift{Settings: t.Intake, SourceID: t.ID, User: u.ExternalID, Now: s.Now()}
	parts, _, err := sift.Take(tx, shown, known)
	if err != nil {
		return told, err //nolint:wrapcheck // a fault
	}
	es := make([]*event.Event, 0, len(parts))
	for _, part := range parts {
		body, err := json.Marshal(part)
		if err != nil {
			return told, fmt.Errorf("encode event: %w", err)
		}
		es = append(es, &event.Event{Type: event.TriggerEmitted, SubjectID: t.ID, ExternalUserID: u.ExternalID, Body: string(body), CreatedAt: sift.Now})
	}
	if err := away.away(es...); err != nil {
		return told, err
	}
	return s.emit(tx, scope, t, false, es...)
}
