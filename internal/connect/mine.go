package connect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// ErrScope is returned for what a connect token was not made for.
var ErrScope = fault.New(fault.Forbidden, "permission", "This connect token may not do that.")

// shelfSize is how many apps the picker shows at once, and most how many
// accounts a user sees.
const (
	shelfSize   = 30
	maxAccounts = 200
)

// Offer is an app that the token's user may connect.
type Offer struct {
	App       *catalog.App
	Connected int // accounts of it that the user has
}

// Shelf is a page of offers.
type Shelf struct {
	Offers     []Offer
	Categories []string // of all that there are, by name
	Next       string   // "" = this is the last
}

// Apps returns the apps that the token may connect and that the project is set
// up for. after is Shelf.Next of the page before.
func (s *Service) Apps(ctx context.Context, raw, q, category, after string) (*Shelf, error) {
	b, err := s.Check(ctx, raw)
	if err != nil {
		return nil, err
	}
	apps, err := s.Catalog.Of(ctx, b.Project.WorkspaceID)
	if err != nil {
		return nil, err
	}
	var clients []account.OAuthApp
	connected := map[string]int{}
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		if err := tx.Select("app", "auth").Find(&clients).Error; err != nil {
			return fmt.Errorf("load oauth apps: %w", err)
		}
		connected, err = account.CountByApp(tx, b.UserID)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &Shelf{Offers: []Offer{}, Categories: []string{}}
	for _, a := range apps.List(catalog.Filter{}) {
		if b.offers(a, clients) {
			out.Categories = append(out.Categories, a.Categories...)
		}
	}
	slices.Sort(out.Categories)
	out.Categories = slices.Compact(out.Categories)
	filter := catalog.Filter{Q: q}
	if category != "" {
		filter.Categories = []string{category}
	}
	fits := slices.DeleteFunc(apps.List(filter), func(a *catalog.App) bool { return !b.offers(a, clients) })
	from := 1 + slices.IndexFunc(fits, func(a *catalog.App) bool { return a.Slug == after })
	for _, a := range fits[from:min(len(fits), from+shelfSize)] {
		out.Offers = append(out.Offers, Offer{a, connected[a.Slug]})
		out.Next = a.Slug
	}
	if from+shelfSize >= len(fits) {
		out.Next = ""
	}
	return out, nil
}

// offers reports whether the token may connect an app, and there is a way to.
func (b *Bearer) offers(app *catalog.App, clients []account.OAuthApp) bool {
	if b.App != nil && *b.App != app.Slug {
		return false
	}
	return app.FirstOf(func(auth *catalog.Auth) bool {
		return !app.TakesClient(auth) || slices.ContainsFunc(clients, func(o account.OAuthApp) bool {
			own, err := o.MethodOf(app)
			return o.App == app.Slug && err == nil && own.ID == auth.ID
		})
	}) != nil
}

// mine returns the token for a call about its user's accounts. One that has
// connected its account is still good for it.
func (s *Service) mine(ctx context.Context, raw, scope string) (context.Context, *Bearer, error) {
	b, err := s.Authenticate(ctx, raw)
	switch {
	case err != nil:
		return ctx, nil, err
	case !access.Allows(b.Scopes, scope):
		return ctx, nil, ErrScope
	}
	return audit.With(ctx, audit.Actor{Kind: audit.ConnectToken, ID: b.ID, RequestID: telemetry.Of(ctx, "request_id")}), b, nil
}

// Mine is a user's account as its owner sees it.
type Mine struct {
	*account.Account
	App    *catalog.App
	Powers []Power
}

// Title is what the user calls it, else who is connected, else the app.
func (m *Mine) Title() string {
	switch {
	case m.Name != nil && *m.Name != "":
		return *m.Name
	case m.IdentityID != nil:
		return *m.IdentityID
	default:
		return m.App.Name
	}
}

// Owned makes it, of an account of the token's project.
func Owned(apps *catalog.Catalog, a *account.Account) Mine {
	m := Mine{Account: a, App: apps.Shown(a.App), Powers: []Power{}}
	if auth, ok := m.App.Method(a.Auth); ok {
		m.Powers = powersOf(auth, slices.DeleteFunc(slices.Clone(a.Scopes), func(scope string) bool { return auth.Scopes.Catalog[scope] == "" }))
	}
	return m
}

// Mine returns the accounts of the token's user, newest first.
func (s *Service) Mine(ctx context.Context, raw string) ([]Mine, error) {
	ctx, b, err := s.mine(ctx, raw, "connect:accounts:read")
	if err != nil {
		return nil, err
	}
	apps, err := s.Catalog.Of(ctx, b.Project.WorkspaceID)
	if err != nil {
		return nil, err
	}
	page, err := s.Accounts.List(ctx, b.Scope, account.Filter{ExternalUserID: b.ExternalUserID}, db.Cursor{Limit: maxAccounts})
	if err != nil {
		return nil, err
	}
	out := make([]Mine, len(page.Items))
	for i := range page.Items {
		out[i] = Owned(apps, &page.Items[i])
	}
	return out, nil
}

// MyAccount returns one of the user's accounts.
func (s *Service) MyAccount(ctx context.Context, b *Bearer, accountID string) (*Mine, error) {
	apps, err := s.Catalog.Of(ctx, b.Project.WorkspaceID)
	if err != nil {
		return nil, err
	}
	a, err := s.Accounts.Get(ctx, b.Scope, accountID, b.ExternalUserID)
	if err != nil {
		return nil, err
	}
	m := Owned(apps, a)
	return &m, nil
}

// Rename gives one of the user's accounts a name.
func (s *Service) Rename(ctx context.Context, raw, accountID, name string) (*Mine, error) {
	ctx, b, err := s.mine(ctx, raw, "connect:accounts:write")
	if err != nil {
		return nil, err
	}
	if err := s.Accounts.Rename(ctx, b.Scope, accountID, b.ExternalUserID, strings.TrimSpace(name)); err != nil {
		return nil, err
	}
	return s.MyAccount(ctx, b, accountID)
}

// Disconnect deletes one of the user's accounts, which revokes its credential.
func (s *Service) Disconnect(ctx context.Context, raw, accountID string) error {
	ctx, b, err := s.mine(ctx, raw, "connect:accounts:write")
	if err != nil {
		return err
	}
	return s.Accounts.Delete(ctx, b.Scope, accountID, b.ExternalUserID)
}
