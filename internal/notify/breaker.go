package notify

import "time"

// Breaker is whether a route is sent to. It opens after five failures in a row;
// what there is to tell is then held. When its time is over one message tries,
// without using up an attempt.
type Breaker string

// The states of a breaker.
const (
	Closed Breaker = "closed"
	Open   Breaker = "open"
)

const (
	inARow   = 5
	pauseMin = time.Minute
	pauseMax = 15 * time.Minute
)

// hear takes an outcome into account.
func (r *Route) hear(o *Outcome, now time.Time) {
	r.WaitUntil = nil
	if o.Wait > 0 {
		until := now.Add(min(o.Wait, longestWish))
		r.WaitUntil = &until
	}
	if o.Sent() {
		r.Breaker, r.OpenUntil, r.OpenLevel, r.Failures, r.LastSentAt, r.LastError, r.LastDetail = Closed, nil, 0, 0, &now, nil, ""
		return
	}
	code := o.Code
	r.LastError, r.LastDetail = &code, o.Detail
	if code == NotFound {
		r.Enabled, r.OffReason = false, &code
	}
	if !code.blames() {
		return
	}
	r.Failures++
	if r.Breaker == Open || r.Failures >= inARow {
		until := now.Add(min(pauseMin<<min(r.OpenLevel, 8), pauseMax))
		r.Breaker, r.OpenUntil, r.OpenLevel = Open, &until, r.OpenLevel+1
	}
}

// longestWish is how long a receiver may make a route wait.
const longestWish = time.Hour

// waits are before the second and the third attempt.
var waits = []time.Duration{10 * time.Second, time.Minute}
