package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Grant is a new credential on its way into an account.
type Grant struct {
	Credential Credential
	ExpiresAt  *time.Time // of the access token
	Scopes     []string
	Identity   Identity
}

// Identity is who the provider says is connected.
type Identity struct{ ID, Name string }

// OAuthConfig returns the app's OAuth configuration for one of its clients.
func (s *Service) OAuthConfig(a *catalog.App, o *OAuthApp, redirectURL string) (*oauth2.Config, error) {
	auth := &a.Auth[0]
	if auth.Type != catalog.OAuth2 {
		return nil, ErrNoOAuthApp
	}
	clientSecret, err := s.Box.Open(o.ClientSecret, clientAssociated(o.ID))
	if err != nil {
		return nil, fmt.Errorf("open client secret of %s: %w", o.ID, err)
	}
	style := oauth2.AuthStyleInParams
	if auth.Token.ClientAuth == "basic" {
		style = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID: o.ClientID, ClientSecret: string(clientSecret), RedirectURL: redirectURL,
		Endpoint: oauth2.Endpoint{AuthURL: auth.Authorize.URL, TokenURL: auth.Token.URL, AuthStyle: style},
	}, nil
}

// Exchange redeems an authorization code and asks who is connected.
func (s *Service) Exchange(ctx context.Context, a *catalog.App, conf *oauth2.Config, code, verifier string, asked []string) (*Grant, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, s.Client)
	t, err := conf.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, err
	}
	g := fromToken(&a.Auth[0], t, asked, s.Now())
	g.Identity, err = s.identify(ctx, a, &a.Auth[0], g.Credential)
	return g, err
}

func fromToken(auth *catalog.Auth, t *oauth2.Token, asked []string, now time.Time) *Grant {
	g := &Grant{Credential: Credential{AccessToken: t.AccessToken, RefreshToken: t.RefreshToken, TokenType: t.Type()}, Scopes: asked}
	if !t.Expiry.IsZero() {
		at := now.Add(time.Until(t.Expiry)).UTC() // the library counts from the machine's clock, we from ours
		g.ExpiresAt = &at
	}
	if granted, _ := t.Extra("scope").(string); granted != "" {
		join := auth.Scopes.Join
		if join == "" {
			join = " "
		}
		g.Scopes = strings.Split(granted, join)
	}
	return g
}

// Save makes an account of a grant, or puts the grant into the account that is
// reconnected, which must be the same user's and app's.
func (s *Service) Save(tx *gorm.DB, scope tenant.Scope, u *User, app string, authID string, oauthAppID *string, reconnect, name string, g *Grant) (*Account, error) {
	now := s.Now()
	if g.Scopes == nil {
		g.Scopes = []string{}
	}
	a := &Account{
		ID: id.New("apn"), UserID: u.ID, App: app, Auth: authID, OauthAppID: oauthAppID, Vars: map[string]string{}, Scopes: g.Scopes,
		Healthy: true, ExpiresAt: g.ExpiresAt, CreatedAt: now, UpdatedAt: now,
	}
	if name == "" {
		name = g.Identity.Name
	}
	if name != "" {
		a.Name = &name
	}
	if g.Identity.ID != "" {
		a.IdentityID = &g.Identity.ID
	}
	a.NextRefreshAt = nextRefresh(g, now)
	if reconnect == "" {
		a.ExternalID = u.ExternalID
		return a, s.insert(tx, scope.Environment(), a, g.Credential)
	}
	old, err := db.One[Account](tx.Where("id = ? AND user_id = ? AND app = ?", reconnect, u.ID, app), ErrNotFound)
	if err != nil {
		return nil, err
	}
	a.ID, a.CreatedAt = old.ID, old.CreatedAt
	if a.Name == nil {
		a.Name = old.Name
	}
	if a.Credential, err = s.seal(scope.Environment(), a.ID, g.Credential); err != nil {
		return nil, err
	}
	// Every column is named: a reconnected account forgets its errors and its lease.
	err = tx.Model(a).Select("Auth", "OauthAppID", "Name", "IdentityID", "Vars", "Scopes", "Credential", "Healthy", "Dead", "Error", "ExpiresAt",
		"LastRefreshedAt", "NextRefreshAt", "LeaseID", "LeaseUntil", "UpdatedAt").Updates(a).Error
	if err != nil {
		return nil, fmt.Errorf("update account: %w", err)
	}
	a.ExternalID = u.ExternalID
	return a, nil
}

func nextRefresh(g *Grant, now time.Time) *time.Time {
	if g.ExpiresAt == nil || g.Credential.RefreshToken == "" {
		return nil
	}
	at := g.ExpiresAt.Add(-margin(g.ExpiresAt.Sub(now)))
	return &at
}

// margin is how long before its end a token of the given life is refreshed.
func margin(life time.Duration) time.Duration { return min(15*time.Minute, life/2) }

// refused reports whether the provider said that a grant is no good any more,
// in the words of RFC 6749, 5.2; anything else may pass.
func refused(err error) bool {
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	return ok && e.ErrorCode == "invalid_grant"
}
