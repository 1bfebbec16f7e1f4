package provider

import (
	"encoding/base64"
	"strings"
	"unicode"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// maxExcerpt is how much of an app's own words is shown, in characters.
const maxExcerpt = 200

// spoken are the places where apps say in words what is wrong, the best first.
var spoken = []string{"/error_description", "/error/message", "/message", "/errors/0/message", "/errors/0/detail", "/errors/0", "/error/code", "/error", "/detail", "/title"}

// refusedTest is ErrTest with the app's status and, where it says something in
// words, these: upstream_status and upstream_excerpt in the details.
func (c *Connection) refusedTest(status int, doc any) *fault.Error {
	details := map[string]any{"upstream_status": status}
	if text := c.excerpt(doc); text != "" {
		details["upstream_excerpt"] = text
	}
	return ErrTest.With(details)
}

// excerpt returns what an answer says in words, without any part of the
// credential: apps repeat what they were sent.
func (c *Connection) excerpt(doc any) string {
	text := ""
	for _, pointer := range spoken {
		v, _ := catalog.Pointer(doc, pointer)
		if text, _ = v.(string); text != "" {
			break
		}
	}
	for _, m := range []map[string]string{c.Inputs, c.Tokens, {"": c.Client.Secret}} {
		for _, secret := range m {
			text = without(text, secret)
		}
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if r := []rune(text); len(r) > maxExcerpt {
		text = string(r[:maxExcerpt]) + "…"
	}
	return text
}

// withoutSecrets returns a provider's code for an error, or "" when the provider
// put there what it was sent, or a part of it.
func (c *Connection) withoutSecrets(code string) string {
	for _, m := range []map[string]string{c.Inputs, c.Tokens, c.Client.Fields, {"": c.Client.Secret}} {
		for _, secret := range m {
			if len(secret) >= 8 && without(code, secret) != code || len(code) >= 16 && strings.Contains(secret, code) {
				return ""
			}
		}
	}
	return code
}

// without takes a secret out of a text, also where it is encoded. Of a secret
// that is a part of words nothing would be left, so that the text goes as a whole.
func without(text, secret string) string {
	if secret == "" || text == "" {
		return text
	}
	if len(secret) < 4 && strings.Contains(text, secret) {
		return ""
	}
	for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))} {
		text = strings.ReplaceAll(text, form, "***")
	}
	// An app may show the beginning or the end of a key alone.
	for _, half := range []string{secret[:len(secret)/2], secret[len(secret)/2:]} {
		if len(half) >= 8 {
			text = strings.ReplaceAll(text, half, "***")
		}
	}
	return text
}
