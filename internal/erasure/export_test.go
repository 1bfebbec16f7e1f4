package erasure

// Listed returns of each table what becomes of a user's data in it: the tables of
// batches, those that go with another (and with which), and those that stay.
func Listed() (batches map[string]bool, with map[string]string, staying map[string]bool) {
	batches, staying = map[string]bool{}, map[string]bool{}
	for _, b := range inBatches {
		batches[b.table] = true
	}
	for _, tables := range stays {
		for _, t := range tables {
			staying[t] = true
		}
	}
	return batches, goesWith, staying
}

// The times of an erasure.
const (
	Settle   = settle
	Patience = patience
	Most     = most
)
