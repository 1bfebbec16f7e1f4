package hosted

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/token"
)

var errCrossOrigin = fault.New(fault.Forbidden, "cross_origin", "Another site may not do this for its visitor.")

const (
	pagePath     = "/_static/connect.html"
	verifiedPath = "/connect/verified"
	callbackPath = "/connect/oauth/:client/callback"
)

// open are what anybody's browser may call: they act on no connect token, or
// only say or write down what happened. How a flow stands is asked by the
// customer's own page too, which has the token and neither cookie nor session.
var open = map[string]bool{verifiedPath: true, callbackPath: true, "/connect/steps": true, "/connect/status": true}

// gate stands before everything that a connect token opens. Another site
// cannot begin anything in its visitor's name; and where the environment
// verifies its users, a link opens only in the browser of its own user.
func (s *Server) gate(c *gin.Context) {
	path := c.FullPath()
	if path != callbackPath { // a provider's form comes from its site, and is not acted on: see posted
		if err := s.crossOrigin.Check(c.Request); err != nil {
			answer.Error(c, errCrossOrigin.Because(err))
			return
		}
	}
	if path != pagePath && !strings.HasPrefix(path, "/connect/") || open[path] {
		return
	}
	// The window of a sign-in shows nothing yet, and begins in the name of the page that opened it.
	if path == pagePath && (framed(c) || c.Query("window") == "1") {
		return
	}
	browser := cookie(c)
	for _, raw := range tokensOf(c) {
		err := s.Connect.Admit(c.Request.Context(), raw, browser, false)
		switch {
		case err == nil:
		case path == pagePath && errors.Is(err, connect.ErrUnverified):
			s.verify(c, raw)
			return
		default:
			answer.Error(c, err)
			return
		}
	}
}

// tokensOf are all connect tokens that a request brings, wherever its handler
// looks for them.
func tokensOf(c *gin.Context) []string {
	var found []string
	if raw, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer "); ok {
		found = append(found, raw)
	}
	if raw := c.Query("token"); raw != "" {
		found = append(found, raw)
	}
	if strings.HasPrefix(c.ContentType(), "application/x-www-form-urlencoded") || strings.HasPrefix(c.ContentType(), "multipart/") {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 16<<10)
		if raw := c.PostForm("token"); raw != "" {
			found = append(found, raw)
		}
	}
	return found
}

// verify sends the browser to the customer's page, which knows who it is.
func (s *Server) verify(c *gin.Context, raw string) {
	to, err := s.Connect.Ask(c.Request.Context(), raw, browserOf(c), s.Brands.URL(connect.HostOf(c.Request.Context())), c.Request.URL.RequestURI())
	if err != nil {
		s.problem(c, err)
		c.Abort()
		return
	}
	sendOn(c, to)
	c.Abort()
}

// verified takes the browser back from the customer's page.
func (s *Server) verified(c *gin.Context) {
	back, err := s.Connect.Verified(c.Request.Context(), c.Query("key"), cookie(c))
	if err != nil {
		s.problem(c, err)
		return
	}
	sendOn(c, back)
}

// cookie is what the browser is known by; "" = it is not known.
func cookie(c *gin.Context) string {
	v, _ := c.Cookie(browserCookie)
	return v
}

// browserOf returns the cookie that knows the browser again, and gives it one
// if it has none. It outlives every connect token.
func browserOf(c *gin.Context) string {
	browser := cookie(c)
	if len(browser) != 64 {
		browser = token.Hex("", 32)
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: browserCookie, Value: browser, Path: "/", Secure: true, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, // the provider's redirect back is from another site
		MaxAge:   int(connect.MaxLife.Seconds()),
	})
	return browser
}
