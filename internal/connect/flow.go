package connect

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/oauth2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Begin is what a flow is begun with.
type Begin struct {
	Token      string
	App        string // slug or id
	Auth       string // id of the method; "" = the client's, or else the first that leads to the provider
	OAuthAppID string // "" = the newest for the method
	OverrideID string // "" = none
	AccountID  string // to reconnect; "" = a new account
	Profile    string // scope profile; "" = default
	Browser    string // the cookie of the browser that begins
	SameTab    bool
	State      string            // the customer's own, echoed to the redirect URIs
	Powers     []string          // the scopes that the user left on; nil = all
	Fields     map[string]string // what the app asks before: subdomain, region
}

func (in *Begin) choice() Choice {
	return Choice{App: in.App, Auth: in.Auth, OAuthAppID: in.OAuthAppID, OverrideID: in.OverrideID, AccountID: in.AccountID, Profile: in.Profile}
}

// Start opens an OAuth flow. It returns the flow's id, which its page may ask
// about, and the address at the provider to send the browser to.
func (s *Service) Start(ctx context.Context, in Begin) (flowID, redirect string, err error) {
	b, err := s.Check(ctx, in.Token)
	if err != nil {
		return "", "", err
	}
	defer func() {
		if err != nil {
			s.unstarted(ctx, b, err)
		}
	}()
	apps, err := s.Catalog.Of(ctx, b.Project.WorkspaceID)
	if err != nil {
		return "", "", err
	}
	now := s.Now()
	state := token.Hex("", 32)
	f := &flow{
		ID: id.New("flow"), StateHash: token.Hash(state), BrowserHash: token.Hash(in.Browser), TokenID: b.ID,
		SameTab: in.SameTab, Host: placeOf(ctx).host, State: in.State, Status: open, CreatedAt: now, ExpiresAt: now.Add(flowLife),
	}
	if in.AccountID != "" {
		f.AccountID = &in.AccountID
	}
	var p *Plan
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) (err error) {
		p, err = planFlow(tx, apps, b, in.choice())
		return err
	})
	if err != nil {
		return "", "", err
	}
	vars, _, err := CheckFields(p.App, p.Auth, p.Override.over(p.App.Fields(p.Auth), in.Fields))
	if err != nil {
		return "", "", err
	}
	scopes, err := p.leaving(in.Powers)
	if err != nil {
		return "", "", err
	}
	sec := flowSecret{Auth: p.Auth.ID, Verifier: oauth2.GenerateVerifier(), Token: in.Token, Scopes: scopes, Vars: vars}
	visit := s.authorization(p.Client.ID, state, sec)
	if redirect, err = s.Accounts.Authorize(ctx, p.App, p.Auth, p.Client, vars, &visit); err != nil {
		if provider.ClassOf(err) != "" {
			err = ErrUnready.Because(err)
		}
		return "", "", err
	}
	f.App, f.OauthAppID = p.App.Slug, &p.Client.ID
	sec.RequestToken, sec.RequestSecret = visit.RequestToken, visit.RequestSecret
	return f.ID, redirect, s.open(ctx, b, apps, f, sec)
}

// open writes a flow that begins. An earlier one that asks its user is over.
func (s *Service) open(ctx context.Context, b *Bearer, apps *catalog.Catalog, f *flow, sec flowSecret) error {
	plain, err := json.Marshal(sec)
	if err != nil {
		return fmt.Errorf("encode flow: %w", err)
	}
	if f.Secret, err = s.Box.Seal(plain, flowAssociated(f.ID)); err != nil {
		return err
	}
	var after aftermath
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) (err error) {
		if err := s.began(ctx, tx, b, f, sec.Auth); err != nil {
			return err
		}
		if err := tx.Create(f).Error; err != nil {
			return fmt.Errorf("insert flow: %w", err)
		}
		_, after, err = s.endAsking(tx, apps, b, func(q *Question) *fault.Error { return q.reason(ErrCancelled) }, telemetry.Of(ctx, "request_id"))
		return err
	})
	if err == nil {
		s.nudge(ctx, b, after)
	}
	return err
}

func (s *Service) callbackURL(oauthAppID string) string {
	return s.BaseURL + "/connect/oauth/" + oauthAppID + "/callback"
}

// CallbackURL is the redirect URI to register with a provider for a client.
func (s *Service) CallbackURL(oauthAppID string) string { return s.callbackURL(oauthAppID) }

func (s *Service) authorization(oauthAppID, state string, sec flowSecret) provider.Authorization {
	return provider.Authorization{RedirectURI: s.callbackURL(oauthAppID), State: state, Verifier: sec.Verifier, Scopes: sec.Scopes, RequestToken: sec.RequestToken, RequestSecret: sec.RequestSecret}
}
