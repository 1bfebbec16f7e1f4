package console

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

var errNotAdmin = fault.New(fault.Forbidden, "system_forbidden", "Only owners and admins see how the installation is.")

// System is how the installation is: facts of its own, and none of a tenant's.
type System struct {
	Version   string    `json:"version"`
	Go        string    `json:"go"`
	StartedAt time.Time `json:"started_at"`
	CheckedAt time.Time `json:"checked_at"` // when it was last looked at
	Checks    []Check   `json:"checks"`
	Libraries []Library `json:"libraries"`
}

// Check is what the doctor found at one place.
type Check struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok, warn or fail
	Says   string `json:"says"`
	Remedy string `json:"remedy"`
}

// Library is one that is built in.
type Library struct {
	Path    string `json:"path"`
	Version string `json:"version"`
}

// system tells owners and admins how the installation is.
func (s *Server) system(c *gin.Context) {
	if !manages(whoOf(c).Member) {
		answer.Error(c, errNotAdmin)
		return
	}
	// Whoever leaves before it is looked at does not spoil it for the next.
	c.JSON(http.StatusOK, s.Look(context.WithoutCancel(c.Request.Context())))
}
