package db

import (
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Put writes a row, or changes the one that has the same key: the columns that are
// named, and only where its updated_at is what a caller saw, if they say what they saw.
// It returns fault.ErrChanged where that is not so, whoever comes in between.
func Put(tx *gorm.DB, row any, key, change []string, seen ...time.Time) error {
	same := clause.OnConflict{DoUpdates: clause.AssignmentColumns(change)}
	for _, c := range key {
		same.Columns = append(same.Columns, clause.Column{Name: c})
	}
	for _, t := range seen {
		same.Where.Exprs = append(same.Where.Exprs, clause.Eq{Column: clause.Column{Table: clause.CurrentTable, Name: "updated_at"}, Value: t})
	}
	res := tx.Clauses(same).Create(row)
	if res.Error != nil {
		return res.Error //nolint:wrapcheck // the caller says what it wrote
	}
	if len(seen) > 0 && res.RowsAffected == 0 {
		return fault.ErrChanged
	}
	return nil
}
