package resume

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
)

// state tells how far a run is, to whoever has the link that its caller was given.
func (s *Server) state(c *gin.Context) {
	plain(c)
	c.Header("Access-Control-Allow-Origin", "*") // the link is all that is asked for
	now, err := s.Runs.State(c.Request.Context(), c.Param("link"))
	if err != nil {
		answer.Error(c, err)
		return
	}
	out := gin.H{"run_id": now.RunID, "status": now.Status, "created_at": now.CreatedAt.UTC(), "finished_at": nil, "error": nil, "response": nil}
	if now.FinishedAt != nil {
		out["finished_at"] = now.FinishedAt.UTC()
	} else {
		c.Header("Retry-After", "1")
	}
	if now.Error != nil {
		out["error"] = gin.H{"code": now.Error.Code, "message": now.Error.Message}
	}
	if now.Response != nil {
		out["response"] = now.Response
	}
	c.JSON(http.StatusOK, out)
}
