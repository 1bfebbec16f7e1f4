package db_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// That the database is away is told as that; other errors of it are not.
func TestAway(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		return errors.Join(tx.Exec("SELECT pg_terminate_backend(pg_backend_pid())").Error, tx.Exec("SELECT 1").Error)
	})
	if !errors.Is(err, db.ErrAway) {
		t.Errorf("it is stopped in the middle: %v", err)
	}
	err = d.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec("SELECT 1/0").Error })
	if err == nil || errors.Is(err, db.ErrAway) {
		t.Errorf("a wrong question: %v", err)
	}
	if err := d.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec("SELECT 1").Error }); err != nil {
		t.Errorf("it is there again: %v", err)
	}
}
