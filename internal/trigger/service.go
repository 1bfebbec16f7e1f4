package trigger

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/firing"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Service deploys triggers and takes what they emit.
type Service struct {
	DB         *db.DB
	Box        *secret.Box
	Webhooks   *webhook.Service
	Payloads   *event.Payloads // nil = every payload stands in its row
	Apps       *appfile.Service
	Schemes    *inbound.Schemes
	Verifier   *inbound.Verifier
	Accounts   *account.Service
	Components *registry.Service
	Coder      *action.Coder // carries out components that are code; nil = none are
	Firings    *firing.Service
	Tally      *inbound.Tally
	Metrics    *telemetry.Metrics
	Journal    *Journal      // nil = looks are not noted
	TakesMail  bool          // e-mail is taken
	PublicURL  string        // at which apps call us
	PauseAfter time.Duration // for so long a source may fail before it is switched off; 0 = for ever
	PollLeast  time.Duration // the shortest interval; less than MinEvery = that
	Now        func() time.Time

	gathering  sync.Once
	gather     *db.Gather[offer, error]
	knowing    sync.Once
	withIntake *lru.Cache[string, struct{}] // triggers that had settings when they were last called
	looked     atomic.Pointer[time.Time]    // when Sweep last did
}

// kinds are how ids of triggers begin, by what emits.
var kinds = map[string]string{"http": "hi_", "source": "dc_", "timer": "ti_", "email": "ei_"}

// List returns a user's triggers, newest first; without a user, those of all of
// them. A user that is not known has none.
// of is http, source, timer, email or all.
func (s *Service) List(ctx context.Context, scope tenant.Scope, externalUserID, of string, c db.Cursor) (page *db.Page[Trigger], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx
		if externalUserID != "" {
			q = q.Where("user_id = (SELECT id FROM external_users WHERE external_id = ?)", externalUserID)
		}
		if of != "all" {
			q = q.Where("starts_with(id, ?)", kinds[of])
		}
		if page, err = db.List(q, c, func(t *Trigger) string { return t.ID }); err != nil {
			return err
		}
		if err := withUsers(tx, page.Items); err != nil {
			return err
		}
		return withSources(tx, page.Items)
	})
	return page, err
}

// Get returns a trigger of the user.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string) (t *Trigger, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if t, err = ofUser(tx, triggerID, externalUserID); err == nil {
			t.ExternalUserID = externalUserID
			t.Source, err = sourceOf(tx, triggerID)
		}
		return err
	})
	return t, err
}

// withUsers writes into triggers whose they are, by the customer's own ids.
func withUsers(tx *gorm.DB, ts []Trigger) error {
	ids := make([]string, len(ts))
	for i := range ts {
		ids[i] = ts[i].UserID
	}
	var users []account.User
	if err := tx.Where("id IN ?", ids).Find(&users).Error; err != nil {
		return fmt.Errorf("load users: %w", err)
	}
	for i := range ts {
		for j := range users {
			if users[j].ID == ts[i].UserID {
				ts[i].ExternalUserID = users[j].ExternalID
			}
		}
	}
	return nil
}

func ofUser(tx *gorm.DB, triggerID, externalUserID string) (*Trigger, error) {
	return db.One[Trigger](tx.Where("id = ? AND user_id = (SELECT id FROM external_users WHERE external_id = ?)", triggerID, externalUserID), ErrNotFound)
}

// SetWebhooks makes urls the webhooks of a trigger, and returns when.
func (s *Service) SetWebhooks(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, urls []string, seen ...time.Time) (views []webhook.View, at time.Time, err error) {
	if err := s.Webhooks.CheckURLs(urls); err != nil {
		return nil, at, err
	}
	at = s.Now()
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := changed(tx, triggerID, externalUserID, at, seen); err != nil {
			return err
		}
		if views, err = s.Webhooks.SetOfTrigger(tx, triggerID, urls, at); err != nil {
			return err
		}
		shown := make([]string, len(urls))
		for i, u := range urls {
			shown[i] = audit.Address(u)
		}
		return audit.Record(tx, at, audit.Entry{Action: audit.TriggerWebhooks, Subject: triggerID, ExternalUserID: externalUserID, Details: map[string]any{"urls": shown}})
	})
	return views, at, err
}

// Events returns the last n events of a trigger, newest first.
func (s *Service) Events(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, n int) (rows []event.Event, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := ofUser(tx, triggerID, externalUserID); err != nil {
			return err
		}
		if err := tx.Where("subject_id = ? AND type = ?", triggerID, event.TriggerEmitted).Order("id DESC").Limit(n).Find(&rows).Error; err != nil {
			return fmt.Errorf("load events: %w", err)
		}
		return nil
	})
	return rows, err
}
