package rename

// Columns returns the columns that are renamed, as table.column, and what becomes of
// each other one.
func Columns() (renamed map[string]bool, other map[string]string) {
	renamed = map[string]bool{}
	for _, p := range inBatches {
		if p.set == inFilter {
			renamed[p.table+".filter"] = true
		} else {
			renamed[p.table+".external_user_id"] = true
		}
	}
	return renamed, otherwise
}

// The times and sizes of a rename.
const (
	Settle = settle
	Late   = late
	Most   = most
)
