package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// rested holds that nobody who went on holds more of something at rest than most beyond what it held before.
func (s *soak) rested(what string, most float64, of func(holding) float64) (string, error) {
	var f failures
	var notes []string
	for _, p := range s.steady {
		a, z := of(s.before[p.name]), of(s.after[p.name])
		notes = append(notes, fmt.Sprintf("%s %.0f → %.0f", p.name, a, z))
		if a == 0 || z > a+most {
			f.add("%s: %s at rest were %.0f, and are %.0f", p.name, what, a, z)
		}
	}
	return strings.Join(notes, ", ") + " " + what, f.err()
}

func (s *soak) remembered() (string, error) {
	var f failures
	var notes []string
	for _, p := range s.steady {
		var all []float64
		for _, w := range s.windows {
			all = append(all, w.Held[p.name].RSS/(1<<20))
		}
		notes = append(notes, p.name+" "+f.growth(p.name+": MiB", all, 0.1, 24))
	}
	return strings.Join(notes, ", ") + " MiB", f.err()
}

func (s *soak) connected() (string, error) {
	var f failures
	var all []float64
	for _, w := range s.windows {
		all = append(all, w.Connections)
	}
	return f.growth("connections", all, 0.25, 24) + " connections", f.err()
}

// asFast holds that answers do not slow down: neither in milliseconds, which they do where
// the machine gets other work, nor in times of an answer to nothing, which they do where it
// loses some. Who is slower by both is slower.
func (s *soak) asFast() (string, error) {
	var all failures
	var notes []string
	of := map[string]func(window) (ms, nothing float64){
		"accepts": func(w window) (float64, float64) { a, _, n := s.slowest(w); return a, n },
		"reads":   func(w window) (float64, float64) { _, r, n := s.slowest(w); return r, n },
	}
	for _, what := range []string{"accepts", "reads"} {
		var plain, times []float64
		for _, w := range s.windows {
			ms, nothing := of[what](w)
			plain, times = append(plain, ms), append(times, ms/max(nothing, 5)) // less is the harness's own
		}
		var f, g failures
		notes = append(notes, fmt.Sprintf("%s %s ms, %s times nothing", what, f.growth(what+", ms", plain, 0.5, 50), g.growth(what+", times nothing", times, 0.5, 10)))
		if f.err() != nil && g.err() != nil {
			all.add("%s: %v; %v", what, f.err(), g.err())
		}
	}
	return "p99 of " + strings.Join(notes, "; of "), all.err()
}

// slowest is the p99 of what was answered in a window, in milliseconds: of events that were
// taken, of lists, and of what is asked for nothing.
func (s *soak) slowest(w window) (accepts, reads, pings float64) {
	var taken []answered
	s.lab.mu.Lock()
	for _, t := range s.tries {
		if t.Taken {
			taken = append(taken, answered{t.At, t.Took})
		}
	}
	s.lab.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return p99(taken, w), p99(s.reads, w), p99(s.pings, w)
}

func p99(all []answered, w window) float64 {
	var within []time.Duration
	for _, a := range all {
		if a.At.After(w.From) && a.At.Before(w.Until) {
			within = append(within, a.Took)
		}
	}
	if len(within) == 0 {
		return 0
	}
	slices.Sort(within)
	return float64(within[(len(within)-1)*99/100]) / float64(time.Millisecond)
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
