package webhook

import (
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// In order: the deliveries of one endpoint and one key are numbered under a lock
// that their transaction holds to its end, so that none with a smaller number
// can appear after one with a greater was seen. A claim passes over whatever has
// one before it that is not over; so of a key one is under way at a time.

// number gives the ordered ones among rows their places.
func number(tx *gorm.DB, rows []Delivery) error {
	var keys []string
	ordered := 0
	for i := range rows {
		if rows[i].OrderingKey != nil {
			keys = append(keys, rows[i].EndpointID+" "+*rows[i].OrderingKey)
			ordered++
		}
	}
	if ordered == 0 {
		return nil
	}
	slices.Sort(keys) // all take several locks in the same order
	for _, k := range slices.Compact(keys) {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('delivery order ' || ?, 0))", k).Error; err != nil {
			return fmt.Errorf("lock order of deliveries: %w", err)
		}
	}
	// A statement of its own: its numbers are drawn when all locks are held.
	var places []int64
	if err := tx.Raw("SELECT nextval('delivery_seq') FROM generate_series(1, ?)", ordered).Scan(&places).Error; err != nil {
		return fmt.Errorf("number deliveries: %w", err)
	}
	slices.Sort(places)
	for i := range rows {
		if rows[i].OrderingKey != nil {
			rows[i].Seq, places = &places[0], places[1:]
		}
	}
	return nil
}

// inOrder is the condition under which a claim may take d, a delivery of an
// ordered endpoint: none before it is to be waited for.
func (e *Endpoint) inOrder() string {
	if e.Ordering == Unordered {
		return ""
	}
	given := ""
	if e.OnExhausted == Skip {
		given = " AND p.state <> 'exhausted'"
	}
	return ` AND (d.ordering_key IS NULL OR NOT EXISTS (SELECT FROM deliveries p WHERE p.endpoint_id = d.endpoint_id
		AND p.ordering_key = d.ordering_key AND p.seq < d.seq AND p.state IN ('pending', 'sending', 'exhausted')` + given + `))`
}
