package session

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// Mark is something that the server saw happen in a session. What it does not
// name stays as it was.
type Mark struct {
	Name      string // one of Stages, or failed, cancelled, asked, answered, and those of user verification
	Detail    string
	Code      string // of failed and cancelled
	App, Auth string
	AccountID string // of succeeded
}

// Begin records a new session, which begins with the step opened.
func Begin(tx *gorm.DB, s *Session) error {
	s.ID, s.Status, s.Reached, s.Steps, s.UpdatedAt = id.New("cs"), Open, 1, 1, s.CreatedAt
	if err := tx.Create(s).Error; err != nil {
		return fmt.Errorf("insert connect session: %w", err)
	}
	return insert(tx, &Step{SessionID: s.ID, N: 1, Source: OnServer, Name: Stages[0], CreatedAt: s.CreatedAt})
}

// Note records what the server saw, in the transaction in which it happened. A
// session that is not the token's, is gone or is full records nothing: a record
// holds nobody up.
func Note(tx *gorm.DB, sessionID, tokenID string, now time.Time, marks ...Mark) error {
	if sessionID == "" {
		return nil
	}
	s, err := hold(tx, sessionID, tokenID)
	if err != nil || s == nil {
		return err
	}
	for _, m := range marks {
		if s.Steps >= MostSteps {
			break
		}
		s.take(m)
		detail := m.Detail
		if m.Code != "" {
			detail = m.Code
		}
		if !detailForm.MatchString(detail) {
			detail = ""
		}
		if err := insert(tx, &Step{SessionID: s.ID, N: s.Steps, Source: OnServer, Name: m.Name, Detail: detail, CreatedAt: now}); err != nil {
			return err
		}
	}
	return s.keep(tx, now)
}

// take is what a mark does to its session. A session that succeeded stays so.
func (s *Session) take(m Mark) {
	s.Steps++
	if s.Status == Succeeded {
		return
	}
	s.reach(m.Name)
	switch m.Name {
	case "started":
		s.Status, s.Code = Open, "" // the user tries again
	case "failed":
		s.Status, s.Code = Failed, m.Code
	case "cancelled":
		s.Status, s.Code = Cancelled, m.Code
	case "succeeded":
		s.Status, s.Code = Succeeded, ""
	}
	if m.App != "" {
		s.App = m.App
	}
	if m.Auth != "" {
		s.Auth = m.Auth
	}
	if m.AccountID != "" {
		s.AccountID = &m.AccountID
	}
}

func (s *Session) reach(name string) {
	if at := slices.Index(Stages, name) + 1; at > s.Reached {
		s.Reached = at
	}
}

// NotePage records what the page tells of itself. Steps that are none of the
// contract's, or too many, are left out; taken is how many were recorded.
func NotePage(tx *gorm.DB, sessionID, tokenID string, now time.Time, steps []PageStep) (taken int, err error) {
	s, err := hold(tx, sessionID, tokenID)
	if err != nil || s == nil {
		return 0, err
	}
	var before int64
	if err := tx.Model(&Step{}).Where("session_id = ? AND source = ?", s.ID, OnPage).Count(&before).Error; err != nil {
		return 0, fmt.Errorf("count steps: %w", err)
	}
	room := min(MostFromPage-int(before), MostSteps-s.Steps, MostAtOnce)
	for i := range steps {
		p := &steps[i]
		if taken >= room {
			break
		}
		if !p.allowed() {
			continue
		}
		taken++
		s.Steps++
		if p.Name == "picked" && s.Status == Open && slugForm.MatchString(p.Detail) {
			s.App = p.Detail
			s.reach("picked")
		}
		if err := insert(tx, &Step{SessionID: s.ID, N: s.Steps, Source: OnPage, Name: p.Name, Screen: p.Screen, Detail: p.Detail, CreatedAt: p.at(s.CreatedAt, now)}); err != nil {
			return taken, err
		}
	}
	if taken == 0 {
		return 0, nil
	}
	return taken, s.keep(tx, now)
}

// IsFramed reports whether the session is the token's and was opened inside a
// page of an allowed origin.
func IsFramed(tx *gorm.DB, sessionID, tokenID string) (bool, error) {
	s, err := db.One[Session](tx.Where("id = ? AND token_id = ?", sessionID, tokenID), ErrNotFound)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && s.Framed, err
}

// hold locks a session, so that its steps are counted one after the other. It
// is nil when there is none.
func hold(tx *gorm.DB, sessionID, tokenID string) (*Session, error) {
	var found []Session
	err := tx.Raw("SELECT * FROM connect_sessions WHERE id = ? AND token_id = ? FOR UPDATE", sessionID, tokenID).Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("hold connect session: %w", err)
	}
	if len(found) == 0 {
		return nil, nil //nolint:nilnil // a session that is gone is no error
	}
	return &found[0], nil
}

func (s *Session) keep(tx *gorm.DB, now time.Time) error {
	err := tx.Model(s).UpdateColumns(map[string]any{ // not Updates, which has a clock of its own
		"app": s.App, "auth": s.Auth, "status": s.Status, "code": s.Code, "account_id": s.AccountID, "reached": s.Reached, "steps": s.Steps, "updated_at": now,
	}).Error
	if err != nil {
		return fmt.Errorf("keep connect session: %w", err)
	}
	return nil
}

func insert(tx *gorm.DB, s *Step) error {
	s.ID = id.New("cstep")
	if err := tx.Create(s).Error; err != nil {
		return fmt.Errorf("insert connect step: %w", err)
	}
	return nil
}
