package fault

import "time"

// ErrChanged refuses a change by who has not seen what is there now.
var ErrChanged = New(Conflict, "changed_meanwhile", "This was changed meanwhile, by somebody else or in another window. Look at what is there now before you write over it.")

// Unchanged returns ErrChanged unless what was last changed at that time is what
// a caller saw; who saw nothing in particular writes in any case. The database
// keeps microseconds.
func Unchanged(at time.Time, seen ...time.Time) error {
	for _, t := range seen {
		if t.UnixMicro() != at.UnixMicro() {
			return ErrChanged.With(map[string]any{"updated_at": at.UTC().Format(time.RFC3339Nano)})
		}
	}
	return nil
}

// UnchangedAt is Unchanged for what may never have been changed: at is nil then, and
// the zero time is what was seen.
func UnchangedAt(at *time.Time, seen ...time.Time) error {
	if at == nil {
		at = &time.Time{}
	}
	return Unchanged(*at, seen...)
}
