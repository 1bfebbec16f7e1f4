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
	Work      []Work    `json:"work"`   // what waits, kind by kind; none = the database does not answer
	Queues    *[]Queue  `json:"queues"` // of nudges; null = Redis does not answer
	Workers   []Worker  `json:"workers"`
	Keys      *Keys     `json:"keys"` // null = there are none yet, or they cannot be read
	Libraries []Library `json:"libraries"`
}

// Check is what the doctor found at one place.
type Check struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok, warn or fail
	Says   string `json:"says"`
	Remedy string `json:"remedy"`
}

// Work is what waits of one kind: due now, since when, held by a worker, given up.
type Work struct {
	Name     string     `json:"name"`
	Due      int        `json:"due"`
	Most     bool       `json:"most"` // there is more than that
	OldestAt *time.Time `json:"oldest_at"`
	UnderWay int        `json:"under_way"`
	GivenUp  int        `json:"given_up"`
}

// Queue is one of the queues of nudges in Redis.
type Queue struct {
	Name          string  `json:"name"`
	Waiting       int     `json:"waiting"`
	UnderWay      int     `json:"under_way"`
	Again         int     `json:"again"` // after a failure, or at a time
	Done          int     `json:"done"`  // today
	Failed        int     `json:"failed"`
	BehindSeconds float64 `json:"behind_seconds"`
	Paused        bool    `json:"paused"`
}

// Worker is a process that does tasks.
type Worker struct {
	Host     string    `json:"host"`
	PID      int       `json:"pid"`
	Since    time.Time `json:"since"`
	AtOnce   int       `json:"at_once"`
	Stopping bool      `json:"stopping"`
	Tasks    []Task    `json:"tasks"`
}

// Task is one that a worker holds.
type Task struct {
	Kind  string    `json:"kind"`
	Since time.Time `json:"since"`
}

// Keys are what everything secret is sealed under: how much by which, and how far a
// rotation is.
type Keys struct {
	Fingerprint string     `json:"fingerprint"` // of the master key
	SetAt       time.Time  `json:"set_at"`
	BackedUpAt  *time.Time `json:"backed_up_at"`
	Rotating    bool       `json:"rotating"`
	Secrets     int        `json:"secrets"`
	ToGo        int        `json:"to_go"` // sealed by a key that is not the active one
	Data        []DataKey  `json:"data"`  // the oldest first
}

// DataKey seals values, and is sealed by the master key.
type DataKey struct {
	ID        string    `json:"id"`
	Active    bool      `json:"active"`
	CreatedAt time.Time `json:"created_at"`
	Secrets   int       `json:"secrets"`
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
