package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/session"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// Answer goes on with a flow that asks. An answer that is none, or that the
// token does not allow, changes nothing. Of several answers at once, one counts.
func (s *Service) Answer(ctx context.Context, raw, flowID string, in Answer) (*Standing, error) {
	b, err := s.resolve(ctx, raw)
	if err != nil {
		return nil, err
	}
	apps, err := s.Catalog.Of(ctx, b.Project.WorkspaceID)
	if err != nil {
		return nil, err
	}
	var t *try
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		f, err := flowOf(tx, b, flowID)
		if err != nil {
			return err
		}
		if f.Status != asking || !s.Now().Before(f.ExpiresAt) {
			return ErrAnswered
		}
		if t, err = s.resume(tx, apps, b, f); err != nil {
			return err
		}
		asked := t.held.Question.Kind
		if err := t.held.take(in); err != nil {
			return err
		}
		if err := s.note(tx, f, session.Mark{Name: "answered", Detail: asked}); err != nil {
			return err
		}
		f.Status = exchanging
		// What is held stays, so that it is revoked if this process dies.
		return f.move(tx, asking, map[string]any{"status": exchanging, "expires_at": s.Now().Add(workLife)})
	})
	if errors.Is(err, ErrSession) {
		return nil, ErrAnswered // another answer was first
	}
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // see it through, whatever the browser does
	if err := s.run(ctx, t); err != nil {
		return nil, err
	}
	return s.standing(ctx, b, apps, func(tx *gorm.DB) *gorm.DB { return tx.Where("id = ?", flowID) })
}

// flowOf returns one of a token's flows, for one who is going to change it.
func flowOf(tx *gorm.DB, b *Bearer, flowID string) (*flow, error) {
	return db.One[flow](tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ? AND token_id = ?", flowID, b.ID), ErrFlow)
}

// resume returns a flow that was left as the try that it is.
func (s *Service) resume(tx *gorm.DB, apps *catalog.Catalog, b *Bearer, f *flow) (t *try, err error) {
	t = &try{f: f, b: b, apps: apps, app: apps.Shown(f.App)}
	if err := s.unseal(t); err != nil {
		return nil, err
	}
	t.auth, _ = t.app.Method(t.sec.Auth)
	if t.auth == nil {
		return nil, catalog.ErrMethod
	}
	if f.OauthAppID != nil {
		t.client, err = account.FindOAuthApp(tx, f.App, *f.OauthAppID)
	}
	return t, err
}

// Cancel gives one try up. What its user was asked is its reason; a try that
// nobody asked anything ends silently, and one that has ended stays as it is.
func (s *Service) Cancel(ctx context.Context, raw, flowID string) error {
	return s.giveUp(ctx, raw, func(tx *gorm.DB, b *Bearer, apps *catalog.Catalog) (aftermath, error) {
		f, err := flowOf(tx, b, flowID)
		if err != nil {
			return aftermath{}, err
		}
		if f.Status == open {
			if err := s.note(tx, f, failing(ErrCancelled)); err != nil {
				return aftermath{}, err
			}
			return aftermath{}, f.move(tx, open, ended(ctx, ErrCancelled))
		}
		if f.Status != asking {
			return aftermath{}, nil
		}
		return s.unanswered(tx, apps, b, f, func(q *Question) *fault.Error { return q.reason(ErrCancelled) }, telemetry.Of(ctx, "request_id"))
	})
}

// CancelAll gives everything up that the token was to do. That is told once, and
// not of a token that has connected its account. The token stays good.
func (s *Service) CancelAll(ctx context.Context, raw string) error {
	return s.giveUp(ctx, raw, func(tx *gorm.DB, b *Bearer, apps *catalog.Catalog) (after aftermath, err error) {
		if b.UsedAt != nil {
			return after, nil
		}
		if err := tx.Model(&flow{}).Where("token_id = ? AND status = ?", b.ID, open).Updates(ended(ctx, ErrCancelled)).Error; err != nil {
			return after, fmt.Errorf("cancel flows: %w", err)
		}
		n, after, err := s.endAsking(tx, apps, b, func(*Question) *fault.Error { return ErrCancelled }, telemetry.Of(ctx, "request_id"))
		if err != nil {
			return after, err
		}
		if err := session.Note(tx, session.Of(ctx), b.ID, s.Now(), failing(ErrCancelled)); err != nil {
			return after, err
		}
		first, err := b.tellOnce(tx, ErrCancelled)
		if err != nil || !first || n > 0 {
			return after, err
		}
		after.endpoints, err = s.emitError(tx, b, sessionOf(ctx, b), raw, ErrCancelled)
		return after, err
	})
}

// Refused tells of a page that was opened in vain: its link has expired, or its
// app is none. Each is told once of a token, and nothing of one that has done
// its work.
func (s *Service) Refused(ctx context.Context, raw string, why error) error {
	f := fault.Of(why)
	if !slices.Contains([]string{ErrLinkExpired.Code, catalog.ErrNotFound.Code}, f.Code) {
		return nil
	}
	return s.giveUp(ctx, raw, func(tx *gorm.DB, b *Bearer, _ *catalog.Catalog) (after aftermath, err error) {
		if b.UsedAt != nil {
			return after, nil
		}
		first, err := b.tellOnce(tx, f)
		if err == nil && first {
			after.endpoints, err = s.emitError(tx, b, sessionOf(ctx, b), raw, f)
		}
		return after, err
	})
}

func sessionOf(ctx context.Context, b *Bearer) string {
	if of := session.Of(ctx); of != "" {
		return of
	}
	return b.ID
}

// giveUp does something with a token, whatever its state, in one transaction.
func (s *Service) giveUp(ctx context.Context, raw string, fn func(tx *gorm.DB, b *Bearer, apps *catalog.Catalog) (aftermath, error)) error {
	b, err := s.resolve(ctx, raw)
	if err != nil {
		return err
	}
	apps, err := s.Catalog.Of(ctx, b.Project.WorkspaceID)
	if err != nil {
		return err
	}
	var after aftermath
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) (err error) {
		after, err = fn(tx, b, apps)
		return err
	})
	if err == nil {
		s.nudge(ctx, b, after)
	}
	return err
}

// tellOnce notes that a failure of no flow is told, and reports whether it is
// the first time.
func (b *Bearer) tellOnce(tx *gorm.DB, f *fault.Error) (bool, error) {
	res := tx.Exec("UPDATE connect_tokens SET told = told || to_jsonb(?::text) WHERE id = ? AND NOT told @> to_jsonb(?::text)", f.Code, b.ID, f.Code)
	if res.Error != nil {
		return false, fmt.Errorf("note what was told: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// endAsking ends the tries of a token whose question is not answered, and
// returns how many there were.
func (s *Service) endAsking(tx *gorm.DB, apps *catalog.Catalog, b *Bearer, why func(*Question) *fault.Error, requestID string) (n int, after aftermath, err error) {
	var flows []flow
	if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("token_id = ? AND status = ?", b.ID, asking).Order("id").Find(&flows).Error; err != nil {
		return 0, after, fmt.Errorf("load flows: %w", err)
	}
	for i := range flows {
		one, err := s.unanswered(tx, apps, b, &flows[i], why, requestID)
		if err != nil {
			return n, after, err
		}
		after.add(one)
		n++
	}
	return n, after, nil
}

// unanswered ends a flow that nobody goes on with, and has what it holds
// revoked. A flow whose client or method is gone, or that does not open, is
// ended as well.
func (s *Service) unanswered(tx *gorm.DB, apps *catalog.Catalog, b *Bearer, f *flow, why func(*Question) *fault.Error, requestID string) (aftermath, error) {
	t, err := s.resume(tx, apps, b, f)
	if err != nil {
		return aftermath{}, f.move(tx, f.Status, map[string]any{"status": failed, "error": ErrFailed.Message, "code": ErrFailed.Code, "held": nil})
	}
	q := t.held.Question
	if q == nil {
		q = &Question{}
	}
	return s.end(tx, t, why(q), requestID)
}

// ended is a flow that failed without anything coming of it.
func ended(ctx context.Context, why *fault.Error) map[string]any {
	return map[string]any{"status": failed, "error": why.Message, "code": why.Code, "request_id": telemetry.Of(ctx, "request_id")}
}
