// Package console signs members in and serves the web console, which talks to
// /v1 like any client, with its session instead of a token.
package console

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/listview"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/sso"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

var (
	errBody   = fault.New(fault.Invalid, "malformed", "Send JSON with what this needs.")
	errOrigin = fault.New(fault.Forbidden, "cross_origin", "Another site's page may not do this.")
)

// Server is the face.
type Server struct {
	SignIns        *signin.Service
	SSO            *sso.Service
	Members        *member.Service
	Projects       *project.Service
	Views          *listview.Service
	Metrics        *telemetry.Metrics
	TrustedProxies []string // prefixes of the reverse proxies before us
	CrossOrigin    *http.CrossOriginProtection
	Files          fs.FS // the built console
	PublicURL      string
	TLSURL         string
	DemoURL        string // "" = no demo provider
	About          func(ctx context.Context) About
	Look           func(ctx context.Context) System // at how the installation is
}

// About is what members may know of the process that answers them.
type About struct {
	Code       string `json:"code"`        // how components and code steps are kept in: isolated, offline, refused or none
	CodeWhy    string `json:"code_why"`    // why no better; "" = it is the best there is
	MailDomain string `json:"mail_domain"` // to which triggers take e-mail; "" = it takes none
}

const pageCSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https: http:; frame-src https: http:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Handler returns the face, to be mounted at /.
func (s *Server) Handler() http.Handler {
	g := answer.Engine("console", s.Metrics, s.TrustedProxies)
	g.Use(func(c *gin.Context) {
		if err := s.CrossOrigin.Check(c.Request); err != nil {
			answer.Error(c, errOrigin.Because(err))
		}
	})
	g.POST("/console/api/session", s.signIn)
	g.GET("/console/api/session", s.in, s.session)
	g.DELETE("/console/api/session", s.signOut)
	g.GET("/console/api/about", s.inside, s.about)
	g.GET("/console/api/system", s.ready, s.system)
	g.GET("/console/api/removals/:project", s.ready, s.removal)
	g.GET("/console/api/projects/:project/views", s.ready, s.views)
	g.PUT("/console/api/projects/:project/views/:list", s.ready, s.setView)
	g.DELETE("/console/api/projects/:project/views/:list", s.ready, s.deleteView)
	g.GET("/console/link/:token", s.link)
	s.account(g)
	s.factors(g)
	s.workspaces(g)
	s.singleSignOn(g)
	g.NoRoute(s.page)
	return g
}

func (s *Server) signIn(c *gin.Context) {
	var in struct{ Email, Password string }
	if !s.read(c, &in, small) {
		return
	}
	o, err := s.SignIns.SignIn(c.Request.Context(), in.Email, in.Password, s.browser(c))
	if err != nil {
		s.refuse(c, err)
		return
	}
	s.came(c, o)
}

func (s *Server) session(c *gin.Context) { s.tell(c, whoOf(c)) }

// show shows the session that a token opens.
func (s *Server) show(c *gin.Context, raw string) {
	who, err := s.SignIns.SignedIn(c.Request.Context(), raw, answer.Address(c.Request.Context()))
	if err != nil {
		answer.Error(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	s.tell(c, who)
}

func (s *Server) tell(c *gin.Context, who *signin.Who) {
	c.JSON(http.StatusOK, gin.H{
		"member":    gin.H{"id": who.Member.ID, "email": who.Person.Email, "name": who.Person.Name, "role": who.Member.Role, "projects": append([]member.ProjectRole{}, who.Member.Projects...)},
		"workspace": gin.H{"id": who.Workspace.ID, "name": who.Workspace.Name},
		"set_up":    setUp(who), "base_url": s.PublicURL, "tls_url": s.TLSURL, "demo_url": s.DemoURL,
	})
}

// about tells members how this installation runs their code, and takes e-mail.
func (s *Server) about(c *gin.Context) { c.JSON(http.StatusOK, s.About(c.Request.Context())) }

func (s *Server) signOut(c *gin.Context) {
	raw := s.SignIns.FromRequest(c.Request)
	if err := s.SignIns.SignOut(c.Request.Context(), raw); err != nil {
		answer.Error(c, err)
		return
	}
	s.SignIns.Forget(c.Writer, c.Request)
	c.Status(http.StatusNoContent)
}

// link signs in by a one-time link.
func (s *Server) link(c *gin.Context) {
	c.Header("Referrer-Policy", "no-referrer")
	o, err := s.SignIns.SignInByLink(c.Request.Context(), c.Param("token"), s.browser(c))
	if err != nil {
		c.Redirect(http.StatusSeeOther, "/sign-in?reason=link")
		return
	}
	s.goOn(c, o)
}

// page serves a file of the console or, for any other address, its page.
func (s *Server) page(c *gin.Context) {
	if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
		answer.Error(c, answer.ErrUnknownRoute)
		return
	}
	name := strings.TrimPrefix(path.Clean(c.Request.URL.Path), "/")
	body, err := fs.ReadFile(s.Files, name)
	switch {
	case strings.HasPrefix(name, "console/"):
		answer.Error(c, answer.ErrUnknownRoute)
		return
	case err != nil && strings.HasPrefix(name, "assets/"):
		answer.Error(c, answer.ErrUnknownRoute)
		return
	case err != nil || name == "index.html":
		name = "index.html"
		if body, err = fs.ReadFile(s.Files, name); err != nil {
			c.String(http.StatusServiceUnavailable, "The console was not built into this binary. Run: make build\n")
			return
		}
		c.Header("Cache-Control", "no-cache")
	case strings.HasPrefix(name, "assets/"):
		c.Header("Cache-Control", "public, max-age="+strconv.Itoa(365*24*3600)+", immutable") // its name holds its hash
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", pageCSP)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	http.ServeContent(c.Writer, c.Request, name, time.Time{}, bytes.NewReader(body))
}
