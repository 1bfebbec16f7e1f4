// Package signin opens, knows and ends the sessions of people in the console.
package signin

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
)

// Faults of this package.
var (
	ErrSignIn      = fault.New(fault.Unauthenticated, "sign_in", "The e-mail or the password is wrong.")
	ErrSession     = fault.New(fault.Unauthenticated, "session", "You are not signed in.")
	ErrLink        = fault.New(fault.Unauthenticated, "link_used", "The sign-in link was used or has expired.")
	ErrReset       = fault.New(fault.Invalid, "reset_link_used", "The link to set a password was used or has expired. Ask for a new one.")
	ErrNoWorkspace = fault.New(fault.Unauthenticated, "no_workspace", "You are a member of no workspace. Ask to be invited.")
	ErrNoSession   = fault.New(fault.NotFound, "session_not_found", "There is no such session.")
	ErrCurrent     = fault.New(fault.Invalid, "current_password", "The current password is wrong.").At("current")
	ErrProof       = fault.New(fault.Forbidden, "proof_needed", "Prove that it is you, and try again.")
	ErrGoing       = fault.New(fault.Forbidden, "workspace_deleted", "The workspace is going to be deleted. An owner can take it back while there is time.")
	ErrNoMail      = fault.New(fault.Conflict, "no_mail", "This installation sends no e-mail. Ask its operator for a link: patchbay admin EMAIL.")
)

const (
	sessionIdle = 7 * 24 * time.Hour
	sessionLife = 30 * 24 * time.Hour
	linkLife    = 30 * time.Minute
	deviceLife  = 365 * 24 * time.Hour
	proofLife   = 10 * time.Minute // for so long a proof counts as fresh
)

// Session is a person's signed-in browser. It ends after a week without use
// and after a month in any case.
type Session struct {
	TokenHash   []byte `gorm:"primaryKey"`
	ID          string
	PersonID    string
	WorkspaceID *string // which is open; nil = none was chosen, or it is gone
	// ConnectionID is the identity provider's that opened the session, which is
	// confined to its workspace; nil = the person themselves did.
	ConnectionID *string
	UserAgent    string
	Address      string // from which it was opened
	Factors      int    // that were shown: 1 or 2
	ProvedAt     time.Time
	CreatedAt    time.Time
	UsedAt       time.Time
	ExpiresAt    time.Time
	RefusedAt    *time.Time // when the log was last told that its address was refused, and which that was
	RefusedFrom  string
}

// Fresh reports whether the person proved a moment ago who they are.
func (s *Session) Fresh(now time.Time) bool { return now.Sub(s.ProvedAt) < proofLife }

// Who is somebody who is signed in: the person, and the workspace that is open
// with what they are there.
type Who struct {
	Session   *Session
	Person    *member.Person
	Member    *member.Member
	Workspace *member.Workspace

	ssoOnly bool
	barred  bool // by the address that this request is from
}

// Ready returns ErrTwoFactors for who has to set up a second factor before
// anything else, ErrSSOOnly for who has to come in another way, member.ErrAddress
// for who may not use the workspace from where they are, and ErrGoing for a workspace
// that is to be deleted, in which nobody does anything.
func (w *Who) Ready() error {
	if err := w.Inside(); err != nil {
		return err
	}
	if w.Workspace.Going() {
		return ErrGoing
	}
	if w.Session.Confined() {
		return nil // the workspace's own provider let them in
	}
	if w.ssoOnly && w.Member.Role != member.Owner {
		return ErrSSOOnly
	}
	if w.Workspace.RequireTwoFactors && w.Session.Factors < 2 {
		return ErrTwoFactors
	}
	return nil
}

// Inside returns member.ErrAddress for who may not use the workspace from where
// they are. What is their own they may see to from everywhere.
func (w *Who) Inside() error {
	if w.barred {
		return member.ErrAddress
	}
	return nil
}

// Proven returns ErrProof unless the person proved a moment ago who they are.
func (s *Service) Proven(w *Who) error {
	if !w.Session.Fresh(s.Now()) {
		return ErrProof
	}
	return nil
}

// Browser is what somebody signs in with.
type Browser struct {
	Address   string
	UserAgent string // as it names itself
	Device    string // what an earlier sign-in left in it; "" = nothing
	RequestID string
}

// Opened is what came of a sign-in.
type Opened struct {
	Token  string   // of the session; "" = a second factor is asked for
	Device string   // for the browser to keep
	Step   string   // of the sign-in that waits for its second factor
	Ways   []string // in which it can be shown
}

// Mailer sends people letters.
type Mailer interface {
	Post(ctx context.Context, to, id string, l Letter) error
}

// Letter is an e-mail to one person.
type Letter struct {
	Subject string
	Text    string
	Action  string // what the link does; "" = there is none
	Link    string
}

type purpose string

const (
	toSignIn      purpose = "sign_in"
	toSetPassword purpose = "password"
)

type link struct {
	TokenHash []byte `gorm:"primaryKey"`
	PersonID  string
	Purpose   purpose
	ExpiresAt time.Time
}

// TableName maps the noun to its table.
func (link) TableName() string { return "sign_in_links" }

// device is a browser in which a person signed in.
type device struct {
	DeviceHash []byte `gorm:"primaryKey"`
	PersonID   string `gorm:"primaryKey"`
	SeenAt     time.Time
}

// TableName maps the noun to its table.
func (device) TableName() string { return "sign_in_devices" }
