package chaos_test

import (
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/chaos"
)

// What grows is told, and what swings, has just begun or is nearly nothing is not.
func TestGrowth(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		values []float64
		note   string
		grew   bool
	}{
		"flat":                        {[]float64{60, 80, 80, 80, 80, 80, 80}, "80 → 80", false},
		"swinging":                    {[]float64{60, 80, 90, 80, 90, 80, 90, 80}, "87 → 83", false},
		"warming up":                  {[]float64{10, 50, 80, 81, 80, 81, 80, 81, 80, 81}, "81 → 81", false},
		"a leak":                      {[]float64{60, 80, 90, 100, 110, 120, 130}, "90 → 130", true},
		"a leak that is small so far": {[]float64{60, 80, 82, 84, 86, 88, 89}, "82 → 89", false},
		"much of very few":            {[]float64{3, 3, 4, 5, 6, 7, 8}, "4 → 8", false},
		"less":                        {[]float64{100, 100, 90, 80, 70, 60, 50}, "90 → 50", false},
		"nothing seen":                {[]float64{0, 0, 0, 0, 0, 0}, "?", true},
		"too short":                   {[]float64{5, 5}, "?", true},
	} {
		note, err := chaos.Growth(tt.values, 0.1, 10)
		if note != tt.note || (err != nil) != tt.grew {
			t.Errorf("%s: %s, %v", name, note, err)
		}
		if err != nil && !strings.Contains(err.Error(), "things") {
			t.Errorf("%s: %v does not say of what", name, err)
		}
	}
}

// Slower is who is so in milliseconds and in times of an answer to nothing.
func TestAsFast(t *testing.T) {
	t.Parallel()
	same := func(v float64) []float64 { return []float64{v, v, v, v, v, v, v} }
	rising, falling := []float64{20, 40, 90, 140, 190, 240, 300}, []float64{300, 240, 190, 140, 90, 40, 20}
	for name, tt := range map[string]struct {
		accepts, nothing []float64
		slower           bool
	}{
		"as fast":                    {same(50), same(6), false},
		"slower":                     {rising, same(6), true},
		"a machine that is busier":   {rising, rising, false},
		"one that has less to do":    {same(50), falling, false},
		"faster, and nothing faster": {falling, falling, false},
	} {
		if err := chaos.AsFast(tt.accepts, tt.nothing); (err != nil) != tt.slower {
			t.Errorf("%s: %v", name, err)
		}
	}
}
