// Package mail reads e-mail that came in: a message becomes an event, and what is
// attached to it files. A message is read from a stream and bounded in every
// way, since anybody may send one.
package mail

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// The limits of messages.
const (
	MaxMessage = 30 << 20 // bytes, as it is sent
	maxParts   = 200
	maxText    = 256 << 10 // bytes of a text that stands in the event; a longer one is an attachment
	maxInline  = 10_000    // bytes of an attached text that stands in the event
	maxHeaders = 300
	maxHeader  = 8 << 10 // bytes of a header's value
	maxName    = 200     // bytes of a file's name
)

// ErrUnreadable is the fault of a message that is none.
var ErrUnreadable = fault.New(fault.Invalid, "mail_unreadable", "The message cannot be read.")

// Message is an e-mail as workflows and webhooks see it.
type Message struct {
	MessageID      string            `json:"message_id"` // "" = it has none
	Date           string            `json:"date"`       // RFC 3339; "" = it says none
	Subject        string            `json:"subject"`
	From           []Address         `json:"from"`
	To             []Address         `json:"to"`
	Cc             []Address         `json:"cc"`
	ReplyTo        []Address         `json:"reply_to"`
	Text           string            `json:"text"`
	HTML           string            `json:"html"`
	Headers        map[string]string `json:"headers"` // by their names in lower case
	Attachments    []Attachment      `json:"attachments"`
	Envelope       Envelope          `json:"envelope"`
	Authentication Authentication    `json:"authentication"`
	Size           int64             `json:"size"` // bytes, as it was sent
	ReceivedAt     string            `json:"received_at"`

	digest string // of what was sent
}

// Known is by what a message is known that is sent a second time to one address.
func (m *Message) Known() string {
	if m.MessageID != "" {
		return "message " + m.MessageID
	}
	return "sha256 " + m.digest
}

// Address is one of somebody's.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Envelope is what the sending server said, whatever the message's headers say.
type Envelope struct {
	From     string `json:"from"` // "" = it is a bounce
	To       string `json:"to"`
	Suffix   string `json:"suffix"` // what follows a + in To
	ClientIP string `json:"client_ip"`
	Helo     string `json:"helo"`
	TLS      bool   `json:"tls"`
}

// Authentication is what is known of who sent a message. Only DKIM is verified
// here: From may be anything unless one of its signatures is valid and of From's
// domain, which Aligned says.
type Authentication struct {
	DKIM    []Signature `json:"dkim"`
	Aligned bool        `json:"aligned"`
	SPF     string      `json:"spf"` // not_checked
}

// Signature is one that a message bears.
type Signature struct {
	Domain string `json:"domain"`
	Result string `json:"result"` // pass | fail | unknown: the domain's key could not be asked for
}

// Attachment is a file of a message: a short text itself, all else as a link.
type Attachment struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	ContentID   string `json:"content_id,omitempty"` // by which the message's HTML names it
	Size        int64  `json:"size"`                 // bytes
	Text        string `json:"text,omitempty"`
	File
}

// File is where an attachment lies.
type File struct {
	ID        string `json:"file_id,omitempty"`
	URL       string `json:"url,omitempty"` // whoever has it may fetch the file, until ExpiresAt
	ExpiresAt string `json:"expires_at,omitempty"`
}

// Keep keeps a file of a message, and returns where and how many bytes it has.
type Keep func(ctx context.Context, name, contentType string, from io.Reader) (File, int64, error)

// Split takes an address apart: the mailbox, what follows a + in it, and the
// domain, all in lower case.
func Split(address string) (mailbox, suffix, domain string, err error) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at == len(address)-1 {
		return "", "", "", errors.New("an address is mailbox@domain")
	}
	mailbox, suffix, _ = strings.Cut(strings.ToLower(address[:at]), "+")
	return mailbox, suffix, strings.ToLower(strings.TrimSuffix(address[at+1:], ".")), nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
