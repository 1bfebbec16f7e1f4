// Package access lets servers in by the OAuth client credentials grant, and says
// what scopes cover.
package access

import (
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package.
var (
	ErrInvalidClient  = fault.New(fault.Unauthenticated, "invalid_client", "The client id or the client secret is wrong.")
	ErrInvalidToken   = fault.New(fault.Unauthenticated, "unauthenticated", "The access token is not valid or has expired. Ask for a new one.")
	ErrInvalidScope   = fault.New(fault.Invalid, "invalid_scope", "A scope was asked for that does not exist or that the client does not have.")
	ErrClientNotFound = fault.New(fault.NotFound, "client_not_found", "There is no such client.")
)

// TokenLife is how long an access token is valid.
const TokenLife = time.Hour

// Scopes are all that a client can be given. One that ends in * covers what
// begins like it.
var Scopes = []string{
	"*", "connect:*",
	"connect:tokens:create", "connect:accounts:read", "connect:accounts:write", "connect:users:read", "connect:users:write",
	"connect:apps:*", "connect:apps:read", "connect:actions:*", "connect:actions:read", "connect:actions:run", "connect:triggers:*", "connect:triggers:read", "connect:triggers:write", "connect:deployed_triggers:read", "connect:deployed_triggers:write",
	"connect:webhooks:read", "connect:webhooks:write", "connect:oauth_apps:read", "connect:oauth_apps:write", "connect:app_overrides:read", "connect:app_overrides:write",
	"connect:instances:read", "connect:instances:write", "connect:projects:read", "connect:projects:write", "connect:proxy", "connect:usage:read", "connect:workflow:invoke", "connect:rate_limits:write",
	"apps:read", "apps:write", "components:read", "components:write", "workflows:read", "workflows:write", "runs:read", "runs:write", "events:read", "deliveries:read", "deliveries:write", "notifications:read", "notifications:write", "requests:read", "data_stores:read", "data_stores:write", "variables:read", "variables:write", "connect_sessions:read", "clients:read", "clients:write", "audit:read", "members:read", "members:write", "workspace:read", "workspace:write",
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
