// Package access lets servers in, by the OAuth client credentials grant or by an
// API key, and says what scopes cover.
package access

import (
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Faults of this package.
var (
	ErrInvalidClient  = fault.New(fault.Unauthenticated, "invalid_client", "The client id or the client secret is wrong.")
	ErrGoing          = fault.New(fault.Forbidden, "workspace_deleted", "The workspace is going to be deleted, and its API clients may not call. An owner can take it back while there is time.")
	ErrDisabled       = fault.New(fault.Unauthenticated, "client_disabled", "The API client is switched off. Whoever administers the workspace can switch it on again.")
	ErrInvalidToken   = fault.New(fault.Unauthenticated, "unauthenticated", "The access token is not valid or has expired. Ask for a new one.")
	ErrInvalidKey     = fault.New(fault.Unauthenticated, "api_key_invalid", "The API key is not valid: it is mistyped, has expired, or was revoked.")
	ErrInvalidScope   = fault.New(fault.Invalid, "invalid_scope", "A scope was asked for that does not exist or that the client does not have.").At("scopes")
	ErrNoScopes       = fault.New(fault.Invalid, "scopes_required", "Name at least one scope.").At("scopes")
	ErrClientNotFound = fault.New(fault.NotFound, "client_not_found", "There is no such client.")
	ErrKeyNotFound    = fault.New(fault.NotFound, "api_key_not_found", "There is no such API key.")
	ErrProjects       = fault.New(fault.Invalid, "projects", "project_ids are ids of projects of this workspace.").At("project_ids")
	ErrEnvironments   = fault.New(fault.Invalid, "environments", "environments are development, production, or none for both.").At("environments")
	ErrExpiry         = fault.New(fault.Invalid, "expires_at", "expires_at lies in the future.").At("expires_at")
	ErrOverlap        = fault.New(fault.Invalid, "overlap_hours", "overlap_hours is between 0 and %d.", MaxOverlap/time.Hour).At("overlap_hours")
	ErrNoPrevious     = fault.New(fault.NotFound, "no_previous_secret", "The client has no previous secret that is still good.")
)

// TokenLife is how long an access token is valid.
const TokenLife = time.Hour

// MaxOverlap is how long a secret may be good after there is a new one.
const MaxOverlap = 168 * time.Hour

// Kind is how a client proves who it is.
type Kind string

// The kinds of clients.
const (
	OAuth Kind = "oauth" // with an id and a secret, for access tokens
	Key   Kind = "key"   // with a key that it sends itself
)

// Bounds are the projects and environments that a client reaches. None is all.
type Bounds struct {
	Projects     []string
	Environments []string
}

// Bound reports whether there is anything that the bounds leave out.
func (b Bounds) Bound() bool { return len(b.Projects) > 0 || len(b.Environments) > 0 }

// Project reports whether a project is within the bounds.
func (b Bounds) Project(id string) bool {
	return len(b.Projects) == 0 || slices.Contains(b.Projects, id)
}

// Environment reports whether an environment is within the bounds.
func (b Bounds) Environment(name string) bool {
	return len(b.Environments) == 0 || slices.Contains(b.Environments, name)
}

// Only returns the projects within the bounds, or nil for all of the workspace's.
func (b Bounds) Only() []string {
	if len(b.Projects) == 0 {
		return nil
	}
	return b.Projects
}

// Client is a server that may call the API, by access tokens or by a key.
type Client struct {
	ID                string
	WorkspaceID       string
	Kind              Kind
	Name              string
	Hint              string // how a key begins
	SecretHash        []byte // of the secret, or of the key
	PreviousHash      []byte // of the secret before, until PreviousUntil
	PreviousUntil     *time.Time
	Scopes            []string `gorm:"serializer:json"`
	ProjectIDs        []string `gorm:"serializer:json"` // none = all
	Environments      []string `gorm:"serializer:json"` // none = both
	RateRequests      int      // in RateWindowSeconds; 0 = no limit of its own
	RateWindowSeconds int
	ExpiresAt         *time.Time
	DisabledAt        *time.Time
	CreatedAt         time.Time
	UpdatedAt         time.Time // when somebody changed what it may do; its use and its secrets are no change
	LastUsedAt        *time.Time
	LastUsedAddress   string
}

// Bounds returns where the client may act.
func (c *Client) Bounds() Bounds { return Bounds{c.ProjectIDs, c.Environments} }

// Previous returns until when the secret before is good, or nil.
func (c *Client) Previous(now time.Time) *time.Time {
	if c.PreviousUntil == nil || !now.Before(*c.PreviousUntil) {
		return nil
	}
	return c.PreviousUntil
}

// knows reports whether a secret is the client's, or was until a moment ago.
func (c *Client) knows(raw string, now time.Time) bool {
	return token.Matches(raw, c.SecretHash) || c.Previous(now) != nil && token.Matches(raw, c.PreviousHash)
}

// over reports whether the client has expired.
func (c *Client) over(now time.Time) bool { return c.ExpiresAt != nil && !now.Before(*c.ExpiresAt) }

// Grant is what a bearer may do, and where.
type Grant struct {
	token.Claims
	Bounds

	Kind   Kind
	Name   string
	Rate   int // requests in Window; 0 = no limit of its own
	Window time.Duration
}
