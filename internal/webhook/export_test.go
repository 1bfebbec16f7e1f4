package webhook

// Pure rules, for tests from outside.
var (
	Backoff         = backoff
	ParseRetryAfter = parseRetryAfter
	Clip            = clip
	Excerpt         = excerpt
)

// Limits that tests go beyond.
const (
	InFlight = inFlight
	LeaseFor = leaseFor
	Overlap  = overlap
)
