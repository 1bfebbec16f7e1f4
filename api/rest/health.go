package rest

import (
	"context"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/account"
)

// cause is why an account is not healthy, as a text.
func cause(c *account.HealthCause) *string {
	if c == nil {
		return nil
	}
	return new(string(*c))
}

// GetAccountHealth returns an account's health with its history.
func (s *Server) GetAccountHealth(ctx context.Context, req gen.GetAccountHealthRequestObject) (gen.GetAccountHealthResponseObject, error) {
	p := principal(ctx)
	a, changes, attempts, err := s.Accounts.History(ctx, p.Scope, req.AccountID, p.ExternalUserID)
	if err != nil {
		return nil, err
	}
	return gen.GetAccountHealth200JSONResponse{
		State: gen.AccountState(a.State()), Cause: cause(a.Cause), Error: a.Error, Since: a.HealthSince.UTC(),
		ExpiresAt: utc(a.ExpiresAt), LastRefreshedAt: utc(a.LastRefreshedAt), NextRefreshAt: utc(a.NextRefreshAt),
		History: each(changes, func(c *account.Change) gen.HealthChange {
			return gen.HealthChange{State: gen.AccountState(c.State), Cause: cause(c.Cause), Error: c.Error, CreatedAt: c.CreatedAt.UTC()}
		}),
		Attempts: each(attempts, toRefreshAttempt),
	}, nil
}

func toRefreshAttempt(a *account.Attempt) gen.RefreshAttempt {
	out := gen.RefreshAttempt{StartedAt: a.StartedAt.UTC(), FinishedAt: utc(a.FinishedAt), Outcome: a.Outcome, ProviderCode: set(&a.ProviderCode)}
	if a.HTTPStatus != 0 {
		out.HTTPStatus = &a.HTTPStatus
	}
	return out
}

// CheckAccount tries an account now.
func (s *Server) CheckAccount(ctx context.Context, req gen.CheckAccountRequestObject) (gen.CheckAccountResponseObject, error) {
	p := principal(ctx)
	a, err := s.Accounts.Check(ctx, p.Scope, req.AccountID, p.ExternalUserID)
	if err != nil {
		return nil, err
	}
	out, err := s.account(ctx, a)
	return gen.CheckAccount200JSONResponse(out), err
}
