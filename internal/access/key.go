package access

import (
	"crypto/rand"
	"hash/crc32"
	"math/big"
	"strings"
)

// A key is its prefix, 36 random characters (214 bits), and a checksum of these
// in six. So a scanner that looks for leaked secrets knows one when it sees it,
// and what is mistyped is refused without a look at the database.
const (
	KeyPrefix = "pbk_"
	keyRandom = 36
	keySum    = 6
	hintLen   = len(KeyPrefix) + 4
	digits    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// newKey returns a key that nobody has.
func newKey() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(int64(len(digits))), big.NewInt(keyRandom), nil))
	if err != nil {
		panic(err) // never: see crypto/rand
	}
	body := in62(n, keyRandom)
	return KeyPrefix + body + checksum(body)
}

// checksum is the CRC-32 of a key's random part, in six characters.
func checksum(body string) string {
	return in62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(body)))), keySum)
}

// in62 writes a number with so many digits of 62.
func in62(n *big.Int, width int) string {
	out, base, digit := make([]byte, width), big.NewInt(int64(len(digits))), new(big.Int)
	for i := width - 1; i >= 0; i-- {
		n.DivMod(n, base, digit)
		out[i] = digits[digit.Int64()]
	}
	return string(out)
}

// WellFormed reports whether a text has the form of a key, checksum included.
func WellFormed(raw string) bool {
	body, ok := strings.CutPrefix(raw, KeyPrefix)
	return ok && len(body) == keyRandom+keySum && checksum(body[:keyRandom]) == body[keyRandom:]
}
