// Package id makes prefixed identifiers that sort by the time of their making.
package id

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Crockford's alphabet in lower case: its order is byte order, so text order is time order.
var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New returns prefix_ followed by a UUIDv7 in 26 characters, e.g. run_06bnq….
func New(prefix string) string {
	u := uuid.Must(uuid.NewV7())
	var room [64]byte
	return string(encoding.AppendEncode(append(append(room[:0], prefix...), '_'), u[:]))
}

// Host returns prefix followed by 26 characters, fit for a label of a host
// name, e.g. en06bnq…. It tells nothing and cannot be guessed.
func Host(prefix string) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return prefix + encoding.EncodeToString(b[:])
}

// Is reports whether s has the shape of an id with the prefix.
func Is(prefix, s string) bool {
	rest, ok := strings.CutPrefix(s, prefix+"_")
	return ok && len(rest) == 26
}

// At returns the lowest id with the prefix that can be made at t or later: of
// two ids the one that was made in a later millisecond is the greater.
func At(prefix string, t time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(max(t.UnixMilli(), 0))<<16)
	return prefix + "_" + encoding.EncodeToString(b[:])
}

// Before returns the greatest id that stands before one.
func Before(s string) string {
	prefix, text, _ := strings.Cut(s, "_")
	b, err := encoding.DecodeString(text)
	if err != nil || len(b) != 16 {
		return s
	}
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]--; b[i] != 0xff {
			break
		}
	}
	return prefix + "_" + encoding.EncodeToString(b)
}

// Hex returns the 128 bits of an id in hexadecimal digits, as a trace has them;
// "" for a text that is no id.
func Hex(s string) string {
	_, text, _ := strings.Cut(s, "_")
	b, err := encoding.DecodeString(text)
	if err != nil || len(b) != 16 {
		return ""
	}
	return hex.EncodeToString(b)
}

// OfHex returns the id with the prefix that Hex makes the digits of; "" if there is none.
func OfHex(prefix, digits string) string {
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != 16 {
		return ""
	}
	return prefix + "_" + encoding.EncodeToString(b)
}
