package webhook

// Pure rules, for tests from outside.
var (
	Backoff         = backoff
	ParseRetryAfter = parseRetryAfter
	Clip            = clip
	Lock            = lock
	Claim           = claim
	Complete        = complete
	EventsOf        = eventsOf
	Excerpt         = excerpt
)

// Limits that tests go beyond.
const (
	InFlight = inFlight
	LeaseFor = leaseFor
	Overlap  = overlap
)

// Slots are what a process shares out.
type Slots = slots

// How much it shares out.
const (
	AtOnce        = atOnce
	AtOnceSlow    = atOnceSlow
	AtOnceProject = atOnceProject
)

// Waiting returns how many wait for a slot.
func (s *slots) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

// Draining reports whether Drain was called.
func (s *Service) Draining() bool {
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	return s.lanes.draining
}

// Outcome of an attempt.
type Outcome = outcome
