package document

// MaxNesting is how many levels of JSON are taken of others: in requests to
// workflows and triggers, and from what the steps of workflows bring.
const MaxNesting = 256

// Nests reports whether JSON nests deeper than is taken. What is no JSON is none of
// its business.
func Nests[T string | []byte](raw T) bool {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > MaxNesting {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
