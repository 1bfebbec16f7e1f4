package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// flat holds that nobody who goes on holds more of something; most is by how many
// it may be off, however few there are.
func (s *soak) flat(what string, most float64, of func(holding) float64) (string, error) {
	var f failures
	var notes []string
	for _, p := range s.steady {
		var all []float64
		for _, w := range s.windows {
			all = append(all, of(w.Held[p.name]))
		}
		notes = append(notes, p.name+" "+f.growth(p.name+": "+what, all, 0.1, most))
	}
	return strings.Join(notes, ", ") + " " + what, f.err()
}

func (s *soak) connected() (string, error) {
	var f failures
	var all []float64
	for _, w := range s.windows {
		all = append(all, w.Connections)
	}
	return f.growth("connections", all, 0.25, 24) + " connections", f.err()
}

func (s *soak) asFast() (string, error) {
	var f failures
	var accepts, reads []float64
	for _, w := range s.windows {
		a, r := s.slowest(w)
		accepts, reads = append(accepts, a), append(reads, r)
	}
	return fmt.Sprintf("p99 of accepts %s ms, of reads %s ms", f.growth("accepts, ms", accepts, 0.5, 50), f.growth("reads, ms", reads, 0.5, 50)), f.err()
}

// slowest is the p99 of what was answered in a window: of events that were taken, and of lists.
func (s *soak) slowest(w window) (accepts, reads float64) {
	var as, rs []time.Duration
	s.lab.mu.Lock()
	for _, t := range slices.Backward(s.tries) {
		if t.At.Before(w.From) {
			break
		}
		if t.Taken && t.At.Before(w.Until) {
			as = append(as, t.Took)
		}
	}
	s.lab.mu.Unlock()
	s.mu.Lock()
	for _, r := range slices.Backward(s.reads) {
		if r.At.Before(w.From) {
			break
		}
		if r.At.Before(w.Until) {
			rs = append(rs, r.Took)
		}
	}
	s.mu.Unlock()
	return p99(as), p99(rs)
}

func p99(all []time.Duration) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return float64(all[(len(all)-1)*99/100]) / float64(time.Millisecond)
}

// growth tells from where to where values went by the line that fits them best, after
// the beginning; and adds it if they grew by more than a share of what they were, and by
// more than most. There was nothing to look at where they are all zero.
func (f *failures) growth(what string, values []float64, share, most float64) string {
	settled := values[min(len(values)/5+1, len(values)):]
	if len(settled) < 2 || slices.Max(settled) == 0 {
		f.add("%s: nothing was seen", what)
		return "?"
	}
	from, to := line(settled)
	if by := to - from; by > share*from && by > most {
		f.add("%s grew from %.0f to %.0f", what, from, to)
	}
	return fmt.Sprintf("%.0f → %.0f", from, to)
}

// line returns the first and the last value of the line through values that has the least squares.
func line(values []float64) (from, to float64) {
	n := float64(len(values))
	var x, y, xx, xy float64
	for i, v := range values {
		x, y, xx, xy = x+float64(i), y+v, xx+float64(i*i), xy+float64(i)*v
	}
	slope := (n*xy - x*y) / (n*xx - x*x)
	from = (y - slope*x) / n
	return from, from + slope*(n-1)
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return s[len(s)/2]
}

func medianOf(all []holding, of func(holding) float64) float64 {
	values := make([]float64, len(all))
	for i := range all {
		values[i] = of(all[i])
	}
	return median(values)
}
