package appfile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
)

// Each change of a workspace's apps is in its log once, under whoever made it,
// and what changed nothing is not.
func TestChangesAreLogged(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := audit.With(t.Context(), audit.Actor{Kind: audit.Member, ID: "u_ada"})
	save := func(name string) error {
		_, _, err := r.Save(ctx, r.mine, "ours", appfile.Upload{Source: file("ours", name)})
		return err
	}
	if _, problems, err := r.Save(ctx, r.mine, "ours", appfile.Upload{Source: "schema: app/v1"}); err != nil || len(problems) == 0 {
		t.Fatal(problems, err)
	}
	for _, do := range []func() error{
		func() error { return save("One") },
		func() error { return save("One") }, // the same file is the same version
		func() error { return save("Two") },
		func() error {
			_, err := r.SetLogo(ctx, r.mine, "ours", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>`))
			return err
		},
		func() error { return r.RemoveLogo(ctx, r.mine, "ours") },
		func() error { return r.Remove(ctx, r.mine, "ours", "", nil, false) },
		func() error { _, _, err := r.Restore(ctx, r.mine, "ours", 1, "", nil, false); return err },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	page, err := (&audit.Service{DB: r.DB}).List(t.Context(), r.mine, audit.Filter{Subject: "ours", Actor: "u_ada"}, db.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, e := range page.Items {
		got = append(got, e.Action)
	}
	want := []string{audit.AppFileChanged, audit.AppFileRemoved, audit.AppLogoRemoved, audit.AppLogoChanged, audit.AppFileChanged, audit.AppFileChanged}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if v := page.Items[0].Details["version"]; v != 4.0 {
		t.Errorf("version %v", v)
	}
	if page, err := (&audit.Service{DB: r.DB}).List(t.Context(), r.other, audit.Filter{}, db.Cursor{}); err != nil || page.Total != 0 {
		t.Errorf("another workspace's log: %+v, %v", page, err)
	}
}
