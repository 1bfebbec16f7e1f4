package db_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// The check of a foreign key asks for owner and id. PostgreSQL plans it once in
// each connection, which may be while a table is all but empty, when any index
// that leads with the owner looks as good as the key itself; from then on each
// check reads the owner's whole part of that index. So none leads with the owner
// but the key: what lists are looked up by comes before it.
func TestNoIndexStandsInForAKey(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	var found []struct{ Index, Columns string }
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw(`WITH
			referred AS (SELECT DISTINCT confrelid AS rel, ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = confrelid AND attnum = ANY (confkey)) AS key
				FROM pg_constraint WHERE contype = 'f' AND array_length(confkey, 1) > 1),
			indexes AS (SELECT indexrelid::regclass::text AS index, indrelid AS rel,
					ARRAY(SELECT pg_get_indexdef(indexrelid, k, true) FROM generate_series(1, indnkeyatts) k) AS columns
				FROM pg_index WHERE indpred IS NULL)
			SELECT index, columns::text FROM referred JOIN indexes USING (rel)
			WHERE columns[1] IN ('workspace_id', 'project_id', 'environment_id') AND columns[1] = ANY (key) AND NOT columns[1:array_length(key, 1)] @> key ORDER BY 1`).Scan(&found).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s %s is taken for the key of its table", f.Index, f.Columns)
	}
}
