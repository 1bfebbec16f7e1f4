package command

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// column is one of a table: what it is called, and where its value lies in an element,
// "error.message" for what lies deeper.
type column struct{ title, path string }

// columns reads "ID=id STATUS=run.status".
func columns(text string) (all []column) {
	for _, one := range strings.Fields(text) {
		title, path, _ := strings.Cut(one, "=")
		all = append(all, column{strings.ReplaceAll(title, "_", " "), path})
	}
	return all
}

// cell is what a table shows of a value.
func cell(v any, path string) string {
	last := ""
	for _, name := range strings.Split(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		v, last = m[name], name
	}
	return under(last, v)
}

// under shows the value of a name: some times are numbers of milliseconds.
func under(name string, v any) string {
	if n, ok := v.(json.Number); ok && (name == "ts" || strings.HasSuffix(name, "_at")) {
		if ms, err := n.Int64(); err == nil && ms > 1e11 {
			return clock(time.UnixMilli(ms))
		}
	}
	return shown(v)
}

func clock(t time.Time) string { return t.Local().Format(time.DateTime) }

func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil && len(v) >= 20 {
			return clock(t)
		}
		return printable(v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case json.Number:
		return v.String()
	case []any:
		texts := make([]string, len(v))
		for i, one := range v {
			texts[i] = shown(one)
		}
		return strings.Join(texts, ",")
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return printable(string(b))
	}
}

// printable keeps a text on its line, and from moving a terminal's cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || r == utf8.RuneError:
			return '·'
		}
		return r
	}, text)
}

// screen is where tables go. Width 0 = no terminal: nothing is cut there.
type screen struct {
	out     io.Writer
	width   int
	colours bool
}

func (p *Program) screen() screen {
	s := screen{out: p.Out}
	if f, ok := p.Out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			s.width = w
		}
		s.colours = !p.Plain
	}
	return s
}

const gap = "  "

// table writes rows below the titles of their columns.
func (s screen) table(cols []column, rows []any) error {
	texts := make([][]string, 0, len(rows)+1)
	head := make([]string, len(cols))
	for i, c := range cols {
		head[i] = c.title
	}
	texts = append(texts, head)
	for _, row := range rows {
		line := make([]string, len(cols))
		for i, c := range cols {
			line[i] = cell(row, c.path)
		}
		texts = append(texts, line)
	}
	return s.lines(texts, true)
}

// fields writes what one thing has, a line each. Nothing is cut: whoever asks for one
// thing wants to read it.
func (s screen) fields(texts [][]string) error {
	s.width = 0
	return s.lines(texts, false)
}

func (s screen) lines(texts [][]string, head bool) error {
	widths := s.widths(texts)
	var b strings.Builder
	for n, line := range texts {
		var row strings.Builder
		for i, text := range line {
			text = cut(text, widths[i])
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if i > 0 {
				row.WriteString(gap)
			}
			row.WriteString(s.coloured(text, head && n == 0) + pad)
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	_, err := io.WriteString(s.out, b.String())
	return err //nolint:wrapcheck // standard output
}

// leastWidth is what a column keeps when others want more.
const leastWidth = 8

// widths gives each column what its widest text takes; where the screen is too
// narrow, the widest columns give way, but for the first, by which a thing is named in
// other commands.
func (s screen) widths(texts [][]string) []int {
	var widths []int
	for _, line := range texts {
		for i, text := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	for s.width > 0 {
		sum, widest := len(gap)*(len(widths)-1), min(1, len(widths)-1)
		for i, w := range widths {
			sum += w
			if i > 0 && w > widths[widest] {
				widest = i
			}
		}
		if sum <= s.width || widest == 0 || widths[widest] <= leastWidth {
			break
		}
		widths[widest] = max(leastWidth, widths[widest]-(sum-s.width), second(widths, widest))
	}
	return widths
}

// second is one less than the widest column, or what the next one takes if that is less.
func second(widths []int, widest int) int {
	next := 0
	for i, w := range widths {
		if i != widest && i > 0 {
			next = max(next, w)
		}
	}
	return min(next, widths[widest]-1)
}

func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:max(width-1, 0)]) + "…"
}

// states are words that say at a glance how something is.
var states = map[string]string{
	"succeeded": "32", "delivered": "32", "healthy": "32", "active": "32", "ok": "32", "enabled": "32",
	"failed": "31", "exhausted": "31", "dead": "31", "disabled": "31", "refused": "31",
	"running": "36", "queued": "36", "pending": "36", "sending": "36", "waiting": "33", "canceled": "33", "discarded": "33",
}

func (s screen) coloured(text string, head bool) string {
	switch {
	case !s.colours:
		return text
	case head:
		return "\x1b[2m" + text + "\x1b[0m"
	case states[text] != "":
		return "\x1b[" + states[text] + "m" + text + "\x1b[0m"
	}
	return text
}

// flat are the fields of a thing, named as they lie in it.
func flat(v any, prefix string) (all [][]string) {
	m, ok := v.(map[string]any)
	if !ok {
		return [][]string{{strings.TrimSuffix(prefix, "."), shown(v)}}
	}
	for _, name := range sortedNames(m) {
		switch inner := m[name].(type) {
		case map[string]any:
			if len(inner) > 0 {
				all = append(all, flat(inner, prefix+name+".")...)
			}
		case []any:
			if len(inner) > 0 && isThing(inner[0]) {
				for i, one := range inner {
					all = append(all, flat(one, prefix+name+"["+strconv.Itoa(i)+"].")...)
				}
				continue
			}
			all = append(all, []string{prefix + name, shown(inner)})
		default:
			if text := under(name, inner); text != "" {
				all = append(all, []string{prefix + name, text})
			}
		}
	}
	return all
}

func isThing(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// sortedNames are a thing's names: id and name first, for they say which it is.
func sortedNames(m map[string]any) []string {
	first := []string{"id", "key", "name", "status", "state"}
	var names []string
	for _, name := range first {
		if _, ok := m[name]; ok {
			names = append(names, name)
		}
	}
	rest := make([]string, 0, len(m))
	for name := range m {
		if !slices.Contains(first, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	return append(names, rest...)
}

// decoded reads JSON and keeps its numbers as they are written.
func decoded(raw []byte) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("decode answer: %w", err)
	}
	return v, nil
}
