package signin

// Limits that tests go beyond.
const (
	SessionIdle = sessionIdle
	SessionLife = sessionLife
	LinkLife    = linkLife
)
