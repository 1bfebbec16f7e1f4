// Package session records what happens on the connect page: each opening of it
// step by step, as the user saw it. It holds nothing that was typed in, and
// nothing that opens anything.
package session

import (
	"regexp"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrNotFound is returned for a session that was not recorded, or not any more.
var ErrNotFound = fault.New(fault.NotFound, "connect_session_not_found", "There is no such connect session.")

// Status is how a session stands.
type Status string

// The statuses. Abandoned is never stored: it is an open session in which
// nothing has happened for Idle.
const (
	Open      Status = "open"
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
	Abandoned Status = "abandoned"
)

// Idle is how long a session is quiet before it counts as abandoned.
const Idle = 30 * time.Minute

// Stages are the steps that a session takes when all goes well, in their order.
// The funnel counts how far sessions came. A stage that a way to connect does
// not have, such as the provider's page for keys, counts as reached with the next.
var Stages = []string{"opened", "picked", "started", "sent", "returned", "exchanged", "tested", "succeeded"}

// Session is one opening of the connect page.
type Session struct {
	ID             string
	TokenID        string
	ExternalUserID string
	App            string // slug; "" = none was picked
	Auth           string // id of the app's method; "" = not settled
	Framed         bool   // a page of an allowed origin is around it
	Status         Status
	Code           string  // of what it failed by; "" = it did not
	AccountID      *string // the outcome
	Reached        int     // position in Stages, from 1
	Steps          int
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// TableName maps the noun to its table.
func (Session) TableName() string { return "connect_sessions" }

// Standing is the session's status at a time.
func (s *Session) Standing(now time.Time) Status {
	if s.Status == Open && now.Sub(s.UpdatedAt) >= Idle {
		return Abandoned
	}
	return s.Status
}

// Stage is the name of the furthest stage.
func (s *Session) Stage() string { return Stages[s.Reached-1] }

// Where steps are seen.
const (
	OnPage   = "page"
	OnServer = "server"
)

// Step is one thing that happened.
type Step struct {
	ID        string
	SessionID string
	N         int
	Source    string // OnPage | OnServer
	Name      string
	Screen    string // of the page; "" = seen by the server
	Detail    string // a slug, an id or a code
	CreatedAt time.Time
}

// TableName maps the noun to its table.
func (Step) TableName() string { return "connect_steps" }

// The bounds of a session: steps from the page, and steps at all.
const (
	MostFromPage = 100
	MostSteps    = 200
	MostAtOnce   = 20
)

// fromPage are the steps that a page may tell of. What they mean is in
// web/connect/src/contract.ts.
var fromPage = map[string]bool{
	"shown": true, "searched": true, "picked": true, "method": true, "popup_opened": true, "popup_blocked": true, "popup_closed": true,
	"fallback": true, "field_invalid": true, "retried": true, "closed": true,
}

var (
	screenForm = regexp.MustCompile(`^[a-z_-]{0,32}$`)
	detailForm = regexp.MustCompile(`^[A-Za-z0-9_.:-]{0,80}$`) // no free text: nobody's typing ends up here
	slugForm   = regexp.MustCompile(`^[a-z0-9_]{2,64}$`)
)

// allowed reports whether a page's step is one of the contract's.
func (p *PageStep) allowed() bool {
	return fromPage[p.Name] && screenForm.MatchString(p.Screen) && detailForm.MatchString(p.Detail)
}

// PageStep is a step as the page tells of it.
type PageStep struct {
	Name   string `json:"name"`
	Screen string `json:"screen"`
	Detail string `json:"detail"`
	Ago    int64  `json:"ago"` // milliseconds: a page tells of several steps at once
}

// at is when the step happened. A page that says nothing likely is not believed.
func (p *PageStep) at(began, now time.Time) time.Time {
	at := now.Add(-time.Duration(min(max(p.Ago, 0), now.Sub(began).Milliseconds())) * time.Millisecond)
	if at.Before(began) {
		return began
	}
	return at
}
