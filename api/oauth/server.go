// Package oauth is what MCP clients speak to themselves of the authorization server
// for MCP: how it and its resources are described, and where tokens are fetched,
// looked into and taken back. What their users see is in api/hosted.
package oauth

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/authorization"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

const (
	serverPath = "/.well-known/oauth-authorization-server" // RFC 8414
	largest    = 64 << 10
	mayLook    = "connect:accounts:read" // what asks for a token's state needs
)

// Server is the face.
type Server struct {
	Agents         *authorization.Service
	Access         *access.Service
	Metrics        *telemetry.Metrics
	TrustedProxies []string
	PublicURL      string
	ConnectURL     string // of the hosted pages, where users are asked
}

// Takes reports whether a path is this face's.
func Takes(path string) bool {
	return strings.HasPrefix(path, "/oauth/") || path == serverPath || path == authorization.DescribedPath || strings.HasPrefix(path, authorization.DescribedPath+"/")
}

// Handler returns the face.
func (s *Server) Handler() http.Handler {
	g := answer.Engine("oauth", s.Metrics, s.TrustedProxies)
	g.Use(shared)
	g.GET(serverPath, s.describe)
	g.GET(authorization.DescribedPath+"/*resource", s.resource)
	for path, do := range map[string]gin.HandlerFunc{"/oauth/token": s.token, "/oauth/revoke": s.revoke, "/oauth/introspect": s.introspect, "/oauth/register": s.register} {
		g.POST(path, do)
		g.OPTIONS(path, func(c *gin.Context) { c.Status(http.StatusNoContent) })
	}
	return g
}

// shared lets programs in browsers read the answers: nothing here is told to who has
// no token or code of their own, and no cookie is looked at.
func shared(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("X-Content-Type-Options", "nosniff")
	if c.Request.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, MCP-Protocol-Version")
	}
}

// describe says what the authorization server is and can (RFC 8414).
func (s *Server) describe(c *gin.Context) {
	out := gin.H{
		"issuer": s.PublicURL, "authorization_endpoint": s.ConnectURL + "/connect/authorize", "token_endpoint": s.PublicURL + "/oauth/token",
		"revocation_endpoint": s.PublicURL + "/oauth/revoke", "introspection_endpoint": s.PublicURL + "/oauth/introspect",
		"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"}, "grant_types_supported": []string{"authorization_code", "refresh_token"},
		"code_challenge_methods_supported": []string{"S256"}, "token_endpoint_auth_methods_supported": []string{"none"}, "revocation_endpoint_auth_methods_supported": []string{"none"},
		"introspection_endpoint_auth_methods_supported": []string{"Bearer"}, "scopes_supported": authorization.Scopes,
		"authorization_response_iss_parameter_supported": true, "client_id_metadata_document_supported": true, "service_documentation": s.PublicURL + "/docs",
	}
	if s.Agents.Open {
		out["registration_endpoint"] = s.PublicURL + "/oauth/register"
	}
	c.Header("Cache-Control", "public, max-age=300")
	c.JSON(http.StatusOK, out)
}

// resource says what an MCP address is, and who gives tokens for it (RFC 9728).
func (s *Server) resource(c *gin.Context) {
	at, ok := s.Agents.Describes(c.Param("resource"))
	if !ok {
		answer.Error(c, answer.ErrUnknownRoute)
		return
	}
	c.Header("Cache-Control", "public, max-age=300")
	c.JSON(http.StatusOK, gin.H{
		"resource": at, "authorization_servers": []string{s.PublicURL}, "scopes_supported": authorization.Scopes, "bearer_methods_supported": []string{"header"},
		"resource_documentation": s.PublicURL + "/docs",
	})
}

// form reads a request's parameters, or refuses it: each may stand there once (RFC 6749, 3.2).
func form(c *gin.Context) bool {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, largest)
	if !strings.HasPrefix(c.ContentType(), "application/x-www-form-urlencoded") {
		refuse(c, authorization.ErrRequest.Because(errors.New("no form")))
		return false
	}
	if err := c.Request.ParseForm(); err != nil {
		refuse(c, authorization.ErrRequest.Because(err))
		return false
	}
	for _, values := range c.Request.PostForm {
		if len(values) > 1 {
			refuse(c, fault.New(fault.Invalid, authorization.ErrRequest.Code, "A parameter stands there twice."))
			return false
		}
	}
	return true
}

// token gives tokens for a code or a refresh token.
func (s *Server) token(c *gin.Context) {
	if !form(c) {
		return
	}
	t, err := s.Agents.Exchange(c.Request.Context(), authorization.Wish{
		GrantType: c.PostForm("grant_type"), Code: c.PostForm("code"), RedirectURI: c.PostForm("redirect_uri"), ClientID: c.PostForm("client_id"), Verifier: c.PostForm("code_verifier"),
		RefreshToken: c.PostForm("refresh_token"), Scope: c.PostForm("scope"), Resource: c.PostForm("resource"),
	})
	if err != nil {
		refuse(c, err)
		return
	}
	private(c)
	c.JSON(http.StatusOK, gin.H{"access_token": t.Access, "token_type": "Bearer", "expires_in": int(t.ExpiresIn.Seconds()), "refresh_token": t.Refresh, "scope": strings.Join(t.Scopes, " ")})
}

// revoke takes a token back for its client (RFC 7009).
func (s *Server) revoke(c *gin.Context) {
	if !form(c) {
		return
	}
	if c.PostForm("token") == "" || c.PostForm("client_id") == "" {
		refuse(c, authorization.ErrRequest)
		return
	}
	if err := s.Agents.End(c.Request.Context(), c.PostForm("token"), c.PostForm("client_id")); err != nil {
		refuse(c, err)
		return
	}
	private(c)
	c.Status(http.StatusOK)
}

// introspect says what a token is to the servers of those whose user it acts for (RFC 7662).
func (s *Server) introspect(c *gin.Context) {
	bearer, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	g, err := s.Access.Verify(c.Request.Context(), bearer, answer.Address(c.Request.Context()))
	if !ok {
		err = access.ErrInvalidToken
	}
	if err != nil {
		c.Header("WWW-Authenticate", "Bearer")
		answer.Error(c, err)
		return
	}
	if !access.Allows(g.Scopes, mayLook) {
		answer.Error(c, caller.Lacks(mayLook))
		return
	}
	if !form(c) {
		return
	}
	b, kind, err := s.Agents.Introspect(c.Request.Context(), c.PostForm("token"), func(workspace, project, environment string) bool {
		return workspace == g.Workspace && g.Project(project) && g.Environment(environment)
	})
	if err != nil {
		refuse(c, err)
		return
	}
	private(c)
	if b == nil {
		c.JSON(http.StatusOK, gin.H{"active": false})
		return
	}
	c.JSON(http.StatusOK, gin.H{
		"active": true, "token_type": "Bearer", "token_use": kind, "client_id": b.ClientID, "sub": b.ExternalUserID, "scope": strings.Join(b.Scopes, " "), "iss": s.PublicURL,
		"aud": s.Agents.Resource(b.Scope.Project(), b.Scope.EnvironmentName(), b.Profile), "iat": b.IssuedAt.Unix(), "exp": b.ExpiresAt.Unix(), "authorization_id": b.AuthorizationID,
	})
}

// register takes a client in, where the operator lets clients register (RFC 7591).
func (s *Server) register(c *gin.Context) {
	var m authorization.Metadata
	if err := json.NewDecoder(http.MaxBytesReader(c.Writer, c.Request.Body, largest)).Decode(&m); err != nil {
		refuse(c, authorization.ErrDocument.Because(err))
		return
	}
	made, err := s.Agents.Register(c.Request.Context(), m, answer.Address(c.Request.Context()))
	if err != nil {
		refuse(c, err)
		return
	}
	private(c)
	c.JSON(http.StatusCreated, gin.H{
		"client_id": made.ID, "client_id_issued_at": made.CreatedAt.Unix(), "client_name": made.Name, "redirect_uris": made.RedirectURIs,
		"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"}, "token_endpoint_auth_method": "none",
	})
}

// refuse answers as OAuth does (RFC 6749, 5.2): with a code and a sentence.
func refuse(c *gin.Context, err error) {
	status, body := answer.BodyOf(c, err)
	if body.Code == authorization.ErrToken.Code || body.Code == authorization.ErrClient.Code {
		status = http.StatusUnauthorized
	}
	private(c)
	c.AbortWithStatusJSON(status, gin.H{"error": body.Code, "error_description": body.Error})
}

func private(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.Header("Pragma", "no-cache")
}
