package app_test

import (
	"testing"

	"github.com/patchbay-dev/patchbay/internal/member"
)

// crowded is a project of the workspace with a user who has something, and so many who
// have nothing.
func (w *workspace) crowded(t *testing.T, name string, many int) *workspace {
	t.Helper()
	p := w.newProject(name)
	p.account(t, user)
	p.trigger(t, user, "http://127.0.0.1:9/hook")
	w.g.query(t, `INSERT INTO external_users (id, environment_id, external_id, created_at, updated_at)
		SELECT 'exu_' || e.id || n, e.id, 'guest-' || n, now(), now() FROM generate_series(1, $2::int) n, environments e WHERE e.project_id = $1`, p.project, many/2)
	return p
}

// users counts the users of a project.
func (w *workspace) users(t *testing.T) int {
	t.Helper()
	return w.g.count(t, "SELECT count(*) FROM external_users u JOIN environments e ON e.id = u.environment_id WHERE e.project_id = $1", w.project)
}

// untouched checks that a project has all that it had.
func (w *workspace) untouched(t *testing.T, all int) {
	t.Helper()
	if n := w.users(t); n != all {
		t.Errorf("%d users of another project are left of %d", n, all)
	}
	if n := w.g.count(t, "SELECT count(*) FROM triggers t JOIN environments e ON e.id = t.environment_id WHERE e.project_id = $1", w.project); n != 1 {
		t.Errorf("%d triggers of another project are left", n)
	}
}

const crowd = 1500

// A worker that is killed while it removes a project has left a part of it; the next
// goes on to the end, and touches nothing of others.
func TestRemovalGoesOnAfterAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	t.Parallel()
	g := newRig(t)
	going, staying := g.home.crowded(t, "Going", crowd), g.home.crowded(t, "Staying", crowd)
	all := going.users(t)
	if err := g.Projects.Delete(t.Context(), g.home.id, going.project); err != nil {
		t.Fatal(err)
	}
	worker := g.start(t, "work")
	soon(t, "a part of the users to be gone", func() bool { return going.users(t) < all })
	worker.kill(t)
	left := going.users(t)
	if there := g.count(t, "SELECT count(*) FROM projects WHERE id = $1 AND deleted_at IS NOT NULL", going.project); left == 0 || there != 1 {
		t.Fatalf("it was killed too late: %d users, %d projects", left, there)
	}
	g.work()
	within(t, 5*long, "the project to be gone", func() bool { return g.count(t, "SELECT count(*) FROM projects WHERE id = $1", going.project) == 0 })
	if n := going.users(t); n != 0 {
		t.Errorf("%d users of it are left", n)
	}
	staying.untouched(t, all)
}

// So has one that is killed while it removes a workspace: the next ends it, and it is in
// the log once.
func TestWorkspaceRemovalGoesOnAfterAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	t.Parallel()
	g := newRig(t)
	w := g.workspace("going")
	one, two, staying := w.crowded(t, "One", crowd), w.crowded(t, "Two", 2), g.home.crowded(t, "Staying", crowd)
	all := one.users(t)
	if _, err := g.Members.Delete(t.Context(), w.id, member.Owner, "going"); err != nil {
		t.Fatal(err)
	}
	g.query(t, "UPDATE workspaces SET deletes_at = now() WHERE id = $1", w.id)
	there := func() int { return g.count(t, "SELECT count(*) FROM workspaces WHERE id = $1", w.id) }
	worker := g.start(t, "work")
	soon(t, "a part of the users to be gone", func() bool { return one.users(t) < all })
	worker.kill(t)
	if left := one.users(t); left == 0 || there() != 1 {
		t.Fatalf("it was killed too late: %d users, %d workspaces", left, there())
	}
	g.work()
	within(t, 5*long, "the workspace to be gone", func() bool { return there() == 0 })
	if n := one.users(t) + two.users(t) + g.count(t, "SELECT count(*) FROM projects WHERE workspace_id = $1", w.id) + g.count(t, "SELECT count(*) FROM clients WHERE workspace_id = $1", w.id); n != 0 {
		t.Errorf("%d users, projects and clients of it are left", n)
	}
	if n := g.count(t, "SELECT count(*) FROM audit_log WHERE workspace_id = $1 AND action = 'workspace.deleted'", w.id); n != 1 {
		t.Errorf("that it is gone is in the log %d times", n)
	}
	staying.untouched(t, all)
}
