package hosted

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// maxBody is the longest body of a call of the page, in bytes.
const maxBody = 64 << 10

var errBody = fault.New(fault.Invalid, "body", "The body is not the JSON object that was expected.")

// begin is how the page begins a flow.
type begin struct {
	App        string            `json:"app"`
	Auth       string            `json:"auth"`
	OAuthAppID string            `json:"oauth_app_id"`
	OverrideID string            `json:"app_override_id"`
	AccountID  string            `json:"account_id"`
	Profile    string            `json:"profile"`
	SameTab    bool              `json:"same_tab"`
	State      string            `json:"state"`
	Fields     map[string]string `json:"fields"`
	Powers     []string          `json:"powers"`
}

// start opens an OAuth flow. To the page it answers with the address at the
// provider; the browser that sent a form is sent there.
func (s *Server) start(c *gin.Context) {
	if strings.HasPrefix(c.ContentType(), "application/json") {
		s.startJSON(c)
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	_, to, err := s.Connect.Start(c.Request.Context(), connect.Begin{
		Token: c.PostForm("token"), App: c.PostForm("app"), Auth: c.PostForm("auth"), OAuthAppID: c.PostForm("oauth_app_id"), OverrideID: c.PostForm("app_override_id"),
		AccountID: c.PostForm("account_id"), Profile: c.PostForm("profile"), Browser: browserOf(c), SameTab: c.PostForm("same_tab") == "true",
		State: text(stateOf(c.PostForm("state"))), Fields: c.PostFormMap("field"),
	})
	if err != nil {
		s.problem(c, err)
		return
	}
	sendOn(c, to)
}

func (s *Server) startJSON(c *gin.Context) {
	var in begin
	if !read(c, &in) {
		return
	}
	flowID, to, err := s.Connect.Start(c.Request.Context(), connect.Begin{
		Token: bearer(c), App: in.App, Auth: in.Auth, OAuthAppID: in.OAuthAppID, OverrideID: in.OverrideID, AccountID: in.AccountID, Profile: in.Profile,
		Browser: browserOf(c), SameTab: in.SameTab, State: text(stateOf(in.State)), Fields: in.Fields, Powers: in.Powers,
	})
	if err != nil {
		refuse(c, err)
		return
	}
	plain(c)
	c.JSON(http.StatusOK, Started{flowID, to})
}

// status says how the flow stands that was begun last with the token. A page of
// the customer's may ask, too, from an origin that the token names.
func (s *Server) status(c *gin.Context) {
	st, err := s.Connect.Latest(c.Request.Context(), bearer(c))
	if err != nil {
		refuse(c, err)
		return
	}
	if origin := c.GetHeader("Origin"); hears(st.Bearer, origin) {
		c.Header("Access-Control-Allow-Origin", origin)
	}
	plain(c)
	c.JSON(http.StatusOK, standingOf(st))
}

// statusFromElsewhere lets any origin ask whether it may ask: such a request
// names no token. What is answered afterwards is for the token's origins alone.
func (s *Server) statusFromElsewhere(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Access-Control-Allow-Origin", c.GetHeader("Origin"))
	h.Set("Access-Control-Allow-Headers", "authorization")
	h.Set("Access-Control-Allow-Methods", http.MethodGet)
	h.Set("Vary", "Origin")
	c.Status(http.StatusNoContent)
}

// hears reports whether an origin may hear of what a token does: those that it
// names, and in development a page on the developer's own machine.
func hears(b *connect.Bearer, origin string) bool {
	for _, o := range b.AllowedOrigins {
		if o == origin {
			return true
		}
	}
	if b.Scope.EnvironmentName() != tenant.Development {
		return false
	}
	for _, local := range []string{"http://localhost", "https://localhost", "http://127.0.0.1"} {
		if rest, ok := strings.CutPrefix(origin, local); ok && (rest == "" || rest[0] == ':') {
			return true
		}
	}
	return false
}

// keys connects with what was typed in.
func (s *Server) keys(c *gin.Context) {
	var in begin
	if !read(c, &in) {
		return
	}
	st, err := s.Connect.TryKeys(c.Request.Context(), bearer(c), connect.Keys{
		App: in.App, Auth: in.Auth, Fields: in.Fields, OAuthAppID: in.OAuthAppID, OverrideID: in.OverrideID, AccountID: in.AccountID,
	})
	if err != nil {
		refuse(c, err)
		return
	}
	plain(c)
	c.JSON(http.StatusOK, standingOf(st))
}

// answer takes a user's answer to what a flow asks.
func (s *Server) answer(c *gin.Context) {
	var in struct {
		Choice   string `json:"choice"`
		Continue bool   `json:"continue"`
		Identity string `json:"identity"`
	}
	if !read(c, &in) {
		return
	}
	st, err := s.Connect.Answer(c.Request.Context(), bearer(c), c.Param("flow"), connect.Answer{Choice: in.Choice, Continue: in.Continue, Identity: in.Identity})
	if err != nil {
		refuse(c, err)
		return
	}
	plain(c)
	c.JSON(http.StatusOK, standingOf(st))
}

// cancel gives one try up, or all of what the token was to do.
func (s *Server) cancel(c *gin.Context) {
	var err error
	if flowID := c.Param("flow"); flowID != "" {
		err = s.Connect.Cancel(c.Request.Context(), bearer(c), flowID)
	} else {
		err = s.Connect.CancelAll(c.Request.Context(), bearer(c))
	}
	if err != nil {
		refuse(c, err)
		return
	}
	plain(c)
	c.Status(http.StatusNoContent)
}

// read takes in the JSON body of a call, or refuses it.
func read(c *gin.Context, into any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if err := dec.Decode(into); err != nil || dec.More() {
		refuse(c, errBody.Because(err))
		return false
	}
	return true
}

func bearer(c *gin.Context) string {
	raw, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	return raw
}

// refuse ends a call of the page with why.
func refuse(c *gin.Context, err error) {
	status, body := answer.BodyOf(c, err)
	plain(c)
	said := gin.H{"error": body.Error, "code": body.Code, "request_id": answer.RequestID(c)}
	if field, ok := body.Details["field"].(string); ok {
		said["details"] = gin.H{"field": field}
	}
	c.AbortWithStatusJSON(status, said)
}

// plain sets the headers of an answer to the page.
func plain(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Origin")
}

func logFailure(c *gin.Context, err error) {
	slog.ErrorContext(c.Request.Context(), "connect page failed", "error", err)
}
