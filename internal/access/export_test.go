package access

// Pure rules, for tests from outside.
var (
	HashPassword  = hashPassword
	CheckPassword = checkPassword
)

// Limits that tests go beyond.
const (
	SessionIdle = sessionIdle
	SessionLife = sessionLife
	LinkLife    = linkLife
)
