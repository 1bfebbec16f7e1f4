package archive_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/archive"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/manifest"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/variable"
)

// Every table is in the archive or says why not; of each that is, every column is
// written or left out by name; and nothing is written that is sealed or hashed.
func TestEveryTableIsListed(t *testing.T) {
	t.Parallel()
	var rows []struct{ Table, Column, Type string }
	err := testkit.DB(t).System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw(`SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, NULL) AS type FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'goose%'`).Scan(&rows).Error
	})
	if err != nil || len(rows) == 0 {
		t.Fatal(rows, err)
	}
	nouns, out, there := archive.Nouns(), archive.LeftOutTables(), map[string]bool{}
	for _, r := range rows {
		columns, in := nouns[r.Table]
		left := slices.Contains(out, r.Table)
		if first := !there[r.Table]; first && in == left {
			t.Errorf("internal/archive/places.go does not say, or says twice, whether table %s is in the archive of its project", r.Table)
		}
		there[r.Table], there[r.Table+"."+r.Column] = true, true
		if !in {
			continue
		}
		written, without := slices.Contains(strings.Fields(columns[0]), r.Column), slices.Contains(strings.Fields(columns[1]), r.Column)
		if written == without {
			t.Errorf("internal/archive/places.go does not say, or says twice, whether column %s of %s is written", r.Column, r.Table)
		}
		if written && r.Type == "bytea" {
			t.Errorf("column %s of %s is sealed or hashed, and is said to be written", r.Column, r.Table)
		}
	}
	for _, name := range out {
		if !there[name] {
			t.Errorf("table %s is listed and does not exist", name)
		}
	}
	for name, columns := range nouns {
		for _, c := range strings.Fields(columns[0] + " " + columns[1]) {
			if !there[name+"."+c] {
				t.Errorf("column %s of %s is listed and does not exist", c, name)
			}
		}
	}
}

type rig struct {
	*archive.Service
	t *testing.T
	d *db.DB
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	return &rig{t: t, d: d, Service: &archive.Service{
		DB: d, Manifests: &manifest.Service{DB: d, Now: clock.Now}, Variables: &variable.Service{DB: d, Box: testkit.Box(t), Now: clock.Now}, Now: clock.Now,
	}}
}

// project returns a wish for a new project of two environments.
func (r *rig) project() archive.Wish {
	r.t.Helper()
	one := testkit.Scope(r.t, r.d)
	w := archive.Wish{Scopes: []tenant.Scope{one}}
	err := r.d.System(r.t.Context(), func(tx *gorm.DB) error {
		if err := tx.Raw("SELECT workspace_id FROM projects WHERE id = ?", one.Project()).Scan(&w.Workspace).Error; err != nil {
			return err
		}
		var other struct{ ID, Name string }
		err := tx.Raw("SELECT id, name FROM environments WHERE project_id = ? AND id <> ?", one.Project(), one.Environment()).Scan(&other).Error
		if other.ID != "" {
			w.Scopes = append(w.Scopes, tenant.NewScope(one.Project(), other.ID, other.Name))
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return w
}

func (r *rig) users(s tenant.Scope, prefix string, n int) {
	r.t.Helper()
	err := r.d.In(r.t.Context(), s, func(tx *gorm.DB) error {
		if err := tx.Exec("INSERT INTO external_users (id, external_id, created_at, updated_at) SELECT ? || lpad(i::text, 6, '0'), ? || i, now(), now() FROM generate_series(1, ?) i", prefix, prefix, n).Error; err != nil {
			return err
		}
		return tx.Exec("INSERT INTO stores (id, scope, subject, records, bytes, created_at) SELECT 'st' || ?, 'project', ?, 0, 0, now()", prefix, prefix).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// read opens an archive and holds it against its manifest.
func read(t *testing.T, b []byte) (files map[string][]string, m archive.Manifest) {
	t.Helper()
	files, sums := map[string][]string{}, map[string]string{}
	for name, text := range testkit.Unzip(t, b) {
		if name == "manifest.json" {
			if err := json.Unmarshal([]byte(text), &m); err != nil {
				t.Fatal(err)
			}
			continue
		}
		sum := sha256.Sum256([]byte(text))
		sums[name], files[name] = hex.EncodeToString(sum[:]), []string{}
		for line := range strings.Lines(text) {
			files[name] = append(files[name], strings.TrimSuffix(line, "\n"))
		}
	}
	if len(m.Files) != len(sums) {
		t.Errorf("the manifest names %d files, and there are %d", len(m.Files), len(sums))
	}
	for _, f := range m.Files {
		if sums[f.Name] != f.SHA256 || strings.HasSuffix(f.Name, ".jsonl") && len(files[f.Name]) != f.Records {
			t.Errorf("%s is not as the manifest says: %+v", f.Name, f)
		}
	}
	return files, m
}

// All of a project is in its archive, however much it is, and nothing of another;
// what happened is in it where that is asked for.
func TestWrite(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, other := r.project(), r.project()
	r.users(w.Scopes[0], "mine", 1234)
	r.users(other.Scopes[0], "theirs", 700)
	for _, history := range []bool{false, true} {
		w.History = history
		if err := r.Begin(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := r.Write(t.Context(), w, &out); err != nil {
			t.Fatal(err)
		}
		files, m := read(t, out.Bytes())
		in := w.Scopes[0].EnvironmentName() + "/"
		users := files[in+"users.jsonl"]
		if len(users) != 1234 || !slices.IsSorted(users) || !strings.Contains(users[1233], `"external_id":"mine1234"`) {
			t.Errorf("%d users, the last %s", len(users), users[len(users)-1])
		}
		if _, there := files[in+"events.jsonl"]; there != history || m.History != history {
			t.Errorf("history %v: %v", history, files[in+"events.jsonl"])
		}
		if len(files["project.jsonl"]) != 1 || len(files["event_types.jsonl"]) == 0 || m.Format != archive.Format || m.Schema == 0 || len(m.LeftOut) == 0 || m.ProjectID != w.Scopes[0].Project() {
			t.Errorf("%v %+v", files["project.jsonl"], m)
		}
		for name, lines := range files {
			if strings.Contains(strings.Join(lines, ""), "theirs") {
				t.Errorf("%s holds what is another's", name)
			}
		}
	}
	var log []string
	err := r.d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT details::text FROM audit_log WHERE action = 'project.exported' ORDER BY id").Scan(&log).Error
	})
	if err != nil || len(log) != 2 || log[0] != `{"history": false}` || log[1] != `{"history": true}` {
		t.Error(log, err)
	}
}

// breaks takes so many bytes, and then no more.
type breaks struct{ left int }

var errBroken = errors.New("the line is broken")

func (b *breaks) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

// Whoever goes away ends the export, wherever it is, and what they have got cannot
// be taken for a whole.
func TestAnExportThatIsCutOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.project()
	r.users(w.Scopes[0], "mine", 3000)
	var whole bytes.Buffer
	if err := r.Write(t.Context(), w, &whole); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 100, whole.Len() / 2, whole.Len() - 30} {
		if err := r.Write(t.Context(), w, &breaks{n}); !errors.Is(err, errBroken) {
			t.Errorf("after %d bytes: %v", n, err)
		}
		if _, err := zip.NewReader(bytes.NewReader(whole.Bytes()[:n]), int64(n)); err == nil {
			t.Errorf("%d of %d bytes are taken for a whole archive", n, whole.Len())
		}
	}
}
