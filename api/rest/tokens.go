package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
	"github.com/patchbay-dev/patchbay/internal/usage"
)

// CreateOAuthToken gives a client an access token.
func (s *Server) CreateOAuthToken(ctx context.Context, req gen.CreateOAuthTokenRequestObject) (gen.CreateOAuthTokenResponseObject, error) {
	body := req.JSONBody
	if body == nil {
		body = req.FormdataBody
	}
	if body == nil {
		return nil, errMalformed
	}
	raw, claims, err := s.Access.Issue(ctx, body.ClientID, body.ClientSecret, value(body.Scope), answer.Address(ctx))
	if err != nil {
		return nil, err
	}
	return gen.CreateOAuthToken200JSONResponse{
		AccessToken: raw, TokenType: "Bearer", ExpiresIn: int(access.TokenLife.Seconds()),
		CreatedAt: claims.IssuedAt.Unix(), Scope: strings.Join(claims.Scopes, " "),
	}, nil
}

// CreateConnectToken makes a connect token.
func (s *Server) CreateConnectToken(ctx context.Context, req gen.CreateConnectTokenRequestObject) (gen.CreateConnectTokenResponseObject, error) {
	b, scope := req.Body, principal(ctx).Scope
	if _, err := s.Plans.Take(ctx, limit.ConnectTokens, scope.Project(), scope.Environment()+"|"+b.ExternalUserID); err != nil {
		return nil, err
	}
	if err := s.Plans.Allow(ctx, scope.Project(), usage.Connects); err != nil {
		return nil, err
	}
	profileID, err := s.toolsFor(ctx, b.ToolProfile)
	if err != nil {
		return nil, err
	}
	raw, t, err := s.Connect.CreateToken(ctx, scope, connect.TokenInput{
		ExternalUserID: b.ExternalUserID, AllowedOrigins: value(b.AllowedOrigins), SuccessRedirectURI: set(b.SuccessRedirectURI),
		ErrorRedirectURI: set(b.ErrorRedirectURI), WebhookURI: set(b.WebhookURI), ExpiresIn: time.Duration(value(b.ExpiresIn)) * time.Second,
		Scope: value(b.Scope), App: set(b.AppID), OAuthAppID: set(b.OauthAppID), OverrideID: set(b.AppOverrideID), AllowProgressiveScopes: value(b.AllowProgressiveScopes), AllowIdentityChange: value(b.AllowIdentityChange), Locale: set(b.Locale), ToolProfileID: profileID,
	})
	if err != nil {
		return nil, err
	}
	link, err := s.Brands.ConnectLink(ctx, principal(ctx).Scope, raw)
	if err != nil {
		return nil, err
	}
	return gen.CreateConnectToken200JSONResponse{
		Token: raw, ExpiresAt: t.ExpiresAt.UTC(),
		ConnectLinkURL: link,
	}, nil
}

// toolsFor returns the id of the profile that a connect token is for, by its name.
func (s *Server) toolsFor(ctx context.Context, name *string) (*string, error) {
	if name == nil {
		return nil, nil
	}
	p, err := s.Profiles.Get(ctx, principal(ctx).Scope, *name)
	if errors.Is(err, toolprofile.ErrNotFound) {
		return nil, toolprofile.ErrNotFound.At("tool_profile")
	}
	if err != nil {
		return nil, err
	}
	return &p.ID, nil
}

// ValidateConnectToken says whether a token may still connect. A token that may
// not is no error: the answer holds the sentence to show.
func (s *Server) ValidateConnectToken(ctx context.Context, req gen.ValidateConnectTokenRequestObject) (gen.ValidateConnectTokenResponseObject, error) {
	out := gen.ValidateConnectToken200JSONResponse{AppOverrideFieldNames: []string{}}
	b, err := s.Connect.Check(ctx, req.Ctok)
	if b != nil && b.ID != "" {
		environment, projectID := b.Scope.EnvironmentName(), b.Scope.Project()
		out.ProjectEnvironment, out.ProjectID = &environment, &projectID
		out.ProjectAppName, out.ProjectSupportEmail = b.Project.AppName, b.Project.SupportEmail
		out.SuccessRedirectURI, out.ErrorRedirectURI, out.OauthAppID, out.AccountID = b.SuccessRedirectURI, b.ErrorRedirectURI, b.OauthAppID, b.AccountID
		if req.Params.OauthAppID != nil && b.OauthAppID == nil {
			out.OauthAppID = req.Params.OauthAppID
		}
	}
	if err == nil {
		err = s.chosen(ctx, b, req.Params, &out)
	}
	if err == nil && req.Params.AccountID != nil {
		_, err = s.Accounts.Get(ctx, b.Scope, *req.Params.AccountID, b.ExternalUserID)
	}
	if err != nil {
		f, ok := errors.AsType[*fault.Error](err)
		if !ok {
			return nil, err
		}
		out.Error = &f.Message
		return out, nil
	}
	out.Success = true
	return out, nil
}

// chosen fills in which app is going to be connected, and what is set for it.
func (s *Server) chosen(ctx context.Context, b *connect.Bearer, q gen.ValidateConnectTokenParams, out *gen.ValidateConnectToken200JSONResponse) error {
	o, a, err := s.Connect.Chosen(ctx, b, connect.Choice{App: value(q.AppID), OverrideID: value(q.AppOverrideID)})
	if err != nil {
		return err
	}
	if a != nil {
		app := s.app(a)
		out.App = &app
	}
	if o.ID != "" {
		out.AppOverrideID, out.AppOverrideFieldNames = &o.ID, o.FieldNames()
		if o.OauthAppID != nil && b.OauthAppID == nil {
			out.OauthAppID = o.OauthAppID
		}
	}
	return nil
}

// CreateAccount connects an account with keys.
func (s *Server) CreateAccount(ctx context.Context, req gen.CreateAccountRequestObject) (gen.CreateAccountResponseObject, error) {
	p := principal(ctx)
	if _, err := p.User(value(req.Params.ExternalUserID)); err != nil {
		return nil, err
	}
	fields, err := fieldsOf(req.Body.CfmapJSON)
	if err != nil {
		return nil, err
	}
	a, err := s.Connect.ConnectKeys(ctx, req.Body.ConnectToken, connect.Keys{
		Auth: value(req.Body.Auth),
		App:  req.Body.AppSlug, Fields: fields, Name: value(req.Body.Name), AccountID: value(req.Body.AccountID),
		By:         &connect.Caller{Scope: p.Scope, ExternalUserID: p.ExternalUserID},
		OverrideID: value(req.Body.AppOverrideID), OAuthAppID: value(req.Params.OauthAppID),
	})
	if err != nil {
		return nil, err
	}
	out, err := s.account(ctx, a)
	return gen.CreateAccount200JSONResponse(out), err
}

var errFields = fault.New(fault.Invalid, "cfmap_json", "cfmap_json is not a JSON object, such as {\"api_key\": \"…\"}.")

// fieldsOf reads an app's fields. A number or a truth value stands for its text;
// what is null is as good as absent.
func fieldsOf(doc string) (map[string]string, error) {
	dec := json.NewDecoder(strings.NewReader(doc))
	dec.UseNumber()
	var fields map[string]any
	if err := dec.Decode(&fields); err != nil || fields == nil || dec.More() {
		return nil, errFields.Because(err)
	}
	out := make(map[string]string, len(fields))
	for name, v := range fields {
		switch v := v.(type) {
		case nil:
		case string:
			out[name] = v
		case json.Number, bool:
			out[name] = fmt.Sprint(v)
		default:
			return nil, fault.New(fault.Invalid, "cfmap_json", "In cfmap_json the field %q is a list or an object, and must be a text.", name)
		}
	}
	return out, nil
}

// account is the whole of what the public sees of an account.
func (s *Server) account(ctx context.Context, a *account.Account) (gen.Account, error) {
	apps, err := s.apps(ctx)
	if err != nil {
		return gen.Account{}, err
	}
	app := apps.Shown(a.App)
	out := gen.Account{
		ID: a.ID, Name: a.Name, ExternalID: a.ExternalID, Healthy: a.Healthy, App: s.app(app), AuthorizedScopes: append([]string{}, a.Scopes...), MissingScopes: []string{},
		CreatedAt: a.CreatedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC(), ExpiresAt: utc(a.ExpiresAt), Error: a.Error,
		LastRefreshedAt: utc(a.LastRefreshedAt), NextRefreshAt: utc(a.NextRefreshAt), Dead: &a.Dead,
		Cause: cause(a.Cause), HealthSince: a.HealthSince.UTC(),
	}
	if auth, ok := app.Method(a.Auth); ok {
		out.MissingScopes = a.Missing(auth)
	}
	if a.OauthAppID != nil {
		out.App.ID = a.OauthAppID // an account made with a client of the project shows the client
	}
	if a.Revealed != nil {
		out.Credentials = &a.Revealed
	}
	return out, nil
}
