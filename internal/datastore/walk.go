package datastore

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Walk is where in a store one reads on: records are in the order of their keys.
type Walk struct {
	Prefix string // of keys
	After  string // a key; "" = from the first on
	Limit  int    // 0 = 100
	Keys   bool   // without values
}

// mostAtOnce is how many bytes of values one page holds at most, beyond its first record.
const mostAtOnce = 4 << 20

// Records returns a part of a store's records, and whether more follow. A page
// ends early where its values are large.
func (s *Service) Records(ctx context.Context, scope tenant.Scope, p Place, w Walk) (rs []Record, more bool, err error) {
	if w.Limit <= 0 {
		w.Limit = 100
	}
	rs = []Record{}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		st, err := find(tx, p)
		if errors.Is(err, ErrNoStore) && p.ID == "" {
			return nil
		}
		if err != nil {
			return err
		}
		q := s.there(tx, st)
		if w.After != "" {
			q = q.Where("key > ?", w.After)
		}
		if w.Prefix != "" {
			q = q.Where("key >= ? AND starts_with(key, ?)", w.Prefix, w.Prefix)
		}
		if err := q.Session(&gorm.Session{}).Omit("value").Order("key").Limit(w.Limit + 1).Find(&rs).Error; err != nil {
			return fmt.Errorf("list records: %w", err)
		}
		n, held := 0, 0
		for n < len(rs) && n < w.Limit && (n == 0 || w.Keys || held+rs[n].Size <= mostAtOnce) {
			held += rs[n].Size
			n++
		}
		rs, more = rs[:n], n < len(rs)
		if w.Keys || n == 0 {
			return nil
		}
		last := rs[n-1].Key
		rs = rs[:0]
		if err := q.Session(&gorm.Session{}).Where("key <= ?", last).Order("key").Limit(w.Limit).Find(&rs).Error; err != nil {
			return fmt.Errorf("load records: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return rs, more, nil
}
