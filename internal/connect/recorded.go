package connect

import (
	"cmp"
	"context"
	"log/slog"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/session"
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
	if o.Err != nil {
		marks = append(marks, failing(o.Err))
	}
	err := s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		before, err := takeover(tx, b.ID, o.Browser)
		if err != nil {
			return err
		}
		if r.ID = before; before == "" {
			if err := session.Begin(tx, r); err != nil {
				return err
			}
		}
		return session.Note(tx, r.ID, b.ID, s.Now(), marks...)
	})
	if err != nil {
		slog.ErrorContext(ctx, "a connect session is not recorded", "error", err)
		return ""
	}
	return r.ID
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

// failing is a failure as it is recorded.
func failing(err error) session.Mark {
	return session.Mark{Name: "failed", Code: cmp.Or(fault.Of(err).Code, ErrFailed.Code)}
}
