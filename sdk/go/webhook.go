// Package patchbay is the Go library of Patchbay. A [Client] calls the API:
//
//	client, err := patchbay.New(patchbay.Config{ProjectID: "proj_…", Environment: "development"})
//	for account, err := range client.Accounts.All(ctx, patchbay.AccountsListRequest{ExternalUserID: "ada"}) { … }
//
// [Webhooks] verifies webhooks:
//
//	hooks := &patchbay.Webhooks{Secrets: []string{os.Getenv("PATCHBAY_SIGNING_KEY")}}
//	http.Handle("POST /hooks", hooks.Handler(func(ctx context.Context, e *patchbay.Event) error {
//		return save(ctx, e.ID, e.Type, e.Body)
//	}))
package patchbay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// DefaultTolerance is how far the time of a webhook may be from the receiver's clock.
const DefaultTolerance = 5 * time.Minute

// Webhooks verifies webhooks. It is safe for concurrent use while its fields stay as they are.
type Webhooks struct {
	// Secrets are the signing keys, one of which has to fit: as the console and the API show them, or as whsec_….
	// While a key is being changed, the old and the new one may both stand here.
	Secrets   []string
	Tolerance time.Duration    // 0 = DefaultTolerance
	MaxBody   int64            // bytes that Handler and Middleware read; 0 = DefaultMaxBody
	Now       func() time.Time // nil = time.Now
}

// VerifyWebhook verifies a request with the default settings: see [Webhooks.Verify].
func VerifyWebhook(header http.Header, body []byte, secrets ...string) (*Event, error) {
	return (&Webhooks{Secrets: secrets}).Verify(header, body)
}

// Verify returns the event of a request that one of the secrets signed within the tolerance, or a *WebhookError. body
// is the body as it was received, byte for byte. Where a webhook-signature is there it counts (Standard Webhooks 1.0.0:
// base64 over "{id}.{timestamp}.{body}"), and x-pd-signature (hex over "{t}.{body}") where it is not.
func (w *Webhooks) Verify(header http.Header, body []byte) (*Event, error) {
	keys, err := decodeSecrets(w.Secrets)
	if err != nil {
		return nil, err
	}
	id, sentAt, signed, given, err := read(header)
	if err != nil {
		return nil, err
	}
	now, tolerance := time.Now, w.Tolerance //nolint:forbidigo // where the caller names no other
	if w.Now != nil {
		now = w.Now
	}
	if tolerance == 0 {
		tolerance = DefaultTolerance
	}
	switch late := now().Sub(sentAt).Truncate(time.Second); {
	case late > tolerance:
		return nil, refuse(TooOld, "The webhook was signed %s ago, more than %s.", late, tolerance)
	case late < -tolerance:
		return nil, refuse(TooNew, "The webhook was signed %s in the future: is this machine's clock right?", -late)
	}
	if !given.fit(keys, signed, body) {
		return nil, refuse(WrongSignature, "No signature fits: the secret is another one, or the body is not as it was sent.")
	}
	return parse(id, sentAt, body)
}

// signatures are those of one scheme, as text.
type signatures struct {
	texts  []string
	encode func([]byte) string
}

// fit reports whether one of the keys made one of the signatures, in a time that tells nothing of how far it fits.
func (s signatures) fit(keys [][]byte, prefix string, body []byte) bool {
	found := false
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(prefix))
		mac.Write(body)
		want := []byte(s.encode(mac.Sum(nil)))
		for _, text := range s.texts {
			found = hmac.Equal([]byte(text), want) || found
		}
	}
	return found
}

// read returns what the headers say: the id, the time, what stands before the body in what was signed, and the signatures.
func read(h http.Header) (id string, at time.Time, prefix string, s signatures, err error) {
	id = h.Get("Webhook-Id")
	if !isID(id) {
		id = ""
	}
	switch {
	case len(h.Values("Webhook-Signature")) > 0:
		s.encode = base64.StdEncoding.EncodeToString
		for _, part := range strings.Fields(h.Get("Webhook-Signature")) {
			if text, ok := strings.CutPrefix(part, "v1,"); ok {
				s.texts = append(s.texts, text)
			}
		}
		t := h.Get("Webhook-Timestamp")
		at, ok := seconds(t)
		switch {
		case id == "":
			return "", at, "", s, refuse(MalformedHeader, "The header webhook-id is missing or is not an id.")
		case !ok:
			return "", at, "", s, refuse(MalformedHeader, "The header webhook-timestamp is missing or is not a time in epoch seconds.")
		case len(s.texts) == 0:
			return "", at, "", s, refuse(MalformedHeader, "The header webhook-signature holds no signature of the kind v1.")
		}
		return id, at, id + "." + t + ".", s, nil
	case len(h.Values("X-Pd-Signature")) > 0:
		s.encode = hex.EncodeToString
		times := []string{}
		for _, part := range strings.Split(h.Get("X-Pd-Signature"), ",") {
			switch name, text, _ := strings.Cut(part, "="); name {
			case "t":
				times = append(times, text)
			case "v1":
				s.texts = append(s.texts, text)
			}
		}
		if len(times) == 1 && len(s.texts) > 0 {
			if at, ok := seconds(times[0]); ok {
				return id, at, times[0] + ".", s, nil
			}
		}
		return "", at, "", s, refuse(MalformedHeader, "The header x-pd-signature is not t=<epoch seconds>,v1=<hex>.")
	default:
		return "", at, "", s, refuse(NoSignature, "The request has neither the header webhook-signature nor x-pd-signature.")
	}
}

// isID reports whether an id is visible ASCII without a dot, so that what is signed can be read in one way only.
func isID(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '.' })
}

func seconds(text string) (time.Time, bool) {
	if text == "" || len(text) > 15 || strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(n, 0).UTC(), err == nil
}

// decodeSecrets returns the keys: a secret's text itself, or what is behind whsec_.
func decodeSecrets(secrets []string) ([][]byte, error) {
	keys := make([][]byte, len(secrets))
	for i, s := range secrets {
		keys[i] = []byte(s)
		if encoded, ok := strings.CutPrefix(s, "whsec_"); ok {
			var err error
			if keys[i], err = base64.StdEncoding.DecodeString(encoded); err != nil {
				return nil, refuse(MalformedSecret, "What follows whsec_ in secret %d is not base64.", i+1)
			}
		}
		if len(keys[i]) == 0 {
			return nil, refuse(MalformedSecret, "Secret %d is empty.", i+1)
		}
	}
	if len(keys) == 0 {
		return nil, refuse(MalformedSecret, "There is no secret to verify with.")
	}
	return keys, nil
}
