package webhook

import (
	"io"
	"strings"
	"unicode/utf8"
)

const (
	excerptSize = 1000      // characters of an answer that an attempt keeps
	answerRead  = 4 * 1000  // bytes that hold so many
	answerSkip  = 60 * 1024 // bytes passed over so that the connection can serve again; an answer that is longer costs it
)

// excerpt returns the beginning of an answer, and reads on for a while. It takes
// no more memory for a body that never ends than for one that is ordinary. An
// answer that breaks off is still an answer. A receiver may repeat what it was
// sent: unsaid, if it is not empty, is masked, and so is a part of it at the end
// of what was read.
func excerpt(body io.Reader, unsaid string) string {
	read, err := io.ReadAll(io.LimitReader(body, answerRead))
	_, _ = io.CopyN(io.Discard, body, answerSkip)
	text := string(read)
	if unsaid != "" {
		text = strings.ReplaceAll(text, unsaid, "********")
		for n := min(len(unsaid)-1, len(text)); n > 0 && (err != nil || len(read) == answerRead); n-- {
			if strings.HasSuffix(text, unsaid[:n]) {
				text = text[:len(text)-n] + "********"
				break
			}
		}
	}
	return clip(text)
}

func clip(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	if utf8.RuneCountInString(s) <= excerptSize {
		return s
	}
	return string([]rune(s)[:excerptSize])
}
