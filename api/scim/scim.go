// Package scim answers directories, which say who the people of a workspace are
// (RFC 7643, RFC 7644). Its form is the RFCs', as Microsoft Entra ID and Okta
// speak it, and not that of our own API: it has no place in openapi/.
package scim

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/directory"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/sso"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// Schemas of the messages.
const (
	schemaUser  = "urn:ietf:params:scim:schemas:core:2.0:User"
	schemaGroup = "urn:ietf:params:scim:schemas:core:2.0:Group"
	schemaList  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	schemaError = "urn:ietf:params:scim:api:messages:2.0:Error"
	contentType = "application/scim+json; charset=utf-8"
	maxBody     = 1 << 20
	usual, most = 100, 200 // of a page
)

var (
	errBody   = fault.New(fault.Invalid, "malformed", "The body cannot be read as SCIM.")
	errPaging = fault.New(fault.Invalid, "directory_paging", "startIndex and count are whole numbers.")
)

// Server is the face.
type Server struct {
	SSO            *sso.Service
	Directory      *directory.Service
	Metrics        *telemetry.Metrics
	TrustedProxies []string
	PublicURL      string
}

// Handler returns the face, to be mounted at /scim/.
func (s *Server) Handler() http.Handler {
	g := answer.Engine("scim", s.Metrics, s.TrustedProxies)
	g.NoRoute(s.in, func(c *gin.Context) { s.refuse(c, answer.ErrUnknownRoute) })
	v := g.Group("/scim/v2", s.in)
	v.GET("/ServiceProviderConfig", s.config)
	v.GET("/ResourceTypes", s.resourceTypes)
	v.GET("/ResourceTypes/:id", s.resourceType)
	v.GET("/Schemas", s.schemas)
	v.GET("/Schemas/:id", s.schema)
	v.GET("/Users", s.listUsers)
	v.POST("/Users", s.createUser)
	v.GET("/Users/:id", s.showUser)
	v.PUT("/Users/:id", s.replaceUser)
	v.PATCH("/Users/:id", s.patchUser)
	v.DELETE("/Users/:id", s.deleteUser)
	v.GET("/Groups", s.listGroups)
	v.POST("/Groups", s.createGroup)
	v.GET("/Groups/:id", s.showGroup)
	v.PUT("/Groups/:id", s.replaceGroup)
	v.PATCH("/Groups/:id", s.patchGroup)
	v.DELETE("/Groups/:id", s.deleteGroup)
	return g
}

const connectionKey = "connection"

// in lets nobody on who has no directory's token.
func (s *Server) in(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	scheme, raw, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || raw == "" {
		raw = ""
	}
	ctx := c.Request.Context()
	found, err := s.SSO.ByToken(ctx, strings.TrimSpace(raw))
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.Set(connectionKey, found)
	c.Request = c.Request.WithContext(audit.With(ctx, answer.Actor(ctx, audit.System, found.ID, "directory")))
}

func of(c *gin.Context) *sso.Connection {
	return c.MustGet(connectionKey).(*sso.Connection) //nolint:forcetypeassert // in put it there
}

// types are the words of RFC 7644, 3.12, for faults.
var types = map[string]string{
	errBody.Code: "invalidSyntax", errPaging.Code: "invalidValue", directory.ErrCriteria.Code: "invalidFilter", directory.ErrTaken.Code: "uniqueness",
	directory.ErrValue.Code: "invalidValue", directory.ErrNobody.Code: "invalidValue", sso.ErrNoEmail.Code: "invalidValue", sso.ErrOtherDomain.Code: "invalidValue",
	errPath.Code: "invalidPath", member.ErrLastOwner.Code: "mutability",
}

// refuse ends the request with an error in SCIM's form.
func (s *Server) refuse(c *gin.Context, err error) {
	status, body := answer.BodyOf(c, err)
	switch fault.Of(err).Code {
	case sso.ErrNoEmail.Code, sso.ErrOtherDomain.Code:
		status = http.StatusBadRequest
	case sso.ErrToken.Code:
		c.Header("WWW-Authenticate", `Bearer realm="scim"`)
	}
	out := gin.H{"schemas": []string{schemaError}, "status": strconv.Itoa(status), "detail": body.Error}
	if t := types[body.Code]; t != "" {
		out["scimType"] = t
	}
	send(c, status, out)
	c.Abort()
}

func send(c *gin.Context, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		slog.ErrorContext(c.Request.Context(), "scim answer", "error", err)
		c.Status(http.StatusInternalServerError)
		return
	}
	c.Data(status, contentType, b)
}

// read reads a body of JSON, by whatever media type it came.
func (s *Server) read(c *gin.Context, v any) bool {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	if err := json.NewDecoder(c.Request.Body).Decode(v); err != nil {
		s.refuse(c, errBody.Because(err))
		return false
	}
	return true
}

// asked reads the parameters of a list.
func asked(c *gin.Context) (by []directory.Criterion, p directory.Page, err error) {
	p = directory.Page{Start: 1, Count: usual}
	for name, into := range map[string]*int{"startIndex": &p.Start, "count": &p.Count} {
		raw := c.Query(name)
		if raw == "" {
			continue
		}
		n, err := strconv.ParseInt(raw, 10, 32)
		if err != nil {
			return nil, p, errPaging
		}
		*into = int(n)
	}
	p.Start, p.Count = max(p.Start, 1), min(max(p.Count, 0), most)
	by, err = criteria(c.Query("filter"))
	return by, p, err
}

func page(c *gin.Context, p directory.Page, total int64, all []any) {
	send(c, http.StatusOK, gin.H{"schemas": []string{schemaList}, "totalResults": total, "startIndex": p.Start, "itemsPerPage": len(all), "Resources": all})
}

func (s *Server) meta(kind, id string, created, updated time.Time) gin.H {
	return gin.H{"resourceType": kind, "created": created.UTC(), "lastModified": updated.UTC(), "location": fmt.Sprintf("%s/scim/v2/%ss/%s", s.PublicURL, kind, id)}
}

// without reports whether the caller wants to be told nothing of an attribute.
func without(c *gin.Context, attribute string) bool {
	for one := range strings.SplitSeq(c.Query("excludedAttributes"), ",") {
		if strings.EqualFold(strings.TrimSpace(one), attribute) {
			return true
		}
	}
	return false
}
