package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/signin"
)

// account answers people about their own sign-in.
func (s *Server) account(g *gin.Engine) {
	g.POST("/console/api/forgot", s.forgot)
	g.POST("/console/api/reset", s.reset)
	own := g.Group("/console/api/account", s.in)
	own.GET("", s.showAccount)
	own.PUT("/password", s.changePassword)
	own.DELETE("/sessions", s.endSessions)
	own.DELETE("/sessions/:id", s.endSession)
}

const whoKey = "who"

// in lets nobody on who is not signed in. What the request does is theirs.
func (s *Server) in(c *gin.Context) {
	project := c.Param("project")
	if project == "" {
		project = c.Query("project")
	}
	s.at(c, signin.PlaceOf(c.Request, project))
}

// anywhere lets on who is signed in, also from a window whose workspace they are no
// member of any more.
func (s *Server) anywhere(c *gin.Context) { s.at(c, signin.Place{}) }

func (s *Server) at(c *gin.Context, place signin.Place) {
	c.Header("Cache-Control", "no-store")
	ctx := c.Request.Context()
	who, err := s.SignIns.SignedInAt(ctx, s.SignIns.FromRequest(c.Request), answer.Address(ctx), place)
	if err != nil {
		answer.Error(c, err)
		return
	}
	c.Set(whoKey, who)
	c.Request = c.Request.WithContext(audit.With(ctx, answer.Actor(ctx, audit.Member, who.Member.ID, who.Person.Email)))
}

// inside lets on who is signed in and may use the workspace from where they are.
func (s *Server) inside(c *gin.Context) {
	s.in(c)
	if c.IsAborted() {
		return
	}
	if err := whoOf(c).Inside(); err != nil {
		answer.Error(c, err)
	}
}

// ready lets on who is signed in and has set up what their workspace asks for.
func (s *Server) ready(c *gin.Context) {
	s.in(c)
	if c.IsAborted() {
		return
	}
	if err := whoOf(c).Ready(); err != nil {
		answer.Error(c, err)
	}
}

func whoOf(c *gin.Context) *signin.Who {
	return c.MustGet(whoKey).(*signin.Who) //nolint:forcetypeassert // in put it there
}

// How much a body may be: a few words, or what a browser makes with a passkey.
const (
	small    = 4 << 10
	passkeys = 64 << 10
)

// read reads a JSON body of most bytes into v, or answers that it cannot be read.
func (s *Server) read(c *gin.Context, v any, most int64) bool {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, most)
	if err := c.ShouldBindJSON(v); err != nil {
		f := errBody
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
			f = f.At(wrong.Field)
		}
		answer.Error(c, f.Because(err))
		return false
	}
	return true
}

// refuse answers with an error, and says how long to wait where that helps.
func (s *Server) refuse(c *gin.Context, err error) {
	if w, ok := errors.AsType[*signin.Wait](err); ok {
		c.Header("Retry-After", strconv.Itoa(w.Seconds()))
	}
	answer.Error(c, err)
}

// browser is what a request comes from.
func (s *Server) browser(c *gin.Context) signin.Browser {
	return signin.Browser{
		Address: answer.Address(c.Request.Context()), UserAgent: c.Request.UserAgent(),
		Device: s.SignIns.DeviceOf(c.Request), RequestID: answer.RequestID(c),
	}
}

// opened has the browser keep a session, and shows it.
func (s *Server) opened(c *gin.Context, o *signin.Opened) {
	s.SignIns.Keep(c.Writer, c.Request, o)
	s.show(c, o.Token)
}

func (s *Server) forgot(c *gin.Context) {
	var in struct{ Email string }
	if !s.read(c, &in, small) {
		return
	}
	if err := s.SignIns.Forgot(c.Request.Context(), in.Email, s.browser(c)); err != nil {
		s.refuse(c, err)
		return
	}
	c.Status(http.StatusAccepted)
}

func (s *Server) reset(c *gin.Context) {
	var in struct{ Token, Password string }
	if !s.read(c, &in, small) {
		return
	}
	if err := s.SignIns.Reset(c.Request.Context(), in.Token, in.Password, s.browser(c)); err != nil {
		s.refuse(c, err)
		return
	}
	s.SignIns.Forget(c.Writer, c.Request)
	c.Status(http.StatusNoContent)
}

func (s *Server) showAccount(c *gin.Context) {
	who := whoOf(c)
	sessions, err := s.SignIns.Sessions(c.Request.Context(), who)
	if err != nil {
		answer.Error(c, err)
		return
	}
	f, err := s.SignIns.Factors(c.Request.Context(), who.Person.ID)
	if err != nil {
		answer.Error(c, err)
		return
	}
	keys := make([]gin.H, len(f.Passkeys))
	for i, k := range f.Passkeys {
		keys[i] = gin.H{"id": k.ID, "name": k.Name, "created_at": k.CreatedAt, "used_at": k.UsedAt}
	}
	shown := make([]gin.H, len(sessions))
	for i, one := range sessions {
		shown[i] = gin.H{
			"id": one.ID, "browser": signin.Words(one.UserAgent), "address": one.Address, "created_at": one.CreatedAt, "used_at": one.UsedAt,
			"this": one.ID == who.Session.ID,
		}
	}
	c.JSON(http.StatusOK, gin.H{
		"email": who.Person.Email, "name": who.Person.Name, "password": who.Person.PasswordHash != "", "mail": s.SignIns.Mail != nil,
		"sessions": shown, "totp": f.TOTP, "recovery_codes": f.Recovery, "passkeys": keys, "can_passkeys": s.SignIns.HasPasskeys(), "sso": who.Session.Confined(), "fresh": who.Session.Fresh(s.SignIns.Now()),
	})
}

func (s *Server) changePassword(c *gin.Context) {
	var in struct{ Current, Password string }
	if !s.read(c, &in, small) {
		return
	}
	o, err := s.SignIns.ChangePassword(c.Request.Context(), whoOf(c), in.Current, in.Password, s.browser(c))
	s.went(c, o, err)
}

func (s *Server) endSession(c *gin.Context) {
	s.went(c, nil, s.SignIns.EndSession(c.Request.Context(), whoOf(c), c.Param("id"), s.browser(c)))
}

// endSessions ends all other sessions, or with ?all=true this one as well.
func (s *Server) endSessions(c *gin.Context) {
	all := c.Query("all") == "true"
	n, err := s.SignIns.EndSessions(c.Request.Context(), whoOf(c), all, s.browser(c))
	if err != nil {
		answer.Error(c, err)
		return
	}
	if all {
		s.SignIns.Forget(c.Writer, c.Request)
	}
	c.JSON(http.StatusOK, gin.H{"ended": n})
}
