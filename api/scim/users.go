package scim

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/internal/directory"
)

func (s *Server) user(u *directory.User) gin.H {
	out := gin.H{
		"schemas": []string{schemaUser}, "id": u.ID, "userName": u.UserName, "active": u.Active, "displayName": u.Name(),
		"name": gin.H{"givenName": u.GivenName, "familyName": u.FamilyName, "formatted": u.Name()},
		"meta": s.meta("User", u.ID, u.CreatedAt, u.UpdatedAt),
	}
	if u.ExternalID != "" {
		out["externalId"] = u.ExternalID
	}
	if u.Email != "" {
		out["emails"] = []gin.H{{"value": u.Email, "type": "work", "primary": true}}
	}
	groups := make([]gin.H, len(u.Groups))
	for i, g := range u.Groups {
		groups[i] = gin.H{"value": g.ID, "display": g.DisplayName, "$ref": s.PublicURL + "/scim/v2/Groups/" + g.ID}
	}
	if len(groups) > 0 {
		out["groups"] = groups
	}
	return out
}

func (s *Server) listUsers(c *gin.Context) {
	by, p, err := asked(c)
	if err != nil {
		s.refuse(c, err)
		return
	}
	all, total, err := s.Directory.Users(c.Request.Context(), of(c), by, p)
	if err != nil {
		s.refuse(c, err)
		return
	}
	rows := make([]any, len(all))
	for i := range all {
		rows[i] = s.user(&all[i])
	}
	page(c, p, total, rows)
}

func (s *Server) showUser(c *gin.Context) {
	u, err := s.Directory.User(c.Request.Context(), of(c), c.Param("id"))
	if err != nil {
		s.refuse(c, err)
		return
	}
	send(c, http.StatusOK, s.user(u))
}

// putUser makes a user or changes one.
func (s *Server) putUser(c *gin.Context, id string, status int, change func(*directory.User) error) {
	u, err := s.Directory.PutUser(c.Request.Context(), of(c), id, change)
	if err != nil {
		s.refuse(c, err)
		return
	}
	shown := s.user(u)
	if status == http.StatusCreated {
		c.Header("Location", s.PublicURL+"/scim/v2/Users/"+u.ID)
	}
	send(c, status, shown)
}

// whole reads a user as a whole: what it does not say is not there.
func whole(in attributes) func(*directory.User) error {
	return func(u *directory.User) error {
		u.UserName, u.ExternalID, u.GivenName, u.FamilyName, u.DisplayName, u.Email, u.Active = "", "", "", "", "", "", true
		return in.user(u)
	}
}

func (s *Server) createUser(c *gin.Context) {
	var in attributes
	if s.read(c, &in) {
		s.putUser(c, "", http.StatusCreated, whole(in))
	}
}

func (s *Server) replaceUser(c *gin.Context) {
	var in attributes
	if s.read(c, &in) {
		s.putUser(c, c.Param("id"), http.StatusOK, whole(in))
	}
}

func (s *Server) patchUser(c *gin.Context) {
	var in patch
	if s.read(c, &in) {
		s.putUser(c, c.Param("id"), http.StatusOK, in.user)
	}
}

func (s *Server) deleteUser(c *gin.Context) {
	if err := s.Directory.DeleteUser(c.Request.Context(), of(c), c.Param("id")); err != nil {
		s.refuse(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
