package connect

import (
	"context"
	"errors"
	"log/slog"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Keys is an account to be connected with keys.
type Keys struct {
	App        string            // slug or id
	Auth       string            // id of the method; "" = the first that the fields fit
	Fields     map[string]string // the app's inputs
	Name       string            // "" = the name that the app gives
	OAuthAppID string            // for a method that takes a client; "" = the newest for it
	AccountID  string            // to reconnect; "" = a new account
	OverrideID string            // what it sets wins over Fields; "" = none
	By         *Caller           // whose call it is; nil = whoever has the token
}

// Caller is the connect token that a call came with.
type Caller struct {
	Scope          tenant.Scope
	ExternalUserID string
}

// form is what was typed in, checked.
type form struct {
	app          *catalog.App
	auth         *catalog.Auth
	client       *account.OAuthApp // nil for methods that take none
	vars, inputs map[string]string
}

func (f *form) clientID() *string {
	if f.client == nil {
		return nil
	}
	return &f.client.ID
}

// fill checks what was typed in, and finds what it is for.
func (s *Service) fill(ctx context.Context, b *Bearer, in Keys) (*form, error) {
	override, app, err := s.Chosen(ctx, b, Choice{App: in.App, OverrideID: in.OverrideID})
	switch {
	case err != nil:
		return nil, err
	case app == nil:
		return nil, catalog.ErrNotFound
	case override.OauthAppID != nil:
		return nil, ErrOverrideClient
	}
	f := &form{app: app}
	if f.auth, f.client, err = s.keyed(ctx, b, app, override, in); err != nil {
		return nil, err
	}
	f.vars, f.inputs, err = CheckFields(app, f.auth, override.over(app.Fields(f.auth), in.Fields))
	return f, err
}

// ConnectKeys makes an account of keys and uses the token up, for a caller who
// cannot be asked: of several things it takes the first. When the project wants
// keys tested, they are tried first and refused keys are not saved.
func (s *Service) ConnectKeys(ctx context.Context, raw string, in Keys) (*account.Account, error) {
	b, err := s.Check(ctx, raw)
	if err != nil {
		return nil, err
	}
	if by := in.By; by != nil && (by.Scope != b.Scope || by.ExternalUserID != b.ExternalUserID) {
		return nil, ErrOtherUser
	}
	f, err := s.fill(ctx, b, in)
	if err != nil {
		return nil, err
	}
	grant, err := s.Accounts.WithKeys(ctx, f.app, f.auth, f.client, f.vars, f.inputs)
	if err != nil {
		slog.InfoContext(ctx, "keys were not accepted", "app", f.app.Slug, "error", err)
		// A credential that cannot even be made into a token is no account.
		if b.Project.ConnectRequireKeyAuthTest || grant == nil {
			return nil, s.refuse(ctx, b, raw, tested(err))
		}
	}
	grant.AnyIdentity = b.AllowIdentityChange
	a, err := s.save(ctx, b, b.ID, f.app, f.auth.ID, f.clientID(), in.AccountID, in.Name, raw, grant, func(*gorm.DB, *account.Account) error { return nil })
	if errors.Is(err, account.ErrIdentity) || errors.Is(err, ErrUserLimit) {
		return nil, s.refuse(ctx, b, raw, fault.Of(err))
	}
	return a, err
}

// TryKeys connects with keys as a flow, whose user can be asked. Keys that are
// not accepted are how the flow stands, and no error; a form that is not filled
// in rightly is one.
func (s *Service) TryKeys(ctx context.Context, raw string, in Keys) (*Standing, error) {
	b, err := s.Check(ctx, raw)
	if err != nil {
		return nil, err
	}
	apps, err := s.Catalog.Of(ctx, b.Project.WorkspaceID)
	if err != nil {
		return nil, err
	}
	form, err := s.fill(ctx, b, in)
	if err != nil {
		return nil, err
	}
	if err := s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		_, err := reconnected(tx, b, form.app, in.AccountID)
		return err
	}); err != nil {
		return nil, err
	}
	now := s.Now()
	f := &flow{
		ID: id.New("flow"), StateHash: token.Hash(token.Hex("", 32)), BrowserHash: []byte{}, TokenID: b.ID, // no callback ends it
		App: form.app.Slug, OauthAppID: form.clientID(), Status: exchanging, CreatedAt: now, ExpiresAt: now.Add(workLife),
	}
	t := &try{f: f, b: b, apps: apps, app: form.app, auth: form.auth, client: form.client, sec: flowSecret{Auth: form.auth.ID, Token: raw}}
	t.held.Reconnect = in.AccountID
	if err := s.open(ctx, b, apps, f, t.sec); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // a key may be good for one use
	if t.held.Grant, err = s.Accounts.Mint(ctx, form.app, form.auth, form.client, form.vars, form.inputs); err != nil {
		err = s.failed(ctx, t, tested(err))
	} else {
		err = s.run(ctx, t)
	}
	if err != nil {
		return nil, err
	}
	return s.standing(ctx, b, apps, func(tx *gorm.DB) *gorm.DB { return tx.Where("id = ?", f.ID) })
}

// tested is what a failed test is told as, with what the app answered if it did.
func tested(err error) *fault.Error {
	if f := fault.Of(err); errors.Is(f, account.ErrTest) {
		return f
	}
	return account.ErrTest.Because(err)
}

// CheckFields sorts what a user typed in into vars and inputs, or returns which
// field is missing, unknown or not of its form. It never shows what was typed:
// it may be a secret in the wrong field.
func CheckFields(app *catalog.App, auth *catalog.Auth, typed map[string]string) (vars, inputs map[string]string, err error) {
	vars, inputs = map[string]string{}, map[string]string{}
	known := map[string]bool{}
	for _, f := range app.Fields(auth) {
		known[f.Name] = true
		v, err := f.Clean(app, typed[f.Name])
		switch {
		case err != nil:
			return nil, nil, fault.New(fault.Invalid, "field_form", "%s does not look right. %s", f.Label, f.Description).At("cfmap_json." + f.Name)
		case v == "" && !f.Optional:
			return nil, nil, fault.New(fault.Invalid, "field_missing", "%s is missing.", f.Label).At("cfmap_json." + f.Name)
		case v == "":
		case f.IsVar():
			vars[f.Name] = v
		default:
			inputs[f.Name] = v
		}
	}
	for name := range typed {
		if !known[name] {
			return nil, nil, fault.New(fault.Invalid, "field_unknown", "The app has no field %q.", name).At("cfmap_json." + name)
		}
	}
	return vars, inputs, nil
}

// save writes the account, uses the token up and tells of the success, in one
// transaction; also does whatever the caller adds to it.
func (s *Service) save(ctx context.Context, b *Bearer, sessionID string, app *catalog.App, authID string, oauthAppID *string, reconnect, name, raw string, grant *account.Grant, also func(*gorm.DB, *account.Account) error) (*account.Account, error) {
	var a *account.Account
	var endpoints []string
	err := s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		if err := use(tx, b.ID, s.Now()); err != nil {
			return err
		}
		if err := s.room(tx, b, true); err != nil {
			return err
		}
		u, err := account.UserByID(tx, b.UserID)
		if err != nil {
			return err
		}
		if a, err = s.Accounts.Save(tx, b.Scope, u, app, authID, oauthAppID, reconnect, name, grant); err != nil {
			return err
		}
		if err := connected(tx, b.ID, a.ID); err != nil {
			return err
		}
		if err := also(tx, a); err != nil {
			return err
		}
		endpoints, err = s.emitSuccess(tx, b, sessionID, a, app, raw, reconnect != "")
		return err
	})
	if err != nil {
		return nil, err
	}
	s.Accounts.Changed(ctx, a.ID)
	s.Webhooks.Nudge(ctx, b.Scope, endpoints)
	return a, nil
}

// refuse tells of a failure and returns it.
func (s *Service) refuse(ctx context.Context, b *Bearer, raw string, why *fault.Error) error {
	var endpoints []string
	err := s.DB.In(ctx, b.Scope, func(tx *gorm.DB) (err error) {
		endpoints, err = s.emitError(tx, b, b.ID, raw, why)
		return err
	})
	if err != nil {
		return err
	}
	s.Webhooks.Nudge(ctx, b.Scope, endpoints)
	return why
}

func (s *Service) emitSuccess(tx *gorm.DB, b *Bearer, sessionID string, a *account.Account, app *catalog.App, raw string, again bool) ([]string, error) {
	s.count("connected")
	e := &event.Event{Type: event.ConnectionSuccess, SubjectID: a.ID}
	return s.emit(tx, b, raw, e, map[string]any{"connect_session_id": sessionID, "reconnected": again, "account": s.Accounts.Tell(a, app)})
}

func (s *Service) emitError(tx *gorm.DB, b *Bearer, sessionID, raw string, why *fault.Error) ([]string, error) {
	s.count("failed")
	e := &event.Event{Type: event.ConnectionError, SubjectID: sessionID}
	return s.emit(tx, b, raw, e, map[string]any{"connect_session_id": sessionID, "error": why.Message, "error_code": why.Code})
}

// count notes how a flow ended.
func (s *Service) count(outcome string) {
	if s.Metrics != nil {
		s.Metrics.Connections.WithLabelValues(outcome).Inc()
	}
}

// emit records the outcome, with deliveries for the token's webhook and for the
// endpoints that want to hear of connections. The
// connect token is in the body by contract, and sealed apart until it is sent.
func (s *Service) emit(tx *gorm.DB, b *Bearer, raw string, e *event.Event, what map[string]any) (endpoints []string, err error) {
	e.ExternalUserID, e.CreatedAt = b.ExternalUserID, s.Now()
	what["connect_token"] = event.SecretMark
	if err := e.Fill(b.Scope.EnvironmentName(), what); err != nil {
		return nil, err
	}
	if e.Secret, err = s.Box.Seal([]byte(raw), event.Associated(e.ID)); err != nil {
		return nil, err
	}
	to := webhook.To{Project: true}
	if b.WebhookURI != nil {
		to.URL = *b.WebhookURI
	}
	return webhook.Emit(tx, e, to)
}
