// Package authorization lets MCP clients act for a customer's users: an OAuth 2.1
// authorization server that knows one kind of client (public, with PKCE) and one
// kind of resource, the tools of an environment.
//
// Users have no password with us. The customer vouches for who is signed in: a
// client's browser is sent to a page of theirs, whose server says which user it
// is, and comes back with a key that works in the browser that began and in no
// other. Only then the user is asked.
package authorization

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// How long things are good.
const (
	askLife     = 15 * time.Minute    // for the user to sign in at the customer's page, and to answer
	codeLife    = time.Minute         // from the user's answer until the client fetches its tokens
	AccessLife  = time.Hour           // AccessLife is an access token's.
	refreshLife = 30 * 24 * time.Hour // that a client may stay away
	familyLife  = 90 * 24 * time.Hour // then the user is asked again
)

// AccessPrefix begins every access token, so that it is known by its look.
const AccessPrefix = "mcpat_"

const refreshPrefix = "mcprt_"

// Scopes are what a client can be allowed, and what it is allowed that asks for nothing.
var Scopes = []string{"connect:accounts:read", "connect:actions:run", "connect:tokens:create"}

// Faults. Codes of RFC 6749, 7591, 8707 and 6750 are what clients are told.
var (
	ErrToken       = fault.New(fault.Unauthenticated, "invalid_token", "The access token is not valid here, or no longer.")
	ErrClient      = fault.New(fault.Invalid, "invalid_client", "The client is not known here.")
	ErrDocument    = fault.New(fault.Invalid, "invalid_client_metadata", "The client's metadata document cannot be used.")
	ErrRedirect    = fault.New(fault.Invalid, "invalid_redirect_uri", "The client may not be answered at this redirect URI.")
	ErrRequest     = fault.New(fault.Invalid, "invalid_request", "The request is not complete.")
	ErrGrant       = fault.New(fault.Invalid, "invalid_grant", "The code or token is not good for this client, or no longer.")
	ErrTarget      = fault.New(fault.Invalid, "invalid_target", "There is no such resource here.")
	ErrScope       = fault.New(fault.Invalid, "invalid_scope", "A scope is asked for that there is not.")
	ErrGrantType   = fault.New(fault.Invalid, "unsupported_grant_type", "Tokens are given for authorization_code and refresh_token.")
	ErrClosed      = fault.New(fault.Forbidden, "registration_closed", "Clients do not register themselves here. Use a Client ID Metadata Document.")
	ErrNoSignIn    = fault.New(fault.Conflict, "mcp_sign_in_missing", "Signing in from other programs is not set up for this product yet.")
	ErrAsked       = fault.New(fault.NotFound, "authorization_request_not_found", "There is no such authorization request.")
	ErrAskedUsed   = fault.New(fault.Conflict, "authorization_request_used", "This authorization request was completed already.")
	ErrAskedOver   = fault.New(fault.Conflict, "authorization_request_expired", "This authorization request has expired. The user begins again in their client.")
	ErrAskedOther  = fault.New(fault.Forbidden, "authorization_request_other_environment", "This authorization request is of the other environment.")
	ErrOver        = fault.New(fault.Gone, "authorization_over", "This page is no longer good. Please begin again in the program that sent you here.")
	ErrVisitOver   = fault.New(fault.Gone, "authorization_visit_over", "This page is no longer good. Please open it again from where you came.")
	ErrBrowser     = fault.New(fault.Forbidden, "authorization_other_browser", "This was begun in another browser. Please begin again in the program that you want to use.")
	ErrNotFound    = fault.New(fault.NotFound, "authorization_not_found", "There is no such authorization.")
	errVerifier    = fault.New(fault.Invalid, "invalid_grant", "The code verifier does not fit the code challenge.")
	errOtherClient = fault.New(fault.Invalid, "invalid_grant", "The token was given to another client.")
)

// Service is the authorization server.
type Service struct {
	DB     *db.DB
	Guard  *egress.Guard
	HTTP   *http.Client // fetches clients' metadata
	Limits *limit.Service
	Issuer string // our base URL; resources are below it
	Pages  string // where the hosted pages are
	Open   bool   // clients may register themselves
	Local  bool   // on a developer's machine: metadata may be at http on loopback
	Now    func() time.Time

	once      sync.Once
	documents *lru.Cache[string, document]
	swept     atomic.Int64 // when what is over was deleted, in Unix nanoseconds
}

// Authorization is a client that a user allowed to act for them.
type Authorization struct {
	ID          string
	UserID      string
	ClientID    string
	ClientName  string
	ClientHost  string
	RedirectURI string   `gorm:"column:redirect_uri"`
	Scopes      []string `gorm:"serializer:json"`
	ProfileID   *string  // of the tools that it may use; nil = all
	CreatedAt   time.Time
	UpdatedAt   time.Time
	UsedAt      *time.Time

	ExternalUserID string  `gorm:"->;-:migration"` // read with it
	Profile        *string `gorm:"->;-:migration"` // its profile's name, read with it
}

// TableName maps the noun to its table.
func (Authorization) TableName() string { return "mcp_authorizations" }

// The statuses of a request.
const (
	asked     = "asked"     // the browser is at the customer's page
	completed = "completed" // its server said who it is; the user is asked
	allowed   = "allowed"   // the client has a code
	exchanged = "exchanged" // and its tokens
	denied    = "denied"
)

// request is one try of a client to be allowed something, or of a user to see what they
// allowed, which is of no client.
type request struct {
	ID              string
	ClientID        string
	ClientName      string
	ClientHost      string
	RedirectURI     string `gorm:"column:redirect_uri"`
	State           string
	Challenge       string
	Scopes          []string `gorm:"serializer:json"`
	BrowserHash     []byte
	RequestHash     []byte
	KeyHash         []byte
	CodeHash        []byte
	UserID          *string
	ProfileID       *string // of the tools that it is about; nil = all
	AuthorizationID *string
	Status          string
	CreatedAt       time.Time
	ExpiresAt       time.Time
}

func (request) TableName() string { return "mcp_requests" }

// issued is a token that a client has.
type issued struct {
	ID              string
	AuthorizationID string
	Family          string
	Kind            string
	TokenHash       []byte
	Scopes          []string `gorm:"serializer:json"`
	SpentAt         *time.Time
	CreatedAt       time.Time
	ExpiresAt       time.Time
	EndsAt          time.Time
}

func (issued) TableName() string { return "mcp_tokens" }

// Resource is the address of an environment's tools, by which clients name them (RFC
// 8707); of those of a tool profile, if one is named.
func (s *Service) Resource(projectID, environment, profile string) string {
	at := s.Issuer + "/mcp/p/" + projectID + "/" + environment
	if profile != "" {
		at += "/" + profile
	}
	return at
}

// DescribedPath begins the addresses at which resources are described (RFC 9728, 3.1).
const DescribedPath = "/.well-known/oauth-protected-resource"

// Described is where an environment's tools are described as a resource. What is no
// name of a project is left out: it stands in a header.
func (s *Service) Described(projectID, environment, profile string) string {
	path := strings.TrimPrefix(s.Resource(projectID, environment, profile), s.Issuer)
	if !resourcePath.MatchString(path) {
		path = ""
	}
	return s.Issuer + DescribedPath + path
}

// Describes reports whether a path below DescribedPath is a resource's, and which.
func (s *Service) Describes(path string) (resource string, ok bool) {
	return s.Issuer + path, resourcePath.MatchString(path)
}

var resourcePath = regexp.MustCompile(`^/mcp/p/(proj_[0-9a-z]+)/(development|production)(?:/([a-z0-9][a-z0-9-]{0,39}))?$`)

// place returns the project and environment whose address a resource is, and the tool
// profile; "" = none.
func (s *Service) place(resource string) (projectID, environment, profile string, ok bool) {
	path, ours := strings.CutPrefix(resource, s.Issuer)
	m := resourcePath.FindStringSubmatch(path)
	if !ours || m == nil {
		return "", "", "", false
	}
	return m[1], m[2], m[3], true
}

// scopeOf returns the scope whose address a resource is, and the name of its tool
// profile, or ErrTarget.
func (s *Service) scopeOf(ctx context.Context, resource string) (scope tenant.Scope, profile string, err error) {
	projectID, environment, profile, ok := s.place(resource)
	if !ok {
		return scope, "", ErrTarget
	}
	var row struct{ ID string }
	err = s.DB.Look(ctx, func(q *gorm.DB) error {
		res := q.Raw(`SELECT e.id FROM environments e JOIN projects p ON p.id = e.project_id
			WHERE e.project_id = ? AND e.name = ? AND p.deleted_at IS NULL AND e.id NOT IN (SELECT environment_id FROM held_environments)`, projectID, environment).Scan(&row)
		return db.Affected(res, ErrTarget)
	})
	if err != nil {
		return scope, "", err
	}
	return tenant.NewScope(projectID, row.ID, environment), profile, nil
}

// narrow returns the scopes that were asked for, or all when none were.
func narrow(have []string, text string) ([]string, error) {
	want := strings.Fields(text)
	if len(want) == 0 {
		return have, nil
	}
	for _, w := range want {
		if !slices.Contains(have, w) {
			return nil, ErrScope
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(want))), nil
}

// back is a client's redirect URI with an answer (RFC 6749, 4.1.2; RFC 9207).
func (s *Service) back(redirectURI, state string, pairs ...string) string {
	u, err := url.Parse(redirectURI)
	if err != nil {
		return s.Pages // it was parsed when it was taken
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if state != "" {
		q.Set("state", state)
	}
	q.Set("iss", s.Issuer)
	u.RawQuery = q.Encode()
	return u.String()
}
