package member_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// Of two who saw the same member and change them at once, one does, and the other is
// told; who says nothing of what they saw changes them in any case.
func TestTwoChangeOneMember(t *testing.T) {
	t.Parallel()
	r, ctx, clock := newRig(t), t.Context(), testkit.NewClock()
	r.Now = clock.Now
	exec(t, r, "INSERT INTO people (id, email, name, created_at) VALUES ('u_kim', 'kim@example.com', 'Kim', now())")
	exec(t, r, "INSERT INTO members (id, workspace_id, person_id, role, created_at) VALUES ('mem_kim', ?, 'u_kim', 'viewer', now())", r.ada.WorkspaceID)
	all, err := r.List(ctx, r.ada.WorkspaceID)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	seen := all[1].UpdatedAt
	if all[1].ID != "mem_kim" {
		seen = all[0].UpdatedAt
	}
	roles := []member.Role{member.Developer, member.Admin}
	errs := make([]error, len(roles))
	var both sync.WaitGroup
	for i, role := range roles {
		both.Go(func() {
			_, errs[i] = r.Change(ctx, r.ada.WorkspaceID, member.Owner, "mem_kim", func(to *member.Rights) { to.Role, to.AllProjects = role, true }, seen)
		})
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), fault.ErrChanged) {
		t.Fatalf("%v", errs)
	}
	won := roles[0]
	if errs[0] != nil {
		won = roles[1]
	}
	if all, err = r.List(ctx, r.ada.WorkspaceID); err != nil || all[0].Role != won && all[1].Role != won {
		t.Errorf("%+v %v, want %s", all, err, won)
	}
	if m, err := r.Change(ctx, r.ada.WorkspaceID, member.Owner, "mem_kim", func(to *member.Rights) { to.Role = member.Viewer }); err != nil || m.Role != member.Viewer {
		t.Errorf("%+v %v", m, err)
	}
}
