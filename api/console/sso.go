package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/sso"
)

// ssoCookie is what a browser keeps while it is at an identity provider.
const ssoCookie = "patchbay_sso"

func (s *Server) singleSignOn(g *gin.Engine) {
	g.POST("/console/api/session/sso", s.beginSSO)
	g.GET("/console/sso/:workspace/callback", s.ssoCallback)
	of := g.Group("/console/api/workspace/sso", s.ssoOwner)
	of.GET("", s.showSSO)
	of.PUT("", s.saveSSO)
	of.DELETE("", s.removeSSO)
	of.POST("/test", s.testSSO)
	of.POST("/token", s.newDirectoryToken)
	of.DELETE("/token", s.endDirectoryToken)
	of.POST("/domains", s.addSSODomain)
	of.POST("/domains/:id/proof", s.proveSSODomain)
	of.DELETE("/domains/:id", s.removeSSODomain)
}

// ssoOwner lets on who owns the workspace that is open.
func (s *Server) ssoOwner(c *gin.Context) {
	s.ready(c)
	if !c.IsAborted() && whoOf(c).Member.Role != member.Owner {
		answer.Error(c, sso.ErrOwner)
	}
}

// beginSSO sends a browser to the provider of who has the e-mail, or asks which
// of several workspaces is meant.
func (s *Server) beginSSO(c *gin.Context) {
	var in struct{ Email, Connection, Next string }
	if !s.read(c, &in, small) {
		return
	}
	c.Header("Cache-Control", "no-store")
	b := s.browser(c)
	choices, err := s.SSO.Choices(c.Request.Context(), in.Email, b)
	if err != nil {
		s.refuse(c, err)
		return
	}
	for _, one := range choices {
		if one.ConnectionID != in.Connection && (in.Connection != "" || len(choices) > 1) {
			continue
		}
		begun, err := s.SSO.Begin(c.Request.Context(), one.ConnectionID, strings.TrimSpace(in.Email), in.Next, b)
		if err != nil {
			s.refuse(c, err)
			return
		}
		s.leave(c, begun)
		return
	}
	c.JSON(http.StatusOK, gin.H{"choices": choices})
}

// leave has a browser go to a provider.
func (s *Server) leave(c *gin.Context, begun *sso.Begun) {
	s.SignIns.SetCookie(c.Writer, c.Request, ssoCookie, begun.Browser, underWay)
	c.JSON(http.StatusOK, gin.H{"url": begun.URL})
}

// ssoCallback is where a provider sends browsers back to.
func (s *Server) ssoCallback(c *gin.Context) {
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Cache-Control", "no-store")
	q := c.Request.URL.Query()
	came, err := s.SSO.Callback(c.Request.Context(), sso.Answer{
		WorkspaceID: c.Param("workspace"), State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error"),
		Browser: s.SignIns.CookieOf(c.Request, ssoCookie),
	}, s.browser(c))
	s.SignIns.SetCookie(c.Writer, c.Request, ssoCookie, "", -time.Second)
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			answer.Error(c, err)
			return
		}
		c.Redirect(http.StatusSeeOther, "/sign-in?reason="+url.QueryEscape(f.Code))
		return
	}
	if came.Tested {
		c.Redirect(http.StatusSeeOther, came.Next)
		return
	}
	s.SignIns.Keep(c.Writer, c.Request, came.Opened)
	c.Redirect(http.StatusSeeOther, came.Next)
}

func shownDomain(d *sso.Domain) gin.H {
	return gin.H{"id": d.ID, "domain": d.Domain, "proved_at": d.ProvedAt, "by_operator": d.ByOperator, "record": d.Record(), "proof": d.Proof}
}

func (s *Server) showSSO(c *gin.Context) {
	out := gin.H{"scim_url": s.PublicURL + "/scim/v2", "callback_url": s.SSO.CallbackURL(whoOf(c).Workspace.ID), "connection": nil}
	found, err := s.SSO.Of(c.Request.Context(), whoOf(c).Workspace.ID)
	if err != nil && !errors.Is(err, sso.ErrNotFound) {
		s.refuse(c, err)
		return
	}
	if found != nil {
		domains := make([]gin.H, len(found.Domains))
		for i := range found.Domains {
			domains[i] = shownDomain(&found.Domains[i])
		}
		out["connection"] = gin.H{
			"id": found.ID, "issuer": found.Issuer, "client_id": found.ClientID, "joins": found.Joins, "default_role": found.DefaultRole,
			"groups_claim": found.GroupsClaim, "group_roles": found.GroupRoles, "required": found.Required, "test": found.Test, "domains": domains, "scim_token_at": found.ScimTokenAt, "updated_at": found.UpdatedAt,
		}
	}
	c.JSON(http.StatusOK, out)
}

func (s *Server) saveSSO(c *gin.Context) {
	var in struct {
		Issuer       string
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		Joins        bool
		DefaultRole  member.Role     `json:"default_role"`
		GroupsClaim  string          `json:"groups_claim"`
		GroupRoles   []sso.GroupRole `json:"group_roles"`
		Required     bool
		UpdatedAt    *time.Time `json:"updated_at"` // as it was when it was looked at
	}
	if !s.read(c, &in, passkeys) {
		return
	}
	wish := sso.Wish{
		Issuer: in.Issuer, ClientID: in.ClientID, Secret: in.ClientSecret, Joins: in.Joins, DefaultRole: in.DefaultRole,
		GroupsClaim: in.GroupsClaim, GroupRoles: in.GroupRoles, Required: in.Required, Seen: in.UpdatedAt,
	}
	if _, err := s.SSO.Save(c.Request.Context(), whoOf(c), wish); err != nil {
		s.refuse(c, err)
		return
	}
	s.showSSO(c)
}

func (s *Server) removeSSO(c *gin.Context) {
	if err := s.SSO.Remove(c.Request.Context(), whoOf(c)); err != nil {
		s.refuse(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func (s *Server) testSSO(c *gin.Context) {
	var in struct{ Next string }
	if !s.read(c, &in, small) {
		return
	}
	begun, err := s.SSO.BeginTest(c.Request.Context(), whoOf(c), in.Next)
	if err != nil {
		s.refuse(c, err)
		return
	}
	s.leave(c, begun)
}

// newDirectoryToken shows a token this once.
func (s *Server) newDirectoryToken(c *gin.Context) {
	raw, err := s.SSO.NewToken(c.Request.Context(), whoOf(c))
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"token": raw})
}

func (s *Server) endDirectoryToken(c *gin.Context) {
	if err := s.SSO.EndToken(c.Request.Context(), whoOf(c)); err != nil {
		s.refuse(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func (s *Server) addSSODomain(c *gin.Context) {
	var in struct{ Domain string }
	if !s.read(c, &in, small) {
		return
	}
	d, err := s.SSO.AddDomain(c.Request.Context(), whoOf(c), in.Domain)
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, shownDomain(d))
}

func (s *Server) proveSSODomain(c *gin.Context) {
	d, err := s.SSO.ProveDomain(c.Request.Context(), whoOf(c), c.Param("id"))
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, shownDomain(d))
}

func (s *Server) removeSSODomain(c *gin.Context) {
	if err := s.SSO.RemoveDomain(c.Request.Context(), whoOf(c), c.Param("id")); err != nil {
		s.refuse(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
