package app_test

import "testing"

// A worker that is killed while it removes a project has left a part of it; the next
// goes on to the end, and touches nothing of others.
func TestRemovalGoesOnAfterAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	t.Parallel()
	g := newRig(t)
	const many = 1500
	going, staying := g.home.newProject("Going"), g.home.newProject("Staying")
	for _, w := range []*workspace{going, staying} {
		w.account(t, user)
		w.trigger(t, user, "http://127.0.0.1:9/hook")
		g.query(t, `INSERT INTO external_users (id, environment_id, external_id, created_at, updated_at)
			SELECT 'exu_' || e.id || n, e.id, 'guest-' || n, now(), now() FROM generate_series(1, $2::int) n, environments e WHERE e.project_id = $1`, w.project, many/2)
	}
	users := func(w *workspace) int {
		return g.count(t, "SELECT count(*) FROM external_users u JOIN environments e ON e.id = u.environment_id WHERE e.project_id = $1", w.project)
	}
	all := users(going)
	if err := g.Projects.Delete(t.Context(), g.home.id, going.project); err != nil {
		t.Fatal(err)
	}
	worker := g.start(t, "work")
	soon(t, "a part of the users to be gone", func() bool { return users(going) < all })
	worker.kill(t)
	left := users(going)
	if there := g.count(t, "SELECT count(*) FROM projects WHERE id = $1 AND deleted_at IS NOT NULL", going.project); left == 0 || there != 1 {
		t.Fatalf("it was killed too late: %d users, %d projects", left, there)
	}
	g.work()
	soon(t, "the project to be gone", func() bool { return g.count(t, "SELECT count(*) FROM projects WHERE id = $1", going.project) == 0 })
	if n := users(going); n != 0 {
		t.Errorf("%d users of it are left", n)
	}
	if n := users(staying); n != all {
		t.Errorf("%d users of another project are left of %d", n, all)
	}
	if n := g.count(t, "SELECT count(*) FROM triggers t JOIN environments e ON e.id = t.environment_id WHERE e.project_id = $1", staying.project); n != 1 {
		t.Errorf("%d triggers of another project are left", n)
	}
}
