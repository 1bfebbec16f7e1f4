// Package account holds a customer's users and what they have connected: the
// accounts, their credentials, and calls made with them.
//
// A credential is sealed before it reaches the database and opened only here.
package account

import (
	"log/slog"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// Faults of this package.
var (
	ErrNotFound     = fault.New(fault.NotFound, "account_not_found", "There is no such account.")
	ErrUserNotFound = fault.New(fault.NotFound, "user_not_found", "There is no such user.")
	ErrOAuthApp     = fault.New(fault.NotFound, "oauth_app_not_found", "There is no such OAuth client.")
	ErrOAuthAppUsed = fault.New(fault.Invalid, "oauth_app_in_use", "Accounts were made with this OAuth client. Delete them first.")
	ErrOAuthAppSet  = fault.New(fault.Invalid, "oauth_app_in_override", "An app override names this OAuth client. Change or delete the override first.")
	ErrNotOAuth     = fault.New(fault.Invalid, "not_oauth", "This app is not connected by OAuth, so it takes no client.").At("app")
	ErrNoOAuthApp   = fault.New(fault.Conflict, "no_oauth_app", "No OAuth client is set up for this app.")
	ErrClient       = fault.New(fault.Invalid, "oauth_client", "An OAuth client has a client_id and a client_secret.").At("client_id")
	ErrClientMethod = fault.New(fault.Invalid, "oauth_app_method", "The OAuth client is for another way to sign in.").At("auth")
	ErrDead         = fault.New(fault.Conflict, "account_dead", "The account has lost its access and must be connected again.")
	ErrIdentity     = fault.New(fault.Conflict, "other_identity", "This account belongs to somebody else at the app. Connect it as the same person as before, or as a new account.")
	ErrSuspended    = fault.New(fault.Conflict, "oauth_app_suspended", "The provider does not accept the OAuth client of this account. Check its id and secret.")
	ErrTarget       = provider.ErrTarget
	ErrTest         = provider.ErrTest
	ErrUpstream     = fault.New(fault.Unavailable, "upstream_unreachable", "The app did not answer.")
)

// User is one of the customer's users, known by the customer's own id.
type User struct {
	ID         string
	ExternalID string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// TableName maps the noun to its table.
func (User) TableName() string { return "external_users" }

// OAuthApp is an OAuth client that the project registered with a provider. Both
// environments share it.
type OAuthApp struct {
	ID               string
	App              string // slug
	Auth             string // id of the app's method that it is for; "" = the first that takes a client
	Name             string
	ClientID         string
	Description      string
	ClientSecret     []byte   // sealed
	Fields           []byte   // sealed: what else the method asks of an operator; nil = nothing
	Scopes           []string `gorm:"serializer:json"` // empty = the app's default profile
	AdditionalScopes []string `gorm:"serializer:json"`
	SecretSetAt      time.Time
	SecretUsedAt     *time.Time // when the provider last took it
	SuspendedAt      *time.Time // when the provider began not to accept the client; nil = it does
	SuspendedCode    string     // the provider's own
	RetryAt          *time.Time // when one refresh tries it again
	CreatedAt        time.Time
	UpdatedAt        time.Time

	PreviousSecret       []byte // sealed; the one before, while it is kept
	PreviousSecretUntil  *time.Time
	PreviousSecretUsedAt *time.Time
	TestedAt             *time.Time

	ProjectID string `gorm:"->"`
}

// TableName maps the noun to its table.
func (OAuthApp) TableName() string { return "oauth_apps" }

// Account is one grant of one user for one app.
//
// It is healthy until something is wrong with it, and again once it works; dead
// when only the user can mend it, by connecting again. Reconnecting keeps the id.
type Account struct {
	ID            string
	UserID        string
	App           string // slug
	Auth          string // id of the app's auth method
	OauthAppID    *string
	Name          *string
	IdentityID    *string
	Vars          map[string]string `gorm:"serializer:json"`
	Scopes        []string          `gorm:"serializer:json"` // as granted
	AskedScopes   []string          `gorm:"serializer:json"`
	Healthy       bool
	Dead          bool
	Cause         *HealthCause // why it is not healthy
	Error         *string      // the same as a sentence
	HealthSince   time.Time    // of the present state
	ProbeAt       *time.Time
	ProbeFailures int // in a row
	CheckedAt     *time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time

	// Of the user and of the main credential, read with the account.
	ExternalID      string     `gorm:"->"`
	ExpiresAt       *time.Time `gorm:"->"`
	LastRefreshedAt *time.Time `gorm:"->"`
	NextRefreshAt   *time.Time `gorm:"->"`

	Revealed map[string]any `gorm:"-"` // the credential, where it was asked for: see reveal.go
}

// Credential is what lets us act as the user. It exists in the clear in memory only.
type Credential struct {
	AccessToken  string            `json:"access_token,omitempty"`
	RefreshToken string            `json:"refresh_token,omitempty"`
	Tokens       map[string]string `json:"tokens,omitempty"` // those that are not the main one, by name and part
	Inputs       map[string]string `json:"inputs,omitempty"`
}

// LogValue keeps a credential out of logs.
func (Credential) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// String keeps a credential out of texts.
func (Credential) String() string { return "[redacted]" }

func associated(environmentID, accountID, name string) string {
	return "credential|" + environmentID + "|" + accountID + "|" + name
}

func clientAssociated(oauthAppID string) string { return "oauth_app|" + oauthAppID }

func fieldsAssociated(oauthAppID string) string { return "oauth_app_fields|" + oauthAppID }
