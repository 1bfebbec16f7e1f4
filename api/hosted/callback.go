package hosted

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/internal/connect"
)

// callback takes the provider's answer.
func (s *Server) callback(c *gin.Context) {
	secure(c, nil, false, "")
	if s.sentOn(c) {
		return
	}
	browser, _ := c.Cookie(browserCookie)
	out, err := s.Connect.Callback(c.Request.Context(), c.Param("client"), browser, c.Request.URL.Query())
	switch {
	case err != nil:
		s.problem(c, err)
	case out.SameTab && out.RedirectURI != "":
		c.Redirect(http.StatusSeeOther, out.RedirectURI)
	default:
		v := view{Product: out.Bearer.Project.Title(), Link: out.SameTab}
		if out.App != nil {
			v.App = s.Catalog.Public(out.App)
		}
		if out.Err != nil {
			v.Problem, v.Support = out.Err.Message, text(out.Bearer.Project.SupportEmail)
		}
		render(c, http.StatusOK, "done.html", v)
	}
}

// answered are the parameters of a provider's answer (RFC 6749, 9207).
var answered = []string{"state", "code", "error", "error_description", "iss"}

// posted takes an answer that the provider lets the browser send as a form. A
// form from another site comes without the browser's cookie, and is therefore
// not acted on: the browser is asked to come again by GET, where all is checked.
func (s *Server) posted(c *gin.Context) {
	secure(c, nil, false, "")
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
	c.Redirect(http.StatusSeeOther, to.String())
}
