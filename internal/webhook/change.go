package webhook

import (
	"slices"
	"time"
)

// Change is what becomes of an endpoint. A nil field leaves a setting as it is.
type Change struct {
	URL         *string
	Description *string
	EventTypes  *[]string
	Payload     *Payload
	InlineLimit *int // 0 = no limit
	Signatures  *[]Scheme
	TimeoutMs   *int
	RetryWaits  *[]int // empty = the installation's ladder
	Retries     *bool  // false = a delivery is tried once
	Rate        *float64
	Burst       *int // nil with a new rate = what a second brings
	Concurrency *int
	Ordering    *Ordering
	Path        *string // of an ordering by field; it goes with that ordering
	OnExhausted *OnExhausted
	Headers     map[string]*string // nil = removed; what is not named stays
	Certificate *Certificate       // an empty chain removes it
}

// apply makes the change and returns the first rule that the outcome breaks.
func (s *Service) apply(e *Endpoint, c *Change, now time.Time) error {
	set(&e.URL, c.URL)
	set(&e.Description, c.Description)
	if c.EventTypes != nil {
		e.subscribe(*c.EventTypes)
	}
	set(&e.Payload, c.Payload)
	set(&e.InlineLimit, c.InlineLimit)
	set(&e.Signatures, c.Signatures)
	set(&e.TimeoutMs, c.TimeoutMs)
	set(&e.Concurrency, c.Concurrency)
	set(&e.Ordering, c.Ordering)
	if set(&e.OrderingPath, c.Path); c.Path == nil && e.Ordering != ByField {
		e.OrderingPath = ""
	}
	set(&e.OnExhausted, c.OnExhausted)
	e.Room = min(e.Room, e.Concurrency)
	if err := e.setLadder(c); err != nil {
		return err
	}
	if c.Rate != nil || c.Burst != nil {
		e.limit(c.Rate, c.Burst)
	}
	e.Signatures = slices.Compact(slices.Sorted(slices.Values(e.Signatures)))
	if err := e.Check(); err != nil {
		return err
	}
	if c.Headers != nil {
		had, err := e.ownHeaders(s.Box)
		if err != nil {
			return err
		}
		headers := mergeHeaders(had, c.Headers)
		if err := checkHeaders(headers); err != nil {
			return err
		}
		if e.Headers, err = sealHeaders(s.Box, e.ID, headers); err != nil {
			return err
		}
	}
	if c.Certificate == nil {
		return nil
	}
	certificate := c.Certificate
	if certificate.Chain == "" && certificate.Key == "" {
		certificate = nil
	}
	return e.take(s.Box, e.ID, certificate, now)
}

// setLadder sets the waits. No waits of its own are the installation's, unless
// there shall be no retries at all.
func (e *Endpoint) setLadder(c *Change) error {
	if c.RetryWaits != nil {
		if e.RetryWaits = *c.RetryWaits; len(e.RetryWaits) == 0 {
			e.RetryWaits = nil
		}
	}
	switch {
	case c.Retries == nil:
	case *c.Retries && len(e.RetryWaits) == 0:
		e.RetryWaits = nil
	case !*c.Retries && c.RetryWaits != nil && len(*c.RetryWaits) > 0:
		return invalid("retries", "Without retries there are no waits between them.")
	case !*c.Retries:
		e.RetryWaits = []int{}
	}
	return nil
}

// limit sets a rate, whose bucket is full at first; a rate of 0 is none.
func (e *Endpoint) limit(rate *float64, burst *int) {
	set(&e.Rate, rate)
	switch {
	case burst != nil:
		e.Burst = *burst
	case e.Rate == 0:
		e.Burst = 0
	default:
		e.Burst = max(1, int(e.Rate))
	}
	e.Tokens, e.TokensAt = 0, nil
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
