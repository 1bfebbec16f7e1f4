package workflow

import (
	"slices"
	"time"
	"unicode/utf8"
)

// Queue says how many runs of a workflow are under way at once, in which order,
// and how fast they begin. Each environment has a queue of its own. What is not
// said is not limited, and a workflow without any of it has no queue.
type Queue struct {
	Concurrency *Concurrency `json:"concurrency,omitempty"`
	Order       *Order       `json:"order,omitempty"`
	Throttle    *Throttle    `json:"throttle,omitempty"`
	MaxQueued   int          `json:"max_queued,omitempty"` // that may wait before more are refused; 0 = any number
}

// Concurrency is how many runs are under way at once: begun and not over, those
// that wait for a time or somebody included. One that is to be tried again makes room
// meanwhile.
type Concurrency struct {
	Limit int    `json:"limit"`
	Per   string `json:"per,omitempty"` // workflow | user | key; "" = workflow
	Key   string `json:"key,omitempty"` // per key: an expression over trigger and user
}

// What runs are counted by.
const (
	PerWorkflow = "workflow"
	PerUser     = "user"
	PerKey      = "key"
)

// Order has the runs with one key done one after the other, in the order in which
// they came.
type Order struct {
	Key       string `json:"key"`                  // an expression over trigger and user
	OnFailure string `json:"on_failure,omitempty"` // skip | block; "" = skip
}

// What becomes of the runs behind one that has failed, for good: while it is tried
// again they wait in either case.
const (
	Skip  = "skip"  // they go on
	Block = "block" // they wait until somebody releases them, or it was done after all
)

// Throttle is how many runs begin in a span of time. What was not used is saved,
// up to the limit.
type Throttle struct {
	Limit  int    `json:"limit"`
	Window string `json:"window"` // such as 1s, 1m or 1h
}

// Bounds of queues.
const (
	maxAtOnce         = 10_000
	maxThrottle       = 100_000
	maxQueued         = 10_000_000
	maxKey            = 1000 // characters of an expression
	maxThrottleWindow = 24 * time.Hour
)

// Per returns the span of time in which the limit begins.
func (t *Throttle) Per() time.Duration {
	d, _ := Duration(t.Window) // was checked
	return d
}

// Limits returns the queue of a definition; nil = its runs are not limited.
func (d *Definition) Limits() *Queue {
	if d.Settings == nil || d.Settings.Queue == nil {
		return nil
	}
	q := d.Settings.Queue
	if q.Concurrency == nil && q.Order == nil && q.Throttle == nil && q.MaxQueued == 0 {
		return nil
	}
	return q
}

func (q *Queue) check() error {
	const where = "settings.queue"
	if q == nil {
		return nil
	}
	if c := q.Concurrency; c != nil {
		switch {
		case c.Limit < 1 || c.Limit > maxAtOnce:
			return invalid(where+".concurrency.limit", "it is a number from 1 to %d", maxAtOnce)
		case !slices.Contains([]string{"", PerWorkflow, PerUser, PerKey}, c.Per):
			return invalid(where+".concurrency.per", "%q is not workflow, user or key", c.Per)
		case (c.Per == PerKey) != (c.Key != ""):
			return invalid(where+".concurrency.key", "it is for per: key, and only for it")
		}
		if err := checkKey(where+".concurrency.key", c.Key); err != nil {
			return err
		}
	}
	if o := q.Order; o != nil {
		switch {
		case o.Key == "":
			return invalid(where+".order.key", "it is missing")
		case !slices.Contains([]string{"", Skip, Block}, o.OnFailure):
			return invalid(where+".order.on_failure", "%q is not skip or block", o.OnFailure)
		}
		if err := checkKey(where+".order.key", o.Key); err != nil {
			return err
		}
	}
	if t := q.Throttle; t != nil {
		if t.Limit < 1 || t.Limit > maxThrottle {
			return invalid(where+".throttle.limit", "it is a number from 1 to %d", maxThrottle)
		}
		switch d, err := Duration(t.Window); {
		case err != nil:
			return invalid(where+".throttle.window", "%s", err)
		case d < time.Second || d > maxThrottleWindow:
			return invalid(where+".throttle.window", "it is between 1s and 24h")
		}
	}
	if q.MaxQueued < 0 || q.MaxQueued > maxQueued {
		return invalid(where+".max_queued", "it is a number from 1 to %d, or left out", maxQueued)
	}
	return nil
}

func checkKey(where, text string) error {
	if utf8.RuneCountInString(text) > maxKey {
		return invalid(where, "it has at most %d characters", maxKey)
	}
	if err := language.Check(text); err != nil {
		return invalid(where, "%s", err)
	}
	return nil
}
