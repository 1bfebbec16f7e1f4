package connect

import (
	"context"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Methods returns the ways in which the token's user may connect an app, the
// recommended one first: what the client is for, or all that the project is set
// up for. It is never empty: when none is ready,
// the first tells of what is missing.
func (s *Service) Methods(ctx context.Context, b *Bearer, app *catalog.App, oauthAppID string) (methods []*catalog.Auth, err error) {
	if b.OauthAppID != nil {
		oauthAppID = *b.OauthAppID
	}
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		if oauthAppID != "" {
			_, auth, err := account.ClientFor(tx, app, nil, oauthAppID)
			methods = []*catalog.Auth{auth}
			return err
		}
		methods, err = account.Ready(tx, app)
		return err
	})
	if err == nil && len(methods) == 0 {
		methods = []*catalog.Auth{&app.Auth[0]}
	}
	return methods, err
}

// redirecting returns the method of a flow and the client to use.
func redirecting(tx *gorm.DB, app *catalog.App, authID, oauthAppID string) (*catalog.Auth, *account.OAuthApp, error) {
	var auth *catalog.Auth
	if authID != "" {
		if auth, _ = app.Method(authID); auth == nil {
			return nil, nil, catalog.ErrMethod
		}
	} else if oauthAppID == "" {
		if auth = app.FirstOf((*catalog.Auth).Redirects); auth == nil {
			return nil, nil, account.ErrNoOAuthApp
		}
	}
	o, auth, err := account.ClientFor(tx, app, auth, oauthAppID)
	if err == nil && !auth.Redirects() {
		err = account.ErrNoOAuthApp
	}
	return auth, o, err
}

// keyed returns the method that keys are for, and the client that it needs, or
// nil. When no method is named it is the first that asks for what was given.
func (s *Service) keyed(ctx context.Context, b *Bearer, app *catalog.App, override *Override, in Keys) (auth *catalog.Auth, o *account.OAuthApp, err error) {
	if in.Auth != "" {
		if auth, _ = app.Method(in.Auth); auth == nil {
			return nil, nil, catalog.ErrMethod
		}
	} else {
		byKeys := func(a *catalog.Auth) bool { return !a.Redirects() }
		auth = app.FirstOf(func(a *catalog.Auth) bool {
			return byKeys(a) && asksFor(app, a, override.over(app.Fields(a), in.Fields))
		})
		if auth == nil {
			auth = app.FirstOf(byKeys)
		}
	}
	if auth == nil || auth.Redirects() {
		return nil, nil, ErrNoKeys
	}
	if !app.TakesClient(auth) {
		if in.OAuthAppID != "" {
			return nil, nil, account.ErrClientMethod
		}
		return auth, nil, nil
	}
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		o, auth, err = account.ClientFor(tx, app, auth, clientOf(b, override, in.OAuthAppID))
		return err
	})
	return auth, o, err
}

// asksFor reports whether a method asks for all that was given, and was given
// all that it needs.
func asksFor(app *catalog.App, auth *catalog.Auth, given map[string]string) bool {
	asked := 0
	for _, f := range app.Fields(auth) {
		v := given[f.Name]
		if v == "" && !f.Optional {
			return false
		}
		if _, named := given[f.Name]; named {
			asked++
		}
	}
	return asked == len(given)
}
