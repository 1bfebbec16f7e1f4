package app

import "testing"

// A busy process that holds little may leave some garbage; one that holds much goes by
// Go's rule, and one that does nothing leaves less. Between busy and not nothing changes.
func TestPercent(t *testing.T) {
	t.Parallel()
	const live = 20 << 20
	for name, tt := range map[string]struct {
		rate, live float64
		now, want  int
	}{
		"doing nothing":               {restful - 1, live, 4 * usual, still},
		"doing something again":       {restful, live, still, usual},
		"doing little":                {live / 10, live, usual, usual},
		"busy":                        {2 * live, live, usual, 4 * usual},
		"a little less busy":          {live * 0.7, live, 4 * usual, 4 * usual},
		"that is not enough to begin": {live * 0.7, live, usual, usual},
		"doing little again":          {live / 10, live, 4 * usual, usual},
		"holding more":                {1 << 30, spare, usual, 2 * usual},
		"holding much":                {1 << 30, spare + 1, 2 * usual, usual},
		"before the first collection": {live, 0, usual, usual},
		"holding next to nothing":     {live, 1, usual, 4 * usual},
	} {
		if got := percent(tt.rate, tt.live, tt.now); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}
