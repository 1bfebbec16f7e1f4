package rest

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// oauthApp is the whole of what the public sees of an OAuth client.
func (s *Server) oauthApp(ctx context.Context, o *account.OAuthApp) (gen.OAuthApp, error) {
	apps, err := s.apps(ctx)
	if err != nil {
		return gen.OAuthApp{}, err
	}
	app := s.app(apps.Shown(o.App))
	redirect := s.Connect.CallbackURL(o.ID)
	fields, err := s.Accounts.FieldNames(o)
	if err != nil {
		return gen.OAuthApp{}, err
	}
	out := gen.OAuthApp{
		ID: o.ID, Auth: o.Auth, Fields: fields, ClientID: o.ClientID, Scopes: append([]string{}, o.Scopes...), AdditionalScopes: append([]string{}, o.AdditionalScopes...),
		Secret:      s.oauthAppSecret(o),
		RedirectURI: redirect, Setup: apps.Setup(o.App, redirect), OwnerID: principal(ctx).Scope.Project(), CreatedAt: o.CreatedAt.UTC(), UpdatedAt: o.UpdatedAt.UTC(),
		NameSlug: app.NameSlug, Name: app.Name, AuthType: app.AuthType, Description: app.Description, ImgSrc: app.ImgSrc,
		CustomFieldsJSON: app.CustomFieldsJSON, Categories: app.Categories, FeaturedWeight: app.FeaturedWeight, ScopeProfiles: app.ScopeProfiles,
	}
	if o.Name != "" {
		out.Name = o.Name
	}
	if o.Description != "" {
		out.Description = &o.Description
	}
	if o.SuspendedAt != nil {
		out.SuspendedAt, out.SuspendedCode = utc(o.SuspendedAt), set(&o.SuspendedCode)
	}
	return out, nil
}

func (s *Server) oauthAppSecret(o *account.OAuthApp) gen.OAuthAppSecret {
	now := s.Accounts.Now()
	out := gen.OAuthAppSecret{SetAt: o.SecretSetAt.UTC(), LastUsedAt: utc(o.SecretUsedAt), InUse: set(new(o.InUse(now)))}
	if until := o.Rotating(now); until != nil {
		out.Previous = &gen.OAuthAppPreviousSecret{ExpiresAt: until.UTC(), LastUsedAt: utc(o.PreviousSecretUsedAt)}
	}
	return out
}

// ListOAuthApps lists the project's OAuth clients.
func (s *Server) ListOAuthApps(ctx context.Context, req gen.ListOAuthAppsRequestObject) (gen.ListOAuthAppsResponseObject, error) {
	p, q := principal(ctx), req.Params
	page, err := s.Accounts.OAuthApps(ctx, p.Scope.Project(), s.slug(ctx, value(q.App)), value(q.Q), cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	data := make([]gen.OAuthApp, len(page.Items))
	for i := range page.Items {
		if data[i], err = s.oauthApp(ctx, &page.Items[i]); err != nil {
			return nil, err
		}
	}
	return gen.ListOAuthApps200JSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}

// CreateOAuthApp keeps an OAuth client.
func (s *Server) CreateOAuthApp(ctx context.Context, req gen.CreateOAuthAppRequestObject) (gen.CreateOAuthAppResponseObject, error) {
	p, b := principal(ctx), req.Body
	o, err := s.Accounts.Register(ctx, p.Scope.Project(), b.App, account.OAuthAppInput{
		Name: value(b.Name), Description: value(b.Description), ClientID: value(b.ClientID), ClientSecret: secret.Text(value(b.ClientSecret)),
		Auth: value(b.Auth), Fields: value(b.Fields),
		Scopes: value(b.Scopes), AdditionalScopes: value(b.AdditionalScopes),
	})
	if err != nil {
		return nil, err
	}
	out, err := s.oauthApp(ctx, o)
	return gen.CreateOAuthApp201JSONResponse(out), err
}

// GetOAuthApp returns an OAuth client.
func (s *Server) GetOAuthApp(ctx context.Context, req gen.GetOAuthAppRequestObject) (gen.GetOAuthAppResponseObject, error) {
	o, err := s.Accounts.OAuthApp(ctx, principal(ctx).Scope.Project(), req.OauthAppID)
	if err != nil {
		return nil, err
	}
	out, err := s.oauthApp(ctx, o)
	return gen.GetOAuthApp200JSONResponse(out), err
}

// UpdateOAuthApp changes an OAuth client.
func (s *Server) UpdateOAuthApp(ctx context.Context, req gen.UpdateOAuthAppRequestObject) (gen.UpdateOAuthAppResponseObject, error) {
	p, b := principal(ctx), req.Body
	change := account.OAuthAppChange{
		Name: b.Name, Description: b.Description, ClientID: value(b.ClientID), ClientSecret: secret.Text(value(b.ClientSecret)), Fields: value(b.Fields),
		Scopes: value(b.Scopes), AdditionalScopes: value(b.AdditionalScopes),
	}
	if b.PreviousSecretExpiresIn != nil {
		change.KeepSecret = new(time.Duration(*b.PreviousSecretExpiresIn) * time.Second)
	}
	o, err := s.Accounts.ChangeOAuthApp(ctx, p.Scope.Project(), req.OauthAppID, change, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	out, err := s.oauthApp(ctx, o)
	return gen.UpdateOAuthApp200JSONResponse(out), err
}

// DeleteOAuthApp removes an OAuth client.
func (s *Server) DeleteOAuthApp(ctx context.Context, req gen.DeleteOAuthAppRequestObject) (gen.DeleteOAuthAppResponseObject, error) {
	return gen.DeleteOAuthApp204Response{}, s.Accounts.DeleteOAuthApp(ctx, principal(ctx).Scope.Project(), req.OauthAppID)
}

// DeletePreviousSecret destroys the secret that was replaced.
func (s *Server) DeletePreviousSecret(ctx context.Context, req gen.DeletePreviousSecretRequestObject) (gen.DeletePreviousSecretResponseObject, error) {
	return gen.DeletePreviousSecret204Response{}, s.Accounts.DropPrevious(ctx, principal(ctx).Scope.Project(), req.OauthAppID)
}

// TestOAuthApp asks the provider whether it takes an OAuth client.
func (s *Server) TestOAuthApp(ctx context.Context, req gen.TestOAuthAppRequestObject) (gen.TestOAuthAppResponseObject, error) {
	var fields map[string]string
	if req.Body != nil {
		fields = value(req.Body.Fields)
	}
	checks, err := s.Connect.TestClient(ctx, principal(ctx).Scope.Project(), req.OauthAppID, fields)
	if err != nil {
		return nil, err
	}
	return gen.TestOAuthApp200JSONResponse{RedirectURI: s.Connect.CallbackURL(req.OauthAppID), Checks: each(checks, toCheck)}, nil
}

func toCheck(c *account.Check) gen.OAuthAppCheck {
	out := gen.OAuthAppCheck{Check: gen.OAuthAppCheckCheck(c.What), Verdict: gen.OAuthAppCheckVerdict(c.Verdict), Code: set(&c.Code), Message: c.Message()}
	if c.Status != 0 {
		out.Status = &c.Status
	}
	return out
}

func toCategory(c *catalog.Category) gen.AppCategory { return gen.AppCategory{ID: c.ID, Name: c.Name} }

// ListAppCategories lists the categories of the catalogue.
func (s *Server) ListAppCategories(ctx context.Context, _ gen.ListAppCategoriesRequestObject) (gen.ListAppCategoriesResponseObject, error) {
	apps, err := s.apps(ctx)
	if err != nil {
		return nil, err
	}
	return gen.ListAppCategories200JSONResponse(each(apps.Categories(), toCategory)), nil
}

// GetAppCategory returns a category.
func (s *Server) GetAppCategory(ctx context.Context, req gen.GetAppCategoryRequestObject) (gen.GetAppCategoryResponseObject, error) {
	apps, err := s.apps(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range apps.Categories() {
		if c.ID == req.CategoryID {
			return gen.GetAppCategory200JSONResponse(toCategory(&c)), nil
		}
	}
	return nil, catalog.ErrNoCategory
}
