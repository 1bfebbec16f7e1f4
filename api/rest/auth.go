package rest

import (
	"context"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/routers"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

var (
	errNoToken          = fault.New(fault.Unauthenticated, "unauthenticated", "Send a valid bearer token.")
	errPermission       = fault.New(fault.Forbidden, "permission", "The token does not carry the scope that this needs.")
	errTokenKind        = fault.New(fault.Forbidden, "token_kind", "This kind of token may not do this.")
	errOrigin           = fault.New(fault.Forbidden, "origin_not_allowed", "The connect token does not allow this origin.")
	errOtherEnvironment = fault.New(fault.Forbidden, "other_environment", "The connect token is for the other environment.")
	errProject          = fault.New(fault.NotFound, "project_not_found", "There is no such project.")
	errOtherUser        = fault.New(fault.Forbidden, "other_user", "A connect token acts for its own user only.")
)

// Principal is who calls, for which environment, and what they may do.
type Principal struct {
	Workspace      string
	Scope          tenant.Scope // of the environment, where the operation belongs to one
	Scopes         []string
	ExternalUserID string // a connect token's user: all that it may touch; "" = anyone
}

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

type principalKey struct{}

func principal(ctx context.Context) *Principal {
	return ctx.Value(principalKey{}).(*Principal) //nolint:forcetypeassert // check put it there
}

// authenticate finds out who calls and whether they may call the operation.
func (s *Server) authenticate(r *http.Request, route *routers.Route, projectID string) (*Principal, error) {
	need, _ := route.Operation.Extensions["x-permission"].(string)
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case need == "":
		return nil, errPermission
	case ok && strings.HasPrefix(bearer, "ctok_"):
		return s.byConnectToken(r, route, need, bearer, projectID)
	case ok:
		return s.byAccessToken(r, route, need, bearer, projectID)
	default:
		return s.bySession(r, route, projectID)
	}
}

func (s *Server) byAccessToken(r *http.Request, route *routers.Route, need, bearer, projectID string) (*Principal, error) {
	claims, err := s.Access.Verify(r.Context(), bearer)
	if err != nil {
		return nil, err
	}
	if !takes(route.Operation, "oauth") {
		return nil, errTokenKind
	}
	if !access.Allows(claims.Scopes, need) {
		return nil, errPermission
	}
	return s.place(r, route, &Principal{Workspace: claims.Workspace, Scopes: claims.Scopes}, projectID)
}

// bySession lets a signed-in member call what an access token may. Another
// site's page cannot: the console's cross-origin check comes before.
func (s *Server) bySession(r *http.Request, route *routers.Route, projectID string) (*Principal, error) {
	cookie, err := r.Cookie(access.SessionCookie)
	if err != nil || !takes(route.Operation, "oauth") {
		return nil, errNoToken
	}
	if err := s.CrossOrigin.Check(r); err != nil {
		return nil, errOrigin.Because(err)
	}
	_, w, err := s.Access.SignedIn(r.Context(), cookie.Value)
	if err != nil {
		return nil, err
	}
	return s.place(r, route, &Principal{Workspace: w.ID, Scopes: []string{"*"}}, projectID)
}

// place finds the project and environment that a trusted caller named.
func (s *Server) place(r *http.Request, route *routers.Route, p *Principal, projectID string) (*Principal, error) {
	if projectID == "" {
		return p, nil
	}
	if projectID == "-" {
		return nil, errProject
	}
	name := r.Header.Get("X-Pd-Environment")
	if !scoped(route) {
		name = tenant.Production // any: it only proves that the project is the workspace's
	}
	if name != tenant.Development && name != tenant.Production {
		return nil, errEnvironment
	}
	scope, err := s.Projects.Scope(r.Context(), p.Workspace, projectID, name)
	p.Scope = scope
	return p, err
}

func (s *Server) byConnectToken(r *http.Request, route *routers.Route, need, bearer, projectID string) (*Principal, error) {
	b, err := s.Connect.Authenticate(r.Context(), bearer)
	if err != nil {
		return nil, err
	}
	switch {
	case !takes(route.Operation, "connectToken"):
		return nil, errTokenKind
	case !access.Allows(b.Scopes, need):
		return nil, errPermission
	case projectID != "" && projectID != "-" && projectID != b.Scope.Project():
		return nil, errProject
	}
	if name := r.Header.Get("X-Pd-Environment"); name != "" && name != b.Scope.EnvironmentName() {
		return nil, errOtherEnvironment
	}
	if origin := r.Header.Get("Origin"); origin != "" && !s.allowsOrigin(origin, b.AllowedOrigins) {
		return nil, errOrigin
	}
	return &Principal{Workspace: b.Project.WorkspaceID, Scope: b.Scope, Scopes: b.Scopes, ExternalUserID: b.ExternalUserID}, nil
}

// allowsOrigin reports whether a browser at origin may use a connect token: an
// origin that the token names, or our own hosted pages.
func (s *Server) allowsOrigin(origin string, allowed []string) bool {
	for _, a := range append(s.OwnOrigins, allowed...) {
		if strings.EqualFold(a, origin) {
			return true
		}
	}
	return false
}
