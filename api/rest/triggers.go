package rest

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/trigger"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// errUserStarts keeps users from starting workflows that are not meant for them.
var errUserStarts = fault.New(fault.Forbidden, "workflow_id", "A connect token does not say which workflow a trigger starts: deploy it from your server.")

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// emitter is the whole of what the public sees of a deployed trigger.
func (s *Server) emitter(ctx context.Context, t *trigger.Trigger) gen.Emitter {
	out := gen.Emitter{
		ID: t.ID, OwnerID: t.UserID, ExternalUserID: t.ExternalUserID, ComponentKey: t.ComponentKey, ConfiguredProps: t.ConfiguredProps, Active: t.Active, Name: t.Name,
		NameSlug: strings.Trim(notSlug.ReplaceAllString(strings.ToLower(t.Name), "-"), "-"), EmitOnDeploy: t.EmitOnDeploy,
		CreatedAt: t.CreatedAt.UnixMilli(), UpdatedAt: t.UpdatedAt.UnixMilli(), ChangedAt: t.ChangedAt.UTC(),
	}
	if t.ComponentKey == component.EmailNewEmail {
		at, id := s.Mail.Address(*t.EndpointID), "sc_"+t.ComponentKey
		out.Type, out.ComponentID, out.ConfigurableProps, out.EmailAddress = "DeployedComponent", &id, &[]gen.ConfigurableProp{}, set(&at)
		return out
	}
	if t.Source == nil {
		url, custom := s.PublicURL+"/e/"+*t.EndpointID, false
		out.Type, out.Key, out.EndpointURL, out.CustomResponse = "HttpInterface", t.EndpointID, &url, &custom
		out.ConfiguredProps = map[string]any{"http": map[string]any{"endpoint_url": url}}
		return out
	}
	id := "sc_" + t.ComponentKey
	out.Type, out.ComponentID, out.ConfigurableProps, out.ComponentVersion = "DeployedComponent", &id, &[]gen.ConfigurableProp{}, set(&t.Version)
	src := t.Source
	if components, err := s.components(ctx); err == nil {
		if c, err := components.Kept(component.Trigger, t.ComponentKey, t.Version); err == nil {
			props := propsOf(c.WithProps(src.Props).Props)
			out.ConfigurableProps = &props
			if c.Code != nil && t.EndpointID != nil { // whoever deployed it tells who is to call it
				out.EndpointURL = set(new(s.PublicURL + "/e/" + *t.EndpointID))
			}
		}
	}
	if t.ComponentKey == component.ScheduleCustomInterval {
		changed := t.UpdatedAt.UnixMilli()
		out.Type, out.ComponentID, out.ConfigurableProps, out.ComponentVersion = "TimerInterface", nil, nil, nil
		out.Timezone, out.ScheduleChangedAt = &src.Zone, &changed
		if src.Cron != "" {
			out.Cron = &src.Cron
		} else {
			out.IntervalSeconds = &src.Every
		}
	}
	out.Polling = &gen.Polling{
		IntervalSeconds: src.Every, NextAt: utc(src.DueAt), LastAt: utc(src.LookedAt), Failures: src.Failures, FailingSince: utc(src.FailingSince), Error: src.Error, PausedAt: utc(src.PausedAt),
	}
	return out
}

// DeployTrigger deploys a trigger.
func (s *Server) DeployTrigger(ctx context.Context, req gen.DeployTriggerRequestObject) (gen.DeployTriggerResponseObject, error) {
	p, b := principal(ctx), req.Body
	user, err := p.User(b.ExternalUserID)
	if err == nil && value(b.WorkflowID) != "" && !p.Trusted() {
		err = errUserStarts
	}
	if err != nil {
		return nil, err
	}
	emit := b.EmitOnDeploy == nil || *b.EmitOnDeploy
	intake, secrets, err := intakeOf(b.Intake)
	if err != nil {
		return nil, err
	}
	dynamic, err := s.Actions.Dynamic(ctx, p.Scope, b.ID, value(b.DynamicPropsID))
	if err != nil {
		return nil, err
	}
	t, hook, err := s.Triggers.Deploy(ctx, p.Scope, trigger.Deploy{
		ComponentKey: b.ID, Version: value(b.Version), Dynamic: dynamic, ExternalUserID: user, ConfiguredProps: value(b.ConfiguredProps), WebhookURL: value(b.WebhookURL),
		WorkflowID: value(b.WorkflowID), EmitOnDeploy: emit, Intake: intake, Secrets: secrets,
	})
	if err != nil {
		return nil, err
	}
	out := s.emitter(ctx, t)
	if hook != nil && p.Trusted() {
		key := hook.Key.Reveal()
		out.WebhookSigningKey = &key
	}
	return gen.DeployTrigger200JSONResponse{EmitterBodyJSONResponse: gen.EmitterBodyJSONResponse{Data: out}}, nil
}

// ListDeployedTriggers lists triggers of one type, a user's or all.
func (s *Server) ListDeployedTriggers(ctx context.Context, req gen.ListDeployedTriggersRequestObject) (gen.ListDeployedTriggersResponseObject, error) {
	p, q := principal(ctx), req.Params
	user, err := p.User(value(q.ExternalUserID))
	if err != nil {
		return nil, err
	}
	page, err := s.Triggers.List(ctx, p.Scope, user, string(or(q.EmitterType, "source")), cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	return gen.ListDeployedTriggers200JSONResponse{Data: each(page.Items, func(t *trigger.Trigger) gen.Emitter { return s.emitter(ctx, t) }), PageInfo: pageInfo(page)}, nil
}

// GetDeployedTrigger returns a trigger.
func (s *Server) GetDeployedTrigger(ctx context.Context, req gen.GetDeployedTriggerRequestObject) (gen.GetDeployedTriggerResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	t, err := s.Triggers.Get(ctx, p.Scope, req.TriggerID, user)
	if err != nil {
		return nil, err
	}
	return gen.GetDeployedTrigger200JSONResponse{EmitterBodyJSONResponse: gen.EmitterBodyJSONResponse{Data: s.emitter(ctx, t)}}, nil
}

// UpdateDeployedTrigger changes a trigger.
func (s *Server) UpdateDeployedTrigger(ctx context.Context, req gen.UpdateDeployedTriggerRequestObject) (gen.UpdateDeployedTriggerResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	in := trigger.Change{
		Active: req.Body.Active, EmitOnDeploy: req.Body.EmitOnDeploy, Name: set(req.Body.Name), Configured: value(req.Body.ConfiguredProps), Version: value(req.Body.Version),
		Seen: given(req.Params.UnchangedSince),
	}
	if id := value(req.Body.DynamicPropsID); id != "" {
		t, err := s.Triggers.Get(ctx, p.Scope, req.TriggerID, user)
		if err != nil {
			return nil, err
		}
		dynamic, err := s.Actions.Dynamic(ctx, p.Scope, t.ComponentKey, id)
		if err != nil {
			return nil, err
		}
		in.Dynamic = &dynamic
	}
	t, err := s.Triggers.Update(ctx, p.Scope, req.TriggerID, user, in)
	if err != nil {
		return nil, err
	}
	return gen.UpdateDeployedTrigger200JSONResponse{EmitterBodyJSONResponse: gen.EmitterBodyJSONResponse{Data: s.emitter(ctx, t)}}, nil
}

// DeleteDeployedTrigger removes a trigger.
func (s *Server) DeleteDeployedTrigger(ctx context.Context, req gen.DeleteDeployedTriggerRequestObject) (gen.DeleteDeployedTriggerResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	return gen.DeleteDeployedTrigger204Response{}, s.Triggers.Delete(ctx, p.Scope, req.TriggerID, user, yes(req.Params.IgnoreHookErrors))
}

// ListTriggerEvents lists a trigger's last events.
func (s *Server) ListTriggerEvents(ctx context.Context, req gen.ListTriggerEventsRequestObject) (gen.ListTriggerEventsResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	rows, err := s.Triggers.Events(ctx, p.Scope, req.TriggerID, user, or(req.Params.N, 20))
	if err != nil {
		return nil, err
	}
	data := each(rows, func(e *event.Event) gen.EmittedEvent {
		payload, _ := shown(ctx, parsed(&e.Body)).(map[string]any)
		if reference, _ := s.Payloads.ReferStored(p.Scope, e); reference != nil { // fails without keys only, with which nothing would work
			payload = map[string]any{"payload_reference": toReference(reference)}
		}
		out := gen.EmittedEvent{E: payload, K: "emit", TS: e.CreatedAt.UnixMilli(), ID: e.ID}
		if e.Emitted != nil {
			out.Sum, out.Name = set(&e.Emitted.Summary), set(&e.Emitted.Channel)
		}
		return out
	})
	return gen.ListTriggerEvents200JSONResponse{Data: data}, nil
}

func (s *Server) triggerWebhooks(p *caller.Principal, views []webhook.View, changed time.Time) gen.TriggerWebhooksJSONResponse {
	urls := each(views, func(v *webhook.View) string { return v.URL })
	hooks := each(views, func(v *webhook.View) gen.TriggerWebhook {
		out := gen.TriggerWebhook{ID: v.ID, URL: v.URL, SigningKeySet: true}
		if p.Trusted() && !p.Hides() {
			out.SigningKey = reveal(v.Key)
		}
		return out
	})
	return gen.TriggerWebhooksJSONResponse{WebhookUrls: urls, Webhooks: hooks, ChangedAt: changed.UTC()}
}

func reveal(t secret.Text) *string {
	text := t.Reveal()
	return &text
}

// owned returns the caller and the trigger, which is the user's.
func (s *Server) owned(ctx context.Context, triggerID, asked string) (*caller.Principal, *trigger.Trigger, error) {
	p := principal(ctx)
	user, err := p.User(asked)
	if err != nil {
		return nil, nil, err
	}
	t, err := s.Triggers.Get(ctx, p.Scope, triggerID, user)
	return p, t, err
}

// ListTriggerWebhooks lists a trigger's webhooks.
func (s *Server) ListTriggerWebhooks(ctx context.Context, req gen.ListTriggerWebhooksRequestObject) (gen.ListTriggerWebhooksResponseObject, error) {
	p, t, err := s.owned(ctx, req.TriggerID, req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	views, err := s.Webhooks.OfTrigger(ctx, p.Scope, req.TriggerID)
	if err != nil {
		return nil, err
	}
	return gen.ListTriggerWebhooks200JSONResponse{TriggerWebhooksJSONResponse: s.triggerWebhooks(p, views, t.ChangedAt)}, nil
}

// UpdateTriggerWebhooks sets a trigger's webhooks.
func (s *Server) UpdateTriggerWebhooks(ctx context.Context, req gen.UpdateTriggerWebhooksRequestObject) (gen.UpdateTriggerWebhooksResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	views, at, err := s.Triggers.SetWebhooks(ctx, p.Scope, req.TriggerID, user, req.Body.WebhookUrls, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.UpdateTriggerWebhooks200JSONResponse{TriggerWebhooksJSONResponse: s.triggerWebhooks(p, views, at)}, nil
}

// GetTriggerWebhook returns one of a trigger's webhooks with its key.
func (s *Server) GetTriggerWebhook(ctx context.Context, req gen.GetTriggerWebhookRequestObject) (gen.GetTriggerWebhookResponseObject, error) {
	p, _, err := s.owned(ctx, req.TriggerID, req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	v, err := s.Webhooks.OneOfTrigger(ctx, p.Scope, req.TriggerID, req.WebhookID)
	if err != nil {
		return nil, err
	}
	if p.Hides() {
		v.Key = ""
	}
	return gen.GetTriggerWebhook200JSONResponse{WebhookWithSigningKeyJSONResponse: withKey(v)}, nil
}

// RegenerateTriggerWebhookKey gives one of a trigger's webhooks a new key.
func (s *Server) RegenerateTriggerWebhookKey(ctx context.Context, req gen.RegenerateTriggerWebhookKeyRequestObject) (gen.RegenerateTriggerWebhookKeyResponseObject, error) {
	p, _, err := s.owned(ctx, req.TriggerID, req.Params.ExternalUserID)
	if err != nil {
		return nil, err
	}
	v, err := s.Webhooks.RotateOfTrigger(ctx, p.Scope, req.TriggerID, req.WebhookID)
	if err != nil {
		return nil, err
	}
	return gen.RegenerateTriggerWebhookKey200JSONResponse{WebhookWithSigningKeyJSONResponse: withKey(v)}, nil
}
