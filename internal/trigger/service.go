package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/component"
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
	DB         *db.DB
	Box        *secret.Box
	Webhooks   *webhook.Service
	Payloads   *event.Payloads // nil = every payload stands in its row
	Apps       *appfile.Service
	Schemes    *inbound.Schemes
	Verifier   *inbound.Verifier
	Accounts   *account.Service
	Components func() *component.Registry
	Tally      *inbound.Tally
	Metrics    *telemetry.Metrics
	Now        func() time.Time

	gathering  sync.Once
	gather     *db.Gather[offer, error]
	knowing    sync.Once
	withIntake *lru.Cache[string, struct{}] // triggers that had settings when they were last called
	looked     atomic.Pointer[time.Time]    // when Sweep last did
}

// Deploy is what a trigger is deployed with.
type Deploy struct {
	ComponentKey    string
	Version         string // "" = the newest
	ExternalUserID  string
	ConfiguredProps map[string]any
	Dynamic         []component.Prop // that were given out for the component
	WebhookURL      string           // "" = the project's webhook hears
	WorkflowID      string
	EmitOnDeploy    bool
	Intake          *intake.Settings // nil = requests are taken as they come
	Secrets         *intake.Secrets
}

// Deploy makes a trigger. The view of its webhook, if it has one, holds the key.
func (s *Service) Deploy(ctx context.Context, scope tenant.Scope, in Deploy) (*Trigger, *webhook.View, error) {
	c, err := s.Components().Of(component.Trigger, in.ComponentKey, in.Version)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault
	}
	if in.WorkflowID != "" {
		return nil, nil, ErrWorkflow
	}
	now := s.Now()
	t := &Trigger{
		ComponentKey: c.Key, Version: c.Version, Active: true, EmitOnDeploy: in.EmitOnDeploy, ConfiguredProps: map[string]any{},
		CreatedAt: now, UpdatedAt: now,
	}
	if err := s.fit(ctx, scope, t, c, &in); err != nil {
		return nil, nil, err
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
	var hook *webhook.View
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		u, err := account.EnsureUser(tx, in.ExternalUserID, now)
		if err != nil {
			return err
		}
		p, err := project.Current(tx)
		if err != nil {
			return err
		}
		t.UserID, t.ExternalUserID, t.Name = u.ID, u.ExternalID, p.Name+" - "+u.ID
		if t.Source == nil {
			at, err := endpoint.Create(tx, endpoint.Open, scope.Environment(), t.ID)
			if err != nil {
				return err
			}
			t.EndpointID = &at
		}
		if in.Intake != nil {
			if err := s.setIntake(t, in.Intake, in.Secrets, now); err != nil {
				return err
			}
		}
		if err := tx.Create(t).Error; err != nil {
			return fmt.Errorf("insert trigger: %w", err)
		}
		if t.Source != nil {
			if err := tx.Create(t.Source).Error; err != nil {
				return fmt.Errorf("insert source: %w", err)
			}
		}
		views, err := s.Webhooks.SetOfTrigger(tx, t.ID, urls, now)
		if err == nil && len(views) > 0 {
			hook = &views[0]
		}
		return err
	})
	return t, hook, err
}

// fit makes a trigger what its component is.
func (s *Service) fit(ctx context.Context, scope tenant.Scope, t *Trigger, c *component.Component, in *Deploy) error {
	switch {
	case c.Code != nil:
		return action.ErrNoRunner
	case c.Operation == nil:
		t.ID = id.New("hi")
		for name := range in.ConfiguredProps {
			if name != "http" {
				return ErrProps
			}
		}
		return nil
	case c.Operation.Poll == nil:
		return ErrHook
	case in.Intake != nil:
		return ErrNoRequests
	}
	t.ID, t.ConfiguredProps = id.New("dc"), in.ConfiguredProps
	read, err := c.WithProps(in.Dynamic).Read(in.ConfiguredProps, true)
	if err != nil {
		return err //nolint:wrapcheck // a fault
	}
	if _, err := action.AccountFor(ctx, s.Accounts, scope, c, read.AccountID, in.ExternalUserID); err != nil {
		return err //nolint:wrapcheck // a fault
	}
	every, err := interval(c, in.ConfiguredProps)
	if err != nil {
		return err
	}
	t.Source = &Source{
		ID: t.ID, Every: every, Props: append([]component.Prop{}, in.Dynamic...), DueAt: t.CreatedAt, LeaseUntil: t.CreatedAt, State: map[string]any{},
	}
	return nil
}

// List returns a user's triggers, newest first; without a user, those of all of
// them. A user that is not known has none.
// of is http, for those with an address, source, or all.
func (s *Service) List(ctx context.Context, scope tenant.Scope, externalUserID, of string, c db.Cursor) (page *db.Page[Trigger], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx
		if externalUserID != "" {
			q = q.Where("user_id = (SELECT id FROM external_users WHERE external_id = ?)", externalUserID)
		}
		if of != "all" {
			q = q.Where("(endpoint_id IS NOT NULL) = ?", of == "http")
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

// Change is what may be changed of a trigger; what is nil stays.
type Change struct {
	Active       *bool
	EmitOnDeploy *bool
	Name         *string
	Configured   map[string]any // all of it, anew
}

// Update changes a trigger. A source that is switched on, or looks for something
// else, looks at once; what it emitted stays known.
func (s *Service) Update(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, in Change) (t *Trigger, err error) {
	t, err = s.Get(ctx, scope, triggerID, externalUserID)
	if err != nil {
		return nil, err
	}
	if in.Configured != nil {
		if err := s.refit(ctx, scope, t, externalUserID, in.Configured); err != nil {
			return nil, err
		}
	}
	now := s.Now()
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		set := map[string]any{"updated_at": now}
		source := map[string]any{}
		if in.Active != nil {
			t.Active, set["active"] = *in.Active, *in.Active
			source["due_at"] = now
		}
		if in.EmitOnDeploy != nil {
			t.EmitOnDeploy, set["emit_on_deploy"] = *in.EmitOnDeploy, *in.EmitOnDeploy
		}
		if in.Name != nil {
			t.Name, set["name"] = *in.Name, *in.Name
		}
		if in.Configured != nil && t.Source != nil {
			props, err := json.Marshal(t.ConfiguredProps)
			if err != nil {
				return fmt.Errorf("encode props: %w", err)
			}
			set["configured_props"] = string(props)
			source["due_at"], source["every"], source["state"], source["failures"], source["failing_since"], source["error"] = now, t.Source.Every, "{}", 0, nil, nil
		}
		t.UpdatedAt = now
		if err := db.Affected(tx.Model(&Trigger{}).Where("id = ?", triggerID).Updates(set), ErrNotFound); err != nil || len(source) == 0 || t.Source == nil {
			return err
		}
		return tx.Model(&Source{}).Where("id = ?", triggerID).Updates(source).Error
	})
	return t, err
}

// refit checks props that a trigger is to have instead of its own.
func (s *Service) refit(ctx context.Context, scope tenant.Scope, t *Trigger, user string, configured map[string]any) error {
	c, err := s.Components().Of(component.Trigger, t.ComponentKey, "")
	if err != nil {
		return err //nolint:wrapcheck // a fault
	}
	in := &Deploy{ExternalUserID: user, ConfiguredProps: configured}
	if t.Source != nil {
		in.Dynamic = t.Source.Props
	}
	fitted := &Trigger{CreatedAt: t.CreatedAt}
	if err := s.fit(ctx, scope, fitted, c, in); err != nil {
		return err
	}
	if t.Source != nil {
		t.ConfiguredProps, t.Source.Every = fitted.ConfiguredProps, fitted.Source.Every
	}
	return nil
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
