package imports

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// plan is a row held against the catalogue and the project's OAuth clients.
type plan struct {
	app    *catalog.App
	auth   *catalog.Auth
	client *account.OAuthApp // nil = the method takes none
	vars   map[string]string
	inputs map[string]string
	grant  *account.Grant
}

func (p *plan) clientID() *string {
	if p.client == nil {
		return nil
	}
	return &p.client.ID
}

// plan says what account a row becomes, or what is wrong with it.
func (s *Service) plan(ctx context.Context, scope tenant.Scope, rec *Record) (*plan, error) {
	app, err := s.Accounts.Catalog.App(ctx, scope.Project(), rec.App)
	if err != nil {
		return nil, err
	}
	p := &plan{app: app}
	tokens := rec.AccessToken != "" || rec.RefreshToken != ""
	if p.auth, err = method(app, rec, tokens); err != nil {
		return nil, err
	}
	if tokens && !p.auth.Redirects() {
		return nil, wrong("not_oauth", "The method %q of %s takes fields, and no tokens.", p.auth.ID, app.Name)
	}
	if p.auth.Redirects() && p.auth.Type != catalog.OAuth2 {
		return nil, wrong("auth_unsupported", "Accounts by the method %q of %s cannot be imported.", p.auth.ID, app.Name)
	}
	if !tokens && p.auth.Redirects() {
		return nil, wrong("credential", "%s is connected by OAuth, and the row has neither access_token nor refresh_token.", app.Name)
	}
	if p.vars, p.inputs, err = connect.CheckFields(app, p.auth, rec.Fields); err != nil {
		return nil, err
	}
	if app.TakesClient(p.auth) {
		err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			p.client, _, err = account.ClientFor(tx, app, p.auth, rec.OAuthAppID)
			return err
		})
		if err != nil {
			return nil, err
		}
	} else if rec.OAuthAppID != "" {
		return nil, wrong("not_oauth", "%s takes no OAuth client by the method %q.", app.Name, p.auth.ID)
	}
	p.grant = grant(rec, p, s.Now())
	return p, nil
}

// method is the one that the row names, or the app's first that its credential fits.
func method(app *catalog.App, rec *Record, tokens bool) (*catalog.Auth, error) {
	if rec.Auth != "" {
		auth, ok := app.Method(rec.Auth)
		if !ok {
			return nil, catalog.ErrMethod
		}
		return auth, nil
	}
	fits := func(a *catalog.Auth) bool {
		_, _, err := connect.CheckFields(app, a, rec.Fields)
		return a.Redirects() == tokens && err == nil
	}
	if auth := app.FirstOf(fits); auth != nil {
		return auth, nil
	}
	if auth := app.FirstOf(func(a *catalog.Auth) bool { return a.Redirects() == tokens }); auth != nil {
		return auth, nil
	}
	return &app.Auth[0], nil
}

// grant is the credential of a row. A token that can be refreshed and does not
// say when it ends is refreshed at once, so that it is known from then on.
func grant(rec *Record, p *plan, now time.Time) *account.Grant {
	g := &account.Grant{
		Credential: account.Credential{AccessToken: rec.AccessToken, RefreshToken: rec.RefreshToken, Inputs: p.inputs},
		Scopes:     rec.Scopes, Vars: p.vars, Identity: account.Identity{ID: rec.IdentityID},
	}
	switch {
	case !rec.ExpiresAt.IsZero():
		g.ExpiresAt = &rec.ExpiresAt.Time
	case rec.RefreshToken != "" && p.auth.Refresh.Policy != "none":
		g.ExpiresAt = &now
	}
	return g
}

// try tries the credential where that was asked for, and makes tokens of keys
// where the method needs them. A token that has ended is not tried: its first
// refresh says whether it is good.
func (s *Service) try(ctx context.Context, im *Import, p *plan) error {
	if p.auth.Redirects() {
		ended := p.grant.Credential.AccessToken == "" || p.grant.ExpiresAt != nil && !p.grant.ExpiresAt.After(s.Now())
		if !im.Test || ended {
			return nil
		}
		return s.Accounts.TryBrought(ctx, p.app, p.auth, p.client, p.grant)
	}
	made := p.auth.Type == catalog.Key || p.auth.Type == catalog.Basic || p.auth.Type == catalog.None
	if !im.Test && (made || im.DryRun) {
		return nil
	}
	g, err := s.Accounts.WithKeys(ctx, p.app, p.auth, p.client, p.vars, p.inputs)
	if err != nil {
		return err
	}
	if p.grant.Identity.ID != "" && g.Identity.ID == "" {
		g.Identity = p.grant.Identity
	}
	p.grant = g
	return nil
}
