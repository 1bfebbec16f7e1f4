package connect

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/session"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Opening is how the connect page was opened.
type Opening struct {
	App     string // as the address names it; "" = it does not
	Framed  bool   // inside of another page
	Browser string // the cookie that knows the browser; "" = it has none
	Err     error  // why there is nothing to connect; nil = there is
}

// Opened records that the page was opened with a token. It returns the
// session's id, which opens nothing. A record that fails is no reason not to
// connect: the id is then "".
func (s *Service) Opened(ctx context.Context, b *Bearer, o Opening) string {
	r := &session.Session{TokenID: b.ID, ExternalUserID: b.ExternalUserID, Framed: o.Framed, CreatedAt: s.Now()}
	var marks []session.Mark
	if apps, err := s.Catalog.Of(ctx, b.Project.WorkspaceID); err == nil {
		if app, err := b.appFor(apps, o.App); err == nil {
			marks = append(marks, session.Mark{Name: "picked", App: app.Slug, Detail: app.Slug})
		}
	}
	err := s.DB.In(ctx, b.Scope, func(tx *gorm.DB) (err error) {
		if r.ID, err = back(tx, b.ID, o.Browser); err != nil {
			return err
		}
		if r.ID != "" && b.UsedAt != nil {
			return nil // it is the end of what was recorded
		}
		if r.ID == "" {
			if r.ID, err = takeover(tx, b.ID, o.Browser); err != nil {
				return err
			}
		}
		if r.ID == "" {
			if err := session.Begin(tx, r); err != nil {
				return err
			}
		}
		if o.Err != nil {
			marks = append(marks, failing(o.Err))
		}
		return session.Note(tx, r.ID, b.ID, s.Now(), marks...)
	})
	if err != nil {
		slog.ErrorContext(ctx, "a connect session is not recorded", "error", err)
		return ""
	}
	return r.ID
}

// back returns the session whose tab left for the provider and is back now.
func back(tx *gorm.DB, tokenID, browser string) (sessionID string, err error) {
	err = tx.Raw(`SELECT session_id FROM connect_flows WHERE token_id = ? AND browser_hash = ? AND same_tab AND session_id IS NOT NULL
		ORDER BY id DESC LIMIT 1`, tokenID, token.Hash(browser)).Scan(&sessionID).Error
	if err != nil {
		return "", fmt.Errorf("find the session of the tab: %w", err)
	}
	return sessionID, nil
}

// Told records what the page tells of itself in the context's session.
func (s *Service) Told(ctx context.Context, raw string, steps []session.PageStep) error {
	b, err := s.resolve(ctx, raw)
	if err != nil {
		return err
	}
	return s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		_, err := session.NotePage(tx, session.Of(ctx), b.ID, s.Now(), steps)
		return err
	})
}

// note records what a flow comes to, with what its try saw before.
func (s *Service) note(tx *gorm.DB, f *flow, marks ...session.Mark) error {
	if f.SessionID == nil {
		return nil
	}
	return session.Note(tx, *f.SessionID, f.TokenID, s.Now(), marks...)
}

// saw keeps what is recorded with what the try comes to next.
func (t *try) saw(marks ...session.Mark) { t.marks = append(t.marks, marks...) }

// written is what the try saw, with what it comes to.
func (t *try) written(marks ...session.Mark) []session.Mark {
	all := slices.Concat(t.marks, marks)
	t.marks = nil
	return all
}

// began records that a flow begins. One that no page began is a session of its own.
func (s *Service) began(ctx context.Context, tx *gorm.DB, b *Bearer, f *flow, authID string) error {
	if of := session.Of(ctx); of != "" {
		f.SessionID = &of
	} else {
		visit := &session.Session{TokenID: b.ID, ExternalUserID: b.ExternalUserID, CreatedAt: f.CreatedAt}
		if err := session.Begin(tx, visit); err != nil {
			return err
		}
		f.SessionID = &visit.ID
	}
	marks := []session.Mark{{Name: "started", App: f.App, Auth: authID, Detail: authID}}
	if f.Status == open {
		marks = append(marks, session.Mark{Name: "sent", Detail: f.App})
	}
	return s.note(tx, f, marks...)
}

// unstarted records why a flow did not begin.
func (s *Service) unstarted(ctx context.Context, b *Bearer, why error) {
	err := s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		return session.Note(tx, session.Of(ctx), b.ID, s.Now(), failing(why))
	})
	if err != nil {
		slog.ErrorContext(ctx, "a connect session is not recorded", "error", err)
	}
}

// failing is a failure as it is recorded.
func failing(err error) session.Mark {
	f := fault.Of(err)
	if f.Code == ErrCancelled.Code {
		return session.Mark{Name: "cancelled", Code: f.Code}
	}
	return session.Mark{Name: "failed", Code: cmp.Or(f.Code, ErrFailed.Code)}
}
