package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/project"
)

// removal tells who manages a workspace how far a project is that they deleted;
// one that is not found is gone.
func (s *Server) removal(c *gin.Context) {
	who := whoOf(c)
	if !manages(who.Member) {
		answer.Error(c, project.ErrNotFound)
		return
	}
	left, err := s.Projects.Left(c.Request.Context(), who.Workspace.ID, c.Param("project"))
	if err != nil {
		answer.Error(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{
		"name": left.Name, "deleted_at": left.DeletedAt.UTC(), "triggers": left.Triggers, "users": left.Users, "grants": left.Grants, "most": project.Most,
	})
}

// manages reports whether somebody is an owner or an admin.
func manages(m *member.Member) bool { return m.Role == member.Owner || m.Role == member.Admin }
