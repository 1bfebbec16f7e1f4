package account

import (
	"context"
	"crypto/rand"
	"time"

	"golang.org/x/oauth2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// ErrTestedNow is returned for a test that comes too soon after another:
// providers lock clients out that try secrets.
var ErrTestedNow = fault.New(fault.RateLimited, "tested_too_soon", "This OAuth client was tested a moment ago. Wait %d seconds between two tests.", int(testEvery.Seconds()))

const (
	testEvery = 5 * time.Second
	testWait  = 10 * time.Second // for each answer of the provider
)

// What a test of a client looks at.
const (
	CheckAuthorize      = "authorize"
	CheckSecret         = "secret"
	CheckPreviousSecret = "previous_secret"
)

// Check is one thing that a test looked at, and what it found.
type Check struct {
	What string
	provider.Finding
}

// Message says in a sentence what was found.
func (c *Check) Message() string {
	switch {
	case c.Status == 0:
		return "The provider did not answer."
	case c.Verdict == provider.WrongRedirect:
		return "The provider does not accept the redirect URI. Register it there, letter by letter."
	case c.Verdict == provider.WrongScopes:
		return "The provider does not let this client ask for its scopes."
	case c.What == CheckAuthorize && c.Verdict == provider.Good:
		return "The sign-in page opens without an error for this client id and redirect URI."
	case c.What == CheckAuthorize && c.Verdict == provider.WrongClient:
		return "The provider does not know this client id."
	case c.What == CheckAuthorize:
		return "The sign-in page does not say whether the client is good."
	case c.Verdict == provider.Good:
		return "The provider takes the client id and the secret."
	case c.Verdict == provider.WrongClient:
		return "The provider does not take the secret for this client id."
	default:
		return "The answer does not say whether the secret is good."
	}
}

// TestOAuthApp asks the provider, as far as it tells without a user, whether it
// knows the client with its redirect URI, and takes its secret. vars are where
// the provider is, for apps whose address depends on the user.
func (s *Service) TestOAuthApp(ctx context.Context, projectID string, o *OAuthApp, app *catalog.App, auth *catalog.Auth, vars map[string]string, redirectURI string) ([]Check, error) {
	if auth.Type != catalog.OAuth2 {
		return nil, provider.ErrUnsupported
	}
	if err := s.mayTest(ctx, projectID, o.ID); err != nil {
		return nil, err
	}
	conn, err := s.connection(app, auth, o, vars, Credential{})
	if err != nil {
		return nil, err
	}
	visit := provider.Authorization{RedirectURI: redirectURI, State: rand.Text(), Verifier: oauth2.GenerateVerifier(), Scopes: o.Asked(auth, "")}
	checks := []Check{}
	check := func(what string, ask func(context.Context) (provider.Finding, error)) error {
		ctx, cancel := context.WithTimeout(ctx, testWait)
		defer cancel()
		found, err := ask(ctx)
		checks = append(checks, Check{what, found})
		return err
	}
	if err := check(CheckAuthorize, func(ctx context.Context) (provider.Finding, error) { return s.Provider.TryAuthorize(ctx, conn, visit) }); err != nil {
		return nil, err
	}
	if err := check(CheckSecret, func(ctx context.Context) (provider.Finding, error) {
		return s.Provider.TrySecret(ctx, conn, redirectURI)
	}); err != nil {
		return nil, err
	}
	if sealed := o.previous(s.Now()); sealed != nil {
		old := *conn
		if old.Client.Secret, err = s.openSecret(o, sealed); err != nil {
			return nil, err
		}
		err = check(CheckPreviousSecret, func(ctx context.Context) (provider.Finding, error) {
			return s.Provider.TrySecret(ctx, &old, redirectURI)
		})
	}
	return checks, err
}

// mayTest takes the turn of a test. The compare and set is what lets one of
// several callers through.
func (s *Service) mayTest(ctx context.Context, projectID, oauthAppID string) error {
	now := s.Now()
	return s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		res := tx.Model(&OAuthApp{}).Where("id = ? AND (tested_at IS NULL OR tested_at <= ?)", oauthAppID, now.Add(-testEvery)).UpdateColumn("tested_at", now)
		return db.Affected(res, ErrTestedNow)
	})
}
