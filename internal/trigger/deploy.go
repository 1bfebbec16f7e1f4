package trigger

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Deploy is what a trigger is deployed with.
type Deploy struct {
	ComponentKey    string
	Version         string // "" = the newest
	ExternalUserID  string
	ConfiguredProps map[string]any
	Dynamic         []component.Prop // that were given out for the component
	WebhookURL      string           // "" = the project's webhook hears
	WorkflowID      string           // that its events start; "" = none
	EmitOnDeploy    bool
	Intake          *intake.Settings // nil = requests are taken as they come
	Secrets         *intake.Secrets

	name   string // "" = the project's, and the user's id
	liveID string // of the workflow's trigger that asks for it; "" = none does
}

// Deploy makes a trigger. The view of its webhook, if it has one, holds the key.
// What its component begins at the app it begins between two transactions; if that
// fails, there is no trigger.
func (s *Service) Deploy(ctx context.Context, scope tenant.Scope, in Deploy) (*Trigger, *webhook.View, error) {
	c, err := s.Components.Component(ctx, scope.Project(), component.Trigger, in.ComponentKey, in.Version)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault
	}
	now := s.Now()
	t := &Trigger{
		ComponentKey: c.Key, Version: c.Version, Active: true, EmitOnDeploy: in.EmitOnDeploy, ConfiguredProps: map[string]any{},
		CreatedAt: now, UpdatedAt: now, ChangedAt: now,
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
		if err := s.write(tx, scope, t, c, &in); err != nil {
			return err
		}
		if in.WorkflowID != "" {
			if err := setWorkflows(tx, t.ID, []string{in.WorkflowID}); err != nil {
				return err
			}
		}
		views, err := s.Webhooks.SetOfTrigger(tx, t.ID, urls, now)
		if err == nil && len(views) > 0 {
			hook = &views[0]
		}
		return err
	})
	if err != nil || t.Source == nil {
		return t, hook, err
	}
	if err := s.start(context.WithoutCancel(ctx), scope, t, c, in.ExternalUserID); err != nil {
		return nil, nil, err
	}
	return t, hook, nil
}

// write writes a new trigger down, with its address and its source.
func (s *Service) write(tx *gorm.DB, scope tenant.Scope, t *Trigger, c *component.Component, in *Deploy) error {
	u, err := account.EnsureUser(tx, in.ExternalUserID, t.CreatedAt)
	if err != nil {
		return err
	}
	p, err := project.Current(tx)
	if err != nil {
		return err
	}
	t.UserID, t.ExternalUserID, t.Name = u.ID, u.ExternalID, cmp.Or(in.name, p.Name+" - "+u.ID)
	if in.liveID != "" {
		t.LiveID = &in.liveID
	}
	if t.Source == nil || t.Source.Hooked {
		kind := endpoint.Open
		if c.Key == component.EmailNewEmail {
			kind = endpoint.Mail
		}
		at, err := endpoint.Create(tx, kind, scope.Environment(), t.ID)
		if err != nil {
			return err
		}
		t.EndpointID = &at
	}
	if in.Intake != nil {
		if err := s.setIntake(t, c, in.Intake, in.Secrets, t.CreatedAt); err != nil {
			return err
		}
	}
	if t.Source != nil && t.Source.Hooked {
		if t.Intake == nil {
			t.Intake = &intake.Settings{}
		}
		if err := s.newSecret(t, c); err != nil {
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
	return audit.Record(tx, t.CreatedAt, audit.Entry{Action: audit.TriggerDeployed, Subject: t.ID, ExternalUserID: t.ExternalUserID, Details: audit.Changes(nil, t.logged())})
}

// newSecret makes the secret that an app is to sign with, unless the app hands
// over one of its own when it tries the address.
func (s *Service) newSecret(t *Trigger, c *component.Component) (err error) {
	if c.Operation == nil {
		return nil
	}
	if appGives(c) {
		t.IntakeKeys = nil
		return nil
	}
	if t.IntakeKeys == nil {
		t.IntakeKeys, err = intake.Seal(s.Box, associatedKeys(t.ID), inbound.Keys{Secrets: []string{rand.Text() + rand.Text()}})
	}
	return err
}

// appGives reports whether the app hands over a secret when it tries the address.
func appGives(c *component.Component) bool {
	return c.Operation != nil && c.Operation.Hook != nil && slices.ContainsFunc(c.Operation.Hook.Handshake, func(h catalog.Handshake) bool { return len(h.Keep) > 0 })
}

// fit makes a trigger what its component is.
func (s *Service) fit(ctx context.Context, scope tenant.Scope, t *Trigger, c *component.Component, in *Deploy) error {
	if c.Code != nil && s.program(c) == nil {
		return runner.ErrMissing
	}
	if propOf(c, "$.interface.apphook") != nil {
		return ErrAppHook
	}
	if c.Key == component.EmailNewEmail {
		t.ID = id.New("ei")
		return s.fitMail(in)
	}
	if s.program(c) == nil {
		t.ID = id.New("hi")
		for name := range in.ConfiguredProps {
			if name != "http" {
				return ErrProps
			}
		}
		return nil
	}
	t.ID, t.ConfiguredProps = id.New("dc"), in.ConfiguredProps
	if c.Key == component.ScheduleCustomInterval {
		t.ID = id.New("ti")
	}
	if t.ConfiguredProps == nil {
		t.ConfiguredProps = map[string]any{}
	}
	timer, err := timerOf(c, in.ConfiguredProps, int(s.PollLeast/time.Second))
	if err != nil {
		return err
	}
	now := s.Now()
	until := now.Add(changeLease)
	t.Source = &Source{
		ID: t.ID, App: c.App, Timer: timer, Props: append([]component.Prop{}, in.Dynamic...), Phase: Deploying, Hooked: propOf(c, httpProp) != nil,
		DueAt: &until, LeaseID: id.New("lease"), LeaseUntil: until,
	}
	if err := fitIntake(t.Source, c, in.Intake); err != nil {
		return err
	}
	turn, err := s.turn(ctx, scope, t, t.Source, c, in.ConfiguredProps, in.ExternalUserID)
	if err != nil {
		return err
	}
	return s.provable(ctx, turn)
}
