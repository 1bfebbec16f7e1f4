package db_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// Every table that names an owner is confined to it, and every table names one
// or stands in this list.
func TestEveryTableHasAnOwner(t *testing.T) {
	t.Parallel()
	global := map[string]bool{ // each is for the owner alone, or has a policy of its own in migrations/
		"workspaces": true, "projects": true, "environments": true, "members": true, "sessions": true, "sign_in_links": true,
		"clients": true, "signing_keys": true, "goose_db_version": true,
	}
	var tables []struct {
		Name   string
		Owned  bool
		Closed bool
	}
	err := testkit.DB(t).System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw(`SELECT c.relname AS name, c.relrowsecurity AS closed,
			EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'environment_id') AS owned
			FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace`).Scan(&tables).Error
	})
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	for _, tb := range tables {
		if !tb.Owned && !global[tb.Name] {
			t.Errorf("table %s has no environment_id and is not listed as global", tb.Name)
		}
		if tb.Owned && !tb.Closed {
			t.Errorf("table %s lacks SELECT own_by_environment('%s')", tb.Name, tb.Name)
		}
	}
}

func TestInRefusesTheZeroScope(t *testing.T) {
	t.Parallel()
	err := testkit.DB(t).In(t.Context(), tenant.Scope{}, func(*gorm.DB) error { return nil })
	if !errors.Is(err, db.ErrNoScope) {
		t.Fatalf("In(zero) = %v, want ErrNoScope", err)
	}
}
