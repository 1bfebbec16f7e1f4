package account_test

import "testing"

// BenchmarkFresh is what it costs to have a credential that is good now: one
// that this process remembers, and one that it reads from the database.
func BenchmarkFresh(b *testing.B) {
	r := newRig(b)
	r.Hear()
	a := r.connected()
	for _, name := range []string{"remembered", "read"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if name == "read" {
					r.Changed(b.Context(), a.ID)
				}
				if _, _, err := r.Fresh(b.Context(), r.scope, a.ID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
