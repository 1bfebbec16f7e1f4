package chaos

// What the tests forge.
type (
	Record   = record
	Try      = try
	Event    = event
	Delivery = delivery
	Attempt  = attempt
	Arrival  = arrival
	Hearer   = hearer
)

// Check holds a promise against a record.
func Check(id string, r *Record) error {
	for _, p := range promises {
		if p.id == id {
			_, err := p.check(r)
			return err
		}
	}
	panic("there is no promise " + id)
}

// Promises are the names of all.
func Promises() (ids []string) {
	for _, p := range promises {
		ids = append(ids, p.id)
	}
	return ids
}
