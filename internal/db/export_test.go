package db

// ReadMarks reads what a migration says of itself.
func ReadMarks(version int64, text string) (Migration, error) {
	m := Migration{Version: version}
	err := m.read(text)
	return m, err
}
