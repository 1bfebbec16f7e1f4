package imports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// line is a row that was read: a record, or why it is none.
type line struct {
	number int
	record Record
	err    *fault.Error
}

// parse reads a file. What is wrong with one row is in its line; an error means
// that the file as a whole is none.
func parse(format Format, src []byte, now time.Time) ([]line, error) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")) // spreadsheets mark their files so
	if !utf8.Valid(src) {
		return nil, ErrEncoding
	}
	var lines []line
	var err error
	switch format {
	case JSONL:
		lines, err = parseJSONL(src)
	case CSV:
		lines, err = parseCSV(src)
	default:
		return nil, ErrFormat
	}
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, ErrEmpty
	}
	first := map[string]int{}
	for i := range lines {
		l := &lines[i]
		if l.err == nil {
			l.err = l.record.check(now)
		}
		if id := l.record.ImportID; l.err == nil && id != "" {
			if before, twice := first[id]; twice {
				l.err = wrong("import_id_twice", "Line %d has the same import_id.", before)
				continue
			}
			first[id] = l.number
		}
	}
	return lines, nil
}

func parseJSONL(src []byte) (lines []line, err error) {
	number := 0
	for text := range bytes.SplitSeq(src, []byte("\n")) {
		number++
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if len(lines) == MaxRows {
			return nil, ErrTooLarge
		}
		l := line{number: number}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		switch {
		case len(text) > maxLine:
			l.err = wrong("row_too_large", "The row is longer than %d bytes.", maxLine)
		case text[0] != '{':
			l.err = unreadable(errors.New("no object"))
		default:
			if err := dec.Decode(&l.record); err != nil {
				l.err = unreadable(err)
			} else if dec.More() {
				l.err = unreadable(errors.New("more than an object"))
			}
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func parseCSV(src []byte) (lines []line, err error) {
	r := csv.NewReader(bytes.NewReader(src))
	r.ReuseRecord = true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, ErrEmpty
	}
	if err != nil {
		return nil, wrong("import_csv", "The first line is not a line of column names.").Because(err)
	}
	names := make([]string, len(header))
	for i, name := range header {
		names[i] = strings.TrimSpace(name)
		field, ok := strings.CutPrefix(names[i], "fields.")
		if known := slices.Contains(Columns, names[i]) && names[i] != "fields"; !known && (!ok || field == "") {
			return nil, wrong("import_column", "There is no column %q. The columns are %s; a field of the app is fields.NAME.", clip(names[i]), strings.Join(Columns, ", "))
		}
		if slices.Contains(names[:i], names[i]) {
			return nil, wrong("import_column", "The column %q is there twice.", clip(names[i]))
		}
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if len(lines) == MaxRows {
			return nil, ErrTooLarge
		}
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			l := line{number: broken.StartLine, err: wrong("row", "The row has %d cells, and the first line names %d columns.", len(cells), len(names))}
			if !errors.Is(err, csv.ErrFieldCount) {
				return nil, wrong("import_csv", "Line %d: a quotation mark is missing or too many.", broken.Line).Because(err)
			}
			lines = append(lines, l)
			continue
		}
		if err != nil {
			return nil, wrong("import_csv", "The file is not CSV.").Because(err)
		}
		number, _ := r.FieldPos(0)
		l := line{number: number}
		l.err = l.record.fill(names, cells)
		lines = append(lines, l)
	}
}

// fill reads the cells of a row of a table. An empty cell is as good as none.
func (r *Record) fill(names, cells []string) *fault.Error {
	texts := map[string]*string{
		"import_id": &r.ImportID, "external_user_id": &r.ExternalUserID, "app": &r.App, "auth": &r.Auth, "oauth_app_id": &r.OAuthAppID,
		"name": &r.Name, "access_token": &r.AccessToken, "refresh_token": &r.RefreshToken, "identity_id": &r.IdentityID,
	}
	size := 0
	for i, name := range names {
		cell := strings.TrimSpace(cells[i])
		if size += len(cell); size > maxLine {
			return wrong("row_too_large", "The row is longer than %d bytes.", maxLine)
		}
		if cell == "" {
			continue
		}
		var err error
		switch name {
		case "scopes":
			r.Scopes = splitWords(cell)
		case "expires_at":
			err = r.ExpiresAt.parse(cell)
		case "created_at":
			err = r.CreatedAt.parse(cell)
		default:
			if field, ok := strings.CutPrefix(name, "fields."); ok {
				if r.Fields == nil {
					r.Fields = map[string]string{}
				}
				r.Fields[field] = cell
				continue
			}
			*texts[name] = cell
		}
		if err != nil {
			return wrong("time", "%s: %s.", name, err)
		}
	}
	return nil
}

func clip(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}
