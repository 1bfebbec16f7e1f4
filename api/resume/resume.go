// Package resume answers at the links by which a run that waits is answered: to
// programs, which post what the run goes on with, and to people, who see a page.
// The link is all they need, and it is good once.
package resume

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

var (
	errTooLarge = fault.New(fault.TooLarge, "body_too_large", "The body is larger than %d bytes.", run.MaxAnswer)
	errBody     = fault.New(fault.Invalid, "body", "The body cannot be read as what it says that it is.")
)

// Server is the face.
type Server struct {
	Runs           *run.Service
	Metrics        *telemetry.Metrics
	TrustedProxies []string // prefixes of the reverse proxies before us
}

// Takes reports whether a path is this face's.
func Takes(path string) bool { return strings.HasPrefix(path, run.AnswerPath) }

// Handler answers below run.AnswerPath. POST answers at once; GET shows a page, on
// which a person does, since programs open links to look at them. A program that
// can only GET adds confirm=1: what else is in the query is what it sends.
func (s *Server) Handler() http.Handler {
	g := answer.Engine("resume", s.Metrics, s.TrustedProxies)
	g.GET(run.AnswerPath+":link", s.show)
	g.HEAD(run.AnswerPath+":link", s.show)
	g.POST(run.AnswerPath+":link", s.take)
	g.GET(run.StatusPath+":link", s.state)
	return g
}

func (s *Server) show(c *gin.Context) {
	asked, err := s.Runs.Asks(c.Request.Context(), c.Param("link"))
	q := c.Request.URL.Query()
	switch {
	case err != nil:
		refuse(c, err, true)
	case c.Request.Method == http.MethodGet && q.Get("confirm") == "1":
		q.Del("confirm")
		s.tell(c, asked, run.Answered{Data: flat(q)}, false)
	default:
		draw(c, http.StatusOK, ask(asked, nil, nil))
	}
}

func (s *Server) take(c *gin.Context) {
	asked, err := s.Runs.Asks(c.Request.Context(), c.Param("link"))
	if err != nil {
		refuse(c, err, person(c))
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, run.MaxAnswer))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			err = errTooLarge
		} else {
			err = errBody.Because(err)
		}
		refuse(c, err, person(c))
		return
	}
	data, form, err := read(c.GetHeader("Content-Type"), raw)
	if err != nil {
		refuse(c, err, person(c))
		return
	}
	choice := form.Get("_choice")
	if choice == "" {
		s.tell(c, asked, run.Answered{Data: data}, person(c))
		return
	}
	form.Del("_choice")
	given, wrong := filled(asked.Form, form)
	if len(wrong) > 0 && choice != "reject" {
		draw(c, http.StatusBadRequest, ask(asked, form, wrong))
		return
	}
	s.tell(c, asked, run.Answered{Data: given, Rejected: choice == "reject"}, true)
}

// tell passes an answer on and says that it was taken.
func (s *Server) tell(c *gin.Context, asked *run.Asked, said run.Answered, toPerson bool) {
	if err := s.Runs.Reply(c.Request.Context(), asked, said); err != nil {
		refuse(c, err, toPerson || person(c))
		return
	}
	if toPerson || person(c) {
		draw(c, http.StatusOK, thanks(asked, said.Rejected))
		return
	}
	status := "resumed"
	if asked.Cancels {
		status = "canceled"
	}
	plain(c)
	c.JSON(http.StatusOK, gin.H{"status": status})
}

// read reads a body: JSON, a form, or text.
func read(contentType string, raw []byte) (data any, form values, err error) {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case len(raw) == 0:
		return nil, values{}, nil
	case kind == "application/x-www-form-urlencoded":
		form, err := parseForm(raw)
		return flat(form), form, err
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		if err := json.Unmarshal(raw, &data); err != nil {
			return nil, nil, errBody.Because(err)
		}
		return data, values{}, nil
	case json.Unmarshal(raw, &data) == nil:
		return data, values{}, nil
	default:
		return strings.ToValidUTF8(strings.ReplaceAll(string(raw), "\x00", ""), "�"), values{}, nil
	}
}

// person reports whether a page is to be answered, and not JSON.
func person(c *gin.Context) bool { return strings.Contains(c.GetHeader("Accept"), "text/html") }

func refuse(c *gin.Context, err error, toPerson bool) {
	plain(c)
	if !toPerson || !person(c) {
		answer.Error(c, err)
		return
	}
	status, body := answer.BodyOf(c, err)
	draw(c, status, &view{Title: titles[body.Code], Text: body.Error, State: stateOf(body.Code)})
}

// plain keeps an answer, and the address that it came from, to whoever asked.
func plain(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("X-Robots-Tag", "noindex")
}
