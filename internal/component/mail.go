package component

import (
	"encoding/base64"
	"fmt"
	"mime"
	"net/mail"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// message writes an e-mail (RFC 5322, MIME) from to, cc, bcc, from, reply_to,
// subject, text, html, in_reply_to and references. Addresses are texts or lists.
// No text of a caller becomes a header of its own: addresses are read, and
// subjects are encoded.
func message(v any) (string, error) {
	m, _ := v.(map[string]any)
	text, html := expression.AsText(m["text"]), expression.AsText(m["html"])
	if m["to"] == nil && m["cc"] == nil && m["bcc"] == nil || text == "" && html == "" {
		return "", errNoMail
	}
	var b strings.Builder
	for _, h := range []struct{ name, key string }{{"From", "from"}, {"To", "to"}, {"Cc", "cc"}, {"Bcc", "bcc"}, {"Reply-To", "reply_to"}} {
		line, err := addresses(m[h.key])
		if err != nil {
			return "", err
		}
		if line != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", h.name, line)
		}
	}
	fmt.Fprintf(&b, "Subject: %s\r\n", mime.QEncoding.Encode("utf-8", expression.AsText(m["subject"])))
	for _, h := range []struct{ name, key string }{{"In-Reply-To", "in_reply_to"}, {"References", "references"}} {
		if id := expression.AsText(m[h.key]); id != "" && !strings.ContainsAny(id, "\r\n") {
			fmt.Fprintf(&b, "%s: %s\r\n", h.name, id)
		}
	}
	b.WriteString("MIME-Version: 1.0\r\n")
	switch {
	case html == "":
		part(&b, "text/plain", text)
	case text == "":
		part(&b, "text/html", html)
	default:
		const boundary = "=_patchbay_alternative" // "=_" stands in no base64 or quoted-printable text (RFC 2045, 6.7)
		fmt.Fprintf(&b, "Content-Type: multipart/alternative; boundary=%q\r\n\r\n--%s\r\n", boundary, boundary)
		part(&b, "text/plain", text)
		fmt.Fprintf(&b, "\r\n--%s\r\n", boundary)
		part(&b, "text/html", html)
		fmt.Fprintf(&b, "\r\n--%s--\r\n", boundary)
	}
	return b.String(), nil
}

func part(b *strings.Builder, kind, text string) {
	fmt.Fprintf(b, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", kind)
	for encoded := base64.StdEncoding.EncodeToString([]byte(text)); encoded != ""; {
		n := min(len(encoded), 76)
		b.WriteString(encoded[:n] + "\r\n")
		encoded = encoded[n:]
	}
}

func addresses(v any) (string, error) {
	var all []string
	switch v := v.(type) {
	case nil:
		return "", nil
	case []any:
		for _, a := range v {
			all = append(all, expression.AsText(a))
		}
	default:
		all = []string{expression.AsText(v)}
	}
	list, err := mail.ParseAddressList(strings.Join(all, ", "))
	if err != nil {
		return "", fmt.Errorf("%q is not an e-mail address", strings.Join(all, ", "))
	}
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.String()
	}
	return strings.Join(out, ", "), nil
}
