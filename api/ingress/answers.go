package ingress

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// accepted tells the caller where the state of what it began is read.
func (s *Server) accepted(c *gin.Context, scope tenant.Scope, out *run.Took) {
	urls := make([]string, len(out.Runs))
	for i, id := range out.Runs {
		var err error
		if urls[i], err = s.Runs.StatusLink(s.PublicURL, scope, id); err != nil {
			answer.Error(c, err)
			return
		}
	}
	told := map[string]any{}
	_ = json.Unmarshal([]byte(out.Answer.Body), &told) // we wrote it
	if len(urls) == 1 {
		told["status_url"] = urls[0]
		c.Header("Location", urls[0])
	} else {
		told["status_urls"] = urls
	}
	if out.Answer.Replayed {
		c.Header("Idempotency-Replayed", "true")
	}
	s.harmless(c)
	c.JSON(http.StatusAccepted, told)
}

// ofConnection are headers that a workflow does not set: they say how an answer
// is carried, which is ours to know.
var ofConnection = map[string]bool{
	"Connection": true, "Content-Length": true, "Keep-Alive": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// harmless sees to it that an answer from the console's origin is no page there,
// whose scripts could act for a member.
func (s *Server) harmless(c *gin.Context) {
	if !s.Takes(c.Request.Host) {
		c.Writer.Header().Add("Content-Security-Policy", "sandbox")
		c.Header("X-Content-Type-Options", "nosniff")
	}
}

func (s *Server) respond(c *gin.Context, scope tenant.Scope, runID string) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), answerWithin)
	defer cancel()
	out, err := s.Runs.Answer(ctx, scope, runID)
	if err != nil {
		answer.Error(c, err)
		return
	}
	byPath := !s.Takes(c.Request.Host)
	kind := ""
	for k, v := range out.Headers {
		switch k = http.CanonicalHeaderKey(k); {
		case k == "Content-Type":
			kind = v
		case ofConnection[k], byPath && k == "Set-Cookie":
		default:
			c.Header(k, v)
		}
	}
	s.harmless(c)
	switch body := out.Body.(type) {
	case nil:
		c.Status(out.Status)
		c.Writer.WriteHeaderNow() // or the engine says something of its own to a 404
	case string:
		if kind == "" {
			kind = "text/plain; charset=utf-8"
		}
		c.Data(out.Status, kind, []byte(body))
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			answer.Error(c, err)
			return
		}
		if kind == "" {
			kind = "application/json"
		}
		c.Data(out.Status, kind, raw)
	}
}
