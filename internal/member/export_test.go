package member

// Pure rules, for tests from outside.
var (
	HashPassword  = hashPassword
	CheckPassword = checkPassword
)
