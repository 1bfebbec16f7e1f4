package app

import (
	"encoding/json"
	"io"
)

// WriteJSON writes what a command says to programs.
func WriteJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
