// Package access decides who may come in: people of a workspace by password or
// one-time link, servers by the OAuth client credentials grant.
package access

import (
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package.
var (
	ErrSignIn         = fault.New(fault.Unauthenticated, "sign_in", "The e-mail or the password is wrong.")
	ErrSession        = fault.New(fault.Unauthenticated, "session", "You are not signed in.")
	ErrLink           = fault.New(fault.Unauthenticated, "link_used", "The sign-in link was used or has expired.")
	ErrInvalidClient  = fault.New(fault.Unauthenticated, "invalid_client", "The client id or the client secret is wrong.")
	ErrInvalidToken   = fault.New(fault.Unauthenticated, "unauthenticated", "The access token is not valid or has expired. Ask for a new one.")
	ErrInvalidScope   = fault.New(fault.Invalid, "invalid_scope", "A scope was asked for that does not exist or that the client does not have.")
	ErrClientNotFound = fault.New(fault.NotFound, "client_not_found", "There is no such client.")
	ErrPassword       = fault.New(fault.Invalid, "password", "A password has %d to %d characters.", minPassword, maxPassword)
	ErrEmailTaken     = fault.New(fault.Conflict, "email_taken", "There is a member with this e-mail already.")
)

// SessionCookie is the name of the cookie that holds a session's token.
const SessionCookie = "patchbay_session"

const (
	minPassword = 10
	maxPassword = 200

	// TokenLife is how long an access token is valid.
	TokenLife   = time.Hour
	sessionIdle = 7 * 24 * time.Hour
	sessionLife = 30 * 24 * time.Hour
	linkLife    = 30 * time.Minute
)

// Scopes are all that a client can be given. One that ends in * covers what
// begins like it.
var Scopes = []string{
	"*", "connect:*",
	"connect:tokens:create", "connect:accounts:read", "connect:accounts:write", "connect:users:read", "connect:users:write",
	"connect:apps:*", "connect:actions:*", "connect:triggers:*", "connect:deployed_triggers:read", "connect:deployed_triggers:write",
	"connect:webhooks:read", "connect:webhooks:write", "connect:oauth_apps:read", "connect:oauth_apps:write", "connect:app_overrides:read", "connect:app_overrides:write",
	"connect:instances:read", "connect:instances:write", "connect:projects:read", "connect:projects:write", "connect:proxy", "connect:usage:read", "connect:workflow:invoke", "connect:rate_limits:write",
	"apps:read", "apps:write", "components:read", "components:write", "workflows:read", "workflows:write", "runs:read", "runs:write", "events:read", "deliveries:read", "deliveries:write", "notifications:read", "notifications:write", "requests:read", "data_stores:read", "data_stores:write", "variables:read", "variables:write", "connect_sessions:read", "clients:read", "clients:write", "audit:read",
	CredentialsRead,
}

// CredentialsRead lets a client see what accounts hold. It is none of connect's
// scopes, so that neither connect:* nor a connect token carries it.
const CredentialsRead = "credentials:read"

// Allows reports whether one of the scopes covers what is needed.
func Allows(scopes []string, need string) bool {
	for _, s := range scopes {
		if s == need {
			return true
		}
		if prefix, ok := strings.CutSuffix(s, "*"); ok && strings.HasPrefix(need, prefix) {
			return true
		}
	}
	return false
}

// Narrow returns the scopes that a caller asked for, separated by spaces, when
// have covers each; nothing asked for means all of have.
func Narrow(have []string, asked string) ([]string, error) {
	want := strings.Fields(asked)
	if len(want) == 0 {
		return have, nil
	}
	for _, w := range want {
		if !slices.Contains(Scopes, w) || !Allows(have, w) {
			return nil, ErrInvalidScope
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(want))), nil
}

// Workspace is a tenant: it owns projects, members and clients.
type Workspace struct {
	ID        string
	Name      string
	CreatedAt time.Time
}

// Member is a person of a workspace.
type Member struct {
	ID           string
	WorkspaceID  string
	Email        string
	Name         string
	PasswordHash string
	CreatedAt    time.Time
}

// Session is a member's signed-in browser. It ends after a week without use
// and after a month in any case.
type Session struct {
	TokenHash []byte `gorm:"primaryKey"`
	MemberID  string
	CreatedAt time.Time
	UsedAt    time.Time
	ExpiresAt time.Time
}

// Client is a server that may ask for access tokens.
type Client struct {
	ID          string
	WorkspaceID string
	Name        string
	SecretHash  []byte
	Scopes      []string `gorm:"serializer:json"`
	CreatedAt   time.Time
	LastUsedAt  *time.Time
}

type signInLink struct {
	TokenHash []byte `gorm:"primaryKey"`
	MemberID  string
	ExpiresAt time.Time
}
