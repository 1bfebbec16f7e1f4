package member_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/member"
)

// Each role has what the next one has, and less than the one before. What is
// above builders they have not, and a role of nobody has nothing.
func TestRoles(t *testing.T) {
	t.Parallel()
	for i, role := range member.Roles[1:] {
		above := member.Roles[i].Scopes()
		for _, s := range role.Scopes() {
			if !access.Allows(above, s) {
				t.Errorf("%s has %s, and %s has not", role, s, member.Roles[i])
			}
			if !slices.Contains(access.Scopes, s) || s == "*" {
				t.Errorf("%s has %s", role, s)
			}
		}
	}
	for _, s := range []string{"members:read", "members:write", "clients:read", "clients:write", "audit:read", "audit:write", "workspace:read", "workspace:write", "connect:projects:write", access.CredentialsRead, "new:write"} {
		if access.Allows(member.Developer.Scopes(), s) || access.Allows(member.Viewer.Scopes(), s) {
			t.Errorf("builders have %s", s)
		}
	}
	for _, s := range member.Viewer.Scopes() {
		if !strings.HasSuffix(s, ":read") {
			t.Errorf("viewers have %s", s)
		}
	}
	if member.Role("").Scopes() != nil || member.Role("king").Scopes() != nil {
		t.Error("a role of nobody may do something")
	}
}

// A role of one's own in a project goes before that in the workspace; who is not
// in all projects has nothing where they have no role.
func TestMemberIn(t *testing.T) {
	t.Parallel()
	named := []member.ProjectRole{{ProjectID: "proj_1", Role: member.Viewer}}
	everywhere, somewhere := &member.Member{Role: member.Developer, AllProjects: true, Projects: named}, &member.Member{Role: member.Developer, Projects: named}
	for _, tt := range []struct {
		m       *member.Member
		project string
		want    member.Role
	}{{everywhere, "proj_1", member.Viewer}, {everywhere, "proj_2", member.Developer}, {somewhere, "proj_1", member.Viewer}, {somewhere, "proj_2", ""}} {
		if got := tt.m.In(tt.project); got != tt.want {
			t.Errorf("%+v in %s: %q, want %q", tt.m, tt.project, got, tt.want)
		}
	}
	if everywhere.Only() != nil || !slices.Equal(somewhere.Only(), []string{"proj_1"}) || somewhere.Scopes("proj_2") != nil {
		t.Error("who is in some projects is in others")
	}
	if s := somewhere.Scopes(""); access.Allows(s, "variables:read") || !access.Allows(s, "connect:projects:read") {
		t.Errorf("of the workspace: %v", s)
	}
}
