package appfile_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/picture"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type rig struct {
	*appfile.Service
	t     *testing.T
	clock *testkit.Clock
	mine  string // workspaces
	other string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	r := &rig{t: t, clock: clock, mine: id.New("o"), other: id.New("o")}
	r.Service = process(t, d, clock)
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO workspaces (id, name, created_at) VALUES (?, 'Mine', now()), (?, 'Theirs', now())", r.mine, r.other).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// process is the service as another process of the installation has it.
func process(t *testing.T, d *db.DB, clock *testkit.Clock) *appfile.Service {
	t.Helper()
	shipped, err := catalog.Load("https://patchbay.test", "https://acme.test")
	if err != nil {
		t.Fatal(err)
	}
	return &appfile.Service{DB: d, Shipped: shipped, Now: clock.Now}
}

func file(slug, name string) string {
	return fmt.Sprintf(`schema: app/v1
slug: %s
name: %s
description: An app of our own.
categories: [crm]
hosts: {production: {api: 'https://api.example.com'}}
auth:
  - id: key
    type: key
    title: Use a key
    inputs: {key: {kind: secret, ask: {title: Key}}}
inject: {key: {in: header, name: X-Key, value: '{{ input.key }}'}}
identity: {request: {get: '{{ host.api }}/me'}, id: /id}
sources: [{about: all, url: 'https://example.com/docs'}]
`, slug, name)
}

func (r *rig) save(s *appfile.Service, slug, name string) *appfile.File {
	r.t.Helper()
	f, problems, err := s.Save(r.t.Context(), r.mine, slug, appfile.Upload{Source: file(slug, name), Author: "ada@example.com"})
	if err != nil || len(problems) > 0 {
		r.t.Fatal(problems, err)
	}
	return f
}

func (r *rig) name(s *appfile.Service, workspace, slug string) string {
	r.t.Helper()
	apps, err := s.Of(r.t.Context(), workspace)
	if err != nil {
		r.t.Fatal(err)
	}
	a, err := apps.Get(slug)
	if err != nil {
		return ""
	}
	return a.Name
}

// A process sees its own change at once, and another's within a second; another
// workspace sees neither. While the database is away, what was seen last holds.
func TestChangesAreSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	second := process(t, r.DB, r.clock)
	r.save(r.Service, "ours", "One")
	for i, name := range []string{"Two", "Three"} {
		if got := r.name(second, r.mine, "ours"); got != []string{"One", "Two"}[i] {
			t.Fatalf("before: %q", got)
		}
		r.save(r.Service, "ours", name)
		if got := r.name(r.Service, r.mine, "ours"); got != name {
			t.Fatalf("the process that saved it sees %q", got)
		}
		if got := r.name(second, r.mine, "ours"); got == name {
			t.Fatal("the database is asked at every call")
		}
		r.clock.Pass(time.Second)
		if got := r.name(second, r.mine, "ours"); got != name {
			t.Fatalf("a second later the other process sees %q", got)
		}
	}
	if got := r.name(second, r.other, "ours"); got != "" {
		t.Fatalf("another workspace sees %q", got)
	}
	r.save(r.Service, "github", "Our GitHub")
	if a, b := r.name(r.Service, r.mine, "github"), r.name(r.Service, r.other, "github"); a != "Our GitHub" || b != "GitHub" {
		t.Fatal(a, b)
	}
	if err := r.Remove(t.Context(), r.mine, "github", "ada@example.com", nil, false); err != nil {
		t.Fatal(err)
	}
	if got := r.name(r.Service, r.mine, "github"); got != "GitHub" {
		t.Fatal(got)
	}
	if err := r.Remove(t.Context(), r.mine, "github", "ada@example.com", nil, false); !errors.Is(err, appfile.ErrNotFound) {
		t.Fatal(err)
	}
	if err := r.DB.Close(); err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(time.Minute)
	if got := r.name(second, r.mine, "ours"); got != "Three" {
		t.Fatalf("without a database it sees %q", got)
	}
	if _, err := process(t, r.DB, r.clock).Of(t.Context(), r.mine); err == nil {
		t.Fatal("what was never seen is known")
	}
}

// A project has the apps of its workspace; one that is not there has none.
func TestFor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	scope := testkit.Scope(t, r.DB)
	if a, err := r.App(t.Context(), scope.Project(), "github"); err != nil || a.Name != "GitHub" {
		t.Fatal(a, err)
	}
	var workspace string
	err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT workspace_id FROM projects WHERE id = ?", scope.Project()).Scan(&workspace).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, problems, err := r.Save(t.Context(), workspace, "ours", appfile.Upload{Source: file("ours", "Ours")}); err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	if a, err := r.App(t.Context(), scope.Project(), "ours"); err != nil || a.Name != "Ours" {
		t.Fatal(a, err)
	}
	if _, err := r.For(t.Context(), "proj_nobody"); err == nil {
		t.Fatal("a project of nobody has apps")
	}
}

// Changes at once come one after the other, and each is a version.
func TestSavesAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() { r.save(process(t, r.DB, r.clock), "ours", fmt.Sprint("Name ", i)) })
	}
	wg.Wait()
	rows, err := r.History(t.Context(), r.mine, "ours")
	if err != nil || len(rows) != 8 || rows[0].Version != 8 || rows[7].Version != 1 {
		t.Fatal(rows, err)
	}
	base := 7
	_, _, err = r.Save(t.Context(), r.mine, "ours", appfile.Upload{Source: file("ours", "Late"), Base: &base})
	if !errors.Is(err, appfile.ErrChanged) {
		t.Fatal(err)
	}
	if err := r.Remove(t.Context(), r.mine, "ours", "", &base, false); !errors.Is(err, appfile.ErrChanged) {
		t.Error(err)
	}
	if _, _, err := r.Restore(t.Context(), r.mine, "ours", 1, "", &base, false); !errors.Is(err, appfile.ErrChanged) {
		t.Error(err)
	}
	again := r.save(r.Service, "ours", "Once")
	if got := r.save(r.Service, "ours", "Once"); got.Version != again.Version {
		t.Errorf("the same file is version %d and %d", again.Version, got.Version)
	}
}

// The database keeps a workspace's files from another, whatever is asked, and
// nobody changes history.
func TestTenancy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.save(r.Service, "ours", "One")
	if _, err := r.SetLogo(t.Context(), r.mine, "ours", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"app_files", "app_logos", "catalogs"} {
		var n int
		count := func(tx *gorm.DB) error { return tx.Raw("SELECT count(*) FROM " + table).Scan(&n).Error }
		if err := r.DB.Workspace(t.Context(), r.other, count); err != nil || n != 0 {
			t.Errorf("another workspace sees %d rows of %s, %v", n, table, err)
		}
		if err := r.DB.Workspace(t.Context(), r.mine, count); err != nil || n != 1 {
			t.Errorf("the workspace sees %d rows of %s, %v", n, table, err)
		}
	}
	for _, q := range []string{"UPDATE app_files SET source = ''", "DELETE FROM app_files"} {
		if err := r.DB.Workspace(t.Context(), r.mine, func(tx *gorm.DB) error { return tx.Exec(q).Error }); err == nil {
			t.Errorf("%s was done", q)
		}
	}
	if _, err := r.Version(t.Context(), r.other, "ours", 1); !errors.Is(err, appfile.ErrVersion) {
		t.Error(err)
	}
	if _, _, err := r.Restore(t.Context(), r.other, "ours", 1, "eve", nil, false); !errors.Is(err, appfile.ErrVersion) {
		t.Error(err)
	}
	if err := r.RemoveLogo(t.Context(), r.other, "ours"); !errors.Is(err, appfile.ErrNoLogo) {
		t.Error(err)
	}
}

// A file that a newer version of Patchbay finds fault with does not serve, is
// told of, and spoils no other.
func TestFileOfYesterday(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.save(r.Service, "ours", "One")
	err := r.DB.Workspace(t.Context(), r.mine, func(tx *gorm.DB) error {
		return tx.Exec(`INSERT INTO app_files (slug, version, source, fixtures, author, created_at) VALUES ('github', 1, 'schema: app/v0', '{}', 'x', now());
			UPDATE catalogs SET revision = revision + 1`).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(time.Second)
	if a, b := r.name(r.Service, r.mine, "ours"), r.name(r.Service, r.mine, "github"); a != "One" || b != "GitHub" {
		t.Fatal(a, b)
	}
	e, err := r.Get(t.Context(), r.mine, "github")
	if err != nil || e.App != nil || len(e.Problems) == 0 || !e.Own {
		t.Fatalf("%+v, %v", e, err)
	}
	all, err := r.List(t.Context(), r.mine)
	if err != nil || len(all) != 2 || all[0].File.Slug != "github" || all[0].App != nil || !all[0].Override || all[1].App == nil || all[1].Override {
		t.Fatalf("%+v, %v", all, err)
	}
}

// A drawing that could do more than be seen is refused.
func TestLogos(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const good = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 2 2">
		<defs><linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient></defs><style>.a{fill:url(#g)}</style><use xlink:href="#g"/><path class="a" d="M0 0h2v2z"/></svg>`
	if _, err := r.SetLogo(t.Context(), r.mine, "github", []byte(good)); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ from, to string }{
		"a script":              {"<defs>", "<script>alert(1)</script><defs>"},
		"a script by prefix":    {"<defs>", `<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script><defs>`},
		"a page inside":         {"<defs>", `<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"/></foreignObject><defs>`},
		"a page's element":      {"<defs>", `<p xmlns="http://www.w3.org/1999/xhtml"/><defs>`},
		"a handler":             {"<path", `<path onclick="x()"`},
		"a handler in capitals": {"<path", `<path ONLOAD="x()"`},
		"a link":                {`href="#g"`, `href="https://evil.test/x"`},
		"a link to a script":    {`href="#g"`, `href=" javascript:alert(1)"`},
		"an image":              {"<defs>", `<image href="data:image/png;base64,AA"/><defs>`},
		"an animation":          {"<defs>", `<set attributeName="href" to="x"/><defs>`},
		"a style from outside":  {"url(#g)", "url(//evil.test/x)"},
		"an import":             {".a{", "@import 'x';.a{"},
		"an escaped import":     {".a{", `@\69mport 'x';.a{`},
		"a fill from outside":   {`class="a"`, `fill="url( 'https://evil.test/x#a')"`},
		"an entity":             {`<?xml version="1.0"?>`, `<!DOCTYPE svg [<!ENTITY x "y">]>`},
		"a stylesheet":          {`<?xml version="1.0"?>`, `<?xml-stylesheet href="x"?>`},
		"an open element":       {"</svg>", ""},
		"two of them":           {"</svg>", "</svg><svg"},
		"another language":      {"http://www.w3.org/2000/svg", "http://example.com"},
		"too large":             {"<path", "<!--" + strings.Repeat("x", 70_000) + "--><path"},
	}
	for name, tt := range tests {
		if _, err := r.SetLogo(t.Context(), r.mine, "github", []byte(strings.Replace(good, tt.from, tt.to, 1))); !errors.Is(err, picture.ErrLogo) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.SetLogo(t.Context(), r.mine, "no_such", []byte(good)); !errors.Is(err, catalog.ErrNotFound) {
		t.Error(err)
	}
}
