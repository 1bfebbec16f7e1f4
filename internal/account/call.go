package account

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Do makes a request with an account's credential. The request's URL is a path
// below the app's API or a URL of one of its hosts; any other is ErrTarget, and
// nothing is sent. The caller closes the body of the answer.
func (s *Service) Do(ctx context.Context, scope tenant.Scope, accountID string, req *http.Request, target string) (*http.Response, error) {
	a, c, err := s.Fresh(ctx, scope, accountID)
	if err != nil {
		return nil, err
	}
	return s.send(s.Client, scope, a, c, req, target)
}

// Forward is Do for a request whose body and answer may be of any length. An
// answer of 401 leads to one refresh and, when the request can be made again
// (again is not nil), to one more try.
func (s *Service) Forward(ctx context.Context, scope tenant.Scope, accountID string, req *http.Request, target string, again func() io.ReadCloser) (*http.Response, error) {
	a, c, err := s.Fresh(ctx, scope, accountID)
	if err != nil {
		return nil, err
	}
	original := req.Clone(ctx)
	res, err := s.send(s.Stream, scope, a, c, req, target)
	if err != nil || res.StatusCode != http.StatusUnauthorized || again == nil {
		return res, err
	}
	fresh, renewed, err := s.Renew(ctx, scope, a, c)
	if err != nil || renewed.AccessToken == c.AccessToken {
		return res, nil //nolint:nilerr // the app's own answer says most
	}
	_ = res.Body.Close()
	original.Body = again()
	return s.send(s.Stream, scope, fresh, renewed, original, target)
}

// send makes a request with a credential, by one of the service's clients.
func (s *Service) send(by *http.Client, scope tenant.Scope, a *Account, c Credential, req *http.Request, target string) (*http.Response, error) {
	conn, err := s.at(req.Context(), scope, a, c)
	if err != nil {
		return nil, err
	}
	if err := conn.Prepare(req, target); err != nil {
		return nil, err
	}
	res, err := by.Do(req) //nolint:gosec // the app file and the egress guard say where it may go
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", a.App, err)
	}
	return res, nil
}

// at returns an account's credential at work.
func (s *Service) at(ctx context.Context, scope tenant.Scope, a *Account, c Credential) (*provider.Connection, error) {
	app, err := s.Catalog.App(ctx, scope.Project(), a.App)
	if err != nil {
		return nil, err
	}
	auth, ok := app.Method(a.Auth)
	if !ok {
		return nil, ErrDead.Because(fmt.Errorf("%s has no method %q any more", a.App, a.Auth))
	}
	var o *OAuthApp
	if a.OauthAppID != nil && app.CallsWithClient(auth) {
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
			o, err = FindOAuthApp(tx, a.App, *a.OauthAppID)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return s.connection(app, auth, o, a.Vars, c)
}
