package hosted

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/authorization"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// authorizePath is where a browser comes that an MCP client opened for its user.
const authorizePath = "/connect/authorize"

// Consent is what the page shows on which a user is asked.
type Consent struct {
	Key    string
	Client string // as it calls itself
	Who    string // answers for it
	Unsure string // that nobody does
	Intro  string
	Powers []string
	Target string
	Until  string
	Allow  string
	Deny   string
	Form   string // where the form may lead: here, and on to the program that is answered
}

// powers are the words for what scopes let a program do.
var powers = map[string]string{"connect:accounts:read": "consent.accounts", "connect:actions:run": "consent.actions", "connect:tokens:create": "consent.connect"}

// authorize takes in what an MCP client asks for, and sends the browser to the
// customer's page, which knows who its user is.
func (s *Server) authorize(c *gin.Context) {
	if connect.HostOf(c.Request.Context()) != "" {
		answer.Error(c, answer.ErrUnknownRoute) // the address that is described is at the base URL
		return
	}
	q := c.Request.URL.Query()
	for _, values := range q {
		if len(values) > 1 {
			s.problem(c, fault.New(fault.Invalid, authorization.ErrRequest.Code, "A parameter stands there twice."))
			return
		}
	}
	to, err := s.Agents.Begin(c.Request.Context(), authorization.Ask{
		ResponseType: q.Get("response_type"), ClientID: q.Get("client_id"), RedirectURI: q.Get("redirect_uri"), State: q.Get("state"), Scope: q.Get("scope"), Resource: q.Get("resource"),
		Challenge: q.Get("code_challenge"), Method: q.Get("code_challenge_method"),
	}, browserOf(c), answer.Address(c.Request.Context()))
	if err != nil {
		s.problem(c, err)
		return
	}
	sendOn(c, to)
}

// ask shows a user what a program wants, in the browser that began.
func (s *Server) ask(c *gin.Context) {
	q, err := s.Agents.Question(c.Request.Context(), c.Query("key"), cookie(c))
	if err != nil {
		s.problem(c, err)
		return
	}
	if q.Redirect != "" {
		sendOn(c, q.Redirect)
		return
	}
	p := &Page{RequestID: answer.RequestID(c), Link: true, Brand: nobody(), Locale: localeOf(c.Query("locale"), "", c.GetHeader("Accept-Language")), Development: q.Scope.EnvironmentName() == tenant.Development}
	if st, err := s.Brands.Get(c.Request.Context(), q.Scope); err == nil {
		p.Brand = *st.Brand
	} else {
		logFailure(c, err)
	}
	v := s.shell(p, "")
	product := p.Brand.Product
	v.Unbuilt = ""
	v.Heading = say(v.Words, "consent.title", "client", q.Client, "product", product)
	v.Title = v.Heading
	v.Consent = &Consent{
		Key: c.Query("key"), Client: q.Client, Intro: say(v.Words, "consent.intro", "product", product), Target: say(v.Words, "consent.target", "target", q.Target),
		Until: say(v.Words, "consent.until", "product", product), Form: "'self' " + q.Origin,
		Allow: v.Words["consent.allow"], Deny: v.Words["consent.deny"],
	}
	if v.Consent.Who = say(v.Words, "consent.who", "host", q.Host); q.Host == "" {
		v.Consent.Who, v.Consent.Unsure = "", v.Words["consent.unsure"]
	}
	for _, scope := range q.Scopes {
		power := cmp.Or(v.Words[powers[scope]], scope)
		if q.Profile != nil && powers[scope] == "consent.actions" {
			power = say(v.Words, "consent.tools", "product", product, "tools", s.toolsOf(c, q))
		}
		v.Consent.Powers = append(v.Consent.Powers, power)
	}
	s.draw(c, http.StatusOK, "consent.html", v, nil)
}

// mostTools is how many tools of a profile a user is shown by name.
const mostTools = 20

// toolsOf are the names of the tools that a program would be given, for people.
func (s *Server) toolsOf(c *gin.Context, q *authorization.Question) string {
	all, err := s.Components.For(c.Request.Context(), q.Scope.Project())
	if err != nil {
		logFailure(c, err)
	}
	names := []string{}
	for _, t := range q.Profile.Tools {
		name := t.Key
		if err == nil {
			if known, err := all.Of(component.Action, t.Key, ""); err == nil {
				name = known.Name + " (" + cmp.Or(known.App, known.Key) + ")"
			}
		}
		names = append(names, name)
	}
	more := ""
	if n := len(names) - mostTools; n > 0 {
		names, more = names[:mostTools], " +"+strconv.Itoa(n)
	}
	return strings.Join(names, ", ") + more
}

// decide takes a user's answer, and sends the browser back to the program.
func (s *Server) decide(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 16<<10)
	to, err := s.Agents.Decide(c.Request.Context(), c.PostForm("key"), cookie(c), c.PostForm("answer") == "allow")
	if err != nil {
		s.problem(c, err)
		return
	}
	sendOn(c, to)
}
