package db_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/migrations"
)

// expandSince is the migration from which on two versions work side by side.
const expandSince = 123

// From that one on a migration only adds, or says why it takes something away and why
// it holds nobody up: see internal/db/fits.go.
func TestMigrationsExpand(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, f := range files {
		v, err := goose.NumericComponent(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := fs.ReadFile(migrations.FS, f)
		if err != nil {
			t.Fatal(err)
		}
		m, err := db.ReadMarks(v, string(text))
		if err != nil {
			t.Errorf("%s: %v", f, err)
		}
		if v < expandSince {
			continue
		}
		looked++
		takes, holds := effects(string(text))
		if len(takes) > 0 && m.Contracts == "" {
			t.Errorf("%s takes away what the version before may need (%s). Do it a version later, and say so: -- contracts (needs 0123): why nothing needs it since then", f, strings.Join(takes, "; "))
		}
		if len(holds) > 0 && m.Locks == "" {
			t.Errorf("%s may hold others up (%s). CREATE INDEX CONCURRENTLY, NOT VALID, smaller steps; or say why it is no harm: -- locks: why", f, strings.Join(holds, "; "))
		}
	}
	if looked < 2 {
		t.Fatalf("%d migrations were looked at", looked)
	}
}

var (
	sqlComment = regexp.MustCompile(`--[^\n]*`)
	sqlBody    = regexp.MustCompile(`(?s)\$(\w*)\$.*?\$\w*\$`)
	sqlString  = regexp.MustCompile(`'(?:[^']|'')*'`)
	createsTab = regexp.MustCompile(`create (?:unlogged )?table (?:if not exists )?([\w.]+)`)
	createsFun = regexp.MustCompile(`create (?:or replace )?function ([\w.]+)`)
	altersTab  = regexp.MustCompile(`^alter table (?:if exists )?(?:only )?([\w.]+) (.*)$`)
	indexes    = regexp.MustCompile(`^create (unique )?index (concurrently )?(?:if not exists )?(?:[\w.]+ )?on (?:only )?([\w.]+)`)
	drops      = regexp.MustCompile(`^drop (table|view|materialized view|function|type|policy|sequence|schema) (?:if exists )?([\w.]+)`)
	writesRows = regexp.MustCompile(`^(?:with .* )?(?:update|delete from) ([\w.]+)`)
	tableWide  = regexp.MustCompile(`^add (?:constraint \w+ )?(?:unique|check|primary key|foreign key|exclude)\b`)
	addsColumn = regexp.MustCompile(`^add (?:column )?(?:if not exists )?\w+ `)
	changesCol = regexp.MustCompile(`^alter (?:column )?\w+ (.*)$`)
	dropsCol   = regexp.MustCompile(`^drop (?:column )?(?:if exists )?(\w+)`)
)

// effects says what of a migration would break programs of the version before, and
// what may take a lock for as long as a large table is. What is made in the same file
// nobody uses yet.
func effects(text string) (takes, holds []string) {
	up, _, _ := strings.Cut(text, "-- +goose Down")
	up = sqlString.ReplaceAllString(sqlBody.ReplaceAllString(sqlComment.ReplaceAllString(up, " "), "body"), "''")
	up = strings.ToLower(strings.Join(strings.Fields(up), " "))
	ours := map[string]bool{}
	for _, m := range append(createsTab.FindAllStringSubmatch(up, -1), createsFun.FindAllStringSubmatch(up, -1)...) {
		ours[m[1]] = true
	}
	for statement := range strings.SplitSeq(up, ";") {
		s := strings.TrimSpace(statement)
		if m := altersTab.FindStringSubmatch(s); m != nil {
			if ours[m[1]] {
				continue
			}
			for _, c := range clauses(m[2]) {
				t, h := effect(c)
				if t {
					takes = append(takes, m[1]+": "+c)
				}
				if h {
					holds = append(holds, m[1]+": "+c)
				}
			}
			continue
		}
		if m := indexes.FindStringSubmatch(s); m != nil && !ours[m[3]] {
			if m[1] != "" {
				takes = append(takes, s)
			}
			if m[2] == "" {
				holds = append(holds, s)
			}
		}
		if m := drops.FindStringSubmatch(s); m != nil && !ours[m[2]] {
			takes = append(takes, s)
		}
		if m := writesRows.FindStringSubmatch(s); m != nil && !ours[m[1]] {
			holds = append(holds, s)
		}
		if strings.HasPrefix(s, "revoke ") || strings.HasPrefix(s, "truncate ") {
			takes = append(takes, s)
		}
	}
	return takes, holds
}

// effect is what one clause of ALTER TABLE does.
func effect(c string) (takes, holds bool) {
	column := changesCol.FindStringSubmatch(c)
	switch {
	case strings.HasPrefix(c, "rename"), strings.HasPrefix(c, "set schema"):
		return true, false
	case tableWide.MatchString(c): // refuses what the version before may write
		return true, !strings.Contains(c, "not valid")
	case addsColumn.MatchString(c):
		filled := strings.Contains(c, " default ") || strings.Contains(c, " generated ")
		return strings.Contains(c, " not null") && !filled, strings.Contains(c, " stored") || regexp.MustCompile(` default [\w.]+\(`).MatchString(c)
	case column != nil && (strings.HasPrefix(column[1], "type ") || strings.HasPrefix(column[1], "set data type ") || strings.HasPrefix(column[1], "set not null")):
		return true, true
	case column != nil:
		return strings.HasPrefix(column[1], "drop default"), false
	case strings.HasPrefix(c, "drop constraint"):
		return false, false
	default:
		return dropsCol.MatchString(c), false
	}
}

// clauses are the parts between commas that no brackets enclose.
func clauses(text string) (parts []string) {
	depth, from := 0, 0
	for i, r := range text {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			parts, from = append(parts, strings.TrimSpace(text[from:i])), i+1
		}
	}
	return append(parts, strings.TrimSpace(text[from:]))
}

// What takes something away, or holds others up, is found in each of its spellings,
// and what only adds is not.
func TestEffects(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"DROP TABLE runs;":                                              "takes",
		"ALTER TABLE runs DROP COLUMN status;":                          "takes",
		"ALTER TABLE runs DROP status;":                                 "takes",
		"ALTER TABLE IF EXISTS runs RENAME status TO state;":            "takes",
		"ALTER TABLE runs RENAME TO jobs;":                              "takes",
		"ALTER TABLE runs ADD x int, DROP status;":                      "takes",
		"ALTER TABLE runs ADD x int NOT NULL;":                          "takes",
		"ALTER TABLE runs ALTER status SET NOT NULL;":                   "takes holds",
		"ALTER TABLE runs ALTER COLUMN status TYPE varchar(9);":         "takes holds",
		"ALTER TABLE runs ALTER status DROP DEFAULT;":                   "takes",
		"ALTER TABLE runs ADD CHECK (a > 0);":                           "takes holds",
		"ALTER TABLE runs ADD CONSTRAINT c CHECK (a) NOT VALID;":        "takes",
		"ALTER TABLE runs ADD x timestamptz DEFAULT clock_timestamp();": "holds",
		"CREATE UNIQUE INDEX CONCURRENTLY i ON runs (a);":               "takes",
		"CREATE INDEX ON runs (a);":                                     "holds",
		"-- a note\nCREATE INDEX i\n  ON runs (a);":                     "holds",
		"UPDATE runs SET a = 1;":                                        "holds",
		"DELETE FROM runs WHERE true;":                                  "holds",
		"REVOKE UPDATE ON runs FROM patchbay_app;":                      "takes",
		"DROP FUNCTION f(text);":                                        "takes",

		"ALTER TABLE runs ADD x int;":                                                       "",
		"ALTER TABLE runs ADD x int NOT NULL DEFAULT 0 CHECK (x >= 0);":                     "",
		"ALTER TABLE runs ADD x text, ADD COLUMN y text DEFAULT '';":                        "",
		"ALTER TABLE runs DROP CONSTRAINT c;":                                               "",
		"ALTER TABLE runs ALTER status DROP NOT NULL;":                                      "",
		"CREATE INDEX CONCURRENTLY i ON runs (a);":                                          "",
		"CREATE TABLE new (a int NOT NULL); CREATE INDEX ON new (a); DROP TABLE new;":       "",
		"CREATE TABLE new (a int); ALTER TABLE new ALTER a SET NOT NULL;":                   "",
		"DROP FUNCTION f(text); CREATE FUNCTION f(text, int) RETURNS int AS $$ DROP x; $$;": "",
		"-- DROP TABLE runs;\nSELECT 1;":                                                    "",
		"SELECT 'DROP TABLE runs; DELETE FROM runs';":                                       "",
		"SELECT 1;\n-- +goose Down\nDROP TABLE runs;":                                       "",
	} {
		takes, holds := effects("-- +goose Up\n" + text)
		var got []string
		if len(takes) > 0 {
			got = append(got, "takes")
		}
		if len(holds) > 0 {
			got = append(got, "holds")
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v %v, want %q", text, takes, holds, want)
		}
	}
}
