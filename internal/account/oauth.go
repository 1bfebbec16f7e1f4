package account

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// Grant is a new credential on its way into an account.
type Grant struct {
	Credential Credential
	ExpiresAt  *time.Time           // of the main access token
	Expires    map[string]time.Time // of the tokens that have an end, by name
	Renewable  map[string]time.Time // until when they can be refreshed, where that has an end
	Scopes     []string             // as granted
	Asked      []string             // what the user was asked for
	Vars       map[string]string    // where the connection is: subdomain, tenant
	Identity   Identity
	// AnyIdentity lets a reconnected account become somebody else's at the app.
	AnyIdentity bool
}

// Identity is who the provider says is connected.
type Identity = provider.Identity

// connection returns a credential at work. o is nil for methods without a client.
func (s *Service) connection(app *catalog.App, auth *catalog.Auth, o *OAuthApp, vars map[string]string, c Credential) (*provider.Connection, error) {
	out := &provider.Connection{App: app, Auth: auth, Vars: vars, Inputs: c.Inputs, Tokens: maps.Clone(c.Tokens), Now: s.Now}
	if out.Tokens == nil {
		out.Tokens = map[string]string{}
	}
	maps.Copy(out.Tokens, c.all(out.MainToken()))
	if o != nil {
		var err error
		if out.Client, err = s.client(o); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Authorize returns the page at the provider to send a user to. For OAuth 1.0a
// it asks the provider for a request token first, and keeps it in a.
func (s *Service) Authorize(ctx context.Context, app *catalog.App, auth *catalog.Auth, o *OAuthApp, vars map[string]string, a *provider.Authorization) (string, error) {
	c, err := s.connection(app, auth, o, vars, Credential{})
	if err != nil {
		return "", err
	}
	if auth.Type == catalog.OAuth1 {
		back := a.RedirectURI + "?state=" + a.State // the protocol has no state of its own
		if a.RequestToken, a.RequestSecret, err = s.Provider.RequestToken(ctx, c, back); err != nil {
			return "", err
		}
	}
	return c.AuthorizeURL(*a)
}

// Exchange redeems what a callback brought, such as an authorization code. What
// is still to be asked of the grant, Complete asks.
func (s *Service) Exchange(ctx context.Context, app *catalog.App, auth *catalog.Auth, o *OAuthApp, vars map[string]string, a provider.Authorization, code string) (*Grant, error) {
	c, err := s.connection(app, auth, o, vars, Credential{})
	if err != nil {
		return nil, err
	}
	if err := s.verify(o, c, a.Answer); err != nil {
		return nil, err
	}
	got, err := s.asClient(ctx, o, c, func(c *provider.Connection) (*provider.Grant, error) {
		return s.Provider.Complete(ctx, c, a, code)
	})
	if err != nil {
		return nil, err
	}
	return minted(c, got, a.Scopes), nil
}

// verify checks a callback. Providers that sign theirs do so with the client's
// secret, and for a while after a new one was made, with the one before it.
func (s *Service) verify(o *OAuthApp, c *provider.Connection, q url.Values) error {
	err := c.VerifyCallback(q)
	sealed := o.previous(s.Now())
	if err == nil || sealed == nil {
		return err
	}
	old := *c
	if old.Client.Secret, err = s.openSecret(o, sealed); err != nil {
		return err
	}
	return old.VerifyCallback(q)
}

// WithKeys tries what a user typed in: Mint and Complete, of several things the
// first. A refusal is ErrTest or a provider's; then the grant still holds what
// was typed.
//
// o is nil for methods that take no client.
func (s *Service) WithKeys(ctx context.Context, app *catalog.App, auth *catalog.Auth, o *OAuthApp, vars, inputs map[string]string) (*Grant, error) {
	g, err := s.Mint(ctx, app, auth, o, vars, inputs)
	if err != nil {
		return nil, err
	}
	_, err = s.Complete(ctx, app, auth, o, g, nil, false)
	return g, err
}

// Mint makes a grant of what a user typed in: a token, for methods that make
// one of it. A refusal is ErrTest.
func (s *Service) Mint(ctx context.Context, app *catalog.App, auth *catalog.Auth, o *OAuthApp, vars, inputs map[string]string) (*Grant, error) {
	c, err := s.connection(app, auth, o, vars, Credential{Inputs: inputs})
	if err != nil {
		return nil, err
	}
	got := &provider.Grant{Vars: map[string]string{}}
	switch auth.Type {
	case catalog.Key, catalog.Basic, catalog.SigV4, catalog.OAuth1, catalog.None:
	default:
		mint := func(c *provider.Connection) (*provider.Grant, error) { return s.Provider.Mint(ctx, c) }
		if got, err = s.asClient(ctx, o, c, mint); err != nil {
			return nil, refusedMint(err)
		}
	}
	return minted(c, got, nil), nil
}

// refusedMint is ErrTest with what the provider answered.
func refusedMint(err error) error {
	refusal, ok := errors.AsType[*provider.Refusal](err)
	if !ok || refusal.Status == 0 {
		return ErrTest.Because(err)
	}
	return ErrTest.With(map[string]any{"upstream_status": refusal.Status, "upstream_excerpt": refusal.Code}).Because(err)
}

// minted is a grant of what a provider answered.
func minted(c *provider.Connection, got *provider.Grant, asked []string) *Grant {
	g := fromProvider(got, c.MainToken(), asked)
	g.Credential.Inputs, g.Asked, g.Vars = c.Inputs, asked, mergeVars(c.Vars, got.Vars)
	return g
}

// Complete asks the app what it tells only when asked of a grant, and who is
// connected, which is the test of it: a refusal is ErrTest. Where only the user
// can say which of several things the connection is for, and ask allows it, that
// is returned; put the vars of what they picked into g.Vars, and call again. Of
// several, like (vars of an account that is connected again) names the one.
func (s *Service) Complete(ctx context.Context, app *catalog.App, auth *catalog.Auth, o *OAuthApp, g *Grant, like map[string]string, ask bool) (*provider.Pick, error) {
	c, err := s.connection(app, auth, o, g.Vars, g.Credential)
	if err != nil {
		return nil, err
	}
	vars, pick, err := s.Provider.Derive(ctx, c, like, ask)
	if err != nil {
		return nil, err
	}
	g.Vars, c.Vars = vars, vars
	if pick != nil || auth.Type == catalog.None { // nobody is signed in, so there is nothing to test
		return pick, nil
	}
	g.Identity, err = s.Provider.Identify(ctx, c)
	return nil, err
}

func mergeVars(maps ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range maps {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func fromProvider(got *provider.Grant, main string, asked []string) *Grant {
	g := &Grant{Expires: got.Expires, Renewable: got.Renewable, Scopes: got.Scopes, Vars: got.Vars}
	if g.Scopes == nil {
		g.Scopes = asked
	}
	if at, ok := got.Expires[main]; ok {
		g.ExpiresAt = &at
	}
	for name, v := range got.Tokens {
		token, _, _ := strings.Cut(name, ".")
		g.Credential.put(name, token == main, v)
	}
	return g
}
