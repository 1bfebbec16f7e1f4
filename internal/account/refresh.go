package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

const (
	refreshLease = 30 * time.Second
	refreshWait  = 100 * time.Millisecond
)

// errBusy means that another worker refreshes the account at this moment.
var errBusy = errors.New("account: being refreshed")

// Fresh returns an account with a credential that is good now, refreshing it
// first when it is near its end. Callers at once share one refresh: the lease
// on the row lets one through, and the others wait for what it brings.
func (s *Service) Fresh(ctx context.Context, scope tenant.Scope, accountID string) (*Account, Credential, error) {
	deadline := s.Now().Add(refreshLease)
	for {
		var a *Account
		var c Credential
		var leaseID string
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
			if a, err = ByID(tx, accountID); err != nil {
				return err
			}
			if a.Dead {
				return ErrDead
			}
			if c, err = s.open(scope.Environment(), a); err != nil || !s.due(a) {
				return err
			}
			leaseID, err = s.lease(tx, a)
			return err
		})
		switch {
		case errors.Is(err, errBusy):
			if s.Now().After(deadline) {
				return nil, c, ErrUpstream.Because(err)
			}
			select {
			case <-ctx.Done():
				return nil, c, fmt.Errorf("wait for refresh: %w", ctx.Err())
			case <-time.After(refreshWait):
			}
		case err != nil:
			return nil, c, err
		case leaseID == "" && s.expired(a):
			return nil, c, ErrUpstream // its refresh failed, and is not due again yet
		case leaseID == "":
			return a, c, nil
		default:
			a, c, err = s.refresh(ctx, scope, a, c, leaseID)
			if !errors.Is(err, errBusy) {
				return a, c, err
			}
			// The lease was lost: the user connected again meanwhile, so there is a new credential.
		}
	}
}

// Renew refreshes an account whose token c the app did not take, unless that
// was done since, and returns what is good now.
func (s *Service) Renew(ctx context.Context, scope tenant.Scope, a *Account, c Credential) (*Account, Credential, error) {
	if a.NextRefreshAt == nil {
		return a, c, nil // nothing to refresh with
	}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		now, err := ByID(tx, a.ID)
		if err != nil {
			return err
		}
		current, err := s.open(scope.Environment(), now)
		if err != nil || current.AccessToken != c.AccessToken {
			return err // another call has renewed it
		}
		return tx.Model(&Account{}).Where("id = ? AND next_refresh_at = ?", a.ID, now.NextRefreshAt).Update("next_refresh_at", s.Now()).Error
	})
	if err != nil {
		return nil, c, err
	}
	return s.Fresh(ctx, scope, a.ID)
}

func (s *Service) due(a *Account) bool {
	return a.NextRefreshAt != nil && !s.Now().Before(*a.NextRefreshAt)
}

// expired reports whether a token that can be refreshed is past its end.
func (s *Service) expired(a *Account) bool {
	return a.NextRefreshAt != nil && a.ExpiresAt != nil && !s.Now().Before(*a.ExpiresAt)
}

func (s *Service) lease(tx *gorm.DB, a *Account) (string, error) {
	now, leaseID := s.Now(), id.New("lease")
	// Still due: another worker may have refreshed since a was read, and a refresh token is used once.
	res := tx.Model(&Account{}).Where("id = ? AND (lease_until IS NULL OR lease_until < ?) AND next_refresh_at <= ?", a.ID, now, now).
		Updates(map[string]any{"lease_id": leaseID, "lease_until": now.Add(refreshLease)})
	return leaseID, db.Affected(res, errBusy)
}

// refresh asks for a new token and writes it down. Whatever comes, the lease
// ends. A token that is still good is used even if its refresh failed.
func (s *Service) refresh(ctx context.Context, scope tenant.Scope, a *Account, c Credential, leaseID string) (*Account, Credential, error) {
	ctx = context.WithoutCancel(ctx) // a caller that hangs up must not lose a rotated token
	app, err := s.Catalog.App(ctx, scope.Project(), a.App)
	if err != nil {
		return nil, c, err
	}
	before := *a
	g, err := s.ask(ctx, scope, app, a, c)
	now := s.Now()
	a.UpdatedAt = now
	if err != nil {
		a.failed(err, now)
		slog.WarnContext(ctx, "refresh failed", "account", a.ID, "error", err)
	} else {
		c = keep(c, g.Credential)
		if a.Credential, err = s.seal(scope.Environment(), a.ID, c); err != nil {
			return nil, c, err
		}
		a.Vars = mergeVars(a.Vars, g.Vars) // such as the instance, which may move
		a.Healthy, a.Error, a.RefreshFailures = true, nil, 0
		a.ExpiresAt, a.NextRefreshAt, a.LastRefreshedAt = g.ExpiresAt, nextRefresh(g, now), &now
		if a.NextRefreshAt == nil && c.RefreshToken != "" {
			g.Credential = c // its answer left the refresh token out
			a.NextRefreshAt = nextRefresh(g, now)
		}
	}
	if werr := s.write(ctx, scope, app, &before, a, leaseID); werr != nil {
		return nil, c, fmt.Errorf("write refresh: %w", werr)
	}
	switch {
	case err == nil:
		return a, c, nil
	case a.Dead:
		return nil, c, ErrDead.Because(err)
	case a.ExpiresAt != nil && now.Before(*a.ExpiresAt):
		return a, c, nil
	default:
		return nil, c, ErrUpstream.Because(err)
	}
}

// write puts a refreshed account down under its lease, which ends, and tells of
// a change in its health.
func (s *Service) write(ctx context.Context, scope tenant.Scope, app *catalog.App, before, a *Account, leaseID string) error {
	a.LeaseID, a.LeaseUntil = "", nil
	var endpoints []string
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		res := tx.Model(&Account{}).Where("id = ? AND lease_id = ?", a.ID, leaseID).Select("Credential", "Vars", "Healthy", "Dead", "Error", "ExpiresAt",
			"LastRefreshedAt", "NextRefreshAt", "RefreshFailures", "LeaseID", "LeaseUntil", "UpdatedAt").Updates(a)
		if err := db.Affected(res, errBusy); err != nil {
			return err
		}
		if what := change(before, a); what != "" {
			endpoints, err = s.tell(tx, scope, app, a, what)
		}
		return err
	})
	if err == nil {
		s.Webhooks.Nudge(ctx, scope, endpoints)
	}
	return err
}

// keep adds to a new credential what its answer left out: not every provider
// sends the refresh token or every token again.
func keep(old, fresh Credential) Credential {
	if fresh.RefreshToken == "" {
		fresh.RefreshToken = old.RefreshToken
	}
	fresh.Tokens = mergeVars(old.Tokens, fresh.Tokens)
	return fresh
}

// ask makes the one request of a refresh.
func (s *Service) ask(ctx context.Context, scope tenant.Scope, app *catalog.App, a *Account, c Credential) (*Grant, error) {
	auth, ok := app.Method(a.Auth)
	if !ok {
		return nil, ErrNotFound
	}
	var o *OAuthApp
	if a.OauthAppID != nil {
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
			o, err = FindOAuthApp(tx, a.App, *a.OauthAppID)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	conn, err := s.connection(app, auth, o, a.Vars, c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, refreshLease-5*time.Second)
	defer cancel()
	got, err := s.asClient(ctx, o, conn, func(c *provider.Connection) (*provider.Grant, error) { return s.Provider.Refresh(ctx, c) })
	if err != nil {
		return nil, err
	}
	g := fromProvider(got, a.Scopes)
	g.Credential.Inputs = c.Inputs
	return g, nil
}
