package hosted

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/session"
)

// sessionHeader names the opening of the page that a call belongs to.
const sessionHeader = "X-Connect-Session"

var errSteps = fault.New(fault.Invalid, "steps", "Send {\"steps\": [{\"name\", \"screen\", \"detail\", \"ago\"}]} in at most 16 kB.")

// belonging gives each call of the page its session.
func belonging(c *gin.Context) {
	if v := c.GetHeader(sessionHeader); id.Is("cs", v) {
		c.Request = c.Request.WithContext(session.With(c.Request.Context(), v))
	}
}

// steps takes what only the page sees. What is none of the contract's steps is
// left out and no error: the page has better to do than to care.
func (s *Server) steps(c *gin.Context) {
	raw, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	var in struct {
		Steps []session.PageStep `json:"steps"`
	}
	err := json.NewDecoder(http.MaxBytesReader(c.Writer, c.Request.Body, 16<<10)).Decode(&in)
	if err != nil {
		err = errSteps.Because(err)
	} else {
		err = s.Connect.Told(c.Request.Context(), raw, in.Steps)
	}
	if err != nil {
		answer.Error(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// framed reports whether a browser says that it opens the page inside of
// another. Only a page of an allowed origin can be around it: see secure.
func framed(c *gin.Context) bool { return c.GetHeader("Sec-Fetch-Dest") == "iframe" }
