package account_test

import "testing"

// BenchmarkFresh is what it costs to have a credential that is good now: one
// that this process remembers, and one that it reads from the database.
func BenchmarkFresh(b *testing.B) {
	r := newRig(b)
	a := r.connected()
	for name, forget := range map[string]bool{"remembered": false, "read": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if forget {
					r.Changed(b.Context(), a.ID)
				}
				if _, _, err := r.Fresh(b.Context(), r.scope, a.ID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
