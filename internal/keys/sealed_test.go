package keys_test

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/migrations"
)

var (
	ofTable  = regexp.MustCompile(`(?i)(?:CREATE TABLE|ALTER TABLE)(?: IF (?:NOT )?EXISTS)?\s+(\w+)`)
	ofSealed = regexp.MustCompile(`(?i)(\w+)\s+bytea\b.*--.*\bsealed\b`)
)

// open holds bytes that are no secret: hashes, public halves, and what is
// encrypted by another hand or holds what its writer may read anyway.
var open = []string{"data_keys.wrapped", "signing_keys.public_key", "app_logos.content", "brand_files.content", "component_bundles.content"}

// A column that holds secrets is named with its associated data, or a rotation
// would leave it under the old key for ever.
func TestEverySealedColumn(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	var present []string
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw(`SELECT table_name || '.' || column_name FROM information_schema.columns
			WHERE table_schema = 'public' AND data_type = 'bytea'`).Scan(&present).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, c := range keys.Columns() {
		name := c[0] + "." + c[1]
		listed = append(listed, name)
		if !slices.Contains(present, name) {
			t.Errorf("%s is listed in keys.sealed and is no bytea column", name)
			continue
		}
		err := d.System(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec(fmt.Sprintf("SELECT id, %s, %s FROM %s LIMIT 1", c[1], c[2], c[0])).Error
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range marked(t) {
		if slices.Contains(present, name) && !slices.Contains(listed, name) {
			t.Errorf("%s is sealed: list it in keys.sealed, with its associated data", name)
		}
	}
	for _, name := range present {
		if !slices.Contains(listed, name) && !slices.Contains(open, name) && !strings.HasSuffix(name, "_hash") && !strings.HasPrefix(name, "goose_") {
			t.Errorf("%s is bytea: say in its migration that it is sealed and list it in keys.sealed, or list it here as open", name)
		}
	}
}

// marked returns the columns that a migration says are sealed.
func marked(t *testing.T) (names []string) {
	t.Helper()
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		src, err := fs.ReadFile(migrations.FS, f)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, sealedIn(string(src))...)
	}
	return names
}

func sealedIn(sql string) (names []string) {
	table := ""
	for line := range strings.Lines(sql) {
		if m := ofTable.FindStringSubmatch(line); m != nil {
			table = m[1]
		}
		if m := ofSealed.FindStringSubmatch(line); m != nil {
			names = append(names, table+"."+m[1])
		}
	}
	return names
}

// The reader of migrations sees what the test above relies on.
func TestSealedIn(t *testing.T) {
	t.Parallel()
	got := sealedIn(`CREATE TABLE a (
  id text PRIMARY KEY,
  one bytea NOT NULL, -- sealed
  two bytea           -- a hash
);
ALTER TABLE b
  ADD COLUMN three bytea, -- with that, it is sealed
  ADD COLUMN four text;   -- sealed
ALTER TABLE c ADD COLUMN five bytea; -- sealed: five`)
	if want := []string{"a.one", "b.three", "c.five"}; !slices.Equal(got, want) {
		t.Fatalf("found %v, want %v", got, want)
	}
}
