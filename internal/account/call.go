package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Do makes a request with an account's credential. The request's URL is a path
// below the app's API or a URL of one of its hosts; any other is ErrTarget, and
// nothing is sent, as while the app has asked for fewer calls (*limit.Exceeded).
// The caller closes the body of the answer.
func (s *Service) Do(ctx context.Context, scope tenant.Scope, accountID string, req *http.Request, target string) (*http.Response, error) {
	h, err := s.fresh(ctx, scope, accountID)
	if err != nil {
		return nil, err
	}
	conn, err := s.work(ctx, scope, h)
	if err != nil {
		return nil, err
	}
	keys := held(scope, conn.App, h.account)
	if err := s.Limits.Held(ctx, keys...); err != nil {
		return nil, err
	}
	if err := conn.Prepare(req, target); err != nil {
		return nil, err
	}
	res, err := s.Client.Do(req) //nolint:gosec // the app file and the egress guard say where it may go
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // its text shows the address, which may hold the credential
		}
		return nil, fmt.Errorf("call %s: %w", conn.App.Slug, err)
	}
	s.learn(ctx, keys, conn.App, res)
	return res, nil
}

// work returns the connection that calls with an account go through. It is
// remembered with the account, and so forgotten with it; one that carries
// something of the operator's client is made anew, for a client may change.
func (s *Service) work(ctx context.Context, scope tenant.Scope, h *holding) (*provider.Connection, error) {
	app, err := s.Catalog.App(ctx, scope.Project(), h.account.App)
	if err != nil {
		return nil, err
	}
	if c := h.ready.Load(); c != nil && c.App == app {
		return c, nil
	}
	c, shared, err := s.of(ctx, scope, app, h.account, h.credential)
	if err != nil || shared {
		return c, err
	}
	c.Settle()
	h.ready.Store(c)
	return c, nil
}

// at returns an account's credential at work.
func (s *Service) at(ctx context.Context, scope tenant.Scope, a *Account, c Credential) (*provider.Connection, error) {
	app, err := s.Catalog.App(ctx, scope.Project(), a.App)
	if err != nil {
		return nil, err
	}
	conn, _, err := s.of(ctx, scope, app, a, c)
	return conn, err
}

// of also says whether something of an OAuth client is in the connection, which
// many accounts share.
func (s *Service) of(ctx context.Context, scope tenant.Scope, app *catalog.App, a *Account, c Credential) (conn *provider.Connection, shared bool, err error) {
	auth, ok := app.Method(a.Auth)
	if !ok {
		return nil, false, ErrDead.Because(fmt.Errorf("%s has no method %q any more", a.App, a.Auth))
	}
	var o *OAuthApp
	if a.OauthAppID != nil && app.CallsWithClient(auth) {
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
			o, err = FindOAuthApp(tx, a.App, *a.OauthAppID)
			return err
		})
		if err != nil {
			return nil, false, err
		}
	}
	conn, err = s.connection(app, auth, o, a.Vars, c)
	return conn, o != nil, err
}
