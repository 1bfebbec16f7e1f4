package chaos

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/torture"
)

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

// Row is what a part of the story with a cluster says of a record.
func Row(r *Record, from, to time.Time) torture.Result {
	return (&part{name: "a fault", from: from, to: to}).row(r, "F1")
}

// What the tests of runs forge.
type (
	RunRecord = runRecord
	Effect    = effect
	Blow      = blow
	Told      = told
	Ran       = ran
	Did       = did
)

// CheckRuns holds a promise against a record of runs.
func CheckRuns(id string, r *RunRecord) error {
	for _, p := range runPromises {
		if p.id == id {
			_, err := p.check(r)
			return err
		}
	}
	panic("there is no promise " + id)
}

// RunPromises are the names of all.
func RunPromises() (ids []string) {
	for _, p := range runPromises {
		ids = append(ids, p.id)
	}
	return ids
}

// Growth is growth of things, and whether it is too much.
func Growth(values []float64, share, most float64) (string, error) {
	var f failures
	note := f.growth("things", values, share, most)
	return note, f.err()
}

// AsFast holds a soak in whose windows an event took so many milliseconds, and an answer to nothing so many.
func AsFast(accepts, nothing []float64) error {
	s := &soak{life: &life{lab: &lab{}}}
	ms := func(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }
	for i := range accepts {
		w := window{From: time.Unix(int64(10*i), 0), Until: time.Unix(int64(10*i+5), 0)}
		at := w.From.Add(time.Second)
		s.windows = append(s.windows, w)
		s.tries = append(s.tries, try{Taken: true, At: at, Took: ms(accepts[i])})
		s.reads = append(s.reads, answered{at, ms(20)})
		s.pings = append(s.pings, answered{at, ms(nothing[i])})
	}
	_, err := s.asFast()
	return err
}
