package member

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Parameters of argon2id: the second recommendation of RFC 9106, section 4.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
	argonKey     = 32
	argonSalt    = 16
)

// HasPassword reports whether it is the person's. That of a nil Person is nobody's,
// and looking takes as long as with a person.
func (p *Person) HasPassword(password string) bool {
	if p == nil {
		checkPassword(password, nobody())
		return false
	}
	return checkPassword(password, p.PasswordHash)
}

// NewPassword returns the form in which a password is kept, or ErrPassword.
func NewPassword(password string) (hash string, err error) {
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return "", ErrPassword
	}
	return hashPassword(password), nil
}

// hashPassword returns an argon2id hash in the PHC string format.
func hashPassword(password string) string {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails: see crypto/rand
	sum := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, b64(salt), b64(sum))
}

// checkPassword reports whether the password has the hash.
func checkPassword(password, hash string) bool {
	parts := strings.Split(hash, "$") // "", argon2id, v, parameters, salt, sum
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) == 0 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(want))) //nolint:gosec // a hash is short
	return subtle.ConstantTimeCompare(got, want) == 1
}

// nobody's hash takes the same time to check as a person's, so that an answer
// does not tell whether there is somebody with an e-mail.
// It is made when it is first needed: that takes a moment, and much memory.
var nobody = sync.OnceValue(func() string { return hashPassword("nobody has this password") })
