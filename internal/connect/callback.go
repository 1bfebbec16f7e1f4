package connect

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/session"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Outcome is how a flow ended, for the page that says so.
type Outcome struct {
	SameTab     bool
	FlowID      string
	AccountID   string // "" = it failed, or its user is asked first
	Err         *fault.Error
	Asking      bool   // its user has to be asked: the page does
	RedirectURI string // "" = show the hosted page
	Origins     []string
	Bearer      *Bearer
	App         *catalog.App
}

// Callback goes on with a flow with what the provider sent. An error is
// returned when there is no flow to go on with: the state is unknown, used,
// expired, from another browser or for another client. Anything else is an outcome.
func (s *Service) Callback(ctx context.Context, oauthAppID, browser string, q url.Values) (*Outcome, error) {
	t, err := s.take(ctx, oauthAppID, browser, q.Get("state"))
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // the code is spent: see it through, whatever the browser does
	if err := s.back(ctx, t, q); err != nil {
		return nil, err
	}
	f, b := t.f, t.b
	out := &Outcome{SameTab: f.SameTab, FlowID: f.ID, Bearer: b, Origins: b.AllowedOrigins, App: t.app, Err: t.failure}
	switch {
	case t.failure != nil:
		out.RedirectURI = Back(b.ErrorRedirectURI, f.State, "error", t.failure.Message, "error_code", t.failure.Code)
	case t.account != nil:
		out.AccountID = t.account.ID
		out.RedirectURI = Back(b.SuccessRedirectURI, f.State, "account_id", t.account.ID)
	default:
		out.Asking = true
	}
	return out, nil
}

// take moves the flow from open to exchanging. The compare and set is what
// makes a state good for one callback.
func (s *Service) take(ctx context.Context, oauthAppID, browser, state string) (*try, error) {
	var row struct{ ID, TokenID, EnvironmentID, ProjectID, Name string }
	now := s.Now()
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		res := tx.Raw(`UPDATE connect_flows f SET status = 'exchanging', expires_at = ? FROM environments e
			WHERE f.state_hash = ? AND f.browser_hash = ? AND f.oauth_app_id = ? AND f.status = 'open' AND f.expires_at > ? AND e.id = f.environment_id
			RETURNING f.id, f.token_id, f.environment_id, e.project_id, e.name`, now.Add(workLife), token.Hash(state), token.Hash(browser), oauthAppID, now).Scan(&row)
		return db.Affected(res, ErrSession)
	})
	if err != nil {
		return nil, err
	}
	b := &Bearer{Scope: tenant.NewScope(row.ProjectID, row.EnvironmentID, row.Name)}
	t := &try{b: b}
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) (err error) {
		if t.f, err = db.One[flow](tx.Where("id = ?", row.ID), ErrSession); err != nil {
			return err
		}
		if err := s.note(tx, t.f, session.Mark{Name: "returned"}); err != nil {
			return err
		}
		return load(tx, b, row.TokenID)
	})
	if err != nil {
		return nil, err
	}
	if t.apps, err = s.Catalog.Of(ctx, b.Project.WorkspaceID); err != nil {
		return nil, err
	}
	t.app = t.apps.Shown(t.f.App)
	return t, s.unseal(t)
}

// back redeems what the provider sent, and goes on with it.
func (s *Service) back(ctx context.Context, t *try, q url.Values) error {
	grant, err := s.redeem(ctx, t, q)
	if err != nil {
		return s.failed(ctx, t, err)
	}
	t.saw(session.Mark{Name: "exchanged"})
	t.held.Grant = grant
	if t.f.AccountID != nil {
		t.held.Reconnect = *t.f.AccountID
	}
	if err := s.secure(ctx, t); err != nil {
		return s.failed(ctx, t, err)
	}
	return s.run(ctx, t)
}

// redeem checks what the provider sent, and makes a grant of it.
func (s *Service) redeem(ctx context.Context, t *try, q url.Values) (_ *account.Grant, err error) {
	auth, ok := t.app.Method(t.sec.Auth)
	if !ok {
		return nil, catalog.ErrMethod
	}
	t.auth = auth
	if err := refusal(auth, q); err != nil {
		return nil, err
	}
	if t.b.UsedAt != nil || !s.Now().Before(t.b.ExpiresAt) {
		return nil, ErrLinkExpired
	}
	err = s.DB.In(ctx, t.b.Scope, func(tx *gorm.DB) (err error) {
		t.client, err = account.FindOAuthApp(tx, t.f.App, *t.f.OauthAppID)
		return err
	})
	if err != nil {
		return nil, err
	}
	vars, err := fromCallback(t.app, auth, t.sec.Vars, q)
	if err != nil {
		return nil, err
	}
	code := q.Get("code")
	if auth.Callback.CodeParam != "" {
		code = q.Get(auth.Callback.CodeParam)
	}
	visit := s.authorization(t.client.ID, "", t.sec)
	visit.Answer = q
	grant, err := s.Accounts.Exchange(ctx, t.app, auth, t.client, vars, visit, code)
	if err != nil {
		return nil, ErrExchange.Because(err)
	}
	return grant, nil
}

// refusal is what a callback says that is no grant, or nil.
func refusal(auth *catalog.Auth, q url.Values) error {
	if iss := q.Get("iss"); auth.Callback.Issuer != "" && iss != auth.Callback.Issuer {
		return ErrExchange.Because(fmt.Errorf("issuer %q", iss))
	}
	switch code := q.Get("error"); {
	case code == "access_denied":
		return ErrDenied
	case code != "":
		return ErrExchange.Because(fmt.Errorf("provider answered %q", code))
	case auth.Type == catalog.GitHubApp && q.Get("setup_action") == "request":
		return ErrPending
	case auth.Type == catalog.OAuth1 && (q.Has("denied") || q.Get("oauth_verifier") == ""):
		return ErrDenied
	}
	return nil
}

// refusedScopes names what a user did not allow.
func refusedScopes(missing []Power) *fault.Error {
	names := make([]string, len(missing))
	for i, p := range missing {
		names[i] = p.Scope
	}
	f := *ErrScopes
	f.Message = fmt.Sprintf("%s Missing: %s. Please connect again and allow all of it.", f.Message, strings.Join(names, ", "))
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
