package db_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/testkit"
)

func TestStudy(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	s := testkit.Scope(t, d)
	err := d.System(t.Context(), func(tx *gorm.DB) error { // it would study by itself in the middle of this
		return tx.Exec("ALTER TABLE external_users SET (autovacuum_enabled = false)").Error
	})
	if err != nil {
		t.Fatal(err)
	}
	add := func(n int) {
		err := d.In(t.Context(), s, func(tx *gorm.DB) error {
			return tx.Exec(`INSERT INTO external_users (id, external_id, created_at, updated_at)
				SELECT 'exu_' || gen_random_uuid(), gen_random_uuid(), now(), now() FROM generate_series(1, ?)`, n).Error
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	known := func() (n int) { // after PostgreSQL was told to study
		if err := d.Study(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := d.System(t.Context(), func(tx *gorm.DB) error {
			return tx.Raw("SELECT reltuples::int FROM pg_class WHERE oid = 'external_users'::regclass").Scan(&n).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	add(400)
	if n := known(); n > 0 {
		t.Fatalf("it was studied for little: %d rows are known", n)
	}
	add(400)
	testkit.Eventually(t, "a table that was empty is studied", func() bool { return known() == 800 })
	add(3000)
	if n := known(); n != 800 {
		t.Fatalf("it was studied again too soon: %d rows are known", n)
	}
	add(3000)
	testkit.Eventually(t, "a table that grew eightfold is studied", func() bool { return known() == 6800 })
}
