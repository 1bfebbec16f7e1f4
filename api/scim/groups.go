package scim

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/internal/directory"
)

func (s *Server) group(g *directory.Group, members bool) gin.H {
	out := gin.H{"schemas": []string{schemaGroup}, "id": g.ID, "displayName": g.DisplayName, "meta": s.meta("Group", g.ID, g.CreatedAt, g.UpdatedAt)}
	if g.ExternalID != "" {
		out["externalId"] = g.ExternalID
	}
	if members {
		all := make([]gin.H, len(g.Members))
		for i, id := range g.Members {
			all[i] = gin.H{"value": id, "$ref": s.PublicURL + "/scim/v2/Users/" + id}
		}
		out["members"] = all
	}
	return out
}

func (s *Server) listGroups(c *gin.Context) {
	by, p, err := asked(c)
	if err != nil {
		s.refuse(c, err)
		return
	}
	members := !without(c, "members")
	all, total, err := s.Directory.Groups(c.Request.Context(), of(c), by, p, members)
	if err != nil {
		s.refuse(c, err)
		return
	}
	rows := make([]any, len(all))
	for i := range all {
		rows[i] = s.group(&all[i], members)
	}
	page(c, p, total, rows)
}

func (s *Server) showGroup(c *gin.Context) {
	g, err := s.Directory.Group(c.Request.Context(), of(c), c.Param("id"))
	if err != nil {
		s.refuse(c, err)
		return
	}
	send(c, http.StatusOK, s.group(g, !without(c, "members")))
}

func (s *Server) putGroup(c *gin.Context, id string, status int, change func(*directory.Group) error) {
	g, err := s.Directory.PutGroup(c.Request.Context(), of(c), id, change)
	if err != nil {
		s.refuse(c, err)
		return
	}
	if status == http.StatusCreated {
		c.Header("Location", s.PublicURL+"/scim/v2/Groups/"+g.ID)
	}
	send(c, status, s.group(g, true))
}

func wholeGroup(in attributes) func(*directory.Group) error {
	return func(g *directory.Group) error {
		g.DisplayName, g.ExternalID, g.Members = "", "", nil
		return in.group(g)
	}
}

func (s *Server) createGroup(c *gin.Context) {
	var in attributes
	if s.read(c, &in) {
		s.putGroup(c, "", http.StatusCreated, wholeGroup(in))
	}
}

func (s *Server) replaceGroup(c *gin.Context) {
	var in attributes
	if s.read(c, &in) {
		s.putGroup(c, c.Param("id"), http.StatusOK, wholeGroup(in))
	}
}

func (s *Server) patchGroup(c *gin.Context) {
	var in patch
	if s.read(c, &in) {
		s.putGroup(c, c.Param("id"), http.StatusOK, in.group)
	}
}

func (s *Server) deleteGroup(c *gin.Context) {
	if err := s.Directory.DeleteGroup(c.Request.Context(), of(c), c.Param("id")); err != nil {
		s.refuse(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
