package erasure_test

import (
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/erasure"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// named are tables that name users and stay nevertheless; of directories, users are
// people who run the product.
var named = map[string]bool{"audit_log": true, "erasures": true, "directory_groups": true, "directory_members": true, "directory_users": true}

// What becomes of a user's data is said of every table there is, once; what is
// said to go with another table's rows does so in the schema; and nothing that
// has a column for users stays but what is named above.
func TestEveryTableIsListed(t *testing.T) {
	t.Parallel()
	var tables []struct {
		Name  string
		Users bool // it has a column for users
	}
	var cascades, triggers []string
	err := testkit.DB(t).System(t.Context(), func(tx *gorm.DB) error {
		if err := tx.Raw(`SELECT c.relname AS name, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('user_id', 'external_user_id', 'external_id')) AS users
			FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'goose%'`).Scan(&tables).Error; err != nil {
			return err
		}
		if err := tx.Raw("SELECT tgrelid::regclass || ' by ' || tgname FROM pg_trigger WHERE NOT tgisinternal").Scan(&triggers).Error; err != nil {
			return err
		}
		return tx.Raw("SELECT conrelid::regclass || ' ' || confrelid::regclass FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'c'").Scan(&cascades).Error
	})
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	has := func(all []string, one string) bool {
		for _, s := range all {
			if s == one {
				return true
			}
		}
		return false
	}
	batches, with, staying := erasure.Listed()
	there := map[string]bool{}
	for _, tb := range tables {
		there[tb.Name] = true
		parent, goes := with[tb.Name]
		switch {
		case !batches[tb.Name] && !goes && !staying[tb.Name]:
			t.Errorf("internal/erasure/places.go does not say what becomes of a user's data in table %s", tb.Name)
		case staying[tb.Name] && (batches[tb.Name] || goes):
			t.Errorf("table %s is said to stay and to go", tb.Name)
		case staying[tb.Name] && tb.Users && !named[tb.Name]:
			t.Errorf("table %s names users and is said to stay", tb.Name)
		case goes && strings.Contains(parent, " by ") && !has(triggers, parent):
			t.Errorf("table %s: there is no trigger %s", tb.Name, parent)
		case goes && !strings.Contains(parent, " ") && !has(cascades, tb.Name+" "+parent):
			t.Errorf("rows of table %s do not go with those of %s", tb.Name, parent)
		}
	}
	for _, all := range []map[string]bool{batches, staying} {
		for name := range all {
			if !there[name] {
				t.Errorf("table %s is listed and does not exist", name)
			}
		}
	}
	for name, parent := range with {
		if parent, _, _ = strings.Cut(parent, " "); name != "external_users" && !batches[parent] && with[parent] == "" {
			t.Errorf("table %s is said to go with %s, which stays", name, parent)
		}
	}
}
