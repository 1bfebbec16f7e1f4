package sso

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Choice is a workspace that takes somebody's e-mail.
type Choice struct {
	ConnectionID string `json:"connection"`
	Workspace    string `json:"workspace"`
}

// Choices returns the workspaces at whose providers somebody with the e-mail may
// sign in, by their proved domains, or ErrNowhere. It says nothing of whether
// there is such a person.
func (s *Service) Choices(ctx context.Context, email string, b signin.Browser) (all []Choice, err error) {
	if err := s.SignIns.Ask(ctx, b); err != nil {
		return nil, err
	}
	domain := domainOf(email)
	if domain == "" {
		return nil, member.ErrEmail
	}
	var rows []struct {
		ConnectionID, WorkspaceID, Workspace string
		Proved                               bool
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT c.id AS connection_id, w.id AS workspace_id, w.name AS workspace, d.proved_at IS NOT NULL AS proved
			FROM sso_domains d JOIN sso_connections c ON c.id = d.connection_id JOIN workspaces w ON w.id = c.workspace_id
			WHERE d.domain = ? ORDER BY w.created_at, w.id`, domain).Scan(&rows).Error
	})
	if err != nil {
		return nil, fmt.Errorf("find sso connections: %w", err)
	}
	for _, r := range rows {
		if r.Proved || s.byOperator(r.WorkspaceID, domain) {
			all = append(all, Choice{r.ConnectionID, r.Workspace})
		}
	}
	if len(all) == 0 {
		return nil, ErrNowhere
	}
	return all, nil
}

// Begun is a browser on its way to a provider.
type Begun struct {
	URL     string
	Browser string // for the browser to keep, and to show when it comes back
}

// Begin sends a browser to the provider of a connection, with the e-mail as a
// hint to who is meant.
func (s *Service) Begin(ctx context.Context, connectionID, email, next string, b signin.Browser) (*Begun, error) {
	if err := s.SignIns.Ask(ctx, b); err != nil {
		return nil, err
	}
	return s.begin(ctx, func(q *gorm.DB) *gorm.DB { return q.Where("id = ?", connectionID) }, flow{Next: next}, email)
}

// BeginTest does so for an owner who wants to see what comes of it. Nobody is
// signed in at its end.
func (s *Service) BeginTest(ctx context.Context, w *signin.Who, next string) (*Begun, error) {
	if w.Member.Role != member.Owner {
		return nil, ErrOwner
	}
	return s.begin(ctx, func(q *gorm.DB) *gorm.DB { return q.Where("workspace_id = ?", w.Workspace.ID) }, flow{Next: next, Tests: true}, "")
}

func (s *Service) begin(ctx context.Context, which func(*gorm.DB) *gorm.DB, f flow, email string) (*Begun, error) {
	var c *Connection
	err := s.DB.System(ctx, func(tx *gorm.DB) (err error) {
		c, err = s.load(which(tx))
		return err
	})
	if err != nil {
		return nil, err
	}
	p, err := s.discover(ctx, c.Issuer)
	if err != nil {
		return nil, err
	}
	state, browser := token.Hex("", 32), token.Hex("", 32)
	f.StateHash, f.BrowserHash, f.ConnectionID, f.Next, f.ExpiresAt = token.Hash(state), token.Hash(browser), c.ID, local(f.Next), s.Now().Add(flowLife)
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Create(&f).Error; err != nil {
			return fmt.Errorf("insert sso flow: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(derive("nonce", browser)), oauth2.S256ChallengeOption(derive("verifier", browser))}
	if email != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", email))
	}
	return &Begun{URL: p.config(s, c, "").AuthCodeURL(state, options...), Browser: browser}, nil
}

// derive makes the PKCE verifier and the nonce out of what the browser alone
// keeps: neither is written down, and both are good in that browser only.
func derive(what, browser string) string {
	sum := sha256.Sum256([]byte(what + "|" + browser))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// local returns a path of the console, or "/" for any other address.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") || len(next) > 1000 {
		return "/"
	}
	return next
}

// provider is what an identity provider says of itself.
type provider struct {
	*oidc.Provider
	AuthURL    string   `json:"authorization_endpoint"`
	TokenURL   string   `json:"token_endpoint"`
	KeysURL    string   `json:"jwks_uri"`
	UserInfo   string   `json:"userinfo_endpoint"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
	Auth       []string `json:"token_endpoint_auth_methods_supported"`
	SaysIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

// most is how much of a provider's answer is read.
const most = 1 << 20

type limited struct{ http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := l.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err //nolint:wrapcheck // egress.Class knows the types of what fails
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, most), res.Body}
	return res, nil
}

// client has the libraries leave the house by its door alone.
func (s *Service) client(ctx context.Context) context.Context {
	c := *s.HTTP
	c.Transport = limited{c.Transport}
	return oidc.ClientContext(ctx, &c)
}

// discover reads what a provider says of itself (OpenID Connect Discovery, 4).
func (s *Service) discover(ctx context.Context, issuer string) (*provider, error) {
	if err := s.Guard.CheckURL(issuer); err != nil {
		return nil, err //nolint:wrapcheck // a fault, whose sentence says why
	}
	found, err := oidc.NewProvider(s.client(ctx), issuer)
	if err != nil {
		return nil, because(ErrDiscovery, err)
	}
	p := &provider{Provider: found}
	if err := found.Claims(p); err != nil {
		return nil, because(ErrDiscovery, err)
	}
	for what, at := range map[string]string{"authorization_endpoint": p.AuthURL, "token_endpoint": p.TokenURL, "jwks_uri": p.KeysURL} {
		if u, err := url.Parse(at); err != nil || u.Host == "" || !reachable(u) {
			return nil, because(ErrDiscovery, fmt.Errorf("its %s is no https URL", what))
		}
	}
	return p, nil
}

// because says why a provider is not accepted, in a sentence that holds nothing
// of a secret.
func because(f *fault.Error, err error) error {
	if errors.Is(err, egress.ErrBlocked) {
		return egress.ErrBlocked
	}
	why := err.Error()
	switch re := (*oauth2.RetrieveError)(nil); {
	case errors.As(err, &re):
		why = fmt.Sprintf("its token endpoint answered %d %s", re.Response.StatusCode, re.ErrorCode)
	case egress.Class(err) != "" && errors.As(err, new(*url.Error)):
		why = "it cannot be reached: " + egress.Class(err)
	}
	if len(why) > 300 {
		why = strings.ToValidUTF8(why[:300], "") + "…"
	}
	out := *f.Because(err)
	out.Message = strings.TrimSuffix(f.Message, ".") + ": " + strings.TrimSuffix(why, ".") + "."
	return &out
}

func (p *provider) config(s *Service, c *Connection, secret string) *oauth2.Config {
	at := oauth2.Endpoint{AuthURL: p.AuthURL, TokenURL: p.TokenURL, AuthStyle: oauth2.AuthStyleInHeader}
	if len(p.Auth) > 0 && !slices.Contains(p.Auth, "client_secret_basic") {
		at.AuthStyle = oauth2.AuthStyleInParams
	}
	scopes := []string{oidc.ScopeOpenID, "profile", "email"}
	var known struct {
		Scopes []string `json:"scopes_supported"`
	}
	if len(c.GroupRoles) > 0 && p.Claims(&known) == nil && slices.Contains(known.Scopes, "groups") {
		scopes = append(scopes, "groups")
	}
	return &oauth2.Config{ClientID: c.ClientID, ClientSecret: secret, Endpoint: at, RedirectURL: s.CallbackURL(c.WorkspaceID), Scopes: scopes}
}

// Answer is what a browser brings back from a provider.
type Answer struct {
	WorkspaceID string // of the address that it came to
	State       string
	Code        string
	Issuer      string // RFC 9207; "" = not said
	Error       string
	Browser     string // what it was given to keep
}

// take ends a flow, once, for the browser that began it.
func (s *Service) take(ctx context.Context, a Answer) (f *flow, c *Connection, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		f = &flow{}
		res := tx.Raw(`DELETE FROM sso_flows WHERE state_hash = ? AND browser_hash = ? AND expires_at > ? RETURNING *`, token.Hash(a.State), token.Hash(a.Browser), s.Now()).Scan(f)
		if err := db.Affected(res, ErrFlow); err != nil {
			return err
		}
		if c, err = s.load(tx.Where("id = ? AND workspace_id = ?", f.ConnectionID, a.WorkspaceID)); errors.Is(err, ErrNotFound) {
			return ErrFlow
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return f, c, nil
}

// said is what a provider tells of who signed in.
type said struct {
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Verified *flag  `json:"email_verified"`
	Owned    flag   `json:"xms_edov"` // Entra ID's own word for a verified e-mail
	Name     string `json:"name"`
	Groups   list   `json:"-"`
}

func (t *said) read(c *Connection, claims func(any) error) error {
	if err := claims(t); err != nil {
		return err
	}
	all := map[string]json.RawMessage{}
	if err := claims(&all); err != nil {
		return err
	}
	if raw := all[c.GroupsClaim]; raw != nil {
		t.Groups = nil
		return t.Groups.UnmarshalJSON(raw)
	}
	return nil
}

// hear exchanges a code and returns whom the provider says to have let in.
func (s *Service) hear(ctx context.Context, c *Connection, a Answer) (*said, error) {
	if a.Error != "" {
		return nil, ErrDeclined.Because(errors.New(a.Error))
	}
	p, err := s.discover(ctx, c.Issuer)
	if err != nil {
		return nil, err
	}
	if a.Issuer != "" && a.Issuer != c.Issuer || a.Issuer == "" && p.SaysIssuer {
		return nil, because(ErrProvider, errors.New("the answer is of another issuer"))
	}
	secret, err := s.Box.Open(c.ClientSecret, associated(c.ID))
	if err != nil {
		return nil, err
	}
	within := s.client(ctx)
	config := p.config(s, c, string(secret))
	got, err := config.Exchange(within, a.Code, oauth2.VerifierOption(derive("verifier", a.Browser)))
	if err != nil {
		return nil, because(ErrProvider, err)
	}
	raw, ok := got.Extra("id_token").(string)
	if !ok {
		return nil, because(ErrProvider, errors.New("it sent no ID token"))
	}
	// Algorithms that need a key of the provider's own; none and those with a shared secret are never among them.
	t, err := p.Verifier(&oidc.Config{ClientID: c.ClientID, Now: s.Now, SupportedSigningAlgs: asymmetric(p.Algorithms)}).Verify(within, raw)
	if err != nil {
		return nil, because(ErrProvider, err)
	}
	if !token.Matches(t.Nonce, token.Hash(derive("nonce", a.Browser))) {
		return nil, because(ErrProvider, errors.New("the nonce is of another sign-in"))
	}
	told := &said{}
	if err := told.read(c, t.Claims); err != nil {
		return nil, because(ErrProvider, err)
	}
	if p.UserInfo != "" && (told.Email == "" || told.Verified == nil && !bool(told.Owned) || len(c.GroupRoles) > 0 && told.Groups == nil) {
		info, err := p.Provider.UserInfo(within, oauth2.StaticTokenSource(got))
		if err != nil {
			return nil, because(ErrProvider, err)
		}
		if info.Subject != t.Subject {
			return nil, because(ErrProvider, errors.New("its userinfo endpoint speaks of somebody else"))
		}
		if err := told.read(c, info.Claims); err != nil {
			return nil, because(ErrProvider, err)
		}
	}
	told.Subject = t.Subject
	return told, nil
}

func asymmetric(said []string) []string {
	all := []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}
	if len(said) == 0 {
		return []string{oidc.RS256}
	}
	return slices.DeleteFunc(all, func(a string) bool { return !slices.Contains(said, a) })
}

// speaks returns the e-mail that a connection may speak of.
func (c *Connection) speaks(t *said) (string, error) {
	email, err := member.CheckEmail(t.Email)
	if err != nil {
		return "", ErrNoEmail
	}
	if verified := t.Verified != nil && bool(*t.Verified); !verified && !bool(t.Owned) {
		return "", ErrUnverified
	}
	domain := domainOf(email)
	if !slices.ContainsFunc(c.Domains, func(d Domain) bool { return d.Domain == domain && d.Proved() }) {
		return "", ErrOtherDomain
	}
	return email, nil
}
