package workflow

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// What a workflow that says nothing does with a run that failed: it goes on from
// the step that failed eight times, over about ten hours.
const (
	defaultRetries    = 8
	defaultRetryDelay = 140 * time.Second
	longestRetryDelay = 24 * time.Hour
	maxRetries        = 20
	maxInARow         = 1000
)

// Failures that are not passing by nature: to try again would use as much again.
const (
	TimedOut    = "timeout"
	OutOfMemory = "out_of_memory"
)

// AutoRetry says how a run that failed goes on by itself, from the step that failed.
type AutoRetry struct {
	Attempts    *int     `json:"attempts,omitempty"`     // further ones; nil = 8, 0 = none
	Delay       string   `json:"delay,omitempty"`        // before the first of them; "" = 140s
	Factor      float64  `json:"factor,omitempty"`       // by which each wait is longer than the last; 0 = 2
	Also        []string `json:"also,omitempty"`         // timeout, out_of_memory: failures that are not tried again otherwise
	NotifyFirst bool     `json:"notify_first,omitempty"` // tell people of the first failure, and not of the last only
}

// NoErrorWorkflow stands for a workflow whose failures no other is told of.
const NoErrorWorkflow = "none"

// Retries returns how often a run goes on by itself, and whether the definition
// says so: what says nothing may be decided by who waits for the run.
func (d *Definition) Retries() (n int, said bool) {
	if d.Settings == nil || d.Settings.Retry == nil {
		return defaultRetries, false
	}
	if d.Settings.Retry.Attempts == nil {
		return defaultRetries, true
	}
	return *d.Settings.Retry.Attempts, true
}

// RetryWait returns how long is waited after a run's n-th failure, n from 1 on:
// about as long as the settings say, so that those that failed together do not
// come together.
func (d *Definition) RetryWait(n int) time.Duration {
	wait, factor := defaultRetryDelay, 0.0
	if s := d.Settings; s != nil && s.Retry != nil {
		if s.Retry.Delay != "" {
			wait, _ = Duration(s.Retry.Delay) // it was checked
		}
		factor = s.Retry.Factor
	}
	return backoff(n, wait, factor, longestRetryDelay, defaultJitter)
}

// RetriesCode reports whether a run is tried again after a failure with a code.
func (d *Definition) RetriesCode(code string) bool {
	if !slices.Contains([]string{TimedOut, OutOfMemory}, code) {
		return true
	}
	return d.Settings != nil && d.Settings.Retry != nil && slices.Contains(d.Settings.Retry.Also, code)
}

// NotifiesFirst reports whether people are told of the first failure of a run.
func (d *Definition) NotifiesFirst() bool {
	return d.Settings != nil && d.Settings.Retry != nil && d.Settings.Retry.NotifyFirst
}

// PausesAfter returns how many runs fail in a row until the queue is paused; 0 = it is not.
func (d *Definition) PausesAfter() int {
	if d.Settings == nil {
		return 0
	}
	return d.Settings.PauseAfter
}

// checkFailures checks what the settings say of runs that fail.
func (s *Settings) checkFailures() error {
	if err := s.Retry.check(); err != nil {
		return err
	}
	switch {
	case s.PauseAfter < 0 || s.PauseAfter > maxInARow:
		return invalid("settings.pause_after", "it is a number from 1 to %d, or 0 for never", maxInARow)
	case s.ErrorWorkflow != "" && !key.MatchString(s.ErrorWorkflow):
		return invalid("settings.error_workflow", "it is the key of a workflow, or its id")
	case s.Supersede != "" && !strings.Contains(s.Supersede, "{{"):
		return invalid("settings.supersede", "it needs an expression in {{ }}, or all events would have the same key")
	}
	if err := language.Check(s.Supersede); err != nil {
		return invalid("settings.supersede", "%s", err)
	}
	return nil
}

func (r *AutoRetry) check() error {
	if r == nil {
		return nil
	}
	const where = "settings.retry"
	switch {
	case r.Attempts != nil && (*r.Attempts < 0 || *r.Attempts > maxRetries):
		return invalid(where+".attempts", "it is a number from 0 (never) to %d", maxRetries)
	case r.Factor != 0 && (r.Factor < 1 || r.Factor > 10):
		return invalid(where+".factor", "it is a number from 1 to 10")
	}
	for _, class := range r.Also {
		if class != TimedOut && class != OutOfMemory {
			return invalid(where+".also", "%q is not timeout or out_of_memory", class)
		}
	}
	if r.Delay == "" {
		return nil
	}
	d, err := Duration(r.Delay)
	if err == nil && d > longestRetryDelay {
		err = errors.New("a run waits for at most 24h before it is tried again")
	}
	if err != nil {
		return invalid(where+".delay", "%s", err)
	}
	return nil
}
