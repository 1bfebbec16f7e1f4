// Package member knows people, the workspaces that they are members of, and what
// their role in each lets them do.
package member

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package.
var (
	ErrNobody     = fault.New(fault.NotFound, "person_not_found", "There is nobody with this e-mail.")
	ErrPassword   = fault.New(fault.Invalid, "password", "A password has %d to %d characters.", minPassword, maxPassword).At("password")
	ErrEmailTaken = fault.New(fault.Conflict, "email_taken", "There is a member with this e-mail already.").At("email")
)

const (
	minPassword = 10
	maxPassword = 200
)

// Workspace is a tenant: it owns projects, members and clients.
type Workspace struct {
	ID                string
	Name              string
	RequireTwoFactors bool // whoever has one only sets up another before anything else
	AuditKeepDays     int  // how long the audit log is kept; 0 = as the installation says
	CreatedAt         time.Time
	ChangedAt         *time.Time // its name, or how long its log is kept; nil = never

	AllowedAddresses   string     // prefixes from which its console may be used, with commas between; "" = from everywhere
	AddressesChangedAt *time.Time // nil = never

	// Of one that is to be deleted: see deletion.go.
	DeletionAskedAt *time.Time // nil = it is not
	DeletionBy      *string    // as the audit log names them
	DeletesAt       *time.Time // until then an owner can take it back
	DeletionToldAt  *time.Time // when its owners were written to
}

// Person is somebody who signs in, known by an e-mail in all workspaces.
type Person struct {
	ID           string
	Email        string
	Name         string
	PasswordHash string // "" = the person has no password
	CreatedAt    time.Time
}

// TableName maps the noun to its table.
func (Person) TableName() string { return "people" }

// Member is a person's membership of a workspace.
type Member struct {
	ID          string
	WorkspaceID string
	PersonID    string
	Role        Role // in the workspace, and in the projects that Projects does not name
	AllProjects bool // whether the member is in every project, and in the workspace's own matters
	CreatedAt   time.Time
	UpdatedAt   time.Time // when their rights were changed last

	Projects []ProjectRole `gorm:"-"` // the projects in which the member has a role of their own
}

// ProjectRole is a member's role in one project.
type ProjectRole struct {
	ProjectID string `json:"project_id"`
	Role      Role   `json:"role"`
}
