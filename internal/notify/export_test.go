package notify

// What tests look into.
var (
	RenderDiscord = func(ms ...*Message) any { return discord(ms) }
	RenderSlack   = func(ms ...*Message) any { return slack(ms) }
	RenderTeams   = func(ms ...*Message) any { return teams(ms) }
	RenderLetter  = func(ms ...*Message) (*Letter, error) { return letter(ms) }
	Encode        = encode
	ByStatus      = byStatus
	Size          = size
	Cut           = cut
)

// Constants of the package.
const (
	LeaseFor = leaseFor
	GroupFor = groupFor
	PauseMin = pauseMin
	PauseMax = pauseMax
	Keep     = keep
)

// MutedAt reports whether a route is muted at a time.
var MutedAt = (*Route).muted

// NextDigest is when a digest is due.
var NextDigest = (*Digest).next
