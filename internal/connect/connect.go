// Package connect takes a customer's user through the connecting of an account:
// the connect token that lets them, the OAuth flow or the form of keys, and the
// webhook that tells of the outcome.
//
// A connect token connects one account. It is used up in the transaction that
// makes the account, so that it cannot make two.
package connect

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package. The messages of the first four are the hosted flow's
// public sentences.
var (
	ErrToken       = fault.New(fault.Unauthenticated, "connect_token_invalid", "The Patchbay Connect token is invalid. Please generate a new one and try again.")
	ErrLinkExpired = fault.New(fault.Unauthenticated, "token_expired", "This link has expired. Please request a new one from the app developer.")
	ErrSession     = fault.New(fault.Unauthenticated, "connect_session_expired", "This session has expired. Please refresh the page to try again.")
	ErrFailed      = fault.New(fault.Invalid, "connection_failed", "Connection failed. Please retry or contact support")
	ErrUnready     = fault.New(fault.Unavailable, "provider_not_ready", "The app could not begin the sign-in. Please try again later or contact support.")
	ErrPending     = fault.New(fault.Conflict, "installation_pending", "An owner at the provider has to approve the installation first. Please connect again when that is done.")
	ErrDenied      = fault.New(fault.Forbidden, "oauth_denied", "The connection was not allowed at the provider.")
	ErrExchange    = fault.New(fault.Invalid, "oauth_exchange_failed", "Failed to obtain OAuth token. Please retry or contact support")
	ErrOtherUser   = fault.New(fault.Forbidden, "other_user", "A connect token acts for its own user only.")
	ErrOtherApp    = fault.New(fault.Forbidden, "other_app", "This connect token is for another app.")
	ErrOrigin      = fault.New(fault.Invalid, "allowed_origin", "An allowed origin is a scheme and a host, such as https://app.example.com.")
	ErrScopes      = fault.New(fault.Forbidden, "scopes_refused", "Not everything that is needed was allowed at the provider.")
	ErrNoKeys      = fault.New(fault.Invalid, "not_key_based", "This app is not connected with keys.")
	ErrCancelled   = fault.New(fault.Conflict, "user_cancelled", "The user gave up connecting the account.")
	ErrFlow        = fault.New(fault.NotFound, "flow_not_found", "There is no such flow.")
	ErrAnswered    = fault.New(fault.Conflict, "flow_not_asking", "This flow does not wait for an answer.")
	ErrAnswer      = fault.New(fault.Invalid, "flow_answer", "This is no answer to the question.")
	ErrPower       = fault.New(fault.Invalid, "powers", "The app does not ask for one of the named powers.")
	ErrUserLimit   = fault.New(fault.Forbidden, "user_limit", "As many users have connected accounts in development as this installation allows.")
	ErrLocale      = fault.New(fault.Invalid, "locale", "The hosted page speaks en, de, es, fr and ja.")
)

// MaxLife is the longest life of a connect token, and its default.
const MaxLife = 4 * time.Hour

const (
	// flowLife is how long a user may take at the provider, and for an answer.
	flowLife = 15 * time.Minute
	// workLife is how long a process may take for what came back, before it is
	// taken for dead.
	workLife = 3 * time.Minute
)

// Locales are the languages of the hosted page.
var Locales = []string{"en", "de", "es", "fr", "ja"}

// Token is a connect token without its secret, of which a hash is kept.
type Token struct {
	ID                     string
	TokenHash              []byte
	UserID                 string
	Scopes                 []string `gorm:"serializer:json"`
	AllowedOrigins         []string `gorm:"serializer:json"`
	SuccessRedirectURI     *string  `gorm:"column:success_redirect_uri"`
	ErrorRedirectURI       *string  `gorm:"column:error_redirect_uri"`
	WebhookURI             *string  `gorm:"column:webhook_uri"`
	App                    *string
	OauthAppID             *string
	AppOverrideID          *string
	AllowProgressiveScopes bool // the user may allow less than was asked; reconnecting asks for what was granted, too
	AllowIdentityChange    bool // an account may be reconnected as another person of the app
	Locale                 *string
	CreatedAt              time.Time
	ExpiresAt              time.Time
	UsedAt                 *time.Time
	AccountID              *string // that was connected with it
	ToolProfileID          *string // of the tools that it is for, over MCP alone; nil = it is for the API, too
}

// TableName maps the noun to its table.
func (Token) TableName() string { return "connect_tokens" }

// flowStatus is where a flow stands: open -> exchanging -> succeeded | failed,
// with asking -> exchanging in between for each question. Only move changes it.
type flowStatus string

const (
	open       flowStatus = "open"       // the user is at the provider
	exchanging flowStatus = "exchanging" // a process is at what came back
	asking     flowStatus = "asking"     // the user has something to settle
	succeeded  flowStatus = "succeeded"
	failed     flowStatus = "failed"
)

// flow is one try to connect: a visit to a provider, or a form of keys. A visit
// belongs to the browser that began it and to the OAuth client it was begun
// for; a callback that differs in either is refused.
type flow struct {
	ID          string
	StateHash   []byte
	BrowserHash []byte
	TokenID     string
	SessionID   *string // the opening of the page that it belongs to
	App         string
	OauthAppID  *string
	AccountID   *string // to reconnect; the outcome, once it succeeded
	Secret      []byte  // sealed flowSecret
	Held        []byte  // sealed held; nil = nothing is held
	SameTab     bool
	Host        string // of the page and of the browser's cookie; "" = the base URL's
	State       string // the customer's own
	Status      flowStatus
	Error       *string
	Code        *string
	RequestID   string
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

func (flow) TableName() string { return "connect_flows" }

// flowSecret is what the callback needs and the database may not show.
type flowSecret struct {
	Auth     string            `json:"auth"` // id of the method
	Verifier string            `json:"verifier"`
	Token    string            `json:"token"`
	Scopes   []string          `json:"scopes"`
	Vars     map[string]string `json:"vars"`

	RequestToken  string `json:"request_token,omitempty"` // OAuth 1.0a's
	RequestSecret string `json:"request_secret,omitempty"`
}

func flowAssociated(flowID string) string { return "connect_flow|" + flowID }

func heldAssociated(flowID string) string { return "connect_held|" + flowID }
