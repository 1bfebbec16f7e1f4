// Package caller finds out who makes a request to the API and whether they may.
// The faces that take tokens share it.
package caller

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/authorization"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

var (
	errNoToken          = fault.New(fault.Unauthenticated, "unauthenticated", "Send a valid bearer token.")
	errPermission       = fault.New(fault.Forbidden, "permission", "The token does not carry the scope that this needs.")
	errRole             = fault.New(fault.Forbidden, "role", "Your role in this workspace does not allow this.")
	errTokenKind        = fault.New(fault.Forbidden, "token_kind", "This kind of token may not do this.")
	errOrigin           = fault.New(fault.Forbidden, "origin_not_allowed", "The connect token does not allow this origin.")
	errEnvironment      = fault.New(fault.Invalid, "environment_required", "Send the header x-pd-environment: development or production.")
	errOtherEnvironment = fault.New(fault.Forbidden, "other_environment", "The connect token is for the other environment.")
	errBoundEnvironment = fault.New(fault.Forbidden, "client_environment", "The API client is for the other environment.")
	errBound            = fault.New(fault.Forbidden, "client_bound", "The API client is bound to projects or an environment, and this is of the whole workspace.")
	errToolsOnly        = fault.New(fault.Forbidden, "token_for_tools", "The connect token is for the tools of a tool profile, over MCP, and for nothing else of the API.")
	errOtherUser        = fault.New(fault.Forbidden, "other_user", "A connect token acts for its own user only.")
)

// Principal is who calls, for which environment, and what they may do.
type Principal struct {
	Workspace      string
	Scope          tenant.Scope // of the environment, where the operation belongs to one
	Scopes         []string
	Bounds         access.Bounds // what of the workspace they reach
	ToolProfileID  string        // of a connect token that is for its tools alone; "" = it is not
	ExternalUserID string        // a connect token's user: all that it may touch; "" = anyone
	Actor          audit.Actor
	Member         *member.Member // who is signed in; nil = a token speaks
	Rate           limit.Rate     // of the client or key itself; the zero Rate = none
	Standing       limit.Standing // what is left of the limit that is nearest
}

// Role is what a member is where the call goes; "" = a token speaks.
func (p *Principal) Role() member.Role {
	switch {
	case p.Member == nil:
		return ""
	case p.Scope.Valid():
		return p.Member.In(p.Scope.Project())
	}
	return p.Member.Role
}

// Only returns the projects that the caller is in, or nil for one who is in all of
// the workspace's.
func (p *Principal) Only() []string {
	if p.Member == nil {
		return p.Bounds.Only()
	}
	return p.Member.Only()
}

// Everywhere returns errBoundEnvironment for a client that is bound to one environment
// alone, of an operation on both.
func (p *Principal) Everywhere() error {
	if !p.Bounds.Environment(tenant.Development) || !p.Bounds.Environment(tenant.Production) {
		return errBoundEnvironment
	}
	return nil
}

// Hides reports whether the caller is shown no secret, not even those that the
// operation shows to others.
func (p *Principal) Hides() bool { return p.Role() == member.Viewer }

// Trusted reports whether the caller is the customer's server or a member, and
// not a user's browser.
func (p *Principal) Trusted() bool { return p.ExternalUserID == "" }

// User returns the user that a call is for: asked, or the connect token's own.
func (p *Principal) User(asked string) (string, error) {
	if p.Trusted() {
		return asked, nil
	}
	if asked != "" && asked != p.ExternalUserID {
		return "", errOtherUser
	}
	return p.ExternalUserID, nil
}

type key struct{}

// With returns a context that holds the principal, and whose work is theirs.
func With(ctx context.Context, p *Principal) context.Context {
	return audit.With(context.WithValue(ctx, key{}, p), p.Actor)
}

// Of returns the principal of a request that was authenticated.
func Of(ctx context.Context) *Principal {
	return ctx.Value(key{}).(*Principal) //nolint:forcetypeassert // With put it there
}

// Need is what an operation asks of its caller.
type Need struct {
	Scope        string // "" = refused, so that none is open by omission
	AccessToken  bool   // an access token may call it, and so a signed-in member
	ConnectToken bool
	Project      string // from the path: an id, "-" for a connect token's own, "" for none
	Environment  bool   // whether it belongs to an environment
	Everywhere   bool   // of no project, and yet for callers that are bound to some: it shows nothing of the others
	Agent        bool   // an MCP client that a user allowed may call it, at its own resource
	Tools        bool   // a connect token that is for a tool profile alone may call it
	Profile      string // of tools, that the resource names; "" = none
	Often        bool   // it is called so often that the project may be known from seconds ago
}

// Authenticator finds out who calls.
type Authenticator struct {
	Access      *access.Service
	SignIns     *signin.Service
	Projects    *project.Service
	Connect     *connect.Service
	CrossOrigin *http.CrossOriginProtection
	OwnOrigins  []string // of our hosted pages
	Agents      *authorization.Service
	Limits      *limit.Service // nil = custom limits do not hold
}

// Authenticate returns the caller, or why they may not call: who they are, what
// they may do, or a limit of the customer's own that the request names and that
// is used up.
func (a *Authenticator) Authenticate(r *http.Request, need Need) (*Principal, error) {
	p, err := a.identify(r, need)
	if err != nil {
		return nil, err
	}
	if p.Standing, err = a.Limits.Count(r.Context(), "client:"+p.Actor.ID, p.Rate); err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	custom, err := a.Limits.TakeCustom(r.Context(), p.Workspace, r.Header.Get(limit.Header))
	if custom.Rate.Requests > 0 && (p.Standing.Rate.Requests == 0 || custom.Remaining < p.Standing.Remaining) {
		p.Standing = custom
	}
	return p, err
}

func (a *Authenticator) identify(r *http.Request, need Need) (*Principal, error) {
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case need.Scope == "":
		return nil, errPermission
	case ok && strings.HasPrefix(bearer, "ctok_"):
		return a.byConnectToken(r, need, bearer)
	case ok && need.Agent && strings.HasPrefix(bearer, authorization.AccessPrefix):
		return a.byAgent(r, need, bearer)
	case ok:
		return a.byAccessToken(r, need, bearer)
	default:
		return a.bySession(r, need)
	}
}

// Lacks refuses a token for want of a scope, which it names for who can have it given.
func Lacks(scope string) error { return errPermission.With(map[string]any{"scope": scope}) }

// Lacking reports whether that is why somebody was refused.
func Lacking(err error) bool { return fault.Of(err).Code == errPermission.Code }

func (a *Authenticator) byAccessToken(r *http.Request, need Need, bearer string) (*Principal, error) {
	g, err := a.Access.Verify(r.Context(), bearer, answer.Address(r.Context()))
	switch {
	case err != nil:
		return nil, err
	case !need.AccessToken:
		return nil, errTokenKind
	case !access.Allows(g.Scopes, need.Scope):
		return nil, Lacks(need.Scope)
	}
	return a.place(r, need, &Principal{Workspace: g.Workspace, Scopes: g.Scopes, Bounds: g.Bounds, Rate: limit.Rate{Requests: g.Rate, Window: g.Window}, Actor: answer.Actor(r.Context(), audit.Client, g.ClientID, "")})
}

// bySession lets a signed-in member call what an access token may. Another
// site's page cannot: the browser says where a request comes from.
func (a *Authenticator) bySession(r *http.Request, need Need) (*Principal, error) {
	session := a.SignIns.FromRequest(r)
	if session == "" || !need.AccessToken {
		return nil, errNoToken
	}
	if err := a.CrossOrigin.Check(r); err != nil {
		return nil, errOrigin.Because(err)
	}
	who, err := a.SignIns.SignedInAt(r.Context(), session, answer.Address(r.Context()), signin.PlaceOf(r, need.Project))
	if err != nil {
		return nil, err
	}
	if err := who.Ready(); err != nil {
		return nil, err
	}
	scopes := who.Member.Scopes(need.Project)
	p, err := a.place(r, need, &Principal{Workspace: who.Workspace.ID, Scopes: scopes, Member: who.Member, Actor: answer.Actor(r.Context(), audit.Member, who.Member.ID, who.Person.Email)})
	switch {
	case err != nil:
		return nil, err
	case need.Project != "" && who.Member.In(need.Project) == "":
		return nil, project.ErrNotFound // as for one that is not there
	case !access.Allows(scopes, need.Scope):
		return nil, errRole
	}
	return p, nil
}

// place finds the project and environment that a trusted caller named.
func (a *Authenticator) place(r *http.Request, need Need, p *Principal) (*Principal, error) {
	switch {
	case need.Project == "" && p.Bounds.Bound() && !need.Everywhere:
		return nil, errBound
	case need.Project == "":
		return p, nil
	case need.Project == "-", !p.Bounds.Project(need.Project):
		return nil, project.ErrNotFound
	}
	name := r.Header.Get("X-Pd-Environment")
	if !need.Environment {
		name = tenant.Production // any: it only proves that the project is the workspace's
	}
	if name != tenant.Development && name != tenant.Production {
		return nil, errEnvironment
	}
	if need.Environment && !p.Bounds.Environment(name) {
		return nil, errBoundEnvironment
	}
	find := a.Projects.Scope
	if need.Often {
		find = a.Projects.Place
	}
	scope, err := find(r.Context(), p.Workspace, need.Project, name)
	p.Scope = scope
	return p, err
}

func (a *Authenticator) byConnectToken(r *http.Request, need Need, bearer string) (*Principal, error) {
	b, err := a.Connect.Authenticate(r.Context(), bearer)
	if err != nil {
		return nil, err
	}
	switch {
	case !need.ConnectToken:
		return nil, errTokenKind
	case b.ToolProfileID != nil && !need.Tools:
		return nil, errToolsOnly
	case !access.Allows(b.Scopes, need.Scope):
		return nil, Lacks(need.Scope)
	case need.Project != "" && need.Project != "-" && need.Project != b.Scope.Project():
		return nil, project.ErrNotFound
	}
	if name := r.Header.Get("X-Pd-Environment"); name != "" && name != b.Scope.EnvironmentName() {
		return nil, errOtherEnvironment
	}
	if origin := r.Header.Get("Origin"); origin != "" && !a.allowsOrigin(origin, b.AllowedOrigins) {
		return nil, errOrigin
	}
	p := &Principal{
		Workspace: b.Project.WorkspaceID, Scope: b.Scope, Scopes: b.Scopes, ExternalUserID: b.ExternalUserID,
		Actor: answer.Actor(r.Context(), audit.ConnectToken, b.ID, b.ExternalUserID),
	}
	if b.ToolProfileID != nil {
		p.ToolProfileID = *b.ToolProfileID
	}
	return p, nil
}

// byAgent lets an MCP client act for the user who allowed it. Its token is good at one
// address, which names the project, the environment and the tool profile, and nowhere else.
func (a *Authenticator) byAgent(r *http.Request, need Need, bearer string) (*Principal, error) {
	b, err := a.Agents.Authenticate(r.Context(), bearer)
	switch {
	case err != nil:
		return nil, err
	case need.Project != b.Scope.Project() || r.Header.Get("X-Pd-Environment") != b.Scope.EnvironmentName(), need.Profile != b.Profile:
		return nil, authorization.ErrToken
	case !access.Allows(b.Scopes, need.Scope):
		return nil, Lacks(need.Scope)
	}
	return &Principal{
		Workspace: b.Workspace, Scope: b.Scope, Scopes: b.Scopes, ExternalUserID: b.ExternalUserID,
		Actor: answer.Actor(r.Context(), audit.MCPClient, b.AuthorizationID, b.ClientName),
	}, nil
}

// allowsOrigin reports whether a browser at origin may use a connect token: an
// origin that the token names, or our own hosted pages.
func (a *Authenticator) allowsOrigin(origin string, allowed []string) bool {
	is := func(o string) bool { return strings.EqualFold(o, origin) }
	return slices.ContainsFunc(a.OwnOrigins, is) || slices.ContainsFunc(allowed, is)
}
