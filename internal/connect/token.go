package connect

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Service leads users through connecting.
type Service struct {
	DB       *db.DB
	Box      *secret.Box
	Catalog  *appfile.Service
	Accounts *account.Service
	Webhooks *webhook.Service
	Guard    *egress.Guard
	BaseURL  string             // where the hosted pages are; providers know its callback addresses
	Metrics  *telemetry.Metrics // nil = nothing is counted
	Now      func() time.Time

	DevelopmentUsers int // how many users may have accounts in a development environment, where a project says nothing else; 0 = any number

	swept atomic.Int64 // when old verifications were deleted, in Unix nanoseconds
}

// TokenInput is what a connect token is made of.
type TokenInput struct {
	ExternalUserID         string
	AllowedOrigins         []string
	SuccessRedirectURI     *string
	ErrorRedirectURI       *string
	WebhookURI             *string
	ExpiresIn              time.Duration // 0 = MaxLife
	Scope                  string        // "" = connect:*
	App, OAuthAppID        *string
	OverrideID             *string
	AllowProgressiveScopes bool
	AllowIdentityChange    bool
	Locale                 *string // of the hosted page; nil = the browser's
	ToolProfileID          *string // of the tools that it is for; nil = it is for the API, too
}

// CreateToken makes a connect token for a user, who comes into being with it.
// The token itself is returned here and nowhere else.
func (s *Service) CreateToken(ctx context.Context, scope tenant.Scope, in TokenInput) (string, *Token, error) {
	now := s.Now()
	life := in.ExpiresIn
	if life <= 0 || life > MaxLife {
		life = MaxLife
	}
	scopes, err := access.Narrow([]string{"connect:*"}, in.Scope)
	if err != nil {
		return "", nil, err
	}
	origins, err := s.checkURLs(in)
	if err != nil {
		return "", nil, err
	}
	if in.Locale != nil && !slices.Contains(Locales, *in.Locale) {
		return "", nil, ErrLocale
	}
	raw := token.Hex("ctok_", 16)
	t := &Token{
		ID: id.New("ct"), TokenHash: token.Hash(raw), Scopes: scopes, AllowedOrigins: origins,
		SuccessRedirectURI: in.SuccessRedirectURI, ErrorRedirectURI: in.ErrorRedirectURI, WebhookURI: in.WebhookURI, OauthAppID: in.OAuthAppID,
		AppOverrideID: in.OverrideID, AllowProgressiveScopes: in.AllowProgressiveScopes, AllowIdentityChange: in.AllowIdentityChange, Locale: in.Locale, ToolProfileID: in.ToolProfileID, CreatedAt: now, ExpiresAt: now.Add(life),
	}
	if in.App != nil {
		a, err := s.Catalog.App(ctx, scope.Project(), *in.App)
		if err != nil {
			return "", nil, err
		}
		t.App = &a.Slug
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := t.fit(tx); err != nil {
			return err
		}
		u, err := account.EnsureUser(tx, in.ExternalUserID, now)
		if err != nil {
			return err
		}
		t.UserID = u.ID
		if err := tx.Create(t).Error; err != nil {
			return fmt.Errorf("insert connect token: %w", err)
		}
		return nil
	})
	return raw, t, err
}

// fit settles what the token's override settles: the app, and that they agree
// on a client.
func (t *Token) fit(tx *gorm.DB) error {
	if t.AppOverrideID == nil {
		return nil
	}
	o, err := overrideByID(tx, *t.AppOverrideID)
	switch {
	case err != nil:
		return err
	case t.App != nil && *t.App != o.App:
		return ErrOverride
	case t.OauthAppID != nil && o.OauthAppID != nil && *t.OauthAppID != *o.OauthAppID:
		return ErrOverrideOther
	}
	t.App = &o.App
	return nil
}

func (s *Service) checkURLs(in TokenInput) ([]string, error) {
	origins := []string{}
	for _, o := range in.AllowedOrigins {
		u, err := url.Parse(strings.TrimSuffix(o, "/"))
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Path != "" || u.RawQuery != "" || u.User != nil || strings.ContainsAny(o, " ;,'\"*") {
			return nil, ErrOrigin
		}
		origins = append(origins, strings.ToLower(u.Scheme+"://"+u.Host))
	}
	for field, raw := range map[string]*string{"success_redirect_uri": in.SuccessRedirectURI, "error_redirect_uri": in.ErrorRedirectURI} {
		if raw == nil {
			continue
		}
		// An app's own scheme (myapp://) leads back to a mobile app; scripts and files lead nowhere good.
		u, err := url.Parse(*raw)
		if err != nil || u.Scheme == "" || slices.Contains([]string{"javascript", "data", "vbscript", "file", "blob", "about"}, strings.ToLower(u.Scheme)) {
			return nil, fault.New(fault.Invalid, "redirect_uri", "%s is not a URL that a browser may be sent to.", field)
		}
	}
	if in.WebhookURI != nil {
		if err := s.Guard.CheckURL(*in.WebhookURI); err != nil {
			return nil, err
		}
	}
	return origins, nil
}

// Bearer is a connect token at work: whose it is and where.
type Bearer struct {
	Token
	Scope          tenant.Scope
	ExternalUserID string
	Project        project.Project
}

// resolve returns the token that raw is, whatever its state, or ErrToken.
func (s *Service) resolve(ctx context.Context, raw string) (*Bearer, error) {
	var row struct{ ID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		res := tx.Raw(`SELECT t.id, t.environment_id, e.project_id, e.name FROM connect_tokens t
			JOIN environments e ON e.id = t.environment_id WHERE t.token_hash = ? AND e.id NOT IN (SELECT environment_id FROM held_environments)`, token.Hash(raw)).Scan(&row)
		return db.Affected(res, ErrToken)
	})
	if err != nil {
		return nil, err
	}
	if !placeOf(ctx).holds(row.EnvironmentID) {
		return nil, ErrToken
	}
	b := &Bearer{Scope: tenant.NewScope(row.ProjectID, row.EnvironmentID, row.Name)}
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error { return load(tx, b, row.ID) })
	return b, err
}

func load(tx *gorm.DB, b *Bearer, tokenID string) error {
	t, err := db.One[Token](tx.Where("id = ?", tokenID), ErrToken)
	if err != nil {
		return err
	}
	u, err := account.UserByID(tx, t.UserID)
	if err != nil {
		return err
	}
	p, err := project.Current(tx)
	if err != nil {
		return err
	}
	b.Token, b.ExternalUserID, b.Project = *t, u.ExternalID, *p
	return nil
}

// Authenticate returns the token for a call to the API. It may have connected
// its account already: it stays good for calls until it expires.
func (s *Service) Authenticate(ctx context.Context, raw string) (*Bearer, error) {
	b, err := s.resolve(ctx, raw)
	if err == nil && !s.Now().Before(b.ExpiresAt) {
		return nil, ErrToken
	}
	return b, err
}

// Check returns the token if it may still connect an account.
func (s *Service) Check(ctx context.Context, raw string) (*Bearer, error) {
	b, err := s.resolve(ctx, raw)
	switch {
	case err != nil:
		return b, err
	case b.UsedAt != nil, !s.Now().Before(b.ExpiresAt):
		return b, ErrLinkExpired
	default:
		return b, nil
	}
}

// appFor returns the app that the token is to connect, by slug or id.
func (b *Bearer) appFor(apps *catalog.Catalog, app string) (*catalog.App, error) {
	if app == "" && b.App != nil {
		app = *b.App
	}
	a, err := apps.Get(app)
	if err == nil && b.App != nil && *b.App != a.Slug {
		return nil, ErrOtherApp
	}
	return a, err
}

// use marks the token used, or returns ErrLinkExpired when another account was
// connected with it first. It decides the race, because the row is locked.
func use(tx *gorm.DB, tokenID string, now time.Time) error {
	res := tx.Model(&Token{}).Where("id = ? AND used_at IS NULL", tokenID).Update("used_at", now)
	return db.Affected(res, ErrLinkExpired)
}

// connected notes which account a used token has connected.
func connected(tx *gorm.DB, tokenID, accountID string) error {
	if err := tx.Model(&Token{}).Where("id = ?", tokenID).Update("account_id", accountID).Error; err != nil {
		return fmt.Errorf("note account of connect token: %w", err)
	}
	return nil
}
