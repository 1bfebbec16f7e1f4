package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/listview"
	"github.com/patchbay-dev/patchbay/internal/project"
)

var errView = fault.New(fault.Invalid, "malformed", `Send the view as JSON: {"name": "Failed", "search": "status=failed", "default": false}.`)

type view struct {
	List    string `json:"list"`
	Name    string `json:"name"`
	Search  string `json:"search"`
	Default bool   `json:"default"`
}

func toView(v *listview.View) view { return view{v.List, v.Name, v.Search, v.IsDefault} }

// owner is the signed-in member in the project of the address, which is of
// their workspace and theirs to see; otherwise the request has been answered.
func (s *Server) owner(c *gin.Context) (o listview.Owner, ok bool) {
	who, id := whoOf(c), c.Param("project")
	_, err := s.Projects.Get(c.Request.Context(), who.Workspace.ID, id)
	if err == nil && who.Member.In(id) == "" {
		err = project.ErrNotFound
	}
	if err != nil {
		answer.Error(c, err)
		return o, false
	}
	return listview.Owner{Project: id, Member: who.Member.ID}, true
}

func (s *Server) views(c *gin.Context) {
	o, ok := s.owner(c)
	if !ok {
		return
	}
	rows, err := s.Views.List(c.Request.Context(), o)
	if err != nil {
		answer.Error(c, err)
		return
	}
	out := make([]view, len(rows))
	for i := range rows {
		out[i] = toView(&rows[i])
	}
	c.JSON(http.StatusOK, gin.H{"data": out})
}

func (s *Server) setView(c *gin.Context) {
	o, ok := s.owner(c)
	if !ok {
		return
	}
	var in struct {
		Name    string `json:"name"`
		Search  string `json:"search"`
		Default bool   `json:"default"`
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 16<<10)
	if err := c.ShouldBindJSON(&in); err != nil {
		answer.Error(c, errView.Because(err))
		return
	}
	v, err := s.Views.Set(c.Request.Context(), o, c.Param("list"), in.Name, in.Search, in.Default)
	if err != nil {
		answer.Error(c, err)
		return
	}
	c.JSON(http.StatusOK, toView(v))
}

func (s *Server) deleteView(c *gin.Context) {
	o, ok := s.owner(c)
	if !ok {
		return
	}
	if err := s.Views.Delete(c.Request.Context(), o, c.Param("list"), c.Query("name")); err != nil {
		answer.Error(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
