package keys

// Columns returns table, name and associated data of each sealed column.
func Columns() [][3]string {
	out := make([][3]string, len(sealed))
	for i, c := range sealed {
		out[i] = [3]string{c.table, c.name, c.associated}
	}
	return out
}
