package hosted

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/authorization"
	"github.com/patchbay-dev/patchbay/internal/connect"
)

// Programs is the page on which a user takes back what they allowed.
type Programs struct {
	Key   string
	Taken string // said once something was; "" = nothing was
	Intro string // before what each may do
	Back  string
	All   []Program
}

// Program is one of them.
type Program struct {
	ID     string
	Name   string // as it calls itself
	Who    string // answers for it
	Unsure string // that nobody does
	Target string
	Powers []string
	Since  string
	Used   string
	Label  string // of the button
}

// visit sends a user who wants to see their programs to the customer's page, which
// knows who they are.
func (s *Server) visit(c *gin.Context) {
	if connect.HostOf(c.Request.Context()) != "" {
		answer.Error(c, answer.ErrUnknownRoute) // as what programs are described with, it is at the base URL
		return
	}
	to, err := s.Agents.Visit(c.Request.Context(), c.Param("project"), c.Param("environment"), browserOf(c), answer.Address(c.Request.Context()))
	switch {
	case errors.Is(err, authorization.ErrTarget):
		answer.Error(c, answer.ErrUnknownRoute)
	case err != nil:
		s.problem(c, err)
	default:
		sendOn(c, to)
	}
}

// programs shows a user which programs act for them.
func (s *Server) programs(c *gin.Context) {
	mine, err := s.Agents.Programs(c.Request.Context(), c.Query("key"), cookie(c))
	if err != nil {
		s.problem(c, err)
		return
	}
	if mine.Again != "" {
		sendOn(c, mine.Again)
		return
	}
	v := s.plain(c, mine.Scope)
	v.Heading = say(v.Words, "programs.title", "product", v.Page.Brand.Product)
	v.Title, v.Text, v.Forms = v.Heading, v.Words["programs.intro"], "'self'"
	if len(mine.All) == 0 {
		v.Text = v.Words["programs.none"]
	}
	v.Programs = &Programs{Key: c.Query("key"), Intro: say(v.Words, "consent.intro", "product", v.Page.Brand.Product), Back: v.Words["programs.back"]}
	if c.Query("taken") != "" {
		v.Programs.Taken = v.Words["programs.taken"]
	}
	for i := range mine.All {
		v.Programs.All = append(v.Programs.All, s.program(c, v, mine, &mine.All[i]))
	}
	s.draw(c, http.StatusOK, "programs.html", v, nil)
}

func (s *Server) program(c *gin.Context, v *shell, mine *authorization.Programs, a *authorization.Authorization) Program {
	out := Program{
		ID: a.ID, Name: a.ClientName, Unsure: v.Words["programs.unsure"], Target: say(v.Words, "programs.target", "target", a.Target()),
		Powers: s.powersOf(c, v, mine.Scope, a.Scopes, mine.Tools[text(a.ProfileID)]), Since: say(v.Words, "programs.since", "date", day(a.CreatedAt)), Used: v.Words["programs.unused"],
		Label: say(v.Words, "programs.name", "client", a.ClientName),
	}
	if a.ClientHost != "" {
		out.Who, out.Unsure = say(v.Words, "programs.who", "host", a.ClientHost), ""
	}
	if a.UsedAt != nil {
		out.Used = say(v.Words, "programs.used", "date", day(*a.UsedAt))
	}
	return out
}

// day is a date as all languages read it.
func day(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// takeBack ends what a user allowed a program.
func (s *Server) takeBack(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 16<<10)
	key := c.PostForm("key")
	if err := s.Agents.TakeBack(c.Request.Context(), key, cookie(c), c.PostForm("program")); err != nil {
		s.problem(c, err)
		return
	}
	sendOn(c, authorization.ProgramsPath+"?taken=1&key="+key)
}
