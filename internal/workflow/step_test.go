package workflow_test

import (
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/workflow"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90": 90 * time.Second, "1.5": 1500 * time.Millisecond, "1ms": time.Millisecond, "90s": 90 * time.Second, "1h30m": 90 * time.Minute,
		"3d": 72 * time.Hour, "0.5d": 12 * time.Hour, "1d12h": 36 * time.Hour, "366d": 366 * 24 * time.Hour,
		"": 0, "d": 0, "0": 0, "-1": 0, "0.5ms": 0, "367d": 0, "soon": 0, "1x": 0, "1d1d": 0, "NaN": 0, "Inf": 0, "1e300d": 0,
	} {
		got, err := workflow.Duration(text)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("Duration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestRetryWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		retry workflow.Retry
		want  [4]time.Duration
	}{
		"by default":      {workflow.Retry{}, [4]time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second}},
		"steady":          {workflow.Retry{Delay: "1m", Factor: 1}, [4]time.Duration{time.Minute, time.Minute, time.Minute, time.Minute}},
		"up to an hour":   {workflow.Retry{Delay: "20m", Factor: 2}, [4]time.Duration{20 * time.Minute, 40 * time.Minute, time.Hour, time.Hour}},
		"never over that": {workflow.Retry{Delay: "2h"}, [4]time.Duration{time.Hour, time.Hour, time.Hour, time.Hour}},
	} {
		for i, want := range c.want {
			for _, jitter := range []float64{0, 0.1, 1} {
				if c.retry.Jitter = &jitter; jitter == 0.1 {
					c.retry.Jitter = nil // which it is then
				}
				spread := time.Duration(jitter*float64(want)) + time.Microsecond
				if got := c.retry.Wait(i + 1); got < want-spread || got > want+spread || got < 0 {
					t.Errorf("%s: after attempt %d: %v, want %v", name, i+1, got, want)
				}
			}
		}
	}
}

// What is tried again is what may pass, or what is named.
func TestRetryClasses(t *testing.T) {
	t.Parallel()
	usual, own := workflow.Retry{}, workflow.Retry{On: []string{workflow.OnOther, workflow.OutOfMemory}}
	for class, passes := range map[string]bool{workflow.OnUnavailable: true, workflow.OnRateLimited: true, workflow.TimedOut: true, workflow.OutOfMemory: false, workflow.OnOther: false} {
		if usual.After(class) != passes || own.After(class) == passes {
			t.Errorf("%s: %v by itself, %v where others are named", class, usual.After(class), own.After(class))
		}
	}
}
