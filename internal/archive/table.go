package archive

import (
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// page is how many rows are read at once.
const page = 500

// table writes a table's rows, as far as they were there when it began.
func (a *archive) table(n *noun, folder string, history bool, in func(fn func(tx *gorm.DB) error) error) error {
	if n.history && !history {
		return nil
	}
	f, err := a.begin(folder + n.file + ".jsonl")
	if err != nil {
		return err
	}
	keys := n.keys()
	within := "true"
	if n.where != "" {
		within = n.where
	}
	// The names are those of places.go, and none is a caller's.
	key := "(SELECT row_to_json(k) FROM (SELECT t." + strings.Join(keys, ", t.") + ") k)::text"
	record := "(SELECT row_to_json(r) FROM (SELECT t." + strings.Join(strings.Fields(n.columns), ", t.") + ") r)::text"
	order := "t." + strings.Join(keys, ", t.")
	at := "(SELECT r." + strings.Join(keys, ", r.") + " FROM json_populate_record(NULL::" + n.table + ", ?::json) r)"
	var last []string
	err = in(func(tx *gorm.DB) error {
		return tx.Raw("SELECT " + key + " FROM " + n.table + " t WHERE " + within + " ORDER BY t." + strings.Join(keys, " DESC, t.") + " DESC LIMIT 1").Scan(&last).Error
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", n.table, err)
	}
	records := 0
	for more, after := len(last) > 0, ""; more; {
		var rows []struct{ Key, Record string }
		err := in(func(tx *gorm.DB) error {
			query, args := "SELECT "+key+" AS key, "+record+" AS record FROM "+n.table+" t WHERE "+within+" AND ("+order+") <= "+at, []any{last[0]}
			if after != "" {
				query, args = query+" AND ("+order+") > "+at, append(args, after)
			}
			return tx.Raw(query+" ORDER BY "+order+" LIMIT ?", append(args, page)...).Scan(&rows).Error
		})
		if err != nil {
			return fmt.Errorf("read %s: %w", n.table, err)
		}
		for i := range rows {
			if _, err := f.WriteString(rows[i].Record + "\n"); err != nil {
				return fmt.Errorf("write %s: %w", f.name, err)
			}
			after = rows[i].Key
		}
		records += len(rows)
		more = len(rows) == page
	}
	return f.end(records)
}

func (n *noun) keys() []string { return strings.Split(n.key, ", ") }
