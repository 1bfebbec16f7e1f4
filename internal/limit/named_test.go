package limit_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/limit"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]limit.Rate{
		"1000/5m": {Requests: 1000, Window: 5 * time.Minute}, "1/1s": {Requests: 1, Window: time.Second}, "1000000/24h": {Requests: 1_000_000, Window: 24 * time.Hour}, "none": {},
	} {
		got, err := limit.ParseRate(text)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
		words, err := json.Marshal(got)
		var again limit.Rate
		if err != nil || json.Unmarshal(words, &again) != nil || again != want {
			t.Errorf("%s comes back from %s as %v", text, words, again)
		}
	}
	for _, text := range []string{"", "10", "10/", "/1m", "0/1m", "-1/1m", "10/1ms", "10/25h", "10/-1m", "1000001/1m", "ten/1m", "10/1m/1m", "None"} {
		if got, err := limit.ParseRate(text); !errors.Is(err, limit.ErrRate) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestBelow(t *testing.T) {
	t.Parallel()
	ten, none := limit.Rate{Requests: 10, Window: time.Minute}, limit.Rate{}
	for name, tt := range map[string]struct {
		r, o limit.Rate
		want bool
	}{
		"itself":             {ten, ten, false},
		"fewer":              {limit.Rate{Requests: 9, Window: time.Minute}, ten, true},
		"more in longer":     {limit.Rate{Requests: 20, Window: time.Hour}, ten, true},
		"fewer in less":      {limit.Rate{Requests: 5, Window: time.Second}, ten, false},
		"something and none": {ten, none, true},
		"none and something": {none, ten, false},
		"none and none":      {none, none, false},
	} {
		if got := tt.r.Below(tt.o); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
