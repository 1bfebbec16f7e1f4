package webhook

import (
	"io"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/redact"
)

const (
	excerptSize = 1000      // characters of an answer that an attempt keeps
	answerRead  = 4 * 1000  // bytes that hold so many
	answerSkip  = 60 * 1024 // bytes passed over so that the connection can serve again; an answer that is longer costs it
)

// excerpt returns the beginning of an answer, and reads on for a while. It takes
// no more memory for a body that never ends than for one that is ordinary. An
// answer that breaks off is still an answer. A receiver may repeat what it was
// sent: what is unsaid is masked, and so is a part of it at the end of what was
// read. What the project takes out of its logs is not in it either.
func excerpt(body io.Reader, log *redact.Rules, unsaid ...string) string {
	read, err := io.ReadAll(io.LimitReader(body, answerRead))
	_, _ = io.CopyN(io.Discard, body, answerSkip)
	text := string(read)
	for _, u := range unsaid {
		text = mask(text, u, err != nil || len(read) == answerRead)
	}
	if len(read) == answerRead {
		return clip(log.Head(text))
	}
	return clip(log.Text(text))
}

// mask hides a secret, if it is one; with cut, also what may be its beginning at
// the end of text.
func mask(text, secret string, cut bool) string {
	if secret == "" {
		return text
	}
	text = strings.ReplaceAll(text, secret, Mask)
	for n := min(len(secret)-1, len(text)); cut && n > 0; n-- {
		if strings.HasSuffix(text, secret[:n]) {
			return text[:len(text)-n] + Mask
		}
	}
	return text
}

func clip(s string) string {
	return clipTo(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD"), excerptSize)
}
