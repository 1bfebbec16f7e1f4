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
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Service deploys triggers and takes what they emit.
type Service struct {
	DB       *db.DB
	Box      *secret.Box
	Webhooks *webhook.Service
	Payloads *event.Payloads // nil = every payload stands in its row
	Apps     *appfile.Service
	Schemes  *inbound.Schemes
	Verifier *inbound.Verifier
	Tally    *inbound.Tally
	Metrics  *telemetry.Metrics
	Now      func() time.Time

	gathering  sync.Once
	gather     *db.Gather[offer, error]
	knowing    sync.Once
	withIntake *lru.Cache[string, struct{}] // triggers that had settings when they were last called
	looked     atomic.Pointer[time.Time]    // when Sweep last did
}

// Deploy is what a trigger is deployed with.
type Deploy struct {
	ComponentKey    string
	ExternalUserID  string
	ConfiguredProps map[string]any
	WebhookURL      string // "" = the project's webhook hears
	WorkflowID      string
	EmitOnDeploy    bool
	Intake          *intake.Settings // nil = requests are taken as they come
	Secrets         *intake.Secrets
}

// Deploy makes a trigger. The view of its webhook, if it has one, holds the key.
func (s *Service) Deploy(ctx context.Context, scope tenant.Scope, in Deploy) (*Trigger, *webhook.View, error) {
	switch {
	case in.ComponentKey != HTTPNewRequests:
		return nil, nil, ErrComponent
	case in.WorkflowID != "":
		return nil, nil, ErrWorkflow
	}
	for name := range in.ConfiguredProps {
		if name != "http" {
			return nil, nil, ErrProps
		}
	}
	var urls []string
	if in.WebhookURL != "" {
		urls = []string{in.WebhookURL}
	}
	if err := s.Webhooks.CheckURLs(urls); err != nil {
		return nil, nil, err
	}
	if err := s.checkIntake(in.Intake, in.Secrets); err != nil {
		return nil, nil, err
	}
	now := s.Now()
	t := &Trigger{
		ID: id.New("hi"), ComponentKey: in.ComponentKey, Active: true, EmitOnDeploy: in.EmitOnDeploy, ConfiguredProps: map[string]any{},
		CreatedAt: now, UpdatedAt: now,
	}
	var hook *webhook.View
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		u, err := account.EnsureUser(tx, in.ExternalUserID, now)
		if err != nil {
			return err
		}
		p, err := project.Current(tx)
		if err != nil {
			return err
		}
		t.UserID, t.Name = u.ID, p.Name+" - "+u.ID
		if t.EndpointID, err = endpoint.Create(tx, endpoint.Open, scope.Environment(), t.ID); err != nil {
			return err
		}
		if in.Intake != nil {
			if err := s.setIntake(t, in.Intake, in.Secrets, now); err != nil {
				return err
			}
		}
		if err := tx.Create(t).Error; err != nil {
			return fmt.Errorf("insert trigger: %w", err)
		}
		views, err := s.Webhooks.SetOfTrigger(tx, t.ID, urls, now)
		if err == nil && len(views) > 0 {
			hook = &views[0]
		}
		return err
	})
	return t, hook, err
}

// List returns a user's triggers, newest first. A user that is not known has none.
func (s *Service) List(ctx context.Context, scope tenant.Scope, externalUserID string, c db.Cursor) (page *db.Page[Trigger], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx.Where("user_id = (SELECT id FROM external_users WHERE external_id = ?)", externalUserID)
		page, err = db.List(q, c, func(t *Trigger) string { return t.ID })
		return err
	})
	return page, err
}

// Get returns a trigger of the user.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string) (t *Trigger, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		t, err = ofUser(tx, triggerID, externalUserID)
		return err
	})
	return t, err
}

func ofUser(tx *gorm.DB, triggerID, externalUserID string) (*Trigger, error) {
	return db.One[Trigger](tx.Where("id = ? AND user_id = (SELECT id FROM external_users WHERE external_id = ?)", triggerID, externalUserID), ErrNotFound)
}

// Update switches a trigger on or off and renames it; what is nil stays.
func (s *Service) Update(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, active, emitOnDeploy *bool, name *string) (t *Trigger, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if t, err = ofUser(tx, triggerID, externalUserID); err != nil {
			return err
		}
		if active != nil {
			t.Active = *active
		}
		if emitOnDeploy != nil {
			t.EmitOnDeploy = *emitOnDeploy
		}
		if name != nil {
			t.Name = *name
		}
		t.UpdatedAt = s.Now()
		set := map[string]any{"active": t.Active, "name": t.Name, "emit_on_deploy": t.EmitOnDeploy, "updated_at": t.UpdatedAt}
		return db.Affected(tx.Model(&Trigger{}).Where("id = ?", triggerID).Updates(set), ErrNotFound)
	})
	return t, err
}

// Delete removes a trigger. The database removes its address and its webhooks
// with it.
func (s *Service) Delete(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		t, err := ofUser(tx, triggerID, externalUserID)
		if err != nil {
			return err
		}
		return db.Affected(tx.Where("id = ?", t.ID).Delete(&Trigger{}), ErrNotFound)
	})
}

// SetWebhooks makes urls the webhooks of a trigger.
func (s *Service) SetWebhooks(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, urls []string) (views []webhook.View, err error) {
	if err := s.Webhooks.CheckURLs(urls); err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := ofUser(tx, triggerID, externalUserID); err != nil {
			return err
		}
		views, err = s.Webhooks.SetOfTrigger(tx, triggerID, urls, s.Now())
		return err
	})
	return views, err
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
