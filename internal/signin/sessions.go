package signin

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Sessions returns where a person is signed in, what was used last first. Who
// came in by single sign-on sees what came so, too.
func (s *Service) Sessions(ctx context.Context, w *Who) (all []Session, err error) {
	now := s.Now()
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return own(tx, w).Where("expires_at > ? AND used_at > ?", now, now.Add(-sessionIdle)).Order("used_at DESC, id").Limit(200).Find(&all).Error
	})
	return all, err
}

// own are the sessions that somebody may see and end: all of theirs.
func own(tx *gorm.DB, w *Who) *gorm.DB {
	q := tx.Where("person_id = ?", w.Person.ID)
	if w.Session.Confined() {
		return q.Where("connection_id = ?", *w.Session.ConnectionID)
	}
	return q
}

// EndSession ends one of a person's sessions, or returns ErrNoSession.
func (s *Service) EndSession(ctx context.Context, w *Who, sessionID string, b Browser) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := db.Affected(own(tx, w).Where("id = ?", sessionID).Delete(&Session{}), ErrNoSession); err != nil {
			return err
		}
		return s.note(tx, b, w.Person, audit.SessionsEnded, map[string]any{"session": sessionID})
	})
}

// EndSessions ends all sessions of a person, or all but the one that is used.
func (s *Service) EndSessions(ctx context.Context, w *Who, thisToo bool, b Browser) (n int64, err error) {
	except := w.Session.TokenHash
	if thisToo {
		except = nil
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if w.Session.Confined() {
			res := own(tx, w).Where("token_hash <> ? OR ?", w.Session.TokenHash, thisToo).Delete(&Session{})
			n, err = res.RowsAffected, res.Error
		} else {
			n, err = end(tx, w.Person.ID, except)
		}
		if err != nil || n == 0 {
			return err
		}
		return s.note(tx, b, w.Person, audit.SessionsEnded, map[string]any{"sessions": n})
	})
	return n, err
}

// end ends a person's sessions but one. Links that would open others go as well.
func end(tx *gorm.DB, personID string, except []byte) (int64, error) {
	if err := tx.Where("person_id = ?", personID).Delete(&link{}).Error; err != nil {
		return 0, fmt.Errorf("delete links: %w", err)
	}
	if err := tx.Where("person_id = ?", personID).Delete(&step{}).Error; err != nil {
		return 0, fmt.Errorf("delete steps: %w", err)
	}
	q := tx.Where("person_id = ?", personID)
	if except != nil {
		q = q.Where("token_hash <> ?", except)
	}
	res := q.Delete(&Session{})
	if res.Error != nil {
		return 0, fmt.Errorf("delete sessions: %w", res.Error)
	}
	return res.RowsAffected, nil
}

// rotate gives a session another token, since what it may do has changed: one
// that was stolen before is worth nothing.
func rotate(tx *gorm.DB, session *Session, change map[string]any) (string, error) {
	raw := token.Hex("pbs_", 32)
	if change == nil {
		change = map[string]any{}
	}
	change["token_hash"] = token.Hash(raw)
	res := tx.Model(&Session{}).Where("token_hash = ?", session.TokenHash).Updates(change)
	return raw, db.Affected(res, ErrSession)
}

// Sweep deletes what is over: sessions, links, and devices that were not seen for a year.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		for sql, before := range map[string]time.Time{
			"DELETE FROM sessions WHERE expires_at <= ?":           now,
			"DELETE FROM sign_in_links WHERE expires_at <= ?":      now,
			"DELETE FROM sign_in_steps WHERE expires_at <= ?":      now,
			"DELETE FROM passkey_ceremonies WHERE expires_at <= ?": now,
			"DELETE FROM sign_in_devices WHERE seen_at <= ?":       now.Add(-deviceLife),
		} {
			if err := tx.Exec(sql, before).Error; err != nil {
				return fmt.Errorf("sweep sign-in: %w", err)
			}
		}
		return nil
	})
}
