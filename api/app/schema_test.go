package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/api/command"
	"github.com/patchbay-dev/patchbay/internal/db"
)

// A server does not start on a database of another version, says why, and ends with a
// code of its own, unless what came since says that it works beside it.
func TestSchemaOfAnotherVersion(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	starts := func() error {
		a, err := app.New(t.Context(), g.config)
		if err == nil {
			a.Close()
		}
		return err
	}
	migrate := func(args ...string) (string, int) {
		var out, said bytes.Buffer
		err := g.typed(t.Context(), g.config, &out, &said, append([]string{"migrate"}, args...)...)
		return out.String(), command.ExitCode(err)
	}
	if said, code := migrate("--dry-run"); code != 0 || !strings.Contains(said, "The schema is this version's") {
		t.Error(code, said)
	}
	g.query(t, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
	if err := starts(); !errors.Is(err, db.ErrNewerSchema) || command.ExitCode(err) != 4 || !strings.Contains(err.Error(), "its schema is 9999") {
		t.Error(err)
	}
	if said, code := migrate("--dry-run"); code != 4 || !strings.Contains(said, "9999 is not known here") {
		t.Error(code, said)
	}
	if _, code := migrate(); code != 4 {
		t.Error(code)
	}
	if c, ok := g.doctor(t); ok || c.state("migrations") != "fail" {
		t.Errorf("%+v", c)
	}
	g.query(t, "INSERT INTO schema_marks VALUES (9999, 0)")
	if err := starts(); err != nil {
		t.Error("beside a newer one that only added:", err)
	}
	if c, ok := g.doctor(t); !ok || c.state("migrations") != "warn" {
		t.Errorf("%+v", c)
	}
	g.query(t, "DELETE FROM goose_db_version WHERE version_id IN (2, 9999)")
	if err := starts(); !errors.Is(err, db.ErrOlderSchema) || command.ExitCode(err) != 4 || !strings.Contains(err.Error(), "Run: patchbay migrate") {
		t.Error(err)
	}
	said, code := migrate("--dry-run", "--json")
	var p db.Plan
	if err := json.Unmarshal([]byte(said), &p); err != nil || code != 3 || len(p.Missing) != 1 || p.Missing[0].Version != 2 {
		t.Error(code, said, err)
	}
}
