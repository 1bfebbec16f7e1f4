// Package signin opens, knows and ends the sessions of people in the console.
package signin

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
)

// Faults of this package.
var (
	ErrSignIn      = fault.New(fault.Unauthenticated, "sign_in", "The e-mail or the password is wrong.")
	ErrSession     = fault.New(fault.Unauthenticated, "session", "You are not signed in.")
	ErrLink        = fault.New(fault.Unauthenticated, "link_used", "The sign-in link was used or has expired.")
	ErrNoWorkspace = fault.New(fault.Unauthenticated, "no_workspace", "You are a member of no workspace. Ask to be invited.")
)

// Cookie is the name of the cookie that holds a session's token.
const Cookie = "patchbay_session"

const (
	sessionIdle = 7 * 24 * time.Hour
	sessionLife = 30 * 24 * time.Hour
	linkLife    = 30 * time.Minute
)

// Session is a person's signed-in browser. It ends after a week without use
// and after a month in any case.
type Session struct {
	TokenHash   []byte `gorm:"primaryKey"`
	PersonID    string
	WorkspaceID *string // which is open; nil = none was chosen, or it is gone
	CreatedAt   time.Time
	UsedAt      time.Time
	ExpiresAt   time.Time
}

// Who is somebody who is signed in: the person, and the workspace that is open
// with what they are there.
type Who struct {
	Session   *Session
	Person    *member.Person
	Member    *member.Member
	Workspace *member.Workspace
}

type link struct {
	TokenHash []byte `gorm:"primaryKey"`
	PersonID  string
	ExpiresAt time.Time
}

// TableName maps the noun to its table.
func (link) TableName() string { return "sign_in_links" }
