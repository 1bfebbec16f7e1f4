package chaos_test

import (
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/chaos"
)

// What was accepted around a fault is looked for in the database and at each receiver,
// and what is missing anywhere is lost.
func TestRow(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return from.Add(time.Duration(s) * time.Second) }
	whole := func() *chaos.Record {
		return &chaos.Record{
			Tries: []chaos.Try{
				{Key: "early", Trigger: "t", Taken: true, At: at(-1)},
				{Key: "a", Trigger: "t", Taken: true, At: at(1)},
				{Key: "no", Trigger: "t", At: at(2)},
				{Key: "b", Trigger: "t", Taken: true, At: at(5)},
			},
			Hears:  map[string][]string{"t": {"one", "two"}},
			Events: []chaos.Event{{ID: "e1", Trigger: "t", Key: "a"}, {ID: "e2", Trigger: "t", Key: "b"}},
			Arrivals: []chaos.Arrival{
				{Endpoint: "one", ID: "e1", At: at(1)},
				{Endpoint: "two", ID: "e1", At: at(2)},
				{Endpoint: "two", ID: "e1", At: at(3)},
				{Endpoint: "one", ID: "e2", At: at(8)},
				{Endpoint: "two", ID: "e2", At: at(12)},
			},
		}
	}
	tests := map[string]struct {
		change func(r *chaos.Record)
		note   string
		broken bool
	}{
		"all is well":                {func(*chaos.Record) {}, "accepted 2, not accepted at once 1; delivered 4, lost 0, doubled 1; longest gap: 5.00 s accepting, 5.00 s delivering", false},
		"one receiver heard nothing": {func(r *chaos.Record) { r.Arrivals = r.Arrivals[:4] }, "delivered 3, lost 1,", true},
		"an event is gone":           {func(r *chaos.Record) { r.Events = r.Events[1:] }, "delivered 2, lost 1,", true},
		"nothing was sent":           {func(r *chaos.Record) { r.Tries = nil }, "accepted 0,", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := whole()
			tt.change(r)
			row := chaos.Row(r, from, at(10))
			if !strings.Contains(row.Note, tt.note) || (row.Err != nil) != tt.broken {
				t.Fatalf("%s, %v", row.Note, row.Err)
			}
		})
	}
}
