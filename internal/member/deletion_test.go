package member_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// A workspace is deleted by an owner who types its name, once however often they
// ask; its owners are written to; and it can be taken back until its time is over.
func TestDeletion(t *testing.T) {
	t.Parallel()
	r, ctx, clock := newRig(t), t.Context(), testkit.NewClock()
	var letters []string
	r.Now, r.Grace = clock.Now, time.Hour
	r.Mail = func(_ context.Context, to, _, subject, text string) error {
		letters = append(letters, to+": "+subject+"\n"+text)
		return nil
	}
	w := r.ada.WorkspaceID
	if _, err := r.Delete(ctx, w, member.Owner, "Acme"); !errors.Is(err, member.ErrLastWorkspace) {
		t.Errorf("the last workspace: %v", err)
	}
	exec(t, r, "INSERT INTO workspaces (id, name, created_at) VALUES (?, 'Other', now())", id.New("o"))
	exec(t, r, "INSERT INTO projects (id, workspace_id, name, created_at, updated_at) VALUES ('proj_1', ?, 'P', now(), now())", w)
	exec(t, r, "INSERT INTO environments (id, project_id, name) VALUES ('env_1', 'proj_1', 'development')")
	for _, x := range []struct {
		by   member.Role
		name string
		want error
	}{{member.Admin, "Acme", member.ErrOwnerDeletes}, {"", "Acme", member.ErrOwnerDeletes}, {member.Owner, "acme", member.ErrConfirmName}, {member.Owner, "", member.ErrConfirmName}} {
		if _, err := r.Delete(ctx, w, x.by, x.name); !errors.Is(err, x.want) {
			t.Errorf("%v: %v", x, err)
		}
	}
	if _, err := r.TakeBack(ctx, w, member.Owner); !errors.Is(err, member.ErrNotDeleted) {
		t.Errorf("taken back before: %v", err)
	}
	at := clock.Now().Add(time.Hour)
	for range 2 {
		if got, err := r.Delete(ctx, w, member.Owner, "Acme"); err != nil || !got.DeletesAt.Equal(at) {
			t.Fatal(got, err)
		}
		clock.Pass(time.Minute)
		if err := r.Untold(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if len(letters) != 1 || !strings.HasPrefix(letters[0], "Ada@Example.com: The workspace Acme is going to be deleted") || !strings.Contains(letters[0], at.UTC().Format("2 January 2006, 15:04 MST")) {
		t.Errorf("letters: %q", letters)
	}
	if n := r.count("held_environments"); n != 1 {
		t.Errorf("%d environments are held", n)
	}
	if got, err := r.TakeBack(ctx, w, member.Owner); err != nil || got.Going() || r.count("held_environments") != 0 || len(letters) != 2 {
		t.Errorf("taken back: %+v %v %q", got, err, letters)
	}

	if _, err := r.Delete(ctx, w, member.Owner, "Acme"); err != nil {
		t.Fatal(err)
	}
	if all, err := r.Gone(ctx); err != nil || len(all) != 0 {
		t.Errorf("gone before its time: %v %v", all, err)
	}
	clock.Pass(time.Hour)
	if _, err := r.TakeBack(ctx, w, member.Owner); !errors.Is(err, member.ErrBeyondReturn) {
		t.Errorf("taken back too late: %v", err)
	}
	all, err := r.Gone(ctx)
	if err != nil || len(all) != 1 || all[0].ID != w {
		t.Fatal(all, err)
	}
	if gone, err := r.Clear(ctx, &all[0]); err != nil || gone {
		t.Errorf("it went before its projects: %v", err)
	}
	exec(t, r, "DELETE FROM projects")
	for _, want := range []bool{true, false} {
		if gone, err := r.Clear(ctx, &all[0]); err != nil || gone != want {
			t.Errorf("gone: %v %v", gone, err)
		}
	}
	if len(letters) != 3 || !strings.Contains(letters[2], "was deleted") || r.count("workspaces") != 1 || r.count("people") != 1 {
		t.Errorf("%q", letters)
	}
}

func exec(t *testing.T, r *rig, sql string, args ...any) {
	t.Helper()
	if err := r.DB.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec(sql, args...).Error }); err != nil {
		t.Fatal(err)
	}
}
