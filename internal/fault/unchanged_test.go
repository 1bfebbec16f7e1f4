package fault_test

import (
	"errors"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

func TestUnchanged(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 12, 0, 0, 123_456_789, time.UTC)
	for name, tt := range map[string]struct {
		seen []time.Time
		want error
	}{
		"who saw nothing in particular":   {nil, nil},
		"who saw it":                      {[]time.Time{at}, nil},
		"who saw what the database keeps": {[]time.Time{at.Truncate(time.Microsecond)}, nil},
		"who saw it elsewhere":            {[]time.Time{at.In(time.FixedZone("", 3600))}, nil},
		"who saw an earlier one":          {[]time.Time{at.Add(-time.Microsecond)}, fault.ErrChanged},
		"who saw a later one":             {[]time.Time{at.Add(time.Hour)}, fault.ErrChanged},
	} {
		if err := fault.Unchanged(at, tt.seen...); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
