package secret

import "log/slog"

// Text is a secret in memory. It prints as [redacted], whatever prints it.
type Text string

const redacted = "[redacted]"

// String hides the text.
func (Text) String() string { return redacted }

// GoString hides the text.
func (Text) GoString() string { return redacted }

// LogValue hides the text.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON hides the text.
func (Text) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// Reveal returns the text itself.
func (t Text) Reveal() string { return string(t) }
