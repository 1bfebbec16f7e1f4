package hosted

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/connect"
)

// callback takes the provider's answer.
func (s *Server) callback(c *gin.Context) {
	if s.sentOn(c) {
		return
	}
	browser, _ := c.Cookie(browserCookie)
	out, err := s.Connect.Callback(c.Request.Context(), c.Param("client"), browser, c.Request.URL.Query())
	switch {
	case err != nil:
		s.problem(c, err)
	case out.SameTab && out.RedirectURI != "":
		sendOn(c, out.RedirectURI)
	default:
		p := &Page{RequestID: answer.RequestID(c), Link: true, Locale: localeOf("", text(out.Bearer.Locale), c.GetHeader("Accept-Language"))}
		p.Brand = s.brandOf(c, out.Bearer)
		if out.App != nil {
			p.Plan = &Plan{App: appOf(out.App)}
		}
		if out.Err != nil {
			p.Problem = problemOf(out.Err, p.RequestID)
		}
		s.ended(c, http.StatusOK, p, out.AccountID != "")
	}
}

// answered are the parameters of a provider's answer (RFC 6749, 9207).
var answered = []string{"state", "code", "error", "error_description", "iss"}

// posted takes an answer that the provider lets the browser send as a form. A
// form from another site comes without the browser's cookie, and is therefore
// not acted on: the browser is asked to come again by GET, where all is checked.
func (s *Server) posted(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 16<<10)
	if err := c.Request.ParseForm(); err != nil {
		s.problem(c, connect.ErrSession.Because(err))
		return
	}
	q := url.Values{}
	for _, name := range answered {
		if c.Request.PostForm.Has(name) {
			q.Set(name, c.Request.PostForm.Get(name))
		}
	}
	to := url.URL{Path: c.Request.URL.Path, RawQuery: q.Encode()}
	sendOn(c, to.String())
}
