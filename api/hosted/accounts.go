package hosted

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// accounts answers with the user's own connections.
func (s *Server) accounts(c *gin.Context) {
	mine, err := s.Connect.Mine(c.Request.Context(), bearer(c))
	if err != nil {
		refuse(c, err)
		return
	}
	out := struct {
		Data []Account `json:"data"`
	}{[]Account{}}
	for i := range mine {
		out.Data = append(out.Data, *accountOf(&mine[i]))
	}
	plain(c)
	c.JSON(http.StatusOK, out)
}

// rename gives one of them a name.
func (s *Server) rename(c *gin.Context) {
	var in struct {
		Name string `json:"name"`
	}
	if !read(c, &in) {
		return
	}
	m, err := s.Connect.Rename(c.Request.Context(), bearer(c), c.Param("account"), in.Name)
	if err != nil {
		refuse(c, err)
		return
	}
	plain(c)
	c.JSON(http.StatusOK, accountOf(m))
}

// disconnect takes one of them away.
func (s *Server) disconnect(c *gin.Context) {
	if err := s.Connect.Disconnect(c.Request.Context(), bearer(c), c.Param("account")); err != nil {
		refuse(c, err)
		return
	}
	plain(c)
	c.Status(http.StatusNoContent)
}
