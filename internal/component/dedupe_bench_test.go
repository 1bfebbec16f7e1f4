package component_test

import (
	"fmt"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// BenchmarkFresh is what it costs to know of one event whether it was emitted
// before: of a look that brings a hundred, of which ten are new.
func BenchmarkFresh(b *testing.B) {
	for _, how := range []component.Dedupe{component.Unique, component.Greatest, component.Last} {
		b.Run(string(how), func(b *testing.B) {
			const events, fresh = 100, 10
			var seen component.Seen
			ids := make([]string, events)
			for n := 0; b.Loop(); n += fresh {
				for i := range ids {
					ids[i] = fmt.Sprint(1_000_000 + n + i)
				}
				if _, err := seen.Fresh(how, ids, 1000); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
		})
	}
}
