package member

import (
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/access"
)

// Role is what a member may do in a workspace, or in one of its projects.
type Role string

// The roles, from the one that may do everything down.
const (
	Owner     Role = "owner"     // everything, with the workspace itself
	Admin     Role = "admin"     // all but what is done to the workspace as a whole, and to owners
	Developer Role = "developer" // builds and looks after what is built
	Viewer    Role = "viewer"    // looks, and is shown no secret
)

// Roles are all there are, from the one that may do most down.
var Roles = []Role{Owner, Admin, Developer, Viewer}

// built begins the scopes of those who build. What is not named here is for
// admins alone, so that a new scope opens nothing by omission.
var built = []string{
	"connect:tokens:", "connect:accounts:", "connect:users:", "connect:apps:", "connect:actions:", "connect:triggers:", "connect:deployed_triggers:",
	"connect:webhooks:", "connect:oauth_apps:", "connect:app_overrides:", "connect:instances:", "connect:projects:read", "connect:proxy", "connect:usage:read",
	"connect:workflow:invoke", "connect_sessions:", "apps:", "components:", "workflows:", "runs:", "events:", "deliveries:", "notifications:", "requests:",
	"data_stores:", "variables:",
}

// shared are the scopes by which a member of some projects sees what all of the
// workspace's projects are built of, and no more of the workspace.
var shared = []string{"connect:projects:read", "connect:apps:read", "connect:webhooks:read", "apps:read", "components:read", "workflows:read"}

// Scopes are what somebody with the role may do, as access.Allows reads them.
func (r Role) Scopes() []string {
	switch r {
	case Owner:
		return []string{"*"}
	case Admin:
		return slices.DeleteFunc(slices.Clone(access.Scopes), func(s string) bool { return s == "*" })
	case Developer:
		return those(access.Scopes, func(s string) bool {
			return slices.ContainsFunc(built, func(prefix string) bool { return strings.HasPrefix(s, prefix) })
		})
	case Viewer:
		return those(Developer.Scopes(), func(s string) bool { return strings.HasSuffix(s, ":read") })
	}
	return nil
}

func those(scopes []string, keep func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return !keep(s) })
}

// least reports whether the role may do what other may.
func (r Role) least(other Role) bool {
	return slices.Index(Roles, r) <= slices.Index(Roles, other) && slices.Contains(Roles, r)
}

// In returns the member's role in a project; "" = the member is not in it.
func (m *Member) In(projectID string) Role {
	for _, p := range m.Projects {
		if p.ProjectID == projectID {
			return p.Role
		}
	}
	if m.AllProjects {
		return m.Role
	}
	return ""
}

// Scopes are what the member may do in a project, or with "" in what belongs to
// the workspace and to none of its projects.
func (m *Member) Scopes(projectID string) []string {
	switch {
	case projectID != "":
		return m.In(projectID).Scopes()
	case m.AllProjects:
		return m.Role.Scopes()
	}
	return those(m.Role.Scopes(), func(s string) bool { return slices.Contains(shared, s) })
}

// Only returns the ids of the projects that the member is in, or nil for one who
// is in all of them.
func (m *Member) Only() []string {
	if m.AllProjects {
		return nil
	}
	ids := make([]string, len(m.Projects))
	for i, p := range m.Projects {
		ids[i] = p.ProjectID
	}
	return ids
}
