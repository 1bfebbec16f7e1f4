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
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
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
	Mine   string // where the user sees what they allowed so far
	More   string
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
	v := s.plain(c, q.Scope)
	product := v.Page.Brand.Product
	v.Heading = say(v.Words, "consent.title", "client", q.Client, "product", product)
	v.Title = v.Heading
	v.Consent = &Consent{
		Key: c.Query("key"), Client: q.Client, Intro: say(v.Words, "consent.intro", "product", product), Target: say(v.Words, "consent.target", "target", q.Target),
		Until: v.Words["consent.until"], Form: "'self' " + q.Origin, Allow: v.Words["consent.allow"], Deny: v.Words["consent.deny"],
		Mine: s.Agents.ProgramsURL(q.Scope.Project(), q.Scope.EnvironmentName()), More: v.Words["programs.link"],
	}
	v.Forms = v.Consent.Form
	if v.Consent.Who = say(v.Words, "consent.who", "host", q.Host); q.Host == "" {
		v.Consent.Who, v.Consent.Unsure = "", v.Words["consent.unsure"]
	}
	v.Consent.Powers = s.powersOf(c, v, q.Scope, q.Scopes, q.Profile)
	s.draw(c, http.StatusOK, "consent.html", v, nil)
}

// plain is a page of an environment that needs no script.
func (s *Server) plain(c *gin.Context, scope tenant.Scope) *shell {
	p := &Page{RequestID: answer.RequestID(c), Link: true, Brand: nobody(), Locale: localeOf(c.Query("locale"), "", c.GetHeader("Accept-Language")), Development: scope.EnvironmentName() == tenant.Development}
	if st, err := s.Brands.Get(c.Request.Context(), scope); err == nil {
		p.Brand = *st.Brand
	} else {
		logFailure(c, err)
	}
	v := s.shell(p, "")
	v.Unbuilt = ""
	return v
}

// powersOf says what scopes let a program do, with the tools of a profile or with all.
func (s *Server) powersOf(c *gin.Context, v *shell, scope tenant.Scope, scopes []string, profile *toolprofile.Profile) []string {
	out := []string{}
	for _, one := range scopes {
		power := cmp.Or(v.Words[powers[one]], one)
		if profile != nil && powers[one] == "consent.actions" {
			power = say(v.Words, "consent.tools", "product", v.Page.Brand.Product, "tools", s.toolsOf(c, scope, profile))
		}
		out = append(out, power)
	}
	return out
}

// mostTools is how many tools of a profile a user is shown by name.
const mostTools = 20

// toolsOf are the names of the tools that a program would be given, for people.
func (s *Server) toolsOf(c *gin.Context, scope tenant.Scope, profile *toolprofile.Profile) string {
	all, err := s.Components.For(c.Request.Context(), scope.Project())
	if err != nil {
		logFailure(c, err)
	}
	names := []string{}
	for _, t := range profile.Tools {
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
