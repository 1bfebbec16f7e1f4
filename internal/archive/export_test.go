package archive

// Nouns are the tables that are written: which of their columns are, and which not.
func Nouns() (all map[string][2]string) {
	all = map[string][2]string{}
	for _, nouns := range [][]noun{ofProject, ofEnvironment} {
		for _, n := range nouns {
			all[n.table] = [2]string{n.columns, n.without}
		}
	}
	return all
}

// LeftOutTables are those that are not written.
func LeftOutTables() (all []string) {
	for _, tables := range leftOut {
		all = append(all, tables...)
	}
	return all
}
