package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"strings"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Outcome is how a flow ended, for the page that says so.
type Outcome struct {
	SameTab     bool
	FlowID      string
	AccountID   string // "" = it failed
	Err         *fault.Error
	RedirectURI string // "" = show the hosted page
	Origins     []string
	Bearer      *Bearer
	App         *catalog.App
}

// Callback ends a flow with what the provider sent. An error is returned when
// there is no flow to end: the state is unknown, used, expired, from another
// browser or for another client. Anything else is an outcome.
func (s *Service) Callback(ctx context.Context, oauthAppID, browser string, q url.Values) (*Outcome, error) {
	f, b, err := s.take(ctx, oauthAppID, browser, q.Get("state"))
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // the code is spent: see it through, whatever the browser does
	out := &Outcome{SameTab: f.SameTab, FlowID: f.ID, Bearer: b, Origins: b.AllowedOrigins}
	plain, err := s.Box.Open(f.Secret, flowAssociated(f.ID))
	if err != nil {
		return nil, fmt.Errorf("open flow: %w", err)
	}
	var sec flowSecret
	if err := json.Unmarshal(plain, &sec); err != nil {
		return nil, fmt.Errorf("decode flow: %w", err)
	}
	out.App, err = s.app(ctx, b, f.App)
	var a *account.Account
	if err == nil {
		a, err = s.finish(ctx, out.App, f, b, sec, q)
	}
	if err != nil {
		out.Err = fault.Of(err)
		if out.Err.Kind == fault.Internal {
			slog.ErrorContext(ctx, "connect failed", "flow", f.ID, "error", err)
			out.Err = ErrFailed.Because(err)
		}
		slog.InfoContext(ctx, "connect refused", "flow", f.ID, "code", out.Err.Code, "error", err)
		out.RedirectURI = Back(b.ErrorRedirectURI, f.State, "error", out.Err.Message, "error_code", out.Err.Code)
		return out, s.fail(ctx, f, b, sec.Token, out.Err)
	}
	out.AccountID = a.ID
	out.RedirectURI = Back(b.SuccessRedirectURI, f.State, "account_id", a.ID)
	return out, nil
}

// take moves the flow from open to exchanging. The compare and set is what
// makes a state good for one callback.
func (s *Service) take(ctx context.Context, oauthAppID, browser, state string) (*flow, *Bearer, error) {
	var row struct{ ID, TokenID, EnvironmentID, ProjectID, Name string }
	now := s.Now()
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		res := tx.Raw(`UPDATE connect_flows f SET status = 'exchanging', expires_at = ? FROM environments e
			WHERE f.state_hash = ? AND f.browser_hash = ? AND f.oauth_app_id = ? AND f.status = 'open' AND f.expires_at > ? AND e.id = f.environment_id
			RETURNING f.id, f.token_id, f.environment_id, e.project_id, e.name`, now.Add(workLife), token.Hash(state), token.Hash(browser), oauthAppID, now).Scan(&row)
		return db.Affected(res, ErrSession)
	})
	if err != nil {
		return nil, nil, err
	}
	b := &Bearer{Scope: tenant.NewScope(row.ProjectID, row.EnvironmentID, row.Name)}
	var f *flow
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) (err error) {
		if f, err = db.One[flow](tx.Where("id = ?", row.ID), ErrSession); err != nil {
			return err
		}
		return load(tx, b, row.TokenID)
	})
	return f, b, err
}

func (s *Service) finish(ctx context.Context, app *catalog.App, f *flow, b *Bearer, sec flowSecret, q url.Values) (*account.Account, error) {
	auth, ok := app.Method(sec.Auth)
	if !ok {
		return nil, catalog.ErrMethod
	}
	if iss := q.Get("iss"); auth.Callback.Issuer != "" && iss != auth.Callback.Issuer {
		return nil, ErrExchange.Because(fmt.Errorf("issuer %q", iss))
	}
	if code := q.Get("error"); code != "" {
		if code == "access_denied" {
			return nil, ErrDenied
		}
		return nil, ErrExchange.Because(fmt.Errorf("provider answered %q", code))
	}
	if auth.Type == catalog.GitHubApp && q.Get("setup_action") == "request" {
		return nil, ErrPending
	}
	if auth.Type == catalog.OAuth1 && (q.Has("denied") || q.Get("oauth_verifier") == "") {
		return nil, ErrDenied
	}
	if b.UsedAt != nil || !s.Now().Before(b.ExpiresAt) {
		return nil, ErrLinkExpired
	}
	var o *account.OAuthApp
	err := s.DB.In(ctx, b.Scope, func(tx *gorm.DB) (err error) {
		o, err = account.FindOAuthApp(tx, f.App, *f.OauthAppID)
		return err
	})
	if err != nil {
		return nil, err
	}
	vars, err := fromCallback(app, auth, sec.Vars, q)
	if err != nil {
		return nil, err
	}
	code := q.Get("code")
	if auth.Callback.CodeParam != "" {
		code = q.Get(auth.Callback.CodeParam)
	}
	visit := s.authorization(o.ID, "", sec)
	visit.Answer = q
	grant, err := s.Accounts.Exchange(ctx, app, auth, o, vars, visit, code)
	if err != nil {
		if errors.Is(err, account.ErrTest) {
			return nil, err
		}
		return nil, ErrExchange.Because(err)
	}
	if missing := auth.Scopes.Missing(grant.Scopes, sec.Scopes); auth.Scopes.Granted.Exact && !b.AllowProgressiveScopes && len(missing) > 0 {
		return nil, refusedScopes(missing)
	}
	reconnect := ""
	if f.AccountID != nil {
		reconnect = *f.AccountID
	}
	return s.save(ctx, b, f.ID, app, auth.ID, &o.ID, reconnect, "", sec.Token, grant, func(tx *gorm.DB, a *account.Account) error {
		return tx.Model(f).Updates(map[string]any{"status": succeeded, "account_id": a.ID}).Error
	})
}

// refusedScopes names what a user did not allow.
func refusedScopes(missing []string) error {
	f := *ErrScopes
	f.Message = fmt.Sprintf("%s Missing: %s. Please connect again and allow all of it.", f.Message, strings.Join(missing, ", "))
	return &f
}

// fromCallback adds what the provider tells of the connection in its callback.
func fromCallback(app *catalog.App, auth *catalog.Auth, vars map[string]string, q url.Values) (map[string]string, error) {
	out := maps.Clone(vars)
	if out == nil {
		out = map[string]string{}
	}
	for name, param := range auth.Derive.FromCallback {
		v := q.Get(param)
		if err := app.Vars[name].Check(v); err != nil {
			return nil, ErrExchange.Because(fmt.Errorf("callback parameter %s: %w", param, err))
		}
		out[name] = v
	}
	return out, nil
}

func (s *Service) fail(ctx context.Context, f *flow, b *Bearer, raw string, why *fault.Error) error {
	var endpoints []string
	err := s.DB.In(ctx, b.Scope, func(tx *gorm.DB) (err error) {
		if err := tx.Model(f).Updates(map[string]any{"status": failed, "error": why.Message, "code": why.Code, "request_id": telemetry.Of(ctx, "request_id")}).Error; err != nil {
			return fmt.Errorf("fail flow: %w", err)
		}
		endpoints, err = s.emitError(tx, b, f.ID, raw, why)
		return err
	})
	s.Webhooks.Nudge(ctx, b.Scope, endpoints)
	return err
}
