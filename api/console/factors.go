package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/signin"
)

// Cookies of what is under way: a sign-in that waits for its second factor, and
// a passkey that is being made or asked for.
const (
	stepCookie    = "patchbay_step"
	passkeyCookie = "patchbay_passkey"
	underWay      = 10 * time.Minute
)

func (s *Server) factors(g *gin.Engine) {
	g.POST("/console/api/session/code", s.second)
	g.POST("/console/api/session/passkey/begin", s.askPasskey)
	g.POST("/console/api/session/passkey", s.signInByPasskey)
	own := g.Group("/console/api/account", s.in)
	own.POST("/proof", s.prove)
	own.POST("/totp", s.beginTOTP)
	own.PUT("/totp", s.confirmTOTP)
	own.DELETE("/totp", s.removeTOTP)
	own.POST("/recovery-codes", s.newRecoveryCodes)
	own.POST("/passkeys/begin", s.beginPasskey)
	own.POST("/passkeys", s.addPasskey)
	own.DELETE("/passkeys/:id", s.removePasskey)
	of := g.Group("/console/api/workspace", s.inside)
	of.GET("/sign-in", s.signInRules)
	of.PUT("/sign-in", s.changeSignInRules)
}

// came answers with what came of a sign-in: a session, or how it goes on.
func (s *Server) came(c *gin.Context, o *signin.Opened) {
	if o.Step == "" {
		if s.step(c) != "" {
			s.SignIns.SetCookie(c.Writer, c.Request, stepCookie, "", -time.Second)
		}
		s.opened(c, o)
		return
	}
	s.SignIns.SetCookie(c.Writer, c.Request, stepCookie, o.Step, underWay)
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusAccepted, gin.H{"second_factor": o.Ways})
}

func (s *Server) step(c *gin.Context) string { return s.SignIns.CookieOf(c.Request, stepCookie) }

func (s *Server) second(c *gin.Context) {
	var in struct{ Code string }
	if !s.read(c, &in, small) {
		return
	}
	o, err := s.SignIns.Second(c.Request.Context(), s.step(c), in.Code, s.browser(c))
	if err != nil {
		s.refuse(c, err)
		return
	}
	s.came(c, o)
}

// ask hands a browser what it needs for a passkey.
func (s *Server) ask(c *gin.Context, options any, raw string, err error) {
	if err != nil {
		s.refuse(c, err)
		return
	}
	s.SignIns.SetCookie(c.Writer, c.Request, passkeyCookie, raw, underWay)
	c.JSON(http.StatusOK, options)
}

func (s *Server) askPasskey(c *gin.Context) {
	var in struct {
		Second bool // of the sign-in that waits
	}
	if !s.read(c, &in, small) {
		return
	}
	step := ""
	if in.Second {
		if step = s.step(c); step == "" {
			answer.Error(c, signin.ErrStep)
			return
		}
	}
	options, raw, err := s.SignIns.AskPasskey(c.Request.Context(), step, s.browser(c))
	s.ask(c, options, raw, err)
}

func (s *Server) signInByPasskey(c *gin.Context) {
	var in struct{ Credential json.RawMessage }
	if !s.read(c, &in, passkeys) {
		return
	}
	o, err := s.SignIns.SignInByPasskey(c.Request.Context(), s.SignIns.CookieOf(c.Request, passkeyCookie), s.step(c), in.Credential, s.browser(c))
	if err != nil {
		s.refuse(c, err)
		return
	}
	s.came(c, o)
}

func (s *Server) prove(c *gin.Context) {
	var in struct{ Password, Code string }
	if !s.read(c, &in, small) {
		return
	}
	o, err := s.SignIns.Prove(c.Request.Context(), whoOf(c), in.Password, in.Code, s.browser(c))
	s.went(c, o, err)
}

// went answers that it is done, under another token of the session.
func (s *Server) went(c *gin.Context, o *signin.Opened, err error) {
	if err != nil {
		s.refuse(c, err)
		return
	}
	if o != nil {
		s.SignIns.Keep(c.Writer, c.Request, o)
	}
	c.Status(http.StatusNoContent)
}

func (s *Server) beginTOTP(c *gin.Context) {
	e, err := s.SignIns.BeginTOTP(c.Request.Context(), whoOf(c))
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"secret": e.Secret, "uri": e.URI, "qr": e.QR})
}

func (s *Server) confirmTOTP(c *gin.Context) {
	var in struct{ Code string }
	if !s.read(c, &in, small) {
		return
	}
	o, codes, err := s.SignIns.ConfirmTOTP(c.Request.Context(), whoOf(c), in.Code, s.browser(c))
	s.codes(c, o, codes, err)
}

func (s *Server) removeTOTP(c *gin.Context) {
	s.went(c, nil, s.SignIns.RemoveTOTP(c.Request.Context(), whoOf(c), s.browser(c)))
}

func (s *Server) newRecoveryCodes(c *gin.Context) {
	codes, err := s.SignIns.NewRecoveryCodes(c.Request.Context(), whoOf(c), s.browser(c))
	s.codes(c, nil, codes, err)
}

// codes answers with recovery codes, which are shown this once.
func (s *Server) codes(c *gin.Context, o *signin.Opened, codes []string, err error) {
	if err != nil {
		s.refuse(c, err)
		return
	}
	if o != nil {
		s.SignIns.Keep(c.Writer, c.Request, o)
	}
	c.JSON(http.StatusOK, gin.H{"recovery_codes": codes})
}

func (s *Server) beginPasskey(c *gin.Context) {
	options, raw, err := s.SignIns.BeginPasskey(c.Request.Context(), whoOf(c))
	s.ask(c, options, raw, err)
}

func (s *Server) addPasskey(c *gin.Context) {
	var in struct {
		Name       string
		Credential json.RawMessage
	}
	if !s.read(c, &in, passkeys) {
		return
	}
	o, err := s.SignIns.AddPasskey(c.Request.Context(), whoOf(c), s.SignIns.CookieOf(c.Request, passkeyCookie), in.Name, in.Credential, s.browser(c))
	s.went(c, o, err)
}

func (s *Server) removePasskey(c *gin.Context) {
	s.went(c, nil, s.SignIns.RemovePasskey(c.Request.Context(), whoOf(c), c.Param("id"), s.browser(c)))
}

func (s *Server) signInRules(c *gin.Context) {
	who := whoOf(c)
	c.JSON(http.StatusOK, gin.H{"require_two_factors": who.Workspace.RequireTwoFactors})
}

func (s *Server) changeSignInRules(c *gin.Context) {
	var in struct {
		RequireTwoFactors *bool `json:"require_two_factors" binding:"required"`
	}
	if !s.read(c, &in, small) {
		return
	}
	s.went(c, nil, s.SignIns.RequireTwoFactors(c.Request.Context(), whoOf(c), *in.RequireTwoFactors))
}

// goOn leads a browser that came by a link on: into the console, or to where a
// second factor is asked for.
func (s *Server) goOn(c *gin.Context, o *signin.Opened) {
	if o.Step != "" {
		s.SignIns.SetCookie(c.Writer, c.Request, stepCookie, o.Step, underWay)
		c.Redirect(http.StatusSeeOther, "/sign-in?second="+strings.Join(o.Ways, ","))
		return
	}
	s.SignIns.Keep(c.Writer, c.Request, o)
	c.Redirect(http.StatusSeeOther, "/")
}

// setUp is what a member has to set up before anything else, or "".
func setUp(w *signin.Who) string {
	switch err := w.Ready(); {
	case errors.Is(err, signin.ErrGoing):
		return "deleted"
	case errors.Is(err, signin.ErrSSOOnly):
		return "sso"
	case errors.Is(err, member.ErrAddress):
		return "address"
	case err != nil:
		return "two_factors"
	}
	return ""
}
