package listview_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/listview"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type rig struct {
	*listview.Service
	t     *testing.T
	d     *db.DB
	owner listview.Owner
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d := testkit.DB(t)
	r := &rig{Service: &listview.Service{DB: d, Now: testkit.NewClock().Now}, t: t, d: d}
	r.owner = listview.Owner{Project: testkit.Scope(t, d).Project(), Member: r.member("mem_1")}
	return r
}

// member makes one in the workspace of the first project.
func (r *rig) member(memberID string) string {
	r.t.Helper()
	err := r.d.System(r.t.Context(), func(tx *gorm.DB) error {
		if err := tx.Exec("INSERT INTO workspaces (id, name, created_at) VALUES ('ws_views', 'V', now()) ON CONFLICT DO NOTHING").Error; err != nil {
			return err
		}
		return tx.Exec(`WITH p AS (INSERT INTO people (id, email, name, password_hash, created_at) VALUES (?, ?, 'M', 'x', now()))
			INSERT INTO members (id, workspace_id, person_id, role, created_at) VALUES (?, 'ws_views', ?, 'owner', now())`, "p_"+memberID, memberID+"@example.com", memberID, "p_"+memberID).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return memberID
}

func (r *rig) names(o listview.Owner) (out []string) {
	r.t.Helper()
	rows, err := r.List(r.t.Context(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, v := range rows {
		mark := ""
		if v.IsDefault {
			mark = "*"
		}
		out = append(out, fmt.Sprintf("%s/%s?%s%s", v.List, v.Name, v.Search, mark))
	}
	return out
}

func (r *rig) set(o listview.Owner, list, name, search string, isDefault bool) {
	r.t.Helper()
	if _, err := r.Set(r.t.Context(), o, list, name, search, isDefault); err != nil {
		r.t.Fatal(err)
	}
}

// A view is made, changed under its name, and deleted; one of a list is the
// default at most, and another list's is left alone.
func TestViews(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.set(r.owner, "runs", "Failed", "status=failed", true)
	r.set(r.owner, "accounts", "Dead", "state=dead", true)
	r.set(r.owner, "runs", "Today", "period=day", true)
	r.set(r.owner, "runs", "Failed", "status=failed&period=day", false)
	want := "[accounts/Dead?state=dead* runs/Failed?status=failed&period=day runs/Today?period=day*]"
	if got := fmt.Sprint(r.names(r.owner)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := r.Delete(t.Context(), r.owner, "runs", "Today"); err != nil {
		t.Error(err)
	}
	if err := r.Delete(t.Context(), r.owner, "runs", "Today"); !errors.Is(err, listview.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

// Views are one member's in one project: nobody else sees, changes or deletes them.
func TestViewsAreTheirMembers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.set(r.owner, "runs", "Mine", "a=1", true)
	for name, other := range map[string]listview.Owner{
		"another member":  {Project: r.owner.Project, Member: r.member("mem_2")},
		"another project": {Project: testkit.Scope(t, r.d).Project(), Member: r.owner.Member},
	} {
		if got := r.names(other); len(got) != 0 {
			t.Errorf("%s sees %v", name, got)
		}
		if err := r.Delete(t.Context(), other, "runs", "Mine"); !errors.Is(err, listview.ErrNotFound) {
			t.Errorf("%s deletes: %v", name, err)
		}
		r.set(other, "runs", "Mine", "b=2", true)
	}
	if got := fmt.Sprint(r.names(r.owner)); got != "[runs/Mine?a=1*]" {
		t.Errorf("changed to %s", got)
	}
	if _, err := r.List(t.Context(), listview.Owner{Member: r.owner.Member}); !errors.Is(err, db.ErrNoScope) {
		t.Errorf("without a project: %v", err)
	}
}

// What is no list, no name and no search is refused, and so is one too many.
func TestViewsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, tt := range map[string]struct {
		list, name, search string
		want               error
	}{
		"no list":             {"", "n", "", listview.ErrList},
		"a path":              {"../runs", "n", "", listview.ErrList},
		"no name":             {"runs", "", "", listview.ErrName},
		"blanks":              {"runs", "  ", "", listview.ErrName},
		"blanks around":       {"runs", " n ", "", listview.ErrName},
		"a long name":         {"runs", strings.Repeat("ä", 61), "", listview.ErrName},
		"a line break":        {"runs", "a\nb", "", listview.ErrName},
		"no UTF-8":            {"runs", "a\xff", "", listview.ErrName},
		"a long search":       {"runs", "n", strings.Repeat("x", 2001), listview.ErrSearch},
		"a NUL in the search": {"runs", "n", "a=\x00", listview.ErrSearch},
	} {
		if _, err := r.Set(t.Context(), r.owner, tt.list, tt.name, tt.search, false); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range 50 {
		r.set(r.owner, "runs", fmt.Sprint(i), "", false)
	}
	if _, err := r.Set(t.Context(), r.owner, "runs", "one more", "", false); !errors.Is(err, listview.ErrFull) {
		t.Errorf("one more: %v", err)
	}
	r.set(r.owner, "runs", "7", "x=1", false) // one that is there can be changed
}

// Windows that save at the same moment leave one default.
func TestViewsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, err := r.Set(t.Context(), r.owner, "runs", fmt.Sprint(i), "", true); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := strings.Count(fmt.Sprint(r.names(r.owner)), "*"); got != 1 {
		t.Errorf("%d defaults: %v", got, r.names(r.owner))
	}
}
