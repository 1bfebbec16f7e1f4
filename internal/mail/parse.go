package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // texts in all that people write in
	"github.com/emersion/go-message/mail"
)

// Parse reads a message, of which it has keep keep the files. What of a message
// makes no sense is left out: whoever wrote its program is not at hand to mend it.
// The error is ErrUnreadable, or keep's.
func Parse(ctx context.Context, raw io.Reader, keep Keep) (*Message, error) {
	r, err := mail.CreateReader(raw)
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return nil, ErrUnreadable.Because(err)
	}
	m := &Message{From: addresses(r.Header, "From"), To: addresses(r.Header, "To"), Cc: addresses(r.Header, "Cc"), ReplyTo: addresses(r.Header, "Reply-To"), Headers: headers(r.Header), Attachments: []Attachment{}}
	m.MessageID, _ = r.Header.MessageID()
	if m.Subject, err = r.Header.Subject(); err != nil {
		m.Subject = r.Header.Get("Subject")
	}
	m.Subject = clean(m.Subject)
	if date, err := r.Header.Date(); err == nil {
		m.Date = stamp(date)
	}
	for n := 0; ; n++ {
		p, err := r.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return m, nil
		case err != nil && p == nil:
			if n == 0 {
				return nil, ErrUnreadable.Because(err)
			}
			return m, nil // it breaks off: what came before counts
		case n >= maxParts:
			return nil, ErrUnreadable.Because(fmt.Errorf("more than %d parts", maxParts))
		}
		if err := m.part(ctx, p, n, keep); err != nil {
			return nil, err
		}
	}
}

// part takes one part of a message in: its text, or a file.
func (m *Message) part(ctx context.Context, p *mail.Part, n int, keep Keep) error {
	var head message.Header
	attached, name := false, ""
	switch h := p.Header.(type) {
	case *mail.InlineHeader:
		head = h.Header
		_, params, _ := head.ContentType()
		name = params["name"]
	case *mail.AttachmentHeader:
		head, attached = h.Header, true
		name, _ = h.Filename()
	}
	kind, _, err := head.ContentType()
	if err != nil || kind == "" {
		kind = "text/plain"
		if attached {
			kind = "application/octet-stream"
		}
	}
	body := p.Body
	into := map[string]*string{"text/plain": &m.Text, "text/html": &m.HTML}[kind]
	if !attached && name == "" && into != nil {
		text, rest, err := most(body, maxText)
		if err != nil {
			return err
		}
		if rest == nil {
			if *into != "" {
				*into += "\n"
			}
			*into += clean(string(text))
			return nil
		}
		body = rest
	}
	return m.attach(ctx, Attachment{Name: fileName(name, kind, n), ContentType: kind, ContentID: strings.Trim(head.Get("Content-Id"), "<> ")}, body, keep)
}

func (m *Message) attach(ctx context.Context, a Attachment, body io.Reader, keep Keep) (err error) {
	if strings.HasPrefix(a.ContentType, "text/") {
		text, rest, err := most(body, maxInline)
		if err != nil {
			return err
		}
		if rest == nil && utf8.Valid(text) {
			a.Text, a.Size = clean(string(text)), int64(len(text))
			m.Attachments = append(m.Attachments, a)
			return nil
		}
		if body = rest; rest == nil {
			body = bytes.NewReader(text)
		}
	}
	if a.File, a.Size, err = keep(ctx, a.Name, a.ContentType, body); err != nil {
		return err
	}
	m.Attachments = append(m.Attachments, a)
	return nil
}

// most reads up to n bytes. rest is nil when there are no more, and else all of them.
func most(from io.Reader, n int) (text []byte, rest io.Reader, err error) {
	text, err = io.ReadAll(io.LimitReader(from, int64(n)+1))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		if _, broken := errors.AsType[*message.UnknownEncodingError](err); !broken {
			return nil, nil, ErrUnreadable.Because(err)
		}
	}
	if len(text) > n {
		return nil, io.MultiReader(bytes.NewReader(text), from), nil
	}
	return text, nil, nil
}

// clean makes of a text one that a database takes: UTF-8 without zeros.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}

// fileName is what the n-th file of a message is called: by a name that leads nowhere.
func fileName(said, kind string, n int) string {
	name := path.Base(strings.ReplaceAll(clean(said), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	for len(name) > maxName {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:]
	}
	if name == "" || name == "." || name == ".." || name == "/" {
		name = fmt.Sprintf("part-%d", n)
		if all, _ := mime.ExtensionsByType(kind); len(all) > 0 {
			name += all[0]
		}
	}
	return name
}

func addresses(h mail.Header, name string) []Address {
	out := []Address{}
	all, err := h.AddressList(name)
	if err != nil && h.Get(name) != "" {
		return append(out, Address{Address: clean(h.Get(name))})
	}
	for _, a := range all {
		out = append(out, Address{Name: clean(a.Name), Address: clean(a.Address)})
	}
	return out
}

// headers are a message's, decoded; several of a name are one, a line each.
func headers(h mail.Header) map[string]string {
	out := map[string]string{}
	fields := h.Fields()
	for n := 0; n < maxHeaders && fields.Next(); n++ {
		text, err := fields.Text()
		if err != nil {
			text = fields.Value()
		}
		name := strings.ToLower(clean(fields.Key()))
		if before, ok := out[name]; ok {
			text = before + "\n" + text
		}
		if text = clean(text); len(text) > maxHeader {
			text = strings.ToValidUTF8(text[:maxHeader], "")
		}
		out[name] = text
	}
	return out
}
