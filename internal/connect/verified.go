package connect

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/session"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Verified takes the browser back from the customer's page. It returns where on
// the page to go, or why it may not: it is another browser, or the customer
// said that another user is signed in.
func (s *Service) Verified(ctx context.Context, key, browser string) (back string, err error) {
	var row struct{ ID, EnvironmentID, ProjectID, Name string }
	err = s.DB.Look(ctx, func(q *gorm.DB) error {
		res := q.Raw(`SELECT v.id, v.environment_id, e.project_id, e.name FROM connect_verifications v
			JOIN environments e ON e.id = v.environment_id WHERE v.key_hash = ?`, token.Hash(key)).Scan(&row)
		return db.Affected(res, ErrSession)
	})
	if err != nil {
		return "", err
	}
	scope := tenant.NewScope(row.ProjectID, row.EnvironmentID, row.Name)
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		v, b, sec, err := s.verification(tx, scope, row.ID)
		switch {
		case err != nil:
			return err
		case !token.Matches(browser, v.BrowserHash):
			return ErrSession
		case v.Status == refused:
			return ErrNonceUser
		case v.Status == confirmed && !s.Now().Before(v.ExpiresAt):
			return ErrSession
		}
		back = sec.Back
		if v.Status == verified {
			return nil
		}
		if v.SessionID != nil {
			if err := session.Note(tx, *v.SessionID, b.ID, s.Now(), session.Mark{Name: "verified"}); err != nil {
				return err
			}
		}
		return v.set(tx, map[string]any{"status": verified})
	})
	return back, err
}

// takeover returns the session in which the browser was verified, once: the
// page that opens then goes on with it.
func takeover(tx *gorm.DB, tokenID, browser string) (sessionID string, err error) {
	err = tx.Raw(`WITH last AS (SELECT id, session_id FROM connect_verifications
			WHERE token_id = ? AND browser_hash = ? AND status = 'verified' AND session_id IS NOT NULL ORDER BY id DESC LIMIT 1 FOR UPDATE)
		UPDATE connect_verifications v SET session_id = NULL FROM last WHERE v.id = last.id RETURNING last.session_id`,
		tokenID, token.Hash(browser)).Scan(&sessionID).Error
	if err != nil {
		return "", fmt.Errorf("find the verified session: %w", err)
	}
	return sessionID, nil
}

// SweepVerifications deletes what is older than any connect token lives.
func (s *Service) SweepVerifications(ctx context.Context) error {
	now := s.Now()
	if now.UnixNano()-s.swept.Load() < int64(time.Minute) {
		return nil
	}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Exec(`DELETE FROM connect_verifications WHERE id IN
			(SELECT id FROM connect_verifications WHERE created_at < ? LIMIT 1000 FOR UPDATE SKIP LOCKED)`, now.Add(-2*MaxLife)).Error
	})
	if err != nil {
		return fmt.Errorf("delete old verifications: %w", err)
	}
	s.swept.Store(now.UnixNano())
	return nil
}
