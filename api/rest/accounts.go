package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// slug returns the slug of an app that a caller named by slug or id. An app
// that is not in the catalogue has no accounts, so its name is kept as it is.
func (s *Server) slug(ctx context.Context, app string) string {
	if apps, err := s.apps(ctx); err == nil {
		if a, err := apps.Get(app); err == nil {
			return a.Slug
		}
	}
	return app
}

var errCredentials = fault.New(fault.Forbidden, "credentials_scope", "Credentials are shown to access tokens with the scope %s alone.", access.CredentialsRead)

// reveals reports whether credentials are to be shown. A connect token, which
// is in a user's browser, is never shown any; a server that may not is told so.
func reveals(p *caller.Principal, asked *gen.IncludeCredentials) (bool, error) {
	if !yes(asked) || !p.Trusted() {
		return false, nil
	}
	if !access.Allows(p.Scopes, access.CredentialsRead) {
		return false, errCredentials
	}
	return true, nil
}

// ListAccounts lists accounts.
func (s *Server) ListAccounts(ctx context.Context, req gen.ListAccountsRequestObject) (gen.ListAccountsResponseObject, error) {
	p, q := principal(ctx), req.Params
	user, err := p.User(value(q.ExternalUserID))
	if err != nil {
		return nil, err
	}
	f := account.Filter{ExternalUserID: user, App: s.slug(ctx, value(q.App)), OAuthAppID: value(q.OauthAppID), State: string(value(q.State))}
	page, data, err := s.accounts(ctx, p, f, cursor(q.After, q.Before, q.Limit), q.IncludeCredentials)
	if err != nil {
		return nil, err
	}
	return gen.ListAccounts200JSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}

func (s *Server) accounts(ctx context.Context, p *caller.Principal, f account.Filter, c db.Cursor, include *gen.IncludeCredentials) (*db.Page[account.Account], []gen.Account, error) {
	reveal, err := reveals(p, include)
	if err != nil {
		return nil, nil, err
	}
	list := s.Accounts.List
	if reveal {
		list = s.Accounts.ListRevealed
	}
	page, err := list(ctx, p.Scope, f, c)
	if err != nil {
		return nil, nil, err
	}
	data := make([]gen.Account, len(page.Items))
	for i := range page.Items {
		if data[i], err = s.account(ctx, &page.Items[i]); err != nil {
			return nil, nil, err
		}
	}
	return page, data, nil
}

// maxOfUser is how many accounts of one user are answered without paging.
const maxOfUser = 1000

// ListAccountsByUser lists a user's accounts.
func (s *Server) ListAccountsByUser(ctx context.Context, req gen.ListAccountsByUserRequestObject) (gen.ListAccountsByUserResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.ExternalUserID)
	if err != nil {
		return nil, err
	}
	f := account.Filter{ExternalUserID: user, App: s.slug(ctx, value(req.Params.App))}
	_, data, err := s.accounts(ctx, p, f, db.Cursor{Limit: maxOfUser}, req.Params.IncludeCredentials)
	return gen.ListAccountsByUser200JSONResponse(data), err
}

// GetAccount returns an account.
func (s *Server) GetAccount(ctx context.Context, req gen.GetAccountRequestObject) (gen.GetAccountResponseObject, error) {
	p := principal(ctx)
	reveal, err := reveals(p, req.Params.IncludeCredentials)
	if err != nil {
		return nil, err
	}
	get := func() (*account.Account, error) { return s.Accounts.Get(ctx, p.Scope, req.AccountID, p.ExternalUserID) }
	if reveal {
		get = func() (*account.Account, error) { return s.Accounts.GetRevealed(ctx, p.Scope, req.AccountID) }
	}
	a, err := get()
	if err != nil {
		return nil, err
	}
	out, err := s.account(ctx, a)
	return gen.GetAccount200JSONResponse(out), err
}

// DeleteAccount removes an account.
func (s *Server) DeleteAccount(ctx context.Context, req gen.DeleteAccountRequestObject) (gen.DeleteAccountResponseObject, error) {
	p := principal(ctx)
	return gen.DeleteAccount204Response{}, s.Accounts.Delete(ctx, p.Scope, req.AccountID, p.ExternalUserID)
}

// DeleteAccountsByApp removes the accounts of an app.
func (s *Server) DeleteAccountsByApp(ctx context.Context, req gen.DeleteAccountsByAppRequestObject) (gen.DeleteAccountsByAppResponseObject, error) {
	p := principal(ctx)
	return gen.DeleteAccountsByApp204Response{}, s.Accounts.DeleteByApp(ctx, p.Scope, s.slug(ctx, req.AppID), p.ExternalUserID)
}

// ListUsers lists users.
func (s *Server) ListUsers(ctx context.Context, req gen.ListUsersRequestObject) (gen.ListUsersResponseObject, error) {
	q := req.Params
	page, err := s.Accounts.Users(ctx, principal(ctx).Scope, value(q.Q), cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	data := each(page.Items, func(u *account.User) gen.ExternalUser {
		return gen.ExternalUser{ID: u.ID, ExternalID: u.ExternalID, CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC()}
	})
	return gen.ListUsers200JSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}

// DeleteUser removes a user.
func (s *Server) DeleteUser(ctx context.Context, req gen.DeleteUserRequestObject) (gen.DeleteUserResponseObject, error) {
	p := principal(ctx)
	user, err := p.User(req.ExternalUserID)
	if err != nil {
		return nil, err
	}
	report, err := s.Removals.User(ctx, p.Scope, user)
	return gen.DeleteUser204Response{Headers: gen.DeleteUser204ResponseHeaders{PatchbayErasure: &report}}, err
}

// ListRevocations lists what became of deleted accounts' credentials.
func (s *Server) ListRevocations(ctx context.Context, req gen.ListRevocationsRequestObject) (gen.ListRevocationsResponseObject, error) {
	q := req.Params
	f := account.RevocationFilter{
		AccountID: value(q.AccountID), ExternalUserID: value(q.ExternalUserID), Status: account.RevocationStatus(value(q.Status)),
	}
	page, err := s.Accounts.Revocations(ctx, principal(ctx).Scope, f, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	data := each(page.Items, func(r *account.Revocation) gen.Revocation {
		out := gen.Revocation{
			ID: r.ID, AccountID: r.AccountID, ExternalUserID: r.ExternalUserID, App: r.App, Cause: gen.RevocationCause(r.Cause),
			Status: gen.RevocationStatus(r.Status), Reason: r.Reason, HTTPStatus: r.HTTPStatus, Attempts: r.Attempts,
			CreatedAt: r.CreatedAt.UTC(), FinishedAt: utc(r.FinishedAt),
		}
		if r.FinishedAt == nil {
			out.NextAttemptAt = utc(&r.NextAttemptAt)
		}
		return out
	})
	return gen.ListRevocations200JSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}

// app is the whole of what the public sees of an app.
func (s *Server) app(a *catalog.App) gen.App {
	p := s.Catalog.Public(a)
	return gen.App{
		ID: &p.ID, NameSlug: p.NameSlug, Name: p.Name, AuthType: &p.AuthType, Description: &p.Description, ImgSrc: p.ImgSrc,
		CustomFieldsJSON: p.CustomFieldsJSON, Categories: p.Categories, FeaturedWeight: p.FeaturedWeight,
		ScopeProfiles: each(p.ScopeProfiles, func(sp *catalog.ScopeProfile) gen.ScopeProfile { return gen.ScopeProfile(*sp) }),
		AuthMethods: new(each(p.AuthMethods, func(m *catalog.PublicMethod) gen.AuthMethod {
			return gen.AuthMethod{
				ID: m.ID, Title: m.Title, AuthType: gen.AuthMethodAuthType(m.AuthType), CustomFieldsJSON: m.CustomFieldsJSON,
				TakesClient: m.TakesClient, ClientFieldsJSON: m.ClientFieldsJSON,
			}
		})),
		Connect: gen.AppConnect{
			ProxyEnabled: p.Connect.ProxyEnabled, AllowedDomains: &p.Connect.AllowedDomains, BaseProxyTargetURL: p.Connect.BaseProxyTargetURL,
		},
	}
}
