package connect

import (
	"cmp"
	"context"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Choice is what a link, a page or a caller chose for a connection. What the
// connect token was made for cannot be chosen otherwise.
type Choice struct {
	App        string // slug or id
	Auth       string // id of the method; "" = what the project is set up for
	OAuthAppID string // "" = the newest for the method
	OverrideID string // "" = none
	AccountID  string // to reconnect; "" = a new account
	Profile    string // scope profile; "" = what the client asks for
}

// Plan is how an app is going to be connected.
type Plan struct {
	App      *catalog.App
	Override *Override         // never nil; the zero one sets nothing
	Methods  []*catalog.Auth   // that there are to choose from, the recommended one first
	Auth     *catalog.Auth     // the one that is settled; nil = the user chooses
	Client   *account.OAuthApp // nil when the method takes none
	Scopes   []string          // to ask for
	May      bool              // the user may allow less
}

// Power is a scope, in plain words.
type Power struct {
	Scope    string
	Text     string
	Optional bool // the user may switch it off
}

// Fields are what the user is asked for.
func (p *Plan) Fields() []catalog.Field { return p.Override.Left(p.App.Fields(p.Auth)) }

// Powers are what the connection will allow. Where the token lets its user allow
// less, they may switch off what goes beyond the app's read_only profile: that
// is the least with which it is of use.
func (p *Plan) Powers() []Power {
	least := p.Auth.Scopes.Profiles["read_only"]
	powers := powersOf(p.Auth, p.Scopes)
	for i := range powers {
		powers[i].Optional = p.May && len(least) > 0 && !slices.Contains(least, powers[i].Scope) && p.Auth.Scopes.Askable(powers[i].Scope)
	}
	return powers
}

// powersOf are scopes in plain words; those without are left as they are.
func powersOf(auth *catalog.Auth, scopes []string) []Power {
	out := make([]Power, len(scopes))
	for i, scope := range scopes {
		out[i] = Power{Scope: scope, Text: cmp.Or(auth.Scopes.Catalog[scope], scope)}
	}
	return out
}

// leaving returns the scopes to ask for when the user left some powers on; nil
// = all. What they cannot switch off is asked for in any case.
func (p *Plan) leaving(on []string) ([]string, error) {
	if on == nil {
		return p.Scopes, nil
	}
	for _, scope := range on {
		if !slices.Contains(p.Scopes, scope) {
			return nil, ErrPower
		}
	}
	scopes := []string{}
	for _, power := range p.Powers() {
		if !power.Optional || slices.Contains(on, power.Scope) {
			scopes = append(scopes, power.Scope)
		}
	}
	return scopes, nil
}

// Plan returns how the token's user is going to connect, or why they cannot.
// Who connects again does so in the way of the first time, if nobody says otherwise.
func (s *Service) Plan(ctx context.Context, b *Bearer, in Choice) (*Plan, error) {
	override, app, err := s.Chosen(ctx, b, in)
	switch {
	case err != nil:
		return nil, err
	case app == nil:
		return nil, catalog.ErrNotFound
	}
	p := &Plan{App: app, Override: override, May: b.AllowProgressiveScopes}
	if p.Methods, err = s.Methods(ctx, b, app, clientOf(b, override, in.OAuthAppID)); err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		if err := s.room(tx, b, false); err != nil {
			return err
		}
		again, err := reconnected(tx, b, app, in.AccountID)
		if err != nil {
			return err
		}
		if p.Auth, err = p.chosen(in.Auth, again); err != nil || p.Auth == nil || !p.Auth.Redirects() {
			return err
		}
		return p.settle(tx, b, in)
	})
	return p, err
}

// chosen returns the method that was asked for, or that is left, or nil.
func (p *Plan) chosen(authID string, again *account.Account) (*catalog.Auth, error) {
	if authID != "" {
		auth, ok := p.App.Method(authID)
		if !ok {
			return nil, catalog.ErrMethod
		}
		if !slices.Contains(p.Methods, auth) {
			p.Methods = append(p.Methods, auth)
		}
		return auth, nil
	}
	if len(p.Methods) == 1 {
		return p.Methods[0], nil
	}
	for _, auth := range p.Methods {
		if again != nil && again.Auth == auth.ID {
			return auth, nil
		}
	}
	return nil, nil
}

// planFlow is Plan for what leads to the provider.
func planFlow(tx *gorm.DB, apps *catalog.Catalog, b *Bearer, in Choice) (*Plan, error) {
	override, app, err := chosen(tx, apps, b, in)
	switch {
	case err != nil:
		return nil, err
	case app == nil:
		return nil, catalog.ErrNotFound
	}
	p := &Plan{App: app, Override: override, May: b.AllowProgressiveScopes}
	if in.Auth != "" {
		if p.Auth, _ = app.Method(in.Auth); p.Auth == nil {
			return nil, catalog.ErrMethod
		}
	}
	return p, p.settle(tx, b, in)
}

// settle finds the client of a flow and the scopes to ask for.
func (p *Plan) settle(tx *gorm.DB, b *Bearer, in Choice) (err error) {
	method := ""
	if p.Auth != nil {
		method = p.Auth.ID
	}
	if p.Auth, p.Client, err = redirecting(tx, p.App, method, clientOf(b, p.Override, in.OAuthAppID)); err != nil {
		return err
	}
	again, err := reconnected(tx, b, p.App, in.AccountID)
	if err != nil {
		return err
	}
	if !p.Auth.HasProfile(in.Profile) {
		return fault.New(fault.Invalid, "scope_profile", "%s has no scope profile %q.", p.App.Name, in.Profile)
	}
	p.Scopes = p.Client.Asked(p.Auth, in.Profile)
	if again != nil && b.AllowProgressiveScopes {
		p.Scopes = p.Client.AskedAgain(p.Auth, p.Scopes, again.Scopes)
	}
	return nil
}

// reconnected returns the account that is to be connected again, or nil. It is
// the token's user's own, and of the app.
func reconnected(tx *gorm.DB, b *Bearer, app *catalog.App, accountID string) (*account.Account, error) {
	if accountID == "" {
		return nil, nil
	}
	a, err := account.ByID(tx, accountID)
	if err != nil || a.UserID != b.UserID || a.App != app.Slug {
		return nil, account.ErrNotFound
	}
	return a, nil
}

// Chosen returns the override, which is never nil, and the app of a choice. The
// app is nil while none is chosen.
func (s *Service) Chosen(ctx context.Context, b *Bearer, in Choice) (o *Override, app *catalog.App, err error) {
	apps, err := s.Catalog.Of(ctx, b.Project.WorkspaceID)
	if err != nil {
		return nil, nil, err
	}
	err = s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		o, app, err = chosen(tx, apps, b, in)
		return err
	})
	return o, app, err
}

func chosen(tx *gorm.DB, apps *catalog.Catalog, b *Bearer, in Choice) (*Override, *catalog.App, error) {
	override, err := chosenOverride(tx, b, in.OverrideID)
	if err != nil {
		return nil, nil, err
	}
	if in.App == "" {
		in.App = override.App
	}
	if in.App == "" && b.App == nil {
		return override, nil, nil
	}
	app, err := b.appFor(apps, in.App)
	if err != nil {
		return nil, nil, err
	}
	if override.ID != "" && override.App != app.Slug {
		return nil, nil, ErrOverride
	}
	return override, app, nil
}

// clientOf says through which client to connect. A token for one client does
// not connect through another, nor does an override.
func clientOf(b *Bearer, o *Override, asked string) string {
	switch {
	case b.OauthAppID != nil:
		return *b.OauthAppID
	case o.OauthAppID != nil:
		return *o.OauthAppID
	default:
		return asked
	}
}

// chosenOverride returns the override that the token was made for, or else the
// one that was asked for, or an empty one.
func chosenOverride(tx *gorm.DB, b *Bearer, asked string) (*Override, error) {
	if b.AppOverrideID != nil {
		asked = *b.AppOverrideID
	}
	if asked == "" {
		return &Override{}, nil
	}
	return overrideByID(tx, asked)
}

// TestClient asks the provider whether it takes one of the project's OAuth
// clients; see account.TestOAuthApp. fields are what the app asks a user for
// before it is known where the provider is.
func (s *Service) TestClient(ctx context.Context, projectID, oauthAppID string, fields map[string]string) ([]account.Check, error) {
	o, err := s.Accounts.OAuthApp(ctx, projectID, oauthAppID)
	if err != nil {
		return nil, err
	}
	app, err := s.Catalog.App(ctx, projectID, o.App)
	if err != nil {
		return nil, err
	}
	auth, err := o.MethodOf(app)
	if err != nil {
		return nil, err
	}
	vars, _, err := CheckFields(app, auth, fields)
	if err != nil {
		return nil, err
	}
	return s.Accounts.TestOAuthApp(ctx, projectID, o, app, auth, vars, s.CallbackURL(o.ID))
}
