package imports

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Record is what a row says. One of tokens and fields is the credential.
type Record struct {
	ImportID       string            `json:"import_id,omitempty"` // the row's id in the other system: it is imported once
	ExternalUserID string            `json:"external_user_id"`
	App            string            `json:"app"`                    // slug or id
	Auth           string            `json:"auth,omitempty"`         // the method; "" = the first that fits
	OAuthAppID     string            `json:"oauth_app_id,omitempty"` // "" = the app's newest client
	Name           string            `json:"name,omitempty"`
	AccessToken    string            `json:"access_token,omitempty"`
	RefreshToken   string            `json:"refresh_token,omitempty"`
	ExpiresAt      moment            `json:"expires_at,omitzero"` // of the access token
	Scopes         words             `json:"scopes,omitempty"`
	IdentityID     string            `json:"identity_id,omitempty"` // the provider's own id of who is connected
	Fields         map[string]string `json:"fields,omitempty"`      // the app's fields: keys, subdomain …
	CreatedAt      moment            `json:"created_at,omitzero"`   // kept; "" = now
}

// Columns are the names that a file may use.
var Columns = []string{
	"import_id", "external_user_id", "app", "auth", "oauth_app_id", "name", "access_token", "refresh_token", "expires_at", "scopes",
	"identity_id", "fields", "created_at",
}

// moment is a time as ISO 8601 or as seconds since 1970.
type moment struct{ time.Time }

var errMoment = errors.New("a time is written as 2026-11-21T10:00:00Z, or in seconds since 1970")

// UnmarshalJSON reads either form.
func (m *moment) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "null" || text == "" {
		return nil
	}
	return m.parse(text)
}

func (m *moment) parse(text string) error {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		if n < 0 || n > 32503680000 { // the year 3000: what is larger is in milliseconds
			return errMoment
		}
		m.Time = time.Unix(int64(n), 0).UTC()
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			m.Time = t.UTC()
			return nil
		}
	}
	return errMoment
}

// words is a list, or a text with spaces or commas between.
type words []string

// UnmarshalJSON reads either form.
func (w *words) UnmarshalJSON(b []byte) error {
	var list []string
	if json.Unmarshal(b, &list) == nil {
		*w = list
		return nil
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return errors.New("scopes are a list of texts, or a text with spaces between")
	}
	*w = splitWords(text)
	return nil
}

func splitWords(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' })
}

func wrong(code, format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, code, format, args...)
}

// check says what no catalogue is needed for to see.
func (r *Record) check(now time.Time) *fault.Error {
	if n := utf8.RuneCountInString(r.ExternalUserID); n < 1 || n > 250 {
		return wrong("external_user_id", "external_user_id has 1 to 250 characters.")
	}
	for name, v := range map[string]struct {
		text string
		most int
	}{
		"import_id": {r.ImportID, 200}, "app": {r.App, 100}, "auth": {r.Auth, 100}, "oauth_app_id": {r.OAuthAppID, 100}, "name": {r.Name, 200}, "identity_id": {r.IdentityID, 250},
	} {
		if utf8.RuneCountInString(v.text) > v.most {
			return wrong(name, "%s has up to %d characters.", name, v.most)
		}
	}
	switch {
	case r.App == "":
		return wrong("app", "app is missing.")
	case r.AccessToken == "" && r.RefreshToken == "" && len(r.Fields) == 0:
		return wrong("credential", "The row has no credential: neither access_token, refresh_token nor fields.")
	case r.CreatedAt.After(now):
		return wrong("created_at", "created_at is in the future.")
	case slices.ContainsFunc([]string{r.ExternalUserID, r.ImportID, r.Name, r.IdentityID, strings.Join(r.Scopes, "")}, func(s string) bool { return strings.ContainsRune(s, 0) }):
		return wrong("text", "The row holds a NUL.")
	}
	return nil
}

// unreadable says why a line is no record, in words that show nothing of it.
func unreadable(err error) *fault.Error {
	typed, isType := errors.AsType[*json.UnmarshalTypeError](err)
	_, name, unknown := strings.Cut(err.Error(), "unknown field ")
	switch {
	case isType && typed.Field != "":
		return wrong("field_type", "%s is a %s, and must be a text.", typed.Field, typed.Value)
	case unknown:
		return wrong("field_unknown", "There is no field %s. The fields are %s.", name, strings.Join(Columns, ", "))
	case errors.Is(err, errMoment):
		return wrong("time", "%s.", capital(errMoment))
	case strings.HasPrefix(err.Error(), "scopes "):
		return wrong("scopes", "%s.", capital(err))
	default:
		return wrong("row", "The line is not a JSON object.")
	}
}

func capital(err error) string {
	text := err.Error()
	return fmt.Sprint(strings.ToUpper(text[:1]), text[1:])
}
