package auditwebhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Service sets up where audit logs are sent, and sends them.
type Service struct {
	DB     *db.DB
	Box    *secret.Box
	Guard  *egress.Guard
	Client *http.Client // from the guard
	Tell   func(ctx context.Context, workspaceID, subject, text string) error
	Now    func() time.Time
}

var locked = clause.Locking{Strength: "UPDATE"}

// Get returns a workspace's webhook, or nil when its log is sent nowhere.
func (s *Service) Get(ctx context.Context, workspaceID string) (v *View, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		w, err := db.One[Webhook](tx.Where("workspace_id = ?", workspaceID), ErrNotFound)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		v, err = view(tx, w)
		return err
	})
	return v, err
}

func view(tx *gorm.DB, w *Webhook) (*View, error) {
	head, err := audit.HeadOf(tx, w.WorkspaceID)
	if err != nil {
		return nil, err
	}
	var pending int64
	if err := tx.Raw("SELECT count(*) FROM audit_pending WHERE workspace_id = ?", w.WorkspaceID).Scan(&pending).Error; err != nil {
		return nil, fmt.Errorf("count entries to be sealed: %w", err)
	}
	return w.seen(head, pending), nil
}

// Set says where a workspace's log is sent. A webhook that is made by it begins with
// what is written from now on, or with all that there is; its view has its signing key.
// Another address goes on where the one before stood. seen is when what the caller saw
// had been changed.
func (s *Service) Set(ctx context.Context, workspaceID, url string, start *bool, seen ...time.Time) (v *View, err error) {
	if err := s.Guard.CheckURL(url); err != nil {
		return nil, fault.Of(err).At("url")
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		// Of two who make one at once, the second changes what the first has made.
		if err := tx.Exec("SELECT FROM workspaces WHERE id = ? FOR UPDATE", workspaceID).Error; err != nil {
			return fmt.Errorf("lock workspace: %w", err)
		}
		w, err := db.One[Webhook](tx.Clauses(locked).Where("workspace_id = ?", workspaceID), ErrNotFound)
		if errors.Is(err, ErrNotFound) {
			if len(seen) > 0 {
				return fault.ErrChanged // it was deleted
			}
			v, err = s.create(tx, workspaceID, url, start != nil && *start)
			return err
		}
		if err != nil {
			return err
		}
		if start != nil {
			return ErrStartAgain
		}
		was := audit.View{"url": audit.Address(w.URL)}
		return s.change(tx, w, seen, &v, func(now time.Time) (string, map[string]any) {
			// What is under way is the old address's: with its lease gone nothing of it counts.
			w.URL, w.LeaseID, w.LeaseUntil = url, "", nil
			w.Failures, w.FailingSince, w.LastStatus, w.LastError, w.LastExcerpt, w.NextAttemptAt = 0, nil, nil, "", "", now
			return audit.WebhookChanged, audit.Changes(was, audit.View{"url": audit.Address(url)})
		})
	})
	return v, err
}

func (s *Service) create(tx *gorm.DB, workspaceID, url string, beginning bool) (*View, error) {
	head, err := audit.HeadOf(tx, workspaceID)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	w := &Webhook{ID: id.New("awh"), WorkspaceID: workspaceID, URL: url, SentSeq: head.Seq, NextAttemptAt: now, CreatedAt: now, UpdatedAt: now}
	if beginning {
		w.SentSeq = head.BaseSeq
	}
	key := webhook.MakeKey()
	if w.Key, err = s.Box.Seal([]byte(key.Reveal()), associated(w.ID)); err != nil {
		return nil, err
	}
	if err := tx.Create(w).Error; err != nil {
		return nil, fmt.Errorf("insert audit webhook: %w", err)
	}
	after := audit.View{"url": audit.Address(url), "after": w.SentSeq}
	if err := audit.RecordOf(tx, now, workspaceID, audit.Entry{Action: audit.WebhookCreated, Subject: w.ID, Details: audit.Changes(nil, after)}); err != nil {
		return nil, err
	}
	v, err := view(tx, w)
	if err == nil {
		v.Secret = key
	}
	return v, err
}

// change writes what do makes of a webhook, with the entry that it names.
func (s *Service) change(tx *gorm.DB, w *Webhook, seen []time.Time, v **View, do func(now time.Time) (action string, details map[string]any)) error {
	if err := fault.Unchanged(w.UpdatedAt, seen...); err != nil {
		return err
	}
	now := s.Now()
	w.UpdatedAt = now
	action, details := do(now)
	if err := tx.Model(w).Select("*").UpdateColumns(w).Error; err != nil {
		return fmt.Errorf("change audit webhook: %w", err)
	}
	if err := audit.RecordOf(tx, now, w.WorkspaceID, audit.Entry{Action: action, Subject: w.ID, Details: details}); err != nil {
		return err
	}
	out, err := view(tx, w)
	*v = out
	return err
}

// with has do change the workspace's webhook.
func (s *Service) with(ctx context.Context, workspaceID string, do func(tx *gorm.DB, w *Webhook) error) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		w, err := db.One[Webhook](tx.Clauses(locked).Where("workspace_id = ?", workspaceID), ErrNotFound)
		if err != nil {
			return err
		}
		return do(tx, w)
	})
}

// Rotate makes another signing key, which the view has. The one before signs as well
// for webhook.Overlap.
func (s *Service) Rotate(ctx context.Context, workspaceID string, seen ...time.Time) (v *View, err error) {
	key := webhook.MakeKey()
	err = s.with(ctx, workspaceID, func(tx *gorm.DB, w *Webhook) error {
		sealed, err := s.Box.Seal([]byte(key.Reveal()), associated(w.ID))
		if err != nil {
			return err
		}
		return s.change(tx, w, seen, &v, func(now time.Time) (string, map[string]any) {
			until := now.Add(webhook.Overlap)
			w.PreviousKey, w.PreviousUntil, w.Key = w.Key, &until, sealed
			return audit.WebhookKeyChanged, map[string]any{"previous_until": until.UTC().Format(time.RFC3339)}
		})
	})
	if err != nil {
		return nil, err
	}
	v.Secret = key
	return v, nil
}

// Pause has nothing sent until Resume. What is under way is finished.
func (s *Service) Pause(ctx context.Context, workspaceID string, seen ...time.Time) (v *View, err error) {
	err = s.with(ctx, workspaceID, func(tx *gorm.DB, w *Webhook) error {
		if w.PausedAt != nil {
			return ErrPaused
		}
		return s.change(tx, w, seen, &v, func(now time.Time) (string, map[string]any) {
			w.PausedAt, w.PausedReason = &now, Manual
			return audit.WebhookPaused, map[string]any{"reason": Manual, "sent": w.SentSeq}
		})
	})
	return v, err
}

// Resume goes on from where sending stopped.
func (s *Service) Resume(ctx context.Context, workspaceID string, seen ...time.Time) (v *View, err error) {
	err = s.with(ctx, workspaceID, func(tx *gorm.DB, w *Webhook) error {
		if w.PausedAt == nil {
			return ErrNotPaused
		}
		return s.change(tx, w, seen, &v, func(now time.Time) (string, map[string]any) {
			w.PausedAt, w.PausedReason, w.Letter, w.Failures, w.FailingSince, w.NextAttemptAt = nil, "", noLetter, 0, nil, now
			return audit.WebhookResumed, map[string]any{"sent": w.SentSeq}
		})
	})
	return v, err
}

// Delete has the log sent nowhere.
func (s *Service) Delete(ctx context.Context, workspaceID string, seen ...time.Time) error {
	return s.with(ctx, workspaceID, func(tx *gorm.DB, w *Webhook) error {
		if err := fault.Unchanged(w.UpdatedAt, seen...); err != nil {
			return err
		}
		if err := tx.Delete(w).Error; err != nil {
			return fmt.Errorf("delete audit webhook: %w", err)
		}
		return audit.RecordOf(tx, s.Now(), workspaceID, audit.Entry{
			Action: audit.WebhookDeleted, Subject: w.ID, Details: audit.Changes(audit.View{"url": audit.Address(w.URL), "sent": w.SentSeq}, nil),
		})
	})
}

// Trial is what came of a test.
type Trial struct {
	webhook.Attempt

	ID, Body string
}

// Try sends a batch without entries, signed like any and marked as a test, and says at
// once what came of it. Nothing is written down.
func (s *Service) Try(ctx context.Context, workspaceID string) (*Trial, error) {
	var w *Webhook
	err := s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		w, err = db.One[Webhook](tx.Where("workspace_id = ?", workspaceID), ErrNotFound)
		return err
	})
	if err != nil {
		return nil, err
	}
	keys, err := s.keys(w)
	if err != nil {
		return nil, err
	}
	t := &Trial{ID: id.New("awb")}
	text, err := json.Marshal(map[string]any{"type": "audit_log.test", "id": t.ID, "workspace_id": workspaceID, "entries": []any{}})
	if err != nil {
		return nil, fmt.Errorf("write test: %w", err)
	}
	t.Body = string(text)
	t.Attempt, _, _ = webhook.Post(ctx, s.Client, w.URL, &webhook.Message{ID: t.ID, Body: t.Body, Keys: keys, Test: true}, timeout, s.Now)
	return t, nil
}

// keys returns what signs now, the present key first.
func (s *Service) keys(w *Webhook) ([]secret.Text, error) {
	sealed := [][]byte{w.Key}
	if w.PreviousUntil != nil && s.Now().Before(*w.PreviousUntil) {
		sealed = append(sealed, w.PreviousKey)
	}
	out := make([]secret.Text, len(sealed))
	for i, k := range sealed {
		plain, err := s.Box.Open(k, associated(w.ID))
		if err != nil {
			return nil, fmt.Errorf("open key of %s: %w", w.ID, err)
		}
		out[i] = secret.Text(plain)
	}
	return out, nil
}
